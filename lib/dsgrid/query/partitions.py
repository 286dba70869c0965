"""Files told apart by the values of columns: ``state=CO/part-0.parquet``, as Hive and its successors name folders.

The columns stand in the files too. Readers that go by the files see ids as they are, with their leading zeros; those
that go by the folders' names guess a type.

Engines could write such folders themselves, but Sail then keeps a writer open for each value, all at once. Here rows
come in the order of their values, and few files are open at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dsgrid.storage.location import Location, arrow_output, files_below, storage_errors

if TYPE_CHECKING:
    import pyarrow as pa

# Rows in order need one open file. Where an engine sorts in several runs, a value comes once in each.
OPEN_FILES = 64
ROW_GROUP = 1 << 20


class PartitionWriter:
    """Writes a table that comes in pieces into a folder for each of the values of some columns.

    Parameters
    ----------
    folder
        Where these folders go; it is made.
    columns
        The columns, the outermost folders first.
    readable
        What makes texts of a table's timestamps, where they are to be told in a zone.
    """

    def __init__(self, folder: Location, columns: Sequence[str], readable: Callable[[pa.Table], pa.Table]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._columns = list(columns)
        self._readable = readable
        self._names: dict[tuple[Any, ...], str] = {}
        self._parts: Counter[str] = Counter()
        # By the folder; the one that was written to last is at the end.
        self._open: dict[str, tuple[Any, Any]] = {}
        self._current = ""
        self._pending: list[pa.Table] = []

    def write(self, table: pa.Table) -> None:
        """Append rows to the files of their values; a table without rows leaves a file that tells the columns."""
        if not table.num_rows:
            self._append("", table)
        for start, end in runs(table, self._columns):
            piece = table.slice(start, end - start)
            self._append(self._name(piece), piece)

    def cut(self) -> None:
        """End all files: what comes next goes into other ones."""
        self._flush()
        for name in list(self._open):
            self._end(name)

    def close(self) -> None:
        """End the last files."""
        self.cut()

    def _name(self, piece: pa.Table) -> str:
        """Return the folder of rows that have the same values."""
        first = piece.slice(0, 1)
        key = tuple(first.select(self._columns).to_pylist()[0].values())
        if key not in self._names:
            shown = self._readable(first).select(self._columns).to_pylist()[0]
            self._names[key] = "/".join(folder_name(name, value) for name, value in shown.items())
        return self._names[key]

    def _append(self, name: str, piece: pa.Table) -> None:
        # Row groups as large as the rows in order allow; pieces of other values are written first.
        if name != self._current:
            self._flush()
            self._current = name
        self._pending.append(piece)
        if sum(one.num_rows for one in self._pending) >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if not self._pending:
            return
        table = pa.concat_tables(self._pending)
        self._pending = []
        with storage_errors(self._folder):
            self._writer(self._current, table.schema).write_table(table, row_group_size=ROW_GROUP)

    def _writer(self, name: str, schema: pa.Schema) -> Any:
        import pyarrow.parquet as pq

        if name not in self._open and len(self._open) == OPEN_FILES:
            self._end(next(iter(self._open)))
        opened = self._open.pop(name, None)
        if opened is None:
            folder = self._folder / name if name else self._folder
            folder.mkdir(parents=True, exist_ok=True)
            # Some file systems take a and A for the same folder.
            number = self._parts[name.casefold()]
            self._parts[name.casefold()] += 1
            sink = arrow_output(folder / f"part-{number}.parquet")
            opened = (sink, pq.ParquetWriter(sink, schema, compression="zstd"))
        self._open[name] = opened
        return opened[1]

    def _end(self, name: str) -> None:
        sink, writer = self._open.pop(name)
        with storage_errors(self._folder), sink:
            writer.close()


def folder_name(column: str, value: Any) -> str:
    """Return the name of the folder of a value; what a name of a file may not hold is percent-encoded.

    Examples
    --------
    >>> folder_name("state", "CO")
    'state=CO'
    >>> folder_name("end_use", "heating/cooling")
    'end_use=heating%2Fcooling'
    >>> from datetime import UTC
    >>> folder_name("hourly", datetime(2018, 7, 1, 7, tzinfo=UTC))
    'hourly=2018-07-01%2007%3A00%3A00Z'
    """
    if isinstance(value, datetime):
        value = f"{value:%Y-%m-%d %H:%M:%S}{'Z' if value.tzinfo else ''}"
    return f"{quote(column, safe='')}={quote(str(value), safe='')}"


def table_files(folder: Location, suffix: str) -> list[Location]:
    """Return the files of a table in a folder and the folders in it, those of a folder in their order."""
    found = [path for path, _, _ in files_below(folder) if path.suffix == suffix]
    # part-10 comes after part-9: names in a folder differ in their numbers only.
    return sorted(found, key=lambda path: (str(path.parent), len(path.name), path.name))


def runs(table: pa.Table, columns: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the first row, and the one after the last, of neighbouring rows with the same values of some columns."""
    if not table.num_rows:
        return
    # Imported here: who only opens a result does without.
    import numpy as np

    changes = np.zeros(table.num_rows - 1, dtype=bool)
    for name in columns:
        numbers = table.column(name).combine_chunks().dictionary_encode().indices.to_numpy()
        changes |= numbers[1:] != numbers[:-1]
    starts = [0, *(int(index) + 1 for index in np.flatnonzero(changes)), table.num_rows]
    yield from pairwise(starts)
