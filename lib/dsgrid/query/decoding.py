"""From row codes back to columns of ids (or names), units and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from dsgrid.dimensions.types import TIME
from dsgrid.query.factor import PERCENTILE, Column
from dsgrid.query.literals import small_table, with_small
from dsgrid.query.plan import Axis, Plan
from dsgrid.query.terms import BALANCE, CODE, SLOT
from dsgrid.query.time_columns import kind_of, told

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame, SparkSession

# Axes are decoded by one join as long as the product of their keys stays below this.
LARGEST_TABLE = 50_000


@dataclass(frozen=True)
class Digit:
    """Neighbouring axes that are decoded together."""

    axes: tuple[Axis, ...]

    @property
    def stride(self) -> int:
        """What one step of this digit adds to a code."""
        return self.axes[0].stride

    @property
    def radix(self) -> int:
        """How many values this digit has."""
        size = 1
        for axis in self.axes:
            size *= len(axis.keys)
        return size


def digits(plan: Plan) -> tuple[Digit, ...]:
    """Return the axes with more than one key, gathered greedily."""
    gathered: list[Digit] = []
    for axis in plan.axes:
        if len(axis.keys) < 2:
            continue
        if gathered and gathered[-1].radix * len(axis.keys) <= LARGEST_TABLE:
            gathered[-1] = Digit((*gathered[-1].axes, axis))
        else:
            gathered.append(Digit((axis,)))
    return tuple(gathered)


def decode(plan: Plan, session: SparkSession, rows: DataFrame) -> DataFrame:
    """Return the stacked result: the plan's columns in order, then ``value`` and ``unit``, and perhaps ``#balance``.

    Parameters
    ----------
    rows
        ``#code, [#slot], value, [#balance]``.
    """
    from pyspark.sql import functions as F

    every = digits(plan)
    constants: dict[str, Expression] = {}
    for axis in plan.axes:
        if len(axis.keys) == 1:
            constants.update({name: _literal(value) for name, value, _ in _cells(plan, axis, 0)})
    for index, digit in enumerate(every):
        name = f"#digit_{index}"
        rows = rows.select("*", _digit(digit, last=index == len(every) - 1).alias(name))
        rows = with_small(_digit_table(plan, session, digit, name), rows, name)
    rows = _with_time_words(plan, session, rows)
    time_constants = _time_constants(plan)
    selected = []
    for column in plan.columns:
        if column.name in constants:
            selected.append(constants[column.name].alias(column.name))
        elif column.name in time_constants:
            selected.append(time_constants[column.name].alias(column.name))
        else:
            selected.append(F.col(f"`{column.name}`"))
    unit = constants["unit"].alias("unit") if "unit" in constants else F.col("unit")
    balance = [F.col(f"`{BALANCE}`")] if BALANCE in rows.columns else []
    return rows.select(*selected, F.col("value"), unit, *balance)


def _digit(digit: Digit, last: bool) -> Expression:
    from pyspark.sql import functions as F

    shifted = F.expr(f"`{CODE}` div {int(digit.stride)}") if digit.stride > 1 else F.col(CODE)
    return (shifted if last else F.expr(f"(`{CODE}` div {int(digit.stride)}) % {int(digit.radix)}")).cast("long")


def _digit_table(plan: Plan, session: SparkSession, digit: Digit, name: str) -> DataFrame:
    kinds = [(column, kind) for axis in digit.axes for column, _, kind in _cells(plan, axis, 0)]
    # The first axis of a digit varies fastest, as its stride is the smallest.
    choices = [
        [[value for _, value, _ in _cells(plan, axis, position)] for position in range(len(axis.keys))]
        for axis in reversed(digit.axes)
    ]
    rows = [
        [number, *(value for cells in reversed(choice) for value in cells)]
        for number, choice in enumerate(product(*choices))
    ]
    return small_table(session, rows, (name, "int64"), *kinds)


def _cells(plan: Plan, axis: Axis, position: int) -> list[tuple[str, Any, str]]:
    """Return column name, value and type of one key of an axis; for the metric also its unit."""
    if axis.type == TIME:
        return [
            (column.name, value, kind_of(plan, column))
            for column, value in zip(axis.columns, plan.time_keys[position], strict=True)
        ]
    cells: list[tuple[str, Any, str]] = []
    for column, id_ in zip(axis.columns, axis.keys[position], strict=True):
        assert column.dimension is not None
        shown = column.dimension.records.by_id[id_].name if plan.query.output.names else id_
        is_number = column.type == PERCENTILE
        cells.append((column.name, float(id_) if is_number else shown, "float64" if is_number else "string"))
    if axis.type == "metric":
        cells.append(("unit", axis.units[position], "string"))
    return cells


def _time_constants(plan: Plan) -> dict[str, Expression]:
    if len(plan.time_keys) != 1:
        return {}
    return {
        column.name: _literal(value, kind_of(plan, column))
        for column, value in zip(plan.columns_of(TIME), plan.time_keys[0], strict=True)
    }


def _with_time_words(plan: Plan, session: SparkSession, rows: DataFrame) -> DataFrame:
    """Add the time columns where slots stay apart: the slot itself, and words of it by a calendar table."""
    from pyspark.sql import functions as F

    if SLOT not in rows.columns:
        return rows
    columns = plan.columns_of(TIME)
    others = [column for column in columns if column.word != "slot"]
    if others:
        assert plan.slots is not None
        values = told(plan)
        table = small_table(
            session,
            list(zip(plan.slots.tolist(), *(values[column.word].tolist() for column in others), strict=True)),
            (SLOT, "timestamp"),
            *((column.name, kind_of(plan, column)) for column in others),
        )
        rows = with_small(table, rows, SLOT)
    named = [F.col(SLOT).alias(column.name) for column in columns if column.word == "slot"]
    return rows.select("*", *named) if named else rows


def _literal(value: Any, kind: str = "string") -> Expression:
    from pyspark.sql import functions as F

    if kind in ("timestamp", "wall"):
        instant = F.timestamp_micros(F.lit(int(value)))
        return instant if kind == "timestamp" else instant.cast("timestamp_ntz")
    if kind in ("int32", "int64"):
        return F.lit(int(value)).cast("int" if kind == "int32" else "long")
    return F.lit(value)


def _kind(plan: Plan, column: Column) -> str:
    if column.type == TIME:
        return kind_of(plan, column)
    return "float64" if column.type == PERCENTILE else "string"


def column_types(plan: Plan) -> Sequence[tuple[str, str]]:
    """Return name and type of every column of the stacked result, in order."""
    types = [(column.name, _kind(plan, column)) for column in plan.columns]
    return (*types, ("value", "float64"), ("unit", "string"))
