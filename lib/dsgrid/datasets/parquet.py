"""Parquet input, read by pyarrow in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsgrid.errors import DataError, Problem
from dsgrid.spec.node import shown
from dsgrid.storage.location import arrow_input, arrow_output, is_url, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from dsgrid.storage.location import Location


def schema(path: Location) -> pa.Schema:
    """Return the schema of a file; a file that is no Parquet is a DataError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with storage_errors(path):
            return pq.read_schema(arrow_input(path))
    except (pa.ArrowInvalid, OSError) as error:
        text = _first_line(error)
        if "magic bytes" in text or "footer" in text:
            text = "or only a part of one: it has no footer"
        raise DataError(Problem(f"not a Parquet file, {text}", shown(path))) from None


def rows(path: Location) -> int:
    """Return the number of rows that the footer states."""
    import pyarrow.parquet as pq

    with storage_errors(path):
        return int(pq.read_metadata(arrow_input(path)).num_rows)


def batches(path: Location, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield the chosen columns in batches of bounded size."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # INT96 is an obsolete nanosecond type without a zone; only its microseconds can be read by the engines.
    try:
        with (
            storage_errors(path),
            # Of a file elsewhere the columns of a row group are fetched together, and not page by page.
            pq.ParquetFile(arrow_input(path), coerce_int96_timestamp_unit="us", pre_buffer=is_url(path)) as file,
        ):
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(batch_size=131_072, row_groups=[group], columns=list(columns)):
                    yield batch.select(list(columns))
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(Problem(f"the file is damaged ({_first_line(error)})", shown(path))) from None


def read(path: Location, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a small file as a table: this file and nothing else, names of folders such as `id=1` mean nothing."""
    import pyarrow.parquet as pq

    with storage_errors(path), pq.ParquetFile(arrow_input(path)) as file:
        return file.read(columns=None if columns is None else list(columns))


def write(table: pa.Table, path: Location) -> None:
    """Write a small table."""
    import pyarrow.parquet as pq

    with storage_errors(path), arrow_output(path) as sink:
        pq.write_table(table, sink, compression="zstd")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
