"""The form of a result: its columns, the types that they have, and what files say of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dsgrid.dimensions.types import TIME
from dsgrid.query.decoding import column_types
from dsgrid.query.factor import Column
from dsgrid.query.literals import arrow_type
from dsgrid.query.plan import Axis, Plan
from dsgrid.query.rules.presentation import UNIT, VALUE, stacked_columns
from dsgrid.query.time_meaning import meaning, told_zone

if TYPE_CHECKING:
    import pyarrow as pa


def pivot_names(plan: Plan, axis: Axis) -> list[str]:
    """Return the names of the pivoted columns."""
    dimension = axis.columns[0].dimension
    assert dimension is not None
    ids = [axis.keys[digit][0] for digit in pivot_digits(plan, axis)]
    return [dimension.records.by_id[id_].name for id_ in ids] if plan.query.output.names else ids


def pivot_digits(plan: Plan, axis: Axis) -> tuple[int, ...]:
    """Return which keys become columns: those that no filter has left out."""
    return plan.left.get(axis.type, tuple(range(len(axis.keys))))


def value_columns(plan: Plan) -> list[tuple[str, str | None]]:
    """Return the value columns with their unit; None where a ``unit`` column says it."""
    pivot = plan.query.output.pivot
    if pivot is None:
        units = plan.axis("metric").units
        return [(VALUE, units[0] if len(set(units)) == 1 else None)]
    axis = plan.axis(pivot)
    own = [axis.units[digit] if pivot == "metric" else None for digit in pivot_digits(plan, axis)]
    return list(zip(pivot_names(plan, axis), own, strict=True))


def described_columns(plan: Plan) -> tuple[dict[str, Any], ...]:
    """Return what the manifest says of each column."""
    kinds = dict(column_types(plan))
    described: list[dict[str, Any]] = []
    for column in plan.columns:
        if column.type == plan.query.output.pivot:
            continue
        entry = described_key(column, kinds[column.name])
        if column.type == TIME:
            entry |= meaning(plan, column)
        described.append(entry)
    for name, unit in value_columns(plan):
        described.append({"name": name, "type": "value", "holds": "float64", **({"unit": unit} if unit else {})})
    if plan.query.output.pivot != "metric":
        described.append({"name": UNIT, "type": "unit", "holds": "string"})
    return tuple(described)


def described_key(column: Column, holds: str = "string") -> dict[str, Any]:
    """Return what the manifest says of a column of records or of time, or of one whose records have become columns."""
    entry = {"name": column.name, "type": column.type, "level": column.level, "holds": holds}
    if column.dimension is not None and column.dimension.id:
        entry["dimension"] = f"{column.dimension.id}@{column.dimension.version}"
    return entry


def typed(plan: Plan, table: pa.Table) -> pa.Table:
    """Return the table with the types that the plan promises, whatever the engine made of them."""
    return table.cast(schema(plan, table.column_names))


def schema(plan: Plan, names: Sequence[str]) -> pa.Schema:
    """Return the types of the result's columns, and what files say of them."""
    import pyarrow as pa

    stacked = (*stacked_columns(plan), UNIT)
    types = {name: arrow_type(kind, told_zone(plan)) for name, kind in column_types(plan) if name in stacked}
    told = metadata(plan)
    return pa.schema(pa.field(name, types.get(name, pa.float64()), metadata=told.get(name) or None) for name in names)


def metadata(plan: Plan) -> dict[str, dict[str, str]]:
    """Return what Parquet and Arrow files say of each column: units of values, and what timestamps mean."""
    found = {name: {"unit": unit} for name, unit in value_columns(plan) if unit}
    return found | {column.name: meaning(plan, column) for column in plan.columns_of(TIME)}
