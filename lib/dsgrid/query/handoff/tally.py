"""Sums of an export: what was read, what is written, what a rule left out; they have to agree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dsgrid.errors import ConservationError
from dsgrid.query.handoff.units import Conversion

_TOLERANCE: Final = 1e-9

Values = npt.NDArray[np.float64]


@dataclass
class Tally:
    """Counts and sums while files are written.

    Parameters
    ----------
    read, read_sizes
        By the result's own unit the sum of what was read, and of its sizes.
    converted, sizes, written, dropped
        By the unit that is written: the sum of what was read, of its sizes, of what stands in the files, and of what
        was left out.
    cells
        How many values each unit has.
    left_out
        How many values were left out.
    """

    read: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    read_sizes: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    converted: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    sizes: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    written: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    dropped: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    cells: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    left_out: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def take(self, values: Values, conversion: Conversion) -> Values:
        """Count values as they were read, and return them converted."""
        made = values * conversion.scale + conversion.offset
        self.read[conversion.source] += float(values.sum())
        self.read_sizes[conversion.source] += float(np.abs(values).sum())
        self.converted[conversion.unit] += float(values.sum()) * conversion.scale + conversion.offset * len(values)
        self.sizes[conversion.unit] += float(np.abs(made).sum())
        self.cells[conversion.unit] += len(values)
        return made

    def drop(self, values: Values, unit: str) -> None:
        """Count converted values that are left out."""
        self.dropped[unit] += float(values.sum())
        self.left_out[unit] += len(values)

    def write(self, values: Values, unit: str) -> None:
        """Count values as they are written."""
        self.written[unit] += float(values.sum())

    def check(self, name: str, decimals: int | None, promised: dict[str, float]) -> None:
        """Compare the sums.

        Parameters
        ----------
        promised
            By unit what the result's manifest says that it adds up to.

        Raises
        ------
        ConservationError
            If a sum is not what it has to be.
        """
        for unit, sum_ in promised.items():
            found = self.read.get(unit, 0.0)
            if abs(found - sum_) > _TOLERANCE * max(abs(sum_), self.read_sizes.get(unit, 0.0)):
                raise ConservationError(
                    f"export {name}: the files of the result add up to {found!r} {unit}, but its manifest says {sum_!r}"
                )
        for unit, sum_ in self.converted.items():
            found = self.written[unit] + self.dropped[unit]
            rounded = 0.0 if decimals is None else self.cells[unit] * 0.5 * 10.0**-decimals
            if abs(found - sum_) > _TOLERANCE * self.sizes[unit] + rounded * (1 + _TOLERANCE):
                raise ConservationError(
                    f"export {name}: what is written and left out adds up to {found!r} {unit}, the result to {sum_!r}"
                )

    def document(self) -> list[dict[str, Any]]:
        """Return the sums for a manifest, one entry for each unit."""
        return [
            {"unit": unit, "result": sum_, "written": self.written[unit]}
            | ({"left_out": self.dropped[unit], "values_left_out": self.left_out[unit]} if self.left_out[unit] else {})
            for unit, sum_ in self.converted.items()
        ]
