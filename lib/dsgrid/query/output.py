"""Write a result: its table, checked against what it has to add up to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsgrid.datasets import parquet
from dsgrid.datasets.facts import quoted
from dsgrid.errors import ConservationError
from dsgrid.query.decoding import column_types
from dsgrid.query.literals import arrow_type
from dsgrid.query.plan import Axis, Plan
from dsgrid.query.rules.presentation import UNIT, VALUE, stacked_columns
from dsgrid.storage.location import Location, arrow_output, engine_path, storage_errors

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

# Up to here a result travels through Arrow: one file, in order, the same from every engine.
LARGEST_ARROW_RESULT = 2_000_000
# Relative to the sum of the absolute terms.
CONSERVATION_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Total:
    """What a result adds up to, in one unit: expected from the stored sums, and found in the table."""

    unit: str
    expected: float
    found: float
    absolute: float

    @property
    def conserved(self) -> bool:
        """Whether the two agree."""
        return abs(self.expected - self.found) <= CONSERVATION_TOLERANCE * max(self.absolute, 1e-300)


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
    shaped = pivoted(plan, stacked)
    path = folder / f"table.{plan.query.output.format}"
    if plan.rows <= LARGEST_ARROW_RESULT:
        table = _in_order(plan, typed(plan, shaped.toArrow()))
        _write_arrow(table, path)
        rows, found = table.num_rows, _sums(plan, table)
    else:
        _write_engine(plan, shaped, session, path)
        rows, found = _written_sums(plan, session, path)
    totals = compare(plan, found)
    return Written(path, rows, totals, described_columns(plan))


def pivoted(plan: Plan, stacked: DataFrame) -> DataFrame:
    """Return the result with a column per record of the pivoted type; missing combinations are NULL."""
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
    types = {name: arrow_type(kind) for name, kind in column_types(plan) if name in stacked}
    units = dict(value_columns(plan))
    fields = []
    for field in table.schema:
        unit = units.get(field.name)
        metadata = {"unit": unit} if unit else None
        fields.append(pa.field(field.name, types.get(field.name, pa.float64()), metadata=metadata))
    return table.cast(pa.schema(fields))


def compare(plan: Plan, found: dict[str, float]) -> tuple[Total, ...]:
    """Return expected and found totals by unit, or raise where they differ."""
    expected: dict[str, list[float]] = {}
    absolute: dict[str, list[float]] = {}
    for source in plan.sources:
        for unit, sum_, size in source.totals:
            expected.setdefault(unit, []).append(sum_)
            absolute.setdefault(unit, []).append(size)
    totals = tuple(
        Total(unit, math.fsum(parts), found.get(unit, 0.0), math.fsum(absolute[unit]))
        for unit, parts in expected.items()
    )
    for total in totals:
        if not total.conserved:
            raise ConservationError(
                f"query {plan.query.name}: the result adds up to {total.found!r} {total.unit}, but the datasets give "
                f"{total.expected!r}; the result was not published"
            )
    return totals


def _in_order(plan: Plan, table: pa.Table) -> pa.Table:
    """Sort by what the query asks, then by every other key column: equal results are equal files."""
    asked = plan.query.output.sort
    names = stacked_columns(plan)
    rest = [name for name in names if name not in asked]
    keys = [(name, "ascending") for name in (*asked, *rest)]
    return table.sort_by(keys) if keys else table


def _write_arrow(table: pa.Table, path: Location) -> None:
    import pyarrow as pa
    import pyarrow.csv

    if path.suffix == ".parquet":
        parquet.write(table, path)
        return
    seconds = pa.schema(
        [
            pa.field(field.name, pa.timestamp("s", tz="UTC") if pa.types.is_timestamp(field.type) else field.type)
            for field in table.schema
        ]
    )
    with storage_errors(path), arrow_output(path) as sink:
        pyarrow.csv.write_csv(table.cast(seconds), sink)


def _write_engine(plan: Plan, shaped: DataFrame, session: SparkSession, path: Location) -> None:
    # Without offset(0) Sail drops an order before a write.
    asked = [quoted(name) for name in plan.query.output.sort]
    if path.suffix == ".csv":
        shaped = _with_readable_instants(plan, shaped)
    ordered = shaped.orderBy(*asked).offset(0) if asked else shaped
    if path.suffix == ".parquet":
        ordered.write.option("compression", "zstd").parquet(engine_path(session, path))
    else:
        ordered.write.option("header", "true").csv(engine_path(session, path))


def _with_readable_instants(plan: Plan, shaped: DataFrame) -> DataFrame:
    """Write instants as Arrow's CSV does, ``2018-07-01 07:00:00Z``: each engine has its own way."""
    from pyspark.sql import functions as F

    instants = {name for name, kind in column_types(plan) if kind == "timestamp"}
    return shaped.select(
        *(
            F.date_format(F.col(quoted(name)), "yyyy-MM-dd HH:mm:ss'Z'").alias(name)
            if name in instants
            else F.col(quoted(name))
            for name in shaped.columns
        )
    )


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
        written = session.read.option("header", "true").csv(engine_path(session, path))
    columns = value_columns(plan)
    in_column = plan.query.output.pivot != "metric"
    sums = [F.sum(F.col(quoted(name)).cast("double")).alias(f"sum_{i}") for i, (name, _) in enumerate(columns)]
    grouped = written.groupBy(UNIT) if in_column else written.groupBy()
    table = grouped.agg(F.count(F.lit(1)).alias("rows"), *sums).toArrow().to_pylist()
    found: dict[str, float] = {}
    for row in table:
        for index, (_, unit) in enumerate(columns):
            of_unit = str(row[UNIT] if in_column else unit)
            found[of_unit] = found.get(of_unit, 0.0) + (row[f"sum_{index}"] or 0.0)
    return sum(row["rows"] for row in table), found
