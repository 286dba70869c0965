"""Read tables of files piece by piece: Parquet, CSV and Arrow, on disks and in object stores."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from dsgrid.datasets import parquet
from dsgrid.errors import DataError, NotFoundError, Problem, UsageError, listing
from dsgrid.query import arrow_files
from dsgrid.query.partitions import table_files
from dsgrid.spec.node import shown
from dsgrid.storage.location import Location, arrow_input, is_url, storage_errors

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS: Final = {".parquet": "Parquet", ".csv": "CSV", ".arrow": "Arrow"}
PIECE: Final = 1 << 20  # rows
BLOCK: Final = 1 << 25  # bytes of a CSV file


def files_of(place: Location) -> list[Location]:
    """Return the files of a table: itself, or those of one kind in a folder and the folders in it.

    Raises
    ------
    NotFoundError
        If there are none.
    UsageError
        If it is no such file, or there are several kinds.
    """
    if place.is_file():
        if place.suffix not in FORMATS:
            raise UsageError(f"{shown(place)} is no table: a table is a file {_suffixes()}, or a folder of such files")
        return [place]
    found = {suffix: files for suffix in FORMATS if (files := _visible(place, suffix))}
    if not found:
        raise NotFoundError(f"{shown(place)} holds no table: no file {_suffixes()} is in it")
    if len(found) > 1:
        raise UsageError(
            f"{shown(place)} holds files of several kinds ({', '.join(found)}); name the table that is meant"
        )
    return next(iter(found.values()))


def _visible(folder: Location, suffix: str) -> list[Location]:
    return [path for path in table_files(folder, suffix) if not path.name.startswith((".", "_"))]


def _suffixes() -> str:
    return f"{', '.join(list(FORMATS)[:-1])} or {list(FORMATS)[-1]}"


def schema_of(files: Sequence[Location]) -> pa.Schema:
    """Return the columns of a table; those of CSV are all texts.

    Raises
    ------
    DataError
        If a name is there twice, or the names of folders say what no column does.
    """
    first = files[0]
    schema = _schema(first)
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise DataError(Problem(f"the columns {listing(twice)} are there more than once", shown(first)))
    told = [part.partition("=")[0] for part in first.parts[:-1] if "=" in part]
    lost = [name for name in told if name not in schema.names and len(files) > 1]
    if lost:
        raise DataError(
            Problem(f"{listing(lost)} stands in the names of folders alone; write it as a column, too", shown(first))
        )
    return schema


def _schema(path: Location) -> pa.Schema:
    import pyarrow as pa

    if path.suffix == ".parquet":
        return parquet.schema(path)
    if path.suffix == ".arrow":
        with _file_errors(path):
            return next(arrow_files.pieces(path)).schema
    return pa.schema([(name, pa.string()) for name in _header(path)])


def _header(path: Location) -> list[str]:
    import csv
    import io

    with storage_errors(path), path.open("rb") as file:
        # The line of the names may be long, but not the file.
        text = file.read(1 << 20).decode("utf-8-sig", errors="replace")
    names = next(csv.reader(io.StringIO(text)), [])
    if not names:
        raise DataError(Problem("the file is empty: not even the names of columns are there", shown(path)))
    return names


def rows_of(files: Sequence[Location]) -> int | None:
    """Return how many rows a table has; None for CSV, of which only reading tells."""
    if files[0].suffix == ".csv":
        return None
    count = {".parquet": parquet.rows, ".arrow": arrow_files.rows}[files[0].suffix]
    found = 0
    for path in files:
        with _file_errors(path):
            found += count(path)
    return found


def pieces(files: Sequence[Location], columns: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the named columns piece by piece.

    Parameters
    ----------
    numbers
        Those of them that are numbers; a CSV does not say it.

    Raises
    ------
    DataError
        If a file is damaged, or holds a text where a number should be.
    """
    for path in files:
        with _file_errors(path):
            yield from _READERS[path.suffix](path, columns, numbers)


def _parquet(path: Location, columns: Sequence[str], _numbers: Sequence[str]) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [name for name in columns if pa.types.is_string(pq.read_schema(arrow_input(path)).field(name).type)]
    # INT96 is an obsolete type of nanoseconds, in which old programs of Spark write instants.
    settings: dict[str, Any] = {"coerce_int96_timestamp_unit": "us", "pre_buffer": is_url(path)}
    with pq.ParquetFile(arrow_input(path), read_dictionary=texts, **settings) as file:
        for batch in file.iter_batches(batch_size=PIECE, columns=list(columns)):
            yield pa.Table.from_batches([batch]).select(list(columns))


def _arrow(path: Location, columns: Sequence[str], _numbers: Sequence[str]) -> Iterator[pa.Table]:
    for piece in arrow_files.pieces(path):
        yield piece.select(list(columns))


def _csv(path: Location, columns: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.csv

    names = _header(path)
    missing = [name for name in columns if name not in names]
    if missing:
        raise DataError(
            Problem(f"the file has no column {listing(missing)}, which others of the table have", shown(path))
        )
    types = {name: pa.float64() if name in numbers else pa.dictionary(pa.int32(), pa.string()) for name in columns}
    convert = pyarrow.csv.ConvertOptions(column_types=types, include_columns=list(columns))
    read = pyarrow.csv.ReadOptions(block_size=BLOCK)
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    try:
        reader = pyarrow.csv.open_csv(
            arrow_input(path), read_options=read, parse_options=parse, convert_options=convert
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        raise
    with reader:
        for batch in reader:
            yield pa.Table.from_batches([batch])


_READERS: Final[dict[str, Any]] = {".parquet": _parquet, ".arrow": _arrow, ".csv": _csv}


@contextlib.contextmanager
def _file_errors(path: Location) -> Iterator[None]:
    """Turn what pyarrow says of a file that it cannot read into a `DataError` that names it."""
    import pyarrow as pa

    try:
        with storage_errors(path):
            yield
    except (pa.ArrowException, KeyError, OSError) as error:
        # What the file system refuses has a number.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        line = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        message = f"the file is damaged or cut short ({line})"
        if isinstance(error, KeyError):
            message = f"the file has not the columns of the others of the table ({line})"
        elif path.suffix == ".csv":
            message = f"cannot be read as a table ({line}); is a column of texts missing in --keys?"
        raise DataError(Problem(message, shown(path))) from None


def bytes_of(files: Sequence[Location]) -> int:
    """Return the size of a table on the disk."""
    return sum(path.stat().st_size for path in files)
