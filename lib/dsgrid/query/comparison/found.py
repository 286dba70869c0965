"""What a comparison of two tables found, as a value, and as a document for JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

EQUAL, WITHIN, DIFFERENT = "equal", "equal within tolerance", "different"
VERDICTS: Final = (EQUAL, WITHIN, DIFFERENT)

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Told:
    """Something about the columns in which the tables differ, that does not make them different.

    Parameters
    ----------
    column
        The column; empty where it is about the tables.
    what
        ``added up``, ``dimension``, ``form``, ``format``, ``interval``, ``left out``, ``name``, ``names``, ``order``,
        ``type``, ``unit``, ``values`` or ``zone``.
    text
        The whole, as a sentence without a stop.
    """

    column: str
    what: str
    text: str


@dataclass(frozen=True)
class Total:
    """What values add up to in each of the tables, ``B`` in the unit of ``A``."""

    unit: str
    a: float
    b: float

    @property
    def difference(self) -> float:
        """What there is more in ``B``."""
        return self.b - self.a

    @property
    def relative(self) -> float | None:
        """The difference by the sum of ``A``; None where that is 0."""
        return ratio(self.a, self.b)


@dataclass(frozen=True)
class RecordTotal(Total):
    """What the rows with one value of a key add up to, and how many there are.

    Parameters
    ----------
    rows_a, rows_b
        Rows of each table.
    only_a, only_b
        Those of them that the other does not have.
    changed
        Rows of both whose values differ.
    """

    record: Cell
    rows_a: int
    rows_b: int
    only_a: int
    only_b: int
    changed: int


@dataclass(frozen=True)
class By:
    """The totals by one key: of its values in which the tables differ, the largest differences first.

    Parameters
    ----------
    values
        How many values the key has in both tables together.
    differing
        How many of them differ.
    totals
        The first of these.
    """

    key: str
    values: int
    differing: int
    totals: tuple[RecordTotal, ...]


@dataclass(frozen=True)
class Row:
    """A row that is told.

    Parameters
    ----------
    keys
        Its keys.
    a, b
        The values, ``b`` in the unit of ``a``; None where there is none.
    """

    keys: dict[str, Cell]
    unit: str
    a: float | None
    b: float | None


@dataclass(frozen=True)
class Pattern:
    """Which values of a key the rows have that only one table has.

    Parameters
    ----------
    values
        The values, when they are few; else none.
    count, of
        How many there are, and how many the key has in this table.
    whole
        How many of them have all their rows among these.
    """

    key: str
    values: tuple[Cell, ...]
    count: int
    of: int
    whole: int


@dataclass(frozen=True)
class Lone:
    """The keys that only one of the tables has.

    Parameters
    ----------
    count
        How many.
    examples
        The first of them.
    patterns
        What they have in common.
    """

    count: int
    examples: tuple[Row, ...]
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True)
class Table:
    """One of the tables.

    Parameters
    ----------
    label
        As it was named.
    kind
        ``result``, ``dataset`` or ``table``.
    rows
        Its values, one row each.
    repeated
        Rows whose keys another row has, too.
    units
        The units of its values.
    """

    label: str
    kind: str
    format: str
    rows: int
    repeated: int
    units: tuple[str, ...]


@dataclass(frozen=True)
class Values:
    """The values of the keys that both tables have.

    Parameters
    ----------
    same
        Equal, after units are converted.
    near
        Equal within the tolerance.
    changed
        Different.
    only_a, only_b
        Those of the different ones that one table has a value for, and the other none.
    other_unit
        Those of the different ones whose units do not convert into each other.
    greatest_relative
        The greatest relative difference of all.
    """

    same: int
    near: int
    changed: int
    only_a: int
    only_b: int
    other_unit: int
    greatest_relative: float


@dataclass(frozen=True, repr=False)
class Comparison:
    """What a comparison of two tables found.

    Parameters
    ----------
    verdict
        One of `VERDICTS`.
    keys
        The columns that tell rows apart.
    told
        In what else the tables differ, that does not count.
    both
        How many keys are in both.
    only_a, only_b
        The keys that one of them has.
    totals
        The sums by unit.
    by
        The sums by each key.
    largest
        The largest changes of values, by unit.
    rtol, atol
        The tolerance.
    """

    verdict: str
    a: Table
    b: Table
    keys: tuple[str, ...]
    told: tuple[Told, ...]
    both: int
    only_a: Lone
    only_b: Lone
    values: Values
    totals: tuple[Total, ...]
    by: tuple[By, ...]
    largest: tuple[Row, ...]
    rtol: float
    atol: float
    adds_up: bool = True

    @property
    def is_equal(self) -> bool:
        """Whether the tables are equal, at least within the tolerance."""
        return self.verdict != DIFFERENT

    def report(self, summary: bool = False, width: int | None = None) -> str:
        """Return it for people to read; with `summary` the numbers only, without rows and records."""
        from dsgrid.query.comparison.lines import lines

        return "\n".join(lines(self, summary, width))

    def document(self, summary: bool = False) -> dict[str, Any]:
        """Return it as a document for JSON; with `summary` without rows and records."""
        from dsgrid.query.comparison.documents import document

        return document(self, summary)

    def __repr__(self) -> str:
        return self.report()


def ratio(a: float, b: float) -> float | None:
    """Return by which part of the first a second number is greater; None where the first is 0 or no number."""
    found = (b - a) / abs(a) if a else math.nan
    return found if math.isfinite(found) else None
