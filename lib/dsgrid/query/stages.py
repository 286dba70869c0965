"""What is done to the table that the contraction leaves: reductions and filters, as values.

A table's rows have one code, a digit per axis (the axes' mixed radix number). Everything that is said of records and of
time is worked out on the driver as what becomes of the digits; the engine computes with numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod

from dsgrid.query.factor import Column
from dsgrid.query.model import Step, Test
from dsgrid.query.plan import Axis


@dataclass(frozen=True)
class Table:
    """A coded table.

    Parameters
    ----------
    columns
        What its columns are, as people see them.
    axes
        Its digits, the fastest first; time has none where it has a single key.
    time_columns
        The columns of time that the keys have values of: those in `columns`, and hidden ones that later steps need.
    time_keys
        The values of these columns, one tuple per digit of time.
    alive
        By type the digits that filters have left, where they have left some out.
    counts
        Whether the values are counts, which add up whatever was counted.
    """

    columns: tuple[Column, ...]
    axes: tuple[Axis, ...]
    time_columns: tuple[Column, ...] = ()
    time_keys: tuple[tuple[object, ...], ...] = ((),)
    alive: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    counts: bool = False

    def digits(self, type_: str) -> tuple[int, ...]:
        """Return the digits of a type that occur."""
        if type_ in self.alive:
            return self.alive[type_]
        axis = self.axis(type_)
        return tuple(range(len(self.time_keys) if type_ == "time" else 0 if axis is None else len(axis.keys)))

    @property
    def size(self) -> int:
        """How many codes there are."""
        return prod(axis.radix for axis in self.axes)

    def axis(self, type_: str) -> Axis | None:
        """Return the axis of a type; None where it has none."""
        return next((axis for axis in self.axes if axis.type == type_), None)

    def knows(self, name: str) -> bool:
        """Tell whether the table's own columns of time determine another: the month of an hour, not the reverse."""
        names = [column.name for column in self.time_columns]
        if name not in names:
            return False
        place, own = names.index(name), [names.index(column.name) for column in self.columns_of("time")]
        return self.determined(own, place)

    def determined(self, by: Sequence[int], place: int) -> bool:
        """Tell whether the values at some places of the keys of time determine those at another place."""
        found: dict[tuple[object, ...], object] = {}
        return all(found.setdefault(tuple(key[one] for one in by), key[place]) == key[place] for key in self.time_keys)

    def columns_of(self, type_: str) -> tuple[Column, ...]:
        """Return the columns of one type, in their order."""
        return tuple(column for column in self.columns if column.type == type_)


@dataclass(frozen=True)
class Relation:
    """What becomes of the digits of one axis.

    Parameters
    ----------
    rows
        Digit before, digit after, and the coefficient of the value on its way.
    size
        How many digits occur before.
    """

    type: str
    rows: tuple[tuple[int, int, float], ...]
    size: int

    @cached_property
    def is_identity(self) -> bool:
        """Whether every digit stays what it is."""
        return len(self.rows) == self.size and all(old == new and one == 1.0 for old, new, one in self.rows)

    @cached_property
    def is_dropped(self) -> bool:
        """Whether every digit becomes 0, and values stay what they are."""
        return len(self.rows) == self.size and all(new == 0 and one == 1.0 for _, new, one in self.rows)

    @cached_property
    def targets(self) -> dict[int, int]:
        """How many digits each digit becomes."""
        found: dict[int, int] = {}
        for old, _, _ in self.rows:
            found[old] = found.get(old, 0) + 1
        return found

    @cached_property
    def fans_out(self) -> bool:
        """Whether some digit becomes several."""
        return any(count > 1 for count in self.targets.values())


@dataclass(frozen=True)
class Reduction:
    """A step: rows go to their new digits, and those that meet become one.

    Parameters
    ----------
    relations
        What becomes of the digits, by axis of the table before.
    weights
        Of a weighted mean, by type: a weight for each digit before.
    """

    step: Step
    before: Table
    after: Table
    relations: tuple[Relation, ...]
    weights: tuple[tuple[str, tuple[float, ...]], ...] = ()

    @property
    def function(self) -> str:
        """How rows become one."""
        return self.step.function

    @property
    def adds(self) -> bool:
        """Whether what the table adds up to is known from what it added up to before."""
        return self.function == "sum"


@dataclass(frozen=True)
class Kept:
    """A filter on records or time: the digits of one axis that stay."""

    type: str
    digits: tuple[int, ...]
    before: Table
    adds: bool = field(default=True, init=False)

    @property
    def after(self) -> Table:
        """The table that it leaves, in which the other digits do not occur any more."""
        return replace(self.before, alive={**self.before.alive, self.type: self.digits})


@dataclass(frozen=True)
class KeptValues:
    """A filter on values."""

    test: Test
    before: Table
    adds: bool = field(default=True, init=False)

    @property
    def after(self) -> Table:
        """The table that it leaves."""
        return self.before


@dataclass(frozen=True)
class Converted:
    """Values told in another unit: by the digit of the metric, times a scale and plus an offset."""

    unit: str
    before: Table
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    adds: bool = field(default=True, init=False)

    @property
    def after(self) -> Table:
        """The table that it leaves."""
        axes = tuple(
            replace(axis, units=(self.unit,) * len(axis.keys)) if axis.type == "metric" else axis
            for axis in self.before.axes
        )
        return replace(self.before, axes=axes)


Stage = Reduction | Kept | KeptValues | Converted
