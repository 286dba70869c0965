"""Small tables that the driver makes and the engine joins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


def small_table(session: SparkSession, rows: Sequence[Sequence[Any]], *columns: tuple[str, str]) -> DataFrame:
    """Return a table to be broadcast.

    Parameters
    ----------
    columns
        Names and types: ``string``, ``int32``, ``int64``, ``float64``, ``date`` or
        ``timestamp`` (given as UTC microseconds).
    """
    import pyarrow as pa
    from pyspark.sql import functions as F

    arrays = [pa.array([row[index] for row in rows], arrow_type(kind)) for index, (_, kind) in enumerate(columns)]
    table = pa.table(arrays, names=[name for name, _ in columns])
    return F.broadcast(arrow_frame(session, table))


def arrow_type(kind: str) -> pa.DataType:
    """Return the Arrow type of a kind of column, see `small_table`."""
    import pyarrow as pa

    return {
        "string": pa.string(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "float64": pa.float64(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
    }[kind]


def arrow_frame(session: SparkSession, table: pa.Table) -> DataFrame:
    """Return an Arrow table as a DataFrame. A Connect session infers no schema from one without rows."""
    if table.num_rows:
        return session.createDataFrame(table)
    from pyspark.sql.pandas.types import from_arrow_schema

    return session.createDataFrame([], from_arrow_schema(table.schema))
