"""Arrow IPC files: a table as it lies in memory, with its buffers compressed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsgrid.storage.location import arrow_input, arrow_output, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from dsgrid.storage.location import Location

# Readers take a file batch by batch; what is read of one batch is unpacked whole.
BATCH_ROWS = 131_072


class ArrowWriter:
    """Writes a table that comes in pieces into the files ``part-0.arrow``, ``part-1.arrow``, ... of a folder.

    Parameters
    ----------
    folder
        Where the files go; it is made.
    """

    def __init__(self, folder: Location) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._parts = 0
        self._open: tuple[Any, Any] | None = None

    def write(self, table: pa.Table) -> None:
        """Append rows to the file that is being written."""
        path = self._folder / f"part-{self._parts}.arrow"
        with storage_errors(path):
            if self._open is None:
                sink = arrow_output(path)
                self._open = (sink, _writer(sink, table.schema))
            self._open[1].write_table(table, max_chunksize=BATCH_ROWS)

    def cut(self) -> None:
        """End the file: what comes next goes into another one."""
        if self._open is None:
            return
        sink, writer = self._open
        self._open = None
        with storage_errors(self._folder), sink:
            writer.close()
        self._parts += 1

    def close(self) -> None:
        """End the last file."""
        self.cut()


def write(table: pa.Table, path: Location) -> None:
    """Write a table to one file."""
    with storage_errors(path), arrow_output(path) as sink, _writer(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=BATCH_ROWS)


def read(path: Location) -> pa.Table:
    """Return a file as a table; a file of this machine is mapped into memory."""
    import pyarrow as pa

    with storage_errors(path), _source(path) as source:
        return pa.ipc.open_file(source).read_all()


def pieces(path: Location) -> Iterator[pa.Table]:
    """Yield a file's rows batch by batch; a file without rows is one piece without any."""
    import pyarrow as pa

    with storage_errors(path), _source(path) as source:
        reader = pa.ipc.open_file(source)
        yield reader.schema.empty_table()
        for index in range(reader.num_record_batches):
            yield pa.Table.from_batches([reader.get_batch(index)])


def rows(path: Location) -> int:
    """Return the number of rows; of the columns only the first is read."""
    import pyarrow as pa

    with storage_errors(path), _source(path) as source:
        reader = pa.ipc.open_file(source, options=pa.ipc.IpcReadOptions(included_fields=[0]))
        return sum(reader.get_batch(index).num_rows for index in range(reader.num_record_batches))


def _writer(sink: Any, schema: pa.Schema) -> Any:
    import pyarrow as pa

    return pa.ipc.new_file(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))


def _source(path: Location) -> Any:
    import pyarrow as pa

    return pa.memory_map(str(path)) if isinstance(path, Path) else arrow_input(path)
