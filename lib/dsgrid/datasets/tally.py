"""A first look at the values of one file, without an engine: rows, NULLs, and NaN or infinities.

NaN never gets further than this: one engine answers wrongly to a minimum over data that hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.storage.location import Location

SHOWN = 10


class Tally:
    """Counts over the batches of one file.

    Parameters
    ----------
    values
        The value columns.
    """

    def __init__(self, values: Sequence[str]) -> None:
        self.rows = 0
        self.nulls = dict.fromkeys(values, 0)
        self.bad_rows = 0
        self.first_bad: list[int] = []

    def see(self, batch: pa.RecordBatch) -> None:
        """Count one batch."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        bad = np.zeros(batch.num_rows, dtype=bool)
        for name in self.nulls:
            column = batch.column(name)
            self.nulls[name] += column.null_count
            if pa.types.is_floating(column.type):
                finite = pc.fill_null(pc.is_finite(column), True)
                if not pc.all(finite, min_count=0).as_py():
                    bad |= ~finite.to_numpy(zero_copy_only=False)
        if bad.any():
            positions = np.flatnonzero(bad)
            self.first_bad.extend(int(self.rows + position) for position in positions[: SHOWN - len(self.first_bad)])
            self.bad_rows += len(positions)
        self.rows += batch.num_rows

    def result(self) -> dict[str, Any]:
        """Return the counts as plain JSON values, so that a task on another machine can hand them back."""
        return {"rows": self.rows, "nulls": self.nulls, "bad_rows": self.bad_rows, "first_bad": self.first_bad}


def tally_parquet(path: Location, values: Sequence[str]) -> dict[str, Any]:
    """Return the tally of one Parquet file; only its value columns are read."""
    from dsgrid.datasets import parquet

    tally = Tally(values)
    for batch in parquet.batches(path, values):
        tally.see(batch)
    return tally.result()


def rows_at(batches: Iterable[pa.RecordBatch], positions: Sequence[int]) -> list[dict[str, Any]]:
    """Return single rows of a file, each with its position (the first row is 1) under ``row``."""
    found: list[dict[str, Any]] = []
    start = 0
    for batch in batches:
        inside = [position - start for position in positions if start <= position < start + batch.num_rows]
        found.extend({"row": start + index + 1, **batch.slice(index, 1).to_pylist()[0]} for index in inside)
        start += batch.num_rows
        if len(found) == len(positions):
            break
    return found
