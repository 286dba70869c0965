"""Small tables that the driver makes and the engine joins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# A table of more rows is not sent whole to every executor.
LARGEST_BROADCAST = 5_000_000
# Bytes of a literal; Connect's messages end at 128 MiB.
LARGEST_MESSAGE = 100_000_000

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


def small_table(session: SparkSession, rows: Sequence[Sequence[Any]], *columns: tuple[str, str]) -> DataFrame:
    """Return a table to be broadcast.

    Parameters
    ----------
    columns
        Names and types: ``string``, ``int32``, ``int64``, ``float64``, ``date``, ``timestamp`` (given as UTC
        microseconds) or ``wall`` (microseconds of a clock).
    """
    from pyspark.sql import functions as F

    frame = arrow_frame(session, arrow_rows(rows, *columns))
    walls = {name: F.col(f"`{name}`").cast("timestamp_ntz") for name, kind in columns if kind == "wall"}
    return F.broadcast(frame.withColumns(walls) if walls else frame)


def arrow_rows(rows: Sequence[Sequence[Any]], *columns: tuple[str, str]) -> pa.Table:
    """Return rows as an Arrow table; `columns` as for `small_table`."""
    import pyarrow as pa

    arrays = [pa.array([row[index] for row in rows], arrow_type(kind)) for index, (_, kind) in enumerate(columns)]
    return pa.table(arrays, names=[name for name, _ in columns])


def arrow_type(kind: str, zone: str | None = None) -> pa.DataType:
    """Return the Arrow type of a kind of column, see `small_table`; timestamps are shown in a zone, by default UTC."""
    import pyarrow as pa

    return {
        "string": pa.string(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "float64": pa.float64(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz=zone or "UTC"),
        "wall": pa.timestamp("us"),
    }[kind]


def with_small(small: DataFrame, rows: DataFrame, on: str | list[str]) -> DataFrame:
    """Return the inner join of a small table with rows.

    The small one stands to the left: Sail builds its hash table from there when it does not know how many rows there
    are, as after another join. Spark goes by the hint to broadcast.
    """
    from pyspark.sql import functions as F

    return F.broadcast(small).join(rows, on=on, how="inner")


@dataclass(frozen=True)
class Small:
    """A small table, and the column that it is joined by."""

    table: pa.Table
    on: str


def with_smalls(session: SparkSession, smalls: Sequence[Small], rows: DataFrame) -> DataFrame:
    """Return the inner joins of rows with several small tables, the largest first.

    Sail takes a join to leave as many rows as the smaller side has, so that a larger table after a smaller one would
    make it build the hash table from the rows.
    """
    for small in sorted(smalls, key=lambda one: -one.table.num_rows):
        table = arrow_frame(session, small.table)
        if small.table.num_rows > LARGEST_BROADCAST:
            # Every executor of a cluster would hold it whole: let both sides be shuffled by the key instead.
            rows = table.join(rows, on=small.on, how="inner")
        else:
            rows = with_small(table, rows, small.on)
    return rows


def arrow_frame(session: SparkSession, table: pa.Table) -> DataFrame:
    """Return an Arrow table as a DataFrame. A Connect session infers no schema from one without rows.

    A table that is too large for a message of an embedded server travels as a file.
    """
    if table.nbytes > LARGEST_MESSAGE and is_embedded(session):
        return _through_file(session, table)
    if table.num_rows:
        return session.createDataFrame(table)
    from pyspark.sql.pandas.types import from_arrow_schema

    return session.createDataFrame([], from_arrow_schema(table.schema))


def is_embedded(session: SparkSession) -> bool:
    """Tell whether the session's server runs in this process, and so reads the files that this process writes."""
    return "connect" in type(session).__module__ and session.client.host in ("127.0.0.1", "localhost")


def _through_file(session: SparkSession, table: pa.Table) -> DataFrame:
    import atexit
    import shutil
    import tempfile

    import pyarrow.parquet as pq

    folder = tempfile.mkdtemp(prefix="dsgrid-")
    # Rows are read when the result is, which is some time from now.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    pq.write_table(table, f"{folder}/table.parquet", compression="zstd")
    return session.read.parquet(folder)
