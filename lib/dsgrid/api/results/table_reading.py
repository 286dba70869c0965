"""The table of a result, read from any row on in small pieces: never more of it in memory than a few of these.

A row group of a Parquet file may be the whole file. So files are read page by page, through buffers.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dsgrid.query import csv_files
from dsgrid.query.literals import arrow_type
from dsgrid.query.result import Result
from dsgrid.query.result_manifest import table_errors
from dsgrid.storage.location import Location

if TYPE_CHECKING:
    import pyarrow as pa

# Of a piece, about.
PIECE_BYTES: Final = 1 << 20
_ROWS: Final = (64, 65_536)
# Of all columns of a Parquet file together.
_BUFFERS: Final = 32 << 20
_BUFFER: Final = (4 << 10, 256 << 10)
_TEXT_BYTES: Final = 32


@dataclass(frozen=True)
class Block:
    """Neighbouring rows that can be read without those before: a row group, a batch, or a whole CSV file.

    Parameters
    ----------
    number
        Its place in the file.
    start
        The number of its first row in the table.
    """

    path: Location
    number: int
    start: int
    rows: int


@dataclass(frozen=True)
class StoredTable:
    """The table of a result in its files."""

    result: Result

    @cached_property
    def schema(self) -> pa.Schema:
        """Its columns as readers see them: instants in the zone that was asked for, and what the manifest knows."""
        import pyarrow as pa

        told = {one["name"]: one for one in self.result.manifest["columns"]}
        fields = []
        for field in self._stored_schema:
            column = told.get(field.name, {})
            type_ = field.type
            if pa.types.is_timestamp(type_) and column.get("holds") == "timestamp" and column.get("time_zone"):
                type_ = arrow_type("timestamp", column["time_zone"])
            meaning = {key: str(column[key]) for key in ("unit", "dimension", "interval") if column.get(key)}
            fields.append(pa.field(field.name, type_, metadata=meaning or None))
        return pa.schema(fields)

    @cached_property
    def _stored_schema(self) -> pa.Schema:
        import pyarrow as pa

        path = self.files[0]
        if path.suffix == ".csv":
            types = {one["name"]: arrow_type(one["holds"]) for one in self.result.manifest["columns"]}
            return pa.schema([(name, types.get(name, pa.string())) for name in _header(path)])
        with table_errors(path):
            schema = _arrow(path).schema if path.suffix == ".arrow" else _parquet(path).schema_arrow
        return schema.remove_metadata()

    @cached_property
    def files(self) -> list[Location]:
        """Its files, in the order of its rows."""
        return self.result.files or [self.result.path]

    @property
    def is_one_parquet(self) -> bool:
        """Whether it is a single Parquet file already."""
        return len(self.files) == 1 and self.files[0].suffix == ".parquet"

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Its blocks in the order of its rows; only the ends of files are read for it."""
        found: list[Block] = []
        start = 0
        for path in self.files:
            for number, rows in enumerate(self._rows_of(path)):
                found.append(Block(path, number, start, rows))
                start += rows
        return tuple(found)

    def _rows_of(self, path: Location) -> list[int]:
        """Return the rows of each block of a file."""
        if path.suffix == ".csv":
            name = str(path)[len(str(self.result.folder)) :].lstrip("/")
            return [int(one["rows"]) for one in self.result.manifest["files"] if one["path"] == name]
        with table_errors(path):
            if path.suffix == ".parquet":
                told = _parquet(path).metadata
                return [told.row_group(number).num_rows for number in range(told.num_row_groups)]
            reader = _arrow(path, [0])
            return [reader.get_batch(number).num_rows for number in range(reader.num_record_batches)]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.result.rows

    def pieces(self, start: int = 0, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Yield its rows from one on, piece by piece, with the types of `schema`.

        Parameters
        ----------
        columns
            Those that are read, in this order; by default all.

        Raises
        ------
        DataError
            If a file is damaged.
        """
        import pyarrow as pa

        names = list(self.schema.names if columns is None else columns)
        schema = pa.schema([self.schema.field(name) for name in names])
        for block in self.blocks:
            skipped = max(0, start - block.start)
            if skipped >= block.rows:
                continue
            with table_errors(block.path):
                yield from _cut(_read(block, names, piece_rows(schema), self._types(names)), skipped, schema)

    def _types(self, names: Sequence[str]) -> dict[str, pa.DataType]:
        return {name: self._stored_schema.field(name).type for name in names}


def row_bytes(schema: pa.Schema) -> int:
    """Return what a row takes in memory, about."""
    import pyarrow as pa

    return max(1, sum(8 if pa.types.is_primitive(field.type) else _TEXT_BYTES for field in schema))


def piece_rows(schema: pa.Schema) -> int:
    """Return how many rows a piece has."""
    return min(max(PIECE_BYTES // row_bytes(schema), _ROWS[0]), _ROWS[1])


def _cut(pieces: Iterator[pa.Table], skipped: int, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield what is left of pieces without the first rows, in the size that pieces have, with the types of a schema."""
    rows = piece_rows(schema)
    for piece in pieces:
        if skipped >= piece.num_rows:
            skipped -= piece.num_rows
            continue
        part = piece.slice(skipped)
        skipped = 0
        # Pieces of CSV and Arrow files have a size of their own.
        for begin in range(0, part.num_rows, rows):
            yield part.slice(begin, rows).select(schema.names).cast(schema)


def _read(block: Block, names: Sequence[str], rows: int, types: dict[str, Any]) -> Iterator[pa.Table]:
    import pyarrow as pa

    if block.path.suffix == ".csv":
        yield from csv_files.pieces(block.path, types, names)
    elif block.path.suffix == ".arrow":
        all_names = _arrow(block.path).schema.names
        reader = _arrow(block.path, [all_names.index(name) for name in names])
        yield pa.Table.from_batches([reader.get_batch(block.number)])
    else:
        with _parquet(block.path, len(names)) as file:
            yield from _batches(file, block.number, names, rows)


def _batches(file: Any, group: int, names: Sequence[str], rows: int) -> Iterator[pa.Table]:
    import pyarrow as pa

    # A name of a column selects those that begin with it and a dot, too; they are dropped by who asked.
    for batch in file.iter_batches(rows, row_groups=[group], columns=list(names), use_threads=False):
        yield pa.Table.from_batches([batch])


def read_open(path: Path, start: int, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows of a Parquet file from one on, piece by piece.

    The file stays open until the last of them: it may be removed meanwhile.

    Parameters
    ----------
    schema
        The columns that are read, and their types.
    """
    names = schema.names
    with table_errors(path), _parquet(path, len(names)) as file:
        first = 0
        for group in range(file.metadata.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if start < first + rows:
                yield from _cut(_batches(file, group, names, piece_rows(schema)), max(0, start - first), schema)
            first += rows


def _parquet(path: Location, columns: int = 1) -> Any:
    """Return an open Parquet file that is read through buffers: without them a whole column chunk is read at once."""
    import pyarrow.parquet as pq

    size = min(max(_BUFFERS // max(columns, 1), _BUFFER[0]), _BUFFER[1])
    return pq.ParquetFile(_local(path), buffer_size=size, pre_buffer=False)


def _arrow(path: Location, fields: Sequence[int] | None = None) -> Any:
    import pyarrow as pa

    # Not mapped: what is mapped counts as the server's memory.
    options = pa.ipc.IpcReadOptions(use_threads=False, included_fields=None if fields is None else list(fields))
    return pa.ipc.open_file(pa.OSFile(str(_local(path))), options=options)


def _header(path: Location) -> list[str]:
    with _local(path).open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file), [])


def _local(path: Location) -> Path:
    assert isinstance(path, Path), "a server's results lie in its own folder"
    return path
