"""What is in the table of a result: combinations of records, times, units. The table is read once, in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsgrid.datasets.offenders import counted
from dsgrid.operations.derived_form import Form
from dsgrid.query.rules.presentation import UNIT

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1 << 20  # rows that are read at once
_MOST = 4_000_000  # counts that are kept before they are added up
_ALL = "#all"
_COUNT = "#count"
_SHOWN = 3


@dataclass(frozen=True)
class Contents:
    """What is in a table.

    Parameters
    ----------
    combinations
        Every combination of records that has values, with a column for each column of records (one named by the type
        for records that are names of columns), the column ``unit`` where the table has one, and ``#count``: how many
        values there are.
    times
        Every combination of values of the columns of time, in order; one without columns where there are none.
    """

    combinations: pa.Table
    times: pa.Table

    @property
    def slots(self) -> int:
        """How many different times there are."""
        return max(1, int(self.times.num_rows))

    def ids(self, column: str) -> tuple[str, ...]:
        """Return the different values of a column of records, in order."""
        return tuple(sorted(str(each) for each in self.combinations.column(column).unique().to_pylist()))


def read_contents(form: Form) -> Contents:
    """Read the table of a result.

    Raises
    ------
    DataError
        If it has no rows.
    """
    keys = [key.name for key in form.keys] + ([UNIT] if form.has_units else [])
    values, times = list(form.values), list(form.times)
    counts, moments = _Gathered(keys or [_ALL]), _Gathered(times or [_ALL])
    for piece in form.result.pieces(_ROWS):
        rows = piece if keys and times else piece.append_column(_ALL, _zeros(piece.num_rows))
        counts.add(rows, [(value, "count") for value in values])
        moments.add(rows, [])
    table = counts.table([f"{value}_count" for value in values])
    if not table.num_rows:
        raise form.error("the result has no rows, so there is nothing to make a dataset of")
    found = moments.table([])
    return Contents(
        combinations=_stacked(form, table, keys),
        times=found.sort_by([(name, "ascending") for name in times]) if times else found.select([]),
    )


class _Gathered:
    """Counts of rows with equal keys, which are added up when they become many."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = list(keys)
        self._tables: list[pa.Table] = []
        self._values: list[str] = []

    def add(self, piece: pa.Table, wanted: list[tuple[str, str]]) -> None:
        """Count the rows of a piece."""
        found = piece.group_by(self._keys, use_threads=False).aggregate(wanted)
        self._values = [f"{value}_{function}" for value, function in wanted]
        self._tables.append(found.select([*self._keys, *self._values]))
        if sum(table.num_rows for table in self._tables) > _MOST:
            self._tables = [self.table(self._values)]

    def table(self, values: Sequence[str]) -> pa.Table:
        """Return the counts of all pieces."""
        import pyarrow as pa

        whole = pa.concat_tables(self._tables)
        summed = whole.group_by(self._keys, use_threads=False).aggregate([(value, "sum") for value in values])
        return summed.select([*self._keys, *(f"{value}_sum" for value in values)]).rename_columns(
            [*self._keys, *values]
        )


def _zeros(number: int) -> Any:
    import numpy as np
    import pyarrow as pa

    return pa.array(np.zeros(number, np.int8))


def _stacked(form: Form, table: pa.Table, keys: list[str]) -> pa.Table:
    """Return a row for each combination with values, also where records are names of columns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = []
    for value in form.values:
        part = table.select([*keys, f"{value}_count"]).rename_columns([*keys, _COUNT])
        part = part.filter(pc.greater(part.column(_COUNT), 0))
        if form.pivot is not None:
            part = part.append_column(form.pivot.type, pa.array([value] * part.num_rows, pa.string()))
        parts.append(part)
    return pa.concat_tables(parts)


def refuse_gaps(form: Form, contents: Contents, slots: int) -> None:
    """Refuse a table in which some combination lacks some slots: a dataset has all of them, or none.

    Parameters
    ----------
    slots
        How many slots each combination should have.
    """
    import pyarrow.compute as pc

    wrong = contents.combinations.filter(pc.not_equal(contents.combinations.column(_COUNT), slots))
    if not wrong.num_rows:
        return
    first = [_said(row) for row in wrong.slice(0, _SHOWN).to_pylist()]
    more = f" and {wrong.num_rows - _SHOWN:,} more" if wrong.num_rows > _SHOWN else ""
    raise form.error(
        f"{counted(wrong.num_rows, 'combination')} of records have not all of {counted(slots, 'slot')}: "
        f"{'; '.join(first)}{more}; a dataset has all slots of a combination, or none: leave out the filter on values "
        "or on time that took them"
    )


def _said(row: Mapping[str, Any]) -> str:
    named = ", ".join(f"{name} = {value}" for name, value in row.items() if name not in (_COUNT, UNIT, _ALL))
    return f"{named or 'the only one'} has {row[_COUNT]:,}"


def units_of(form: Form, contents: Contents, column: str) -> Iterator[tuple[str, str]]:
    """Yield the unit of each record of a column, more than once where it has several."""
    if form.has_units:
        pairs = contents.combinations.select([column, UNIT]).group_by([column, UNIT]).aggregate([])
        yield from ((str(row[column]), str(row[UNIT] or "")) for row in pairs.to_pylist())
        return
    for id_ in contents.ids(column):
        yield id_, form.values.get(id_, "") or next(iter(form.result.manifest["units"]), "")
