"""A factor that several dimension types decide together: growth, or adjustments of chosen records.

Each base record of a type has the number of its class; records with one number are all the same to the multiplier.
The numbers of all types make up a place, the first type fastest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from dsgrid.query.radix import stride_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Multiplier:
    """What values are multiplied with, by the places of their base records.

    Parameters
    ----------
    what
        What it is, for people.
    numbers
        By dimension type: base record -> number of its class. Types that decide nothing are absent.
    sizes
        By the same types, how many classes there are.
    places, factors
        The places that have a factor, ascending, and the factors, shape (n,) both.
    weights
        Of a mean of several values, what the fractions of each place sum to.
    """

    what: str
    numbers: Mapping[str, Mapping[str, int]]
    sizes: Mapping[str, int]
    places: npt.NDArray[np.int64] = field(compare=False)
    factors: npt.NDArray[np.float64] = field(compare=False)
    weights: npt.NDArray[np.float64] | None = field(default=None, compare=False)

    def number(self, type_: str, base: str) -> int:
        """Return the class of a base record; 0 for one that is not known, or of a type that decides nothing."""
        return self.numbers[type_].get(base, 0) if type_ in self.numbers else 0

    def size(self, type_: str) -> int:
        """Return how many classes a type has; 1 for one that decides nothing."""
        return self.sizes.get(type_, 1)

    def stride(self, type_: str) -> int:
        """Return what one step of a type's number adds to a place; 0 for a type that decides nothing."""
        return stride_of(self.sizes, type_)

    @property
    def count(self) -> int:
        """The number of places, whether they have a factor or not."""
        return prod(self.sizes.values())

    def shown(self, place: int, bases: Mapping[str, str]) -> str:
        """Return a base combination of a place, as messages show it; `bases` has the names of dimensions by type."""
        parts = []
        for type_, size in self.sizes.items():
            place, number = divmod(place, size)
            ids = [id_ for id_, own in self.numbers[type_].items() if own == number]
            if len(self.numbers[type_]) > 1 and ids:
                parts.append(
                    f"{bases.get(type_, type_)}={ids[0]}" + (f" (and {len(ids) - 1} more)" if len(ids) > 1 else "")
                )
        return ", ".join(parts) or "everything"
