"""What becomes of members in an expression: row by row, where all base dimensions and the slot agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from dsgrid.query.expression import Expression, Number, Operand, Operation, operands
from dsgrid.query.model import Query
from reference.refused import RefusedByValuesError, RefusedError
from reference.table import SLOT, Ids, Table, unit_of

NUMBERS: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
}


def evaluated(query: Query, members: Mapping[str, Table]) -> Table:
    """Return the table of the query's expression."""
    found = _value(query.expression, query, members)
    if isinstance(found, float):
        raise RefusedError("only a number")
    if found.rate:
        raise RefusedError("rates of growth are no values")
    # Only products and quotients lose the units that they have.
    return replace(found, measured=found.measured or not _multiplies(query.expression))


def _multiplies(expression: Expression) -> bool:
    if not isinstance(expression, Operation):
        return False
    sides = expression.left, expression.right
    own = expression.operator in "*/" and all(list(operands(one)) for one in sides)
    return own or any(_multiplies(one) for one in sides)


def _value(expression: Expression, query: Query, members: Mapping[str, Table]) -> float | Table:
    if isinstance(expression, Number):
        return float(expression.value)
    if isinstance(expression, Operand):
        return _bare(members[expression.name])
    left, right = _value(expression.left, query, members), _value(expression.right, query, members)
    operator = expression.operator
    if isinstance(left, float) or isinstance(right, float):
        if operator == "|":
            raise RefusedError("a number in a union")
        if operator == "/" and isinstance(right, float) and right == 0:
            raise RefusedError("division by 0")
        return _with_number(operator, left, right)
    _refuse_other_dimensions(left, right)
    return _union(left, right, query) if operator == "|" else _combined(operator, left, right, query)


def _bare(table: Table) -> Table:
    """Return a table without what its rows say of time: rows of two tables are told apart by their slots alone."""
    names = [*table.key_names, SLOT, "value", "size", "unit"]
    return replace(table, rows=table.rows[names].reset_index(drop=True), words=frozenset())


def _with_number(operator: str, left: float | Table, right: float | Table) -> float | Table:
    if isinstance(left, float) and isinstance(right, float):
        return NUMBERS[operator](left, right)
    if isinstance(left, Table):
        assert isinstance(right, float)
        rows = left.rows
        size = rows["size"] + abs(right)
        if operator in "*/":
            size = rows["size"] * abs(right) if operator == "*" else rows["size"] / abs(right)
        return replace(left, rows=rows.assign(value=NUMBERS[operator](rows["value"], right), size=size))
    assert isinstance(right, Table)
    rows = right.rows
    if operator == "/":
        if right.measured:
            raise RefusedError("a number divided by what has a unit")
        _refuse_zero(rows["value"])
        size = abs(left) * rows["size"] / rows["value"] ** 2
    else:
        size = rows["size"] * abs(left) if operator == "*" else rows["size"] + abs(left)
    return replace(right, rows=rows.assign(value=NUMBERS[operator](left, rows["value"]), size=size))


def _refuse_zero(values: pd.Series) -> None:
    if (values == 0).any():
        raise RefusedByValuesError("division by 0")


def _refuse_other_dimensions(left: Table, right: Table) -> None:
    if [one.name for one in left.columns] != [one.name for one in right.columns]:
        raise RefusedError("members with other base dimensions")


def _reached(left: Table, right: Table) -> dict[str, set[Ids]]:
    return {type_: ids | right.reached[type_] for type_, ids in left.reached.items()}


def _union(left: Table, right: Table, query: Query) -> Table:
    if left.rate != right.rate:
        raise RefusedError("rates of growth beside values")
    measured, units = _units("|", left, right)
    if query.overlap == "error":
        first, second = (set(one.rows[one.key_names].itertuples(index=False, name=None)) for one in (left, right))
        if first & second:
            raise RefusedError("the members overlap")
    rows = pd.concat([left.rows, right.rows], ignore_index=True)
    rows = rows.groupby([*left.key_names, SLOT, "unit"], as_index=False, sort=True)[["value", "size"]].sum()
    timeless = left.timeless if left.timeless == right.timeless else None
    return replace(left, rows=rows, reached=_reached(left, right), units=units, timeless=timeless, measured=measured)


def _units(operator: str, left: Table, right: Table) -> tuple[bool, dict[Ids, str]]:
    """Return the units of a table's metrics: all have those of the project, or none has any."""
    first, second = left.measured, right.measured
    if operator == "*" and first and second:
        raise RefusedError("a product of two that have units")
    if operator == "/" and second and not first:
        raise RefusedError("a number divided by what has a unit")
    if operator in "+-|" and first != second:
        raise RefusedError("values with units and values without")
    measured = {"*": first or second, "/": first and not second}.get(operator, first)
    metric = next(column for column in left.columns if column.type == "metric")
    assert metric.dimension is not None
    reached = left.reached["metric"] | right.reached["metric"]
    return measured, {ids: unit_of(metric.dimension, *ids) if measured else "" for ids in reached}


def _combined(operator: str, left: Table, right: Table, query: Query) -> Table:
    if operator in "+-" and left.rate != right.rate:
        raise RefusedError("rates of growth and values are not added up")
    measured, units = _units(operator, left, right)
    rows = _side_by_side(operator, left, right, query)
    if not query.fill and (rows["_merge"] != "both").any():
        raise RefusedError("a combination is missing")
    value, size = ([rows[f"{name} of {side}"].fillna(0.0) for side in ("left", "right")] for name in ("value", "size"))
    if operator == "/":
        _refuse_zero(value[1])
        error = size[0] / value[1].abs() + value[0].abs() * size[1] / value[1] ** 2
    else:
        error = size[0] * size[1] if operator == "*" else size[0] + size[1]
    names = [*left.key_names, SLOT]
    metric = names[[column.type for column in left.columns].index("metric")]
    unit = pd.Series([units[(id_,)] for id_ in rows[metric]], index=rows.index, dtype=object)
    rows = rows[names].assign(value=NUMBERS[operator](*value), size=error, unit=unit)
    rate = left.rate and (right.rate or operator != "*")
    timeless = bool(left.timeless and right.timeless)
    return replace(
        left,
        rows=rows,
        reached=_reached(left, right),
        units=units,
        timeless=timeless,
        rate=rate,
        measured=measured,
    )


def _side_by_side(operator: str, left: Table, right: Table, query: Query) -> pd.DataFrame:
    """Join the rows of two tables; a factor without time is one of every slot."""
    names, sides = [*left.key_names, SLOT], (" of left", " of right")
    if left.timeless == right.timeless:
        return left.rows.merge(right.rows, on=names, how="outer", suffixes=sides, indicator=True, validate="one_to_one")
    if left.timeless is None or right.timeless is None or operator in "+-" or (operator == "/" and left.timeless):
        raise RefusedError("one has time, and the other has none")
    timed, other = (right, left) if left.timeless else (left, right)
    keys = timed.key_names
    combinations = other.rows[keys].merge(timed.rows[keys].drop_duplicates(), how="left", indicator=True)
    if not query.fill and (combinations["_merge"] != "both").any():
        raise RefusedError("a combination is missing")
    # What has no slots of its own has none to stand in.
    return timed.rows.merge(
        other.rows.drop(columns=SLOT),
        on=keys,
        how="left",
        suffixes=sides[::-1] if left.timeless else sides,
        indicator=True,
        validate="many_to_one",
    )
