"""A look at the rows of a result: which values its columns have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dsgrid.query.plots.columns import INSTANT, UNIT, Column, in_order
from dsgrid.query.plots.condition import micros

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Survey:
    """What was seen.

    Parameters
    ----------
    columns
        The key columns with their values.
    units
        The units of the rows, where a column tells them.
    rows
        How many rows there are.
    spans
        The first and the last instant of each column of them, as microseconds.
    """

    columns: tuple[Column, ...]
    units: tuple[str, ...]
    rows: int
    spans: dict[str, tuple[int, int]]


def survey(batches: Iterable[pa.Table], columns: Sequence[Column]) -> Survey:
    """Return what the rows have in these columns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    seen: dict[str, Any] = {one.name: None for one in columns}
    units: dict[str, None] = {}
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        for name in seen:
            found = pc.unique(_plain(batch.column(name)))
            known = seen[name]
            seen[name] = found if known is None else pc.unique(pa.chunked_array([known, found]))
        if UNIT in batch.column_names:
            units |= dict.fromkeys(str(one or "") for one in pc.unique(_plain(batch.column(UNIT))).to_pylist())
    spans = {}
    found_columns = []
    for column in columns:
        values = seen[column.name]
        count = 0 if values is None else len(values)
        if column.role == INSTANT:
            if count and count > values.null_count:
                ends = pc.min_max(micros(pa.chunked_array([values])))
                spans[column.name] = (ends["min"].as_py(), ends["max"].as_py())
            found_columns.append(replace(column, count=count))
        else:
            listed = () if values is None else in_order(column, values.to_pylist())
            found_columns.append(replace(column, count=count, values=listed))
    return Survey(tuple(found_columns), tuple(units), rows, spans)


def _plain(column: Any) -> Any:
    import pyarrow as pa

    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
