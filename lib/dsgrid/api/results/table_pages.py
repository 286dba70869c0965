"""Pages of a table: some rows from a place on, as JSON."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsgrid.api.results.chosen_table import ChosenTable

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Place:
    """Where a page begins.

    Parameters
    ----------
    row
        The number of a row of the table.
    passed
        How many rows from there on that pass the tests were told already.
    """

    row: int = 0
    passed: int = 0

    def after(self, rows: int, *, tested: bool) -> Place:
        """Return the place so many rows later; where there are tests, so many of those that pass them."""
        return Place(self.row, self.passed + rows) if tested else Place(self.row + rows, self.passed)


@dataclass(frozen=True)
class Page:
    """Rows of a table.

    Parameters
    ----------
    rows
        As many as were wanted, where there are so many and there was time to find them.
    following
        Where the next page begins; None after the last row.
    is_full
        Whether it ends where it was to end, and not where the time was over.
    """

    rows: pa.Table
    following: Place | None
    is_full: bool = True


def page(chosen: ChosenTable, place: Place, limit: int, seconds: float = math.inf) -> Page:
    """Return a page.

    Parameters
    ----------
    limit
        How many rows, at most.
    seconds
        How long to look for rows; then a page has those that were found, perhaps none, and the next one goes on.
    """
    import pyarrow as pa

    end = time.monotonic() + seconds
    found = [chosen.schema.empty_table()]
    start, passed, wanted = place.row, place.passed, limit
    for rows, piece in chosen.counted(place.row):
        skipped = min(passed, piece.num_rows)
        taken = piece.slice(skipped, wanted)
        if taken.num_rows:
            found.append(_own(taken) if chosen.where else taken)
        wanted -= taken.num_rows
        if not wanted:
            used = skipped + taken.num_rows
            return _page(chosen, found, _following(start, used, piece.num_rows, rows, bool(chosen.where)))
        passed -= skipped
        start += rows
        if time.monotonic() > end:
            return _page(chosen, found, Place(start, passed), is_full=False)
    return Page(pa.concat_tables(found), None)


def _page(chosen: ChosenTable, found: list[pa.Table], following: Place, *, is_full: bool = True) -> Page:
    import pyarrow as pa

    return Page(pa.concat_tables(found), following if following.row < chosen.table.rows else None, is_full)


def _own(rows: pa.Table) -> pa.Table:
    """Return rows with memory of their own: the few that pass a test would keep that of all others."""
    import pyarrow as pa

    return rows.take(pa.array(range(rows.num_rows)))


def _following(start: int, used: int, there: int, rows: int, tested: bool) -> Place:
    """Return the place after so many of the rows of a piece that pass the tests."""
    if used == there:
        return Place(start + rows)
    return Place(start, used) if tested else Place(start + used)


def cells(rows: pa.Table) -> list[list[Any]]:
    """Return rows as JSON has them: times as ISO 8601 with their zone, what is no number as null."""
    columns = [_cells(rows.column(name)) for name in rows.column_names]
    return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in range(rows.num_rows)]


def _cells(column: pa.ChunkedArray) -> list[Any]:
    import pyarrow as pa

    type_ = column.type
    if pa.types.is_floating(type_):
        return [None if one is None or not math.isfinite(one) else one for one in column.to_pylist()]
    if pa.types.is_timestamp(type_):
        return _times(column)
    if pa.types.is_temporal(type_):
        return [None if one is None else one.isoformat() for one in column.to_pylist()]
    return list(column.to_pylist())


def _times(column: pa.ChunkedArray) -> list[str | None]:
    import numpy as np
    import pyarrow as pa

    from dsgrid.query.timestamps import texts_in

    zone = column.type.tz
    if zone in (None, "UTC"):
        mark = "" if zone is None else "Z"
        plain = column.cast(pa.timestamp("us")).to_pylist()
        return [None if one is None else f"{one.isoformat()}{mark}" for one in plain]
    stamps = column.cast(pa.timestamp("us", zone)).cast(pa.int64())
    known = stamps.drop_null().unique()
    told = [text.replace(" ", "T") for text in texts_in(zone, np.asarray(known))]
    texts = dict(zip(known.to_pylist(), told, strict=True))
    return [texts.get(one) for one in stamps.to_pylist()]
