"""The normalised facts as a DataFrame, and their way into files.

Every step is one `select` that states its columns, so that both engines hand over the same names and types.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsgrid.datasets.clock import Clock, check_labels
from dsgrid.datasets.offenders import LIMIT
from dsgrid.errors import DataError, Problem
from dsgrid.storage.location import Location, engine_path, engine_paths, files_below
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.stored import stored_columns

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.types import StructType

    from dsgrid.datasets.columns import Columns
    from dsgrid.datasets.ingest import Source
    from dsgrid.datasets.lookup import Lookup
    from dsgrid.spec.node import Node


def normalise(
    session: SparkSession,
    source: Source,
    columns: Columns,
    time: TimeDimension,
    lookup: Lookup | None,
    at: Node,
    precision: str = "float64",
) -> DataFrame:
    """Return the facts with the stored columns, NULL values still in.

    Parameters
    ----------
    time
        The time as the files write it.
    lookup
        Gives numbers to ids that are text in the files.
    at
        The ``[time]`` table of the spec.
    precision
        ``float64`` or ``float32``.

    Raises
    ------
    SpecError
        If the spec does not say how labels are meant.
    DataError
        For wall-clock labels that are no slots and text ids that the lookup lacks: they could not be converted.
    """
    table = columns.facts
    check_labels(time, source, table, at)
    raw = session.read.schema(schema(source.types)).parquet(*engine_paths(session, source.files))
    codes = lookup.codes if lookup is not None else None
    if lookup is not None and codes is None and source.types[table.id or ""] == "string":
        raise DataError(Problem(f"ids are text here and integers in {lookup.name}", source.name))
    rows, times = Clock(session, raw, source, table, time).normalised()
    facts = rows.select(*_plain(columns, codes is not None, precision), *times)
    facts = facts.select(*(quoted(name) for name in stored_order(columns, time)))
    if lookup is not None and codes is not None:
        facts = _translated(session, facts, "id", codes, f"ids of {source.name} are not in {lookup.name}")
    return facts


def _plain(columns: Columns, text_ids: bool, precision: str) -> list[Column]:
    """Return what is only renamed and cast."""
    from pyspark.sql import functions as F

    table = columns.facts
    value_type = "float" if precision == "float32" else "double"
    picked: list[Column] = []
    if table.id is not None:
        picked.append(F.col(quoted(table.id)).cast("string" if text_ids else "bigint").alias("id"))
    picked += [F.col(quoted(column)).cast("string").alias(type_) for type_, column in table.dimensions.items()]
    picked += [F.col(quoted(column)).cast(value_type).alias(name) for name, column in table.values.items()]
    return picked


def sort_keys(columns: Columns, time: TimeDimension) -> tuple[str, ...]:
    """Return the columns that stored facts are sorted by."""
    return (*columns.keys, *stored_columns(time))


def stored_order(columns: Columns, time: TimeDimension) -> tuple[str, ...]:
    """Return the stored columns in order: keys, time, values."""
    return (*sort_keys(columns, time), *columns.facts.values)


def _translated(session: SparkSession, facts: DataFrame, column: str, words: pa.Table, complaint: str) -> DataFrame:
    """Replace what a column holds by what a table of two columns says; everything has to be in the table."""
    from pyspark.sql import functions as F

    source, target = words.column_names
    small = F.broadcast(session.createDataFrame(words))
    unknown = facts.select(column).distinct().join(small, F.col(column) == F.col(source), "left_anti")
    first = unknown.orderBy(column).limit(LIMIT).toArrow()[column].to_pylist()
    if first:
        shown = ", ".join("NULL" if word is None else f'"{word}"' for word in first)
        raise DataError(Problem(f"{complaint}: {shown}{', ...' if len(first) == LIMIT else ''}"))
    names = [F.col(target).alias(column) if name == column else F.col(quoted(name)) for name in facts.columns]
    return facts.join(small, facts[column] == small[source], "inner").select(*names)


def without_nulls(facts: DataFrame, columns: Columns) -> DataFrame:
    """Leave out the rows in which no value is there."""
    from pyspark.sql import functions as F

    return facts.where(F.coalesce(*(F.col(quoted(name)) for name in columns.facts.values)).isNotNull())


def write_sorted(
    session: SparkSession, facts: DataFrame, keys: Sequence[str], folder: Location
) -> tuple[Location, ...]:
    """Write facts sorted by these columns, and return the files.

    `offset(0)` looks idle and is not: Sail drops a sort that stands directly before a write.
    """
    from pyspark.sql import functions as F

    ordered = facts.orderBy(*(F.col(key) for key in keys)).offset(0) if keys else facts
    ordered.write.option("compression", "zstd").parquet(engine_path(session, folder))
    written = []
    for path, _, _ in files_below(folder):
        if path.suffix != ".parquet" or path.name.startswith("."):
            path.unlink()
        else:
            written.append(path)
    return tuple(written)


def read(
    session: SparkSession,
    files: Sequence[Location],
    keys: Sequence[str],
    values: Sequence[str],
    time: TimeDimension,
) -> DataFrame:
    """Read stored facts: an explicit list of files with an explicit schema. Values are read as double."""
    types = {key: "bigint" if key == "id" else "string" for key in keys}
    types |= stored_columns(time) | dict.fromkeys(values, "double")
    return session.read.schema(schema(types)).parquet(*engine_paths(session, files))


def schema(types: dict[str, str]) -> StructType:
    """Return the explicit schema for a table of stored columns."""
    from pyspark.sql import types as T

    known = {
        "string": T.StringType(),
        "boolean": T.BooleanType(),
        "tinyint": T.ByteType(),
        "smallint": T.ShortType(),
        "int": T.IntegerType(),
        "bigint": T.LongType(),
        "float": T.FloatType(),
        "double": T.DoubleType(),
        "timestamp": T.TimestampType(),
        "timestamp_ntz": T.TimestampNTZType(),
    }
    return T.StructType([T.StructField(name, known[type_]) for name, type_ in types.items()])


def quoted(name: str) -> str:
    """Return a column name that the engines take as it is, dots and blanks included."""
    return f"`{name.replace('`', '``')}`"
