"""Carry out what of an expression is no plain sum: tables with equal codes, row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from dsgrid.query.combination import Combination, Combined, Leaf, Shifted
from dsgrid.query.terms import CODE, VALUE

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame

LEFT, RIGHT = "#left", "#right"
_OPERATORS: Final[dict[str, Callable[[Expression, Expression], Expression]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
}


def combined(combination: Combination, leaf: Callable[[int], DataFrame]) -> DataFrame:
    """Return ``#code, value`` of an expression.

    Parameters
    ----------
    leaf
        Returns the same of the sources with a number, each code once.

    Notes
    -----
    A division by 0 is an error of the engine, which `dsgrid.engine.engine_errors` puts into words.
    """
    from pyspark.sql import functions as F

    if isinstance(combination, Leaf):
        return leaf(combination.number).select(CODE, VALUE)
    if isinstance(combination, Shifted):
        rows = combined(combination.of, leaf)
        value = F.col(VALUE)
        if combination.inverse:
            return rows.select(CODE, (F.lit(combination.scale) / value).alias(VALUE))
        return rows.select(CODE, (value * F.lit(combination.scale) + F.lit(combination.offset)).alias(VALUE))
    left, right = combined(combination.left, leaf), combined(combination.right, leaf)
    return _together(combination, left, right)


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
