"""The normalised facts as a DataFrame, and their way into files.

Every step is one `select` that states its columns, so that both engines hand over the same names and types.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dsgrid.datasets.offenders import LIMIT
from dsgrid.errors import DataError, Problem, SpecError
from dsgrid.storage.location import Location, engine_path, engine_paths, files_below
from dsgrid.time.dimension import DatetimeTime
from dsgrid.time.grid import moment, wall_clock_table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.types import StructType

    from dsgrid.datasets.columns import Columns
    from dsgrid.datasets.ingest import Source
    from dsgrid.datasets.lookup import Lookup
    from dsgrid.spec.node import Node

TIMESTAMP = "timestamp"


def label_clock(time: DatetimeTime, source: Source, at: Node) -> pa.Table | None:
    """Return the table from wall-clock labels to instants, or None when labels are instants already.

    Raises
    ------
    SpecError
        If the spec does not say how naive labels are meant, contradicts the files, or the labels are ambiguous.
    """
    import pyarrow as pa

    if not source.naive:
        if time.labels == "wall_clock":
            message = f'labels are "wall_clock", but "{time.column}" of {source.name} holds instants (with an offset)'
            raise SpecError(at.problem(f"{message}; leave `labels` out"))
        return None
    if not time.labels:
        raise SpecError(
            at.problem(
                f'"{time.column}" of {source.name} has no offset; write labels = "wall_clock" '
                f'(clock times in {time.zone}) or labels = "instants" (UTC)'
            )
        )
    if time.labels == "instants":
        return None
    clock = wall_clock_table(time)
    if len(clock.ambiguous):
        readings = ", ".join(f"{moment(int(reading)):%Y-%m-%d %H:%M}" for reading in clock.ambiguous[:5])
        raise SpecError(
            at.problem(
                f"wall-clock label {readings} occurs twice in {time.zone}; write the labels of {source.name} "
                "with an offset"
            )
        )
    micros = pa.timestamp("us", "UTC")  # a reading is kept as if it were UTC: the engines join instants alike
    return pa.table({"reading": pa.array(clock.labels).cast(micros), "instant": pa.array(clock.instants).cast(micros)})


def normalise(
    session: SparkSession,
    source: Source,
    columns: Columns,
    clock: pa.Table | None,
    lookup: Lookup | None,
    precision: str = "float64",
) -> DataFrame:
    """Return the facts with the stored columns, NULL values still in.

    Parameters
    ----------
    clock
        From `label_clock`.
    lookup
        Gives numbers to ids that are text in the files.
    precision
        ``float64`` or ``float32``.

    Raises
    ------
    DataError
        For wall-clock labels that are no slots and text ids that the lookup lacks: they could not be converted.
    """
    table = columns.facts
    raw = session.read.schema(schema(source.types)).parquet(*engine_paths(session, source.files))
    value_type = "float" if precision == "float32" else "double"
    # The session's zone is UTC, so a naive label keeps its digits.
    label = raw[quoted(table.time or "")].cast("timestamp")
    codes = lookup.codes if lookup is not None else None
    if lookup is not None and codes is None and source.types[table.id or ""] == "string":
        raise DataError(Problem(f"ids are text here and integers in {lookup.name}", source.name))
    picked: list[Column] = []
    if table.id is not None:
        picked.append(raw[quoted(table.id)].cast("string" if codes is not None else "bigint").alias("id"))
    picked += [raw[quoted(column)].cast("string").alias(type_) for type_, column in table.dimensions.items()]
    picked.append(label.alias(TIMESTAMP))
    picked += [raw[quoted(column)].cast(value_type).alias(name) for name, column in table.values.items()]
    facts = raw.select(*picked)
    if clock is not None:
        complaint = f"labels of {source.name} are no slots of the time dimension"
        facts = _translated(session, facts, TIMESTAMP, clock, complaint)
    if lookup is not None and codes is not None:
        facts = _translated(session, facts, "id", codes, f"ids of {source.name} are not in {lookup.name}")
    return facts


def _translated(session: SparkSession, facts: DataFrame, column: str, words: pa.Table, complaint: str) -> DataFrame:
    """Replace what a column holds by what a table of two columns says; everything has to be in the table."""
    from pyspark.sql import functions as F

    source, target = words.column_names
    small = F.broadcast(session.createDataFrame(words))
    unknown = facts.select(column).distinct().join(small, F.col(column) == F.col(source), "left_anti")
    first = unknown.orderBy(column).limit(LIMIT).toArrow()[column].to_pylist()
    if first:
        shown = ", ".join("NULL" if word is None else _word(word) for word in first)
        raise DataError(Problem(f"{complaint}: {shown}{', ...' if len(first) == LIMIT else ''}"))
    names = [F.col(target).alias(column) if name == column else F.col(quoted(name)) for name in facts.columns]
    return facts.join(small, facts[column] == small[source], "inner").select(*names)


def _word(word: object) -> str:
    return f"{word:%Y-%m-%d %H:%M:%S}" if isinstance(word, datetime) else f'"{word}"'


def without_nulls(facts: DataFrame, columns: Columns) -> DataFrame:
    """Leave out the rows in which no value is there."""
    from pyspark.sql import functions as F

    return facts.where(F.coalesce(*(F.col(quoted(name)) for name in columns.facts.values)).isNotNull())


def write(session: SparkSession, facts: DataFrame, columns: Columns, folder: Location) -> tuple[Location, ...]:
    """Write the facts sorted by their keys and time, and return the files."""
    return write_sorted(session, facts, columns.keys, folder)


def write_sorted(
    session: SparkSession, facts: DataFrame, keys: Sequence[str], folder: Location
) -> tuple[Location, ...]:
    """Write facts sorted by these columns and time, and return the files.

    `offset(0)` looks idle and is not: Sail drops a sort that stands directly before a write.
    """
    from pyspark.sql import functions as F

    ordered = facts.orderBy(*(F.col(key) for key in keys), F.col(TIMESTAMP)).offset(0)
    ordered.write.option("compression", "zstd").parquet(engine_path(session, folder))
    written = []
    for path, _, _ in files_below(folder):
        if path.suffix != ".parquet" or path.name.startswith("."):
            path.unlink()
        else:
            written.append(path)
    return tuple(written)


def read(session: SparkSession, files: Sequence[Location], keys: Sequence[str], values: Sequence[str]) -> DataFrame:
    """Read stored facts: an explicit list of files with an explicit schema. Values are read as double."""
    types = {key: "bigint" if key == "id" else "string" for key in keys}
    types |= {TIMESTAMP: "timestamp"} | dict.fromkeys(values, "double")
    return session.read.schema(schema(types)).parquet(*engine_paths(session, files))


def schema(types: dict[str, str]) -> StructType:
    """Return the explicit schema for a table of stored columns."""
    from pyspark.sql import types as T

    known = {
        "string": T.StringType(),
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
