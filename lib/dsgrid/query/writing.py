"""Write a result's table: from the driver where it is small, else by the engine.

Engines write Parquet and CSV. What they do not write, or not within bounds (Arrow, partitions), is made of their
Parquet, batch by batch.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from dsgrid.datasets import parquet
from dsgrid.datasets.facts import quoted
from dsgrid.query import arrow_files
from dsgrid.query.arrow_files import ArrowWriter
from dsgrid.query.form import metadata, schema, typed, value_columns
from dsgrid.query.partitions import PartitionWriter, table_files
from dsgrid.query.plan import Plan
from dsgrid.query.rules.presentation import UNIT, stacked_columns
from dsgrid.query.timestamps import readable, with_readable_instants
from dsgrid.registry import disk
from dsgrid.storage.location import Location, arrow_output, engine_path, storage_errors

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

# Names may have quotes, commas and blanks around them: Spark left alone escapes and trims in its own way.
CSV_OPTIONS = {"header": "true", "escape": '"', "ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}
# Beside the table, and gone before anything is published; no result is called so.
SCRATCH = ".scratch"


# From the driver -----------------------------------------------------------------------------------------------------


def write_table(plan: Plan, table: pa.Table, path: Location) -> None:
    """Write a table that is in memory, in order: one file, or the files of its partitions."""
    import pyarrow.csv

    if plan.query.output.partition:
        with closing(_partitions(plan, path)) as writer:
            writer.write(table)
    elif path.suffix == ".parquet":
        parquet.write(table, path)
    elif path.suffix == ".arrow":
        arrow_files.write(table, path)
    else:
        with storage_errors(path), arrow_output(path) as sink:
            pyarrow.csv.write_csv(readable(plan, table), sink)


def in_order(plan: Plan, table: pa.Table) -> pa.Table:
    """Sort by what the query asks, then by every other key column: equal results are equal files."""
    asked = _asked_order(plan)
    rest = [name for name in stacked_columns(plan) if name not in asked]
    keys = [(name, "ascending") for name in (*asked, *rest)]
    return table.sort_by(keys) if keys else table


def sums(plan: Plan, table: pa.Table) -> dict[str, float]:
    """Return the sum of a table's values by unit; what has no value adds nothing."""
    import pyarrow.compute as pc

    found: dict[str, float] = {}
    columns = value_columns(plan)
    for name, unit in columns:
        if unit is not None:
            _add(found, unit, pc.sum(table.column(name)).as_py())
    of_rows = [name for name, unit in columns if unit is None]
    if of_rows:
        for row in table.group_by(UNIT).aggregate([(name, "sum") for name in of_rows]).to_pylist():
            for name in of_rows:
                _add(found, row[UNIT], row[f"{name}_sum"])
    return found


# By the engine -------------------------------------------------------------------------------------------------------


def write_rows(plan: Plan, rows: DataFrame, session: SparkSession, path: Location) -> tuple[int, dict[str, float]]:
    """Write rows that are too many for one file; return their number and sums, as they were written."""
    asked = [quoted(name) for name in _asked_order(plan)]
    # Without offset(0) Sail drops an order before a write.
    ordered = rows.orderBy(*asked).offset(0) if asked else rows
    if path.suffix == ".arrow" or plan.query.output.partition:
        scratch = path.parent / SCRATCH
        _write_parquet(plan, ordered, session, scratch)
        found = converted(plan, rows, scratch, path)
        disk.remove_folder(scratch)
        return found
    if path.suffix == ".parquet":
        _write_parquet(plan, ordered, session, path)
    else:
        ordered = with_readable_instants(plan, session, ordered)
        ordered.write.options(**CSV_OPTIONS).csv(engine_path(session, path))
    if not table_files(path, path.suffix):
        # Of no rows Sail writes no file.
        path.mkdir(parents=True, exist_ok=True)
        write_table(plan, schema(plan, rows.columns).empty_table(), path / f"part-0{path.suffix}")
    return _written_sums(plan, session, path)


def _asked_order(plan: Plan) -> list[str]:
    """Return the columns whose order was asked for: rows of a partition stand together."""
    output = plan.query.output
    return list(dict.fromkeys((*output.partition, *output.sort)))


def _write_parquet(plan: Plan, rows: DataFrame, session: SparkSession, path: Location) -> None:
    from pyspark.sql import functions as F

    told = metadata(plan)
    columns = [F.col(quoted(name)).alias(name, metadata=told.get(name) or {}) for name in rows.columns]
    rows.select(*columns).write.option("compression", "zstd").parquet(engine_path(session, path))


def converted(plan: Plan, rows: DataFrame, scratch: Location, path: Location) -> tuple[int, dict[str, float]]:
    """Write an engine's Parquet once more, in the form that was asked for; return its rows and sums.

    Never more than a row group of it is in memory.
    """
    import pyarrow as pa

    output = plan.query.output
    count = 0
    found: dict[str, float] = {}
    with closing(_partitions(plan, path) if output.partition else ArrowWriter(path)) as writer:
        for file in table_files(scratch, ".parquet"):
            for batch in parquet.batches(file, rows.columns):
                table = typed(plan, pa.Table.from_batches([batch]))
                writer.write(table)
                count += table.num_rows
                for unit, total in sums(plan, table).items():
                    _add(found, unit, total)
            # The files of an engine are sorted each for itself. Partitions that need no order go on.
            if output.sort or not output.partition:
                writer.cut()
        if not count:
            writer.write(schema(plan, rows.columns).empty_table())
    return count, found


def _partitions(plan: Plan, path: Location) -> PartitionWriter:
    return PartitionWriter(path, plan.query.output.partition, lambda table: readable(plan, table))


def _written_sums(plan: Plan, session: SparkSession, path: Location) -> tuple[int, dict[str, float]]:
    """Read the written files back once: their rows and sums are those of what is on disk."""
    from pyspark.sql import functions as F

    if path.suffix == ".parquet":
        written = session.read.parquet(engine_path(session, path))
    else:
        written = session.read.options(**CSV_OPTIONS).csv(engine_path(session, path))
    columns = value_columns(plan)
    in_column = plan.query.output.pivot != "metric"
    totals = [F.sum(F.col(quoted(name)).cast("double")).alias(f"sum_{i}") for i, (name, _) in enumerate(columns)]
    grouped = written.groupBy(UNIT) if in_column else written.groupBy()
    table = grouped.agg(F.count(F.lit(1)).alias("rows"), *totals).toArrow().to_pylist()
    found: dict[str, float] = {}
    for row in table:
        for index, (_, unit) in enumerate(columns):
            # CSV has nothing where there is no unit, which engines read as NULL.
            _add(found, str((row[UNIT] or "") if in_column else unit), row[f"sum_{index}"])
    return sum(row["rows"] for row in table), found


def _add(found: dict[str, float], unit: str, total: float | None) -> None:
    found[unit] = found.get(unit, 0.0) + (total or 0.0)
