"""The table of a result in other forms, made piece by piece: an Arrow stream, CSV, a single Parquet file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from dsgrid.api.jobs.attempt_folder import FORMS
from dsgrid.api.results import csv_lines
from dsgrid.api.results.chosen_table import ChosenTable
from dsgrid.api.results.sorting import Sorting
from dsgrid.api.results.table_reading import StoredTable

if TYPE_CHECKING:
    import pyarrow as pa

# Of how a form is made: it is part of entity tags, so that a client does not mix the bytes of two.
EDITION: Final = "1"
# Of a row group, as it lies in memory.
GROUP_BYTES: Final = 8 << 20


def arrow_stream(table: StoredTable | ChosenTable) -> Iterator[bytes]:
    """Yield a table as an Arrow IPC stream; buffers are not compressed, which every reader understands."""
    import pyarrow as pa

    taken = _Taken()
    with pa.ipc.new_stream(pa.PythonFile(taken, "w"), table.schema) as writer:
        yield taken.take()
        for piece in table.pieces():
            writer.write_table(piece)
            # Where nothing passes the tests a reader that has gone is noticed all the same.
            yield taken.take()
    yield taken.take()


def csv(table: StoredTable | ChosenTable) -> Iterator[bytes]:
    """Yield a table as CSV, as the commands write it."""
    yield csv_lines.header(table.schema.names)
    for piece in table.pieces():
        yield csv_lines.lines(piece)


def write_parquet(table: StoredTable | Sorting, sink: IO[bytes]) -> None:
    """Write a table as one Parquet file, row group by row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Dictionaries of numbers that hardly occur twice take memory, and are given up in the end.
    repeated = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
    with pq.ParquetWriter(sink, table.schema, compression="zstd", use_dictionary=repeated) as writer:
        pending: list[pa.Table] = []
        size = 0
        for piece in table.pieces():
            pending.append(piece)
            size += piece.nbytes
            if size >= GROUP_BYTES:
                _write_group(writer, pa.concat_tables(pending))
                pending, size = [], 0
        if pending:
            _write_group(writer, pa.concat_tables(pending))


def _write_group(writer: Any, rows: pa.Table) -> None:
    writer.write_table(rows, row_group_size=max(rows.num_rows, 1))


class _Taken(io.RawIOBase):
    """A file that keeps what is written to it until somebody takes it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        """Return what was written since."""
        found, self._parts = b"".join(self._parts), []
        return found


def made_path(folder: Path, name: str) -> Path:
    """Return where the single Parquet file of a result is kept, once it was made.

    Parameters
    ----------
    folder
        The folder of an attempt.
    name
        A further result; empty for the query's own table.
    """
    return folder / FORMS / (f"{name}.table.parquet" if name else "table.parquet")
