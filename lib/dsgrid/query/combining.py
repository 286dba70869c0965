"""Carry out what of an expression is no plain sum: tables with equal codes, row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from dsgrid.query.combination import Combination, Combined, Leaf, Shifted, without_time
from dsgrid.query.terms import CODE, VALUE

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame

LEFT, RIGHT, KEY = "#left", "#right", "#key"
_OPERATORS: Final[dict[str, Callable[[Expression, Expression], Expression]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
}


def combined(
    combination: Combination, leaf: Callable[[int], DataFrame], timeless: frozenset[int], stride: int
) -> DataFrame:
    """Return ``#code, value`` of an expression.

    Parameters
    ----------
    leaf
        Returns the same of the sources with a number, each code once.
    timeless
        The leaves without time: what they hold is of all slots.
    stride
        What one step of time adds to a code.

    Notes
    -----
    A division by 0 is an error of the engine, which `dsgrid.engine.engine_errors` puts into words.
    """
    from pyspark.sql import functions as F

    if isinstance(combination, Leaf):
        return leaf(combination.number).select(CODE, VALUE)
    if isinstance(combination, Shifted):
        rows = combined(combination.of, leaf, timeless, stride)
        value = F.col(VALUE)
        if combination.inverse:
            return rows.select(CODE, (F.lit(combination.scale) / value).alias(VALUE))
        return rows.select(CODE, (value * F.lit(combination.scale) + F.lit(combination.offset)).alias(VALUE))
    left, right = (combined(one, leaf, timeless, stride) for one in (combination.left, combination.right))
    lacks = [without_time(one, timeless) for one in (combination.left, combination.right)]
    if lacks[0] != lacks[1]:
        return _of_all_slots(combination, left, right, lacks[0], stride)
    return _together(combination, left, right)


def _of_all_slots(combination: Combined, left: DataFrame, right: DataFrame, first: bool, stride: int) -> DataFrame:
    """Combine a table with one that has no time; `first` says that it is the left one.

    With ``fill`` a row counts as 0 that the table without time lacks; what the other lacks has no slots to stand in.
    """
    from pyspark.sql import functions as F

    timed, other = (right, left) if first else (left, right)
    timed = timed.select(CODE, F.expr(f"`{CODE}` % {int(stride)}").cast("long").alias(KEY), F.col(VALUE).alias(LEFT))
    other = other.select(F.col(CODE).alias(KEY), F.col(VALUE).alias(RIGHT))
    joined = timed.join(F.broadcast(other), on=KEY, how="left" if combination.fill else "inner")
    value, factor = F.col(f"`{LEFT}`"), F.coalesce(F.col(f"`{RIGHT}`"), F.lit(0.0))
    return joined.select(CODE, _OPERATORS[combination.operator](value, factor).alias(VALUE))


def _together(combination: Combined, left: DataFrame, right: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    if combination.operator == "|":
        return left.unionByName(right).groupBy(CODE).agg(F.sum(VALUE).alias(VALUE))
    ours = left.select(CODE, F.col(VALUE).alias(LEFT))
    theirs = right.select(CODE, F.col(VALUE).alias(RIGHT))
    joined = ours.join(theirs, on=CODE, how="full" if combination.fill else "inner")
    first, second = F.col(f"`{LEFT}`"), F.col(f"`{RIGHT}`")
    if combination.fill:
        first, second = F.coalesce(first, F.lit(0.0)), F.coalesce(second, F.lit(0.0))
    return joined.select(CODE, _OPERATORS[combination.operator](first, second).alias(VALUE))
