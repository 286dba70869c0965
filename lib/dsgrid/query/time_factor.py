"""Time as a factor of a query: small matrices from a dataset's slots to the result's, one for each place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from dsgrid.query.radix import stride_of
from dsgrid.time.overlap import Entries
from dsgrid.time.pieces import Float64, Int64

if TYPE_CHECKING:
    from dsgrid.query.plan import Plan


@dataclass(frozen=True)
class Coupling:
    """What of a source's records decides which matrix of time is meant: the zones of its geographies, say.

    Parameters
    ----------
    numbers
        By dimension type: for each association (record, base record) a number from 0; types that decide nothing are
        absent.
    sizes
        By the same types, how many numbers there are. A place is the mixed radix number of the types' numbers, the
        first type fastest.
    level
        Whose geography records the zones of labels come from: ``dataset`` or ``project``; empty without zones.
    """

    numbers: Mapping[str, Mapping[tuple[str, str], int]] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    level: str = ""

    def number(self, type_: str, record: str, base: str) -> int:
        """Return the number that an association brings along."""
        return self.numbers[type_].get((record, base), 0) if type_ in self.numbers else 0

    def size(self, type_: str) -> int:
        """Return how many numbers a type has; 1 for one that decides nothing."""
        return self.sizes.get(type_, 1)

    def stride(self, type_: str) -> int:
        """Return what one step of a type's number adds to a place; 0 for a type that decides nothing."""
        return stride_of(self.sizes, type_)

    @property
    def places(self) -> int:
        """The number of places."""
        return prod(self.sizes.values())


@dataclass(frozen=True)
class LabelClasses:
    """Slots that no place can tell apart, up to a scalar: stage 1 sums them.

    Parameters
    ----------
    number
        The class of each slot; -1 for a slot that is not used.
    coefficient
        What the values of each slot are multiplied with, when they are summed into the class.
    expansion
        For each place the matrix from classes to codes.
    """

    number: Int64
    coefficient: Float64
    expansion: tuple[Entries, ...]

    @property
    def count(self) -> int:
        """How many classes there are."""
        return int(self.number.max(initial=-1)) + 1


@dataclass(frozen=True)
class Shape:
    """The dataset whose course over a year annual values follow.

    Parameters
    ----------
    plan
        How its facts are read: to a code for each of its series (the faster digit) and slot of whole years.
    series, of_place
        For each place of the coupling: which series is followed, and which of `codes` is meant.
    years, labels, projects
        For each slot of whole years: its calendar year, the label of the annual values that it takes a part of, and
        which slot of the project it is (-1 for none).
    codes
        For each of the zones' places the code of each slot of the project; -1 where it has none.
    """

    plan: Plan
    series: Int64
    of_place: Int64
    years: Int64
    labels: Int64
    projects: Int64
    codes: tuple[Int64, ...]


@dataclass(frozen=True)
class TimeFactor:
    """How the labels of a dataset become the time of the result.

    Parameters
    ----------
    keys
        What stands for each slot in the facts.
    entries
        For each place the matrix from slots to codes.
    codes
        How many codes the result's time has.
    coupling
        What of a row's records says which place it is in.
    mode
        ``drop``: every slot goes to the one code there is, with the weight `constant`; no join. ``offset``: slots are
        the project's, their labels differ by `offset`. ``direct``: stage 1 goes to codes. ``expand``: stage 1 goes to
        classes of slots (or keeps them apart), stage 2 from there to codes.
    uniform
        The sum of the weights of each slot, where it is the same for all of them, and values are added up; else None.
    function
        ``sum``, or ``min`` or ``max`` of the slots that meet in one of the project's.
    covers
        By the zone of the project's geography, and the record whose year it is: the project's slots that have values,
        ascending. None for a dataset without time.
    notes
        What the mapping did, for people.
    """

    keys: Int64
    entries: tuple[Entries, ...]
    codes: int
    coupling: Coupling = field(default_factory=Coupling)
    mode: str = "expand"
    constant: float = 1.0
    offset: int = 0
    uniform: float | None = 1.0
    function: str = "sum"
    classes: LabelClasses | None = None
    shape: Shape | None = None
    covers: Mapping[tuple[str, str], Int64] | None = None
    notes: tuple[str, ...] = ()

    @property
    def slots(self) -> int:
        """The number of the dataset's slots."""
        return len(self.keys)

    @property
    def stage1_rows(self) -> int:
        """How many rows of one combination stage 1 leaves, at most."""
        if self.mode == "drop":
            return 1
        if self.mode == "direct":
            return max((len(codes) for codes in self.reached), default=0)
        return self.slots if self.classes is None else self.classes.count

    @cached_property
    def reached(self) -> tuple[Int64, ...]:
        """The codes that are reached in each place, sorted."""
        return tuple(np.unique(one.target) for one in self.entries)

    @property
    def joins_places(self) -> bool:
        """Whether the place of a row has to be known before its time is mapped."""
        return self.mode in ("direct", "expand") and self.coupling.places > 1

    @cached_property
    def drops(self) -> bool:
        """Whether slots reach nothing in some place; where rows are balanced, 0 is added there in their stead."""
        return any(len(np.unique(one.source)) < self.slots for one in self.entries)

    @property
    def balances(self) -> bool:
        """Whether rows carry what they were before time was mapped: the sum of that can be foretold."""
        return self.uniform is None

    @property
    def sums_balances(self) -> bool:
        """Whether stage 1 sums these besides values; where it leaves slots as they are, both are the same."""
        return self.balances and (self.mode != "expand" or self.classes is not None)
