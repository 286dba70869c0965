"""Write a result: its table, checked against what it has to add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsgrid.datasets import parquet
from dsgrid.datasets.facts import quoted
from dsgrid.dimensions.types import TIME
from dsgrid.query.conservation import Total, balance_columns, carried_by, carried_in, compare
from dsgrid.query.decoding import column_types
from dsgrid.query.literals import arrow_type
from dsgrid.query.plan import Axis, Plan
from dsgrid.query.rules.presentation import UNIT, VALUE, stacked_columns
from dsgrid.query.terms import BALANCE
from dsgrid.query.time_meaning import meaning, told_zone
from dsgrid.query.timestamps import readable, with_readable_instants
from dsgrid.storage.location import Location, arrow_output, engine_path, storage_errors

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

# Up to here a result travels through Arrow: one file, in order, the same from every engine.
LARGEST_ARROW_RESULT = 2_000_000
# Names may have quotes, commas and blanks around them: Spark left alone escapes and trims in its own way.
CSV_OPTIONS = {"header": "true", "escape": '"', "ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}


@dataclass(frozen=True)
class Written:
    """A result on disk."""

    path: Location
    rows: int
    totals: tuple[Total, ...]
    columns: tuple[dict[str, Any], ...]


def write(plan: Plan, stacked: DataFrame, folder: Location, session: SparkSession) -> Written:
    """Pivot, sort and write the stacked result into `folder`, and compare its sums with the expected ones.

    Returns
    -------
    Written
        ``table.parquet`` or ``table.csv``: one file, or for more than `LARGEST_ARROW_RESULT` rows a folder of files.

    Raises
    ------
    ConservationError
        If a sum is not what the stored sums of the datasets promise.
    """
    path = folder / f"table.{plan.query.output.format}"
    if plan.rows <= LARGEST_ARROW_RESULT:
        whole = pivoted(plan, stacked).toArrow()
        balances = [name for name in balance_columns(plan) if name in whole.column_names]
        table = _in_order(plan, typed(plan, whole.drop_columns(balances)))
        _write_arrow(plan, table, path)
        rows, found = table.num_rows, _sums(plan, table)
        carried = carried_in(plan, whole) if balances else found
    else:
        _write_engine(plan, pivoted(plan, stacked.drop(BALANCE)), session, path)
        rows, found = _written_sums(plan, session, path)
        carried = carried_by(stacked) if plan.balances else found
    totals = compare(plan, found, carried)
    return Written(path, rows, totals, described_columns(plan))


def pivoted(plan: Plan, stacked: DataFrame) -> DataFrame:
    """Return the result with a column per record of the pivoted type; missing combinations are NULL.

    Balances, where there are some, stay: in one column, or in one for each unit of a pivoted metric.
    """
    from pyspark.sql import functions as F

    pivot = plan.query.output.pivot
    if pivot is None:
        return stacked
    axis = plan.axis(pivot)
    (column,) = axis.columns
    keys = [quoted(name) for name in stacked_columns(plan)]
    if pivot != "metric":
        keys.append(quoted(UNIT))
    names = pivot_names(plan, axis)
    if not plan.rows:
        # Without keys an aggregate would make a row out of nothing.
        return stacked.select(*(F.col(key) for key in keys), *(F.col(VALUE).alias(name) for name in names))
    sums = [F.sum(F.when(F.col(quoted(column.name)) == name, F.col(VALUE))).alias(name) for name in names]
    if BALANCE in stacked.columns:
        balance = F.col(quoted(BALANCE))
        for name, unit in balance_columns(plan).items():
            of_unit = balance if pivot != "metric" else F.when(F.col(UNIT) == unit, balance)
            sums.append(F.sum(of_unit).alias(name))
    return stacked.groupBy(*(F.col(key) for key in keys)).agg(*sums)


def pivot_names(plan: Plan, axis: Axis) -> list[str]:
    """Return the names of the pivoted columns."""
    dimension = axis.columns[0].dimension
    assert dimension is not None
    ids = [key[0] for key in axis.keys]
    return [dimension.records.by_id[id_].name for id_ in ids] if plan.query.output.names else ids


def value_columns(plan: Plan) -> list[tuple[str, str | None]]:
    """Return the value columns with their unit; None where a ``unit`` column says it."""
    pivot = plan.query.output.pivot
    if pivot is None:
        units = plan.axis("metric").units
        return [(VALUE, units[0] if len(set(units)) == 1 else None)]
    axis = plan.axis(pivot)
    own: tuple[str | None, ...] = axis.units if pivot == "metric" else (None,) * len(axis.keys)
    return list(zip(pivot_names(plan, axis), own, strict=True))


def described_columns(plan: Plan) -> tuple[dict[str, Any], ...]:
    """Return what the manifest says of each column."""
    kinds = dict(column_types(plan))
    described: list[dict[str, Any]] = []
    for column in plan.columns:
        if column.type == plan.query.output.pivot:
            continue
        entry = {"name": column.name, "type": column.type, "level": column.level, "holds": kinds[column.name]}
        if column.dimension is not None and column.dimension.id:
            entry["dimension"] = f"{column.dimension.id}@{column.dimension.version}"
        if column.type == TIME:
            entry |= meaning(plan, column)
        described.append(entry)
    for name, unit in value_columns(plan):
        described.append({"name": name, "type": "value", "holds": "float64", **({"unit": unit} if unit else {})})
    if plan.query.output.pivot != "metric":
        described.append({"name": UNIT, "type": "unit", "holds": "string"})
    return tuple(described)


def typed(plan: Plan, table: pa.Table) -> pa.Table:
    """Return the table with the types that the plan promises, whatever the engine made of them."""
    import pyarrow as pa

    stacked = (*stacked_columns(plan), UNIT)
    types = {name: arrow_type(kind, told_zone(plan)) for name, kind in column_types(plan) if name in stacked}
    told = metadata(plan)
    fields = [
        pa.field(field.name, types.get(field.name, pa.float64()), metadata=told.get(field.name) or None)
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def metadata(plan: Plan) -> dict[str, dict[str, str]]:
    """Return what the Parquet files say of each column: units of values, and what timestamps mean."""
    found = {name: {"unit": unit} for name, unit in value_columns(plan) if unit}
    return found | {column.name: meaning(plan, column) for column in plan.columns_of(TIME)}


def _in_order(plan: Plan, table: pa.Table) -> pa.Table:
    """Sort by what the query asks, then by every other key column: equal results are equal files."""
    asked = plan.query.output.sort
    names = stacked_columns(plan)
    rest = [name for name in names if name not in asked]
    keys = [(name, "ascending") for name in (*asked, *rest)]
    return table.sort_by(keys) if keys else table


def _write_arrow(plan: Plan, table: pa.Table, path: Location) -> None:
    import pyarrow.csv

    if path.suffix == ".parquet":
        parquet.write(table, path)
        return
    with storage_errors(path), arrow_output(path) as sink:
        pyarrow.csv.write_csv(readable(plan, table), sink)


def _write_engine(plan: Plan, shaped: DataFrame, session: SparkSession, path: Location) -> None:
    from pyspark.sql import functions as F

    # Without offset(0) Sail drops an order before a write.
    asked = [quoted(name) for name in plan.query.output.sort]
    ordered = shaped.orderBy(*asked).offset(0) if asked else shaped
    if path.suffix == ".parquet":
        told = metadata(plan)
        columns = [F.col(quoted(name)).alias(name, metadata=told.get(name) or {}) for name in shaped.columns]
        ordered.select(*columns).write.option("compression", "zstd").parquet(engine_path(session, path))
    else:
        ordered = with_readable_instants(plan, session, ordered)
        ordered.write.options(**CSV_OPTIONS).csv(engine_path(session, path))


def _sums(plan: Plan, table: pa.Table) -> dict[str, float]:
    import pyarrow.compute as pc

    found: dict[str, float] = {}
    for name, unit in value_columns(plan):
        if unit is not None:
            total = pc.sum(table.column(name)).as_py() or 0.0
            found[unit] = found.get(unit, 0.0) + total
            continue
        grouped = table.group_by(UNIT).aggregate([(name, "sum")])
        for of_unit, total in zip(
            grouped.column(UNIT).to_pylist(), grouped.column(f"{name}_sum").to_pylist(), strict=True
        ):
            found[of_unit] = found.get(of_unit, 0.0) + (total or 0.0)
    return found


def _written_sums(plan: Plan, session: SparkSession, path: Location) -> tuple[int, dict[str, float]]:
    """Read the written files back once: their rows and sums are those of what is on disk."""
    from pyspark.sql import functions as F

    if path.suffix == ".parquet":
        written = session.read.parquet(engine_path(session, path))
    else:
        written = session.read.options(**CSV_OPTIONS).csv(engine_path(session, path))
    columns = value_columns(plan)
    in_column = plan.query.output.pivot != "metric"
    sums = [F.sum(F.col(quoted(name)).cast("double")).alias(f"sum_{i}") for i, (name, _) in enumerate(columns)]
    grouped = written.groupBy(UNIT) if in_column else written.groupBy()
    table = grouped.agg(F.count(F.lit(1)).alias("rows"), *sums).toArrow().to_pylist()
    found: dict[str, float] = {}
    for row in table:
        for index, (_, unit) in enumerate(columns):
            # CSV has nothing where there is no unit, which engines read as NULL.
            of_unit = str((row[UNIT] or "") if in_column else unit)
            found[of_unit] = found.get(of_unit, 0.0) + (row[f"sum_{index}"] or 0.0)
    return sum(row["rows"] for row in table), found
