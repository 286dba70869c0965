"""Parquet input, read by pyarrow in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsgrid.errors import DataError, Problem
from dsgrid.spec.node import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa


def schema(path: Path) -> pa.Schema:
    """Return the schema of a file; a file that is no Parquet is a DataError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(Problem(f"not a Parquet file ({_first_line(error)})", shown(path))) from None


def rows(path: Path) -> int:
    """Return the number of rows that the footer states."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def batches(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield the chosen columns in batches of bounded size."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # INT96 is an obsolete nanosecond type without a zone; only its microseconds can be read by the engines.
    file = pq.ParquetFile(path, coerce_int96_timestamp_unit="us")
    try:
        for batch in file.iter_batches(batch_size=131_072, columns=list(columns)):
            yield batch.select(list(columns))
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(Problem(f"the file is damaged ({_first_line(error)})", shown(path))) from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
