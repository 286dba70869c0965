"""Carry out the stages of a plan on the table that the contraction leaves: new digits, then one group-by each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dsgrid.query.expressions import balanced_sum
from dsgrid.query.factor import PERCENTILE
from dsgrid.query.literals import arrow_frame, arrow_rows, with_small
from dsgrid.query.plan import Axis
from dsgrid.query.predicates import value_condition
from dsgrid.query.stages import Converted, Kept, KeptValues, Reduction, Relation, Stage, Table
from dsgrid.query.terms import BALANCE, CODE, VALUE

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame, SparkSession

WEIGHT, PART = "#weight", "#part"
# Up to so many digits a condition lists them; more are joined.
LONGEST_LIST = 500


def carry_out(session: SparkSession, rows: DataFrame, stage: Stage) -> DataFrame:
    """Return ``#code, value, [#balance]`` after a stage.

    Parameters
    ----------
    rows
        The same of the table before, each code once; or with labels besides, see `dsgrid.query.rules.slots`.
    """
    from pyspark.sql import functions as F

    if isinstance(stage, KeptValues):
        return rows.where(value_condition(stage.test, F.col(VALUE)))
    if isinstance(stage, Kept):
        return _kept(session, rows, stage)
    return _converted(rows, stage) if isinstance(stage, Converted) else _reduced(session, rows, stage)


def _converted(rows: DataFrame, stage: Converted) -> DataFrame:
    from pyspark.sql import functions as F

    axis = stage.before.axis("metric")
    assert axis is not None
    if len(set(zip(stage.scales, stage.offsets, strict=True))) == 1:
        scale, offset = F.lit(stage.scales[0]), F.lit(stage.offsets[0])
    else:
        position = (_digit(stage.before, axis) + 1).cast("int")
        scale, offset = (
            F.element_at(F.array(*(F.lit(one) for one in numbers)), position)
            for numbers in (stage.scales, stage.offsets)
        )
    changed = {VALUE: F.col(VALUE) * scale + offset}
    if BALANCE in rows.columns:
        changed[BALANCE] = F.col(f"`{BALANCE}`") * scale
    return rows.select(*(changed[one].alias(one) if one in changed else F.col(f"`{one}`") for one in rows.columns))


def _kept(session: SparkSession, rows: DataFrame, stage: Kept) -> DataFrame:
    from pyspark.sql import functions as F

    axis = stage.before.axis(stage.type)
    if axis is None or axis.radix == 1:
        return rows
    digit = _digit(stage.before, axis)
    if len(stage.digits) <= LONGEST_LIST:
        return rows.where(digit.isin(list(stage.digits)))
    name = "#kept"
    small = arrow_frame(session, arrow_rows([(one,) for one in stage.digits], (name, "int64")))
    columns = rows.columns
    return with_small(small, rows.select("*", digit.alias(name)), name).select(*(F.col(f"`{one}`") for one in columns))


def _digit(table: Table, axis: Axis) -> Expression:
    """Return a row's digit of an axis."""
    from pyspark.sql import functions as F

    shifted = f"`{CODE}` div {int(axis.stride)}" if axis.stride > 1 else f"`{CODE}`"
    is_last = axis.stride * axis.radix >= table.size
    return F.expr(shifted if is_last else f"({shifted}) % {int(axis.radix)}").cast("long")


def _reduced(session: SparkSession, rows: DataFrame, stage: Reduction) -> DataFrame:
    from pyspark.sql import functions as F

    weights = [F.lit(1.0)]
    columns = [name for name in (CODE, VALUE, BALANCE) if name in rows.columns]
    for index, (type_, of_digits) in enumerate(stage.weights):
        axis = stage.before.axis(type_)
        assert axis is not None
        name = f"{WEIGHT}_{index}"
        table = arrow_rows(list(enumerate(of_digits)), (f"#digit_{type_}", "int64"), (name, "float64"))
        rows = with_small(
            arrow_frame(session, table),
            rows.select("*", _digit(stage.before, axis).alias(f"#digit_{type_}")),
            f"#digit_{type_}",
        ).drop(f"#digit_{type_}")
        weights.append(F.col(f"`{name}`"))
    codes: list[Expression] = []
    scales: list[Expression] = []
    shares: list[Expression] = []
    for relation in stage.relations:
        rows = _related(session, rows, stage, relation, (codes, scales, shares))
    code = balanced_sum(codes).cast("long") if len(codes) > 1 else (codes[0] if codes else F.lit(0)).cast("long")
    value = _product(F.col(VALUE), scales)
    selected = rows.select(
        code.alias(CODE),
        value.alias(VALUE),
        *([_product(F.col(f"`{BALANCE}`"), shares).alias(BALANCE)] if BALANCE in columns else []),
        *([_product(weights[0], weights[1:]).alias(WEIGHT)] if stage.weights else []),
    )
    balance = [F.sum(f"`{BALANCE}`").alias(BALANCE)] if BALANCE in columns else []
    grouped = selected.groupBy(CODE)
    if stage.function == "percentile":
        return _percentiles(grouped, stage, balance)
    return grouped.agg(_aggregate(stage.function).cast("double").alias(VALUE), *balance)


def _related(
    session: SparkSession,
    rows: DataFrame,
    stage: Reduction,
    relation: Relation,
    found: tuple[list[Expression], list[Expression], list[Expression]],
) -> DataFrame:
    """Add what an axis adds to the new code, to what values are multiplied with, and to what balances are."""
    from pyspark.sql import functions as F

    codes, scales, shares = found
    before, after = stage.before.axis(relation.type), stage.after.axis(relation.type)
    stride = after.stride if after is not None else 0
    if relation.is_dropped:
        return rows
    if before is None or before.radix == 1:
        # A single digit is no digit of the code; it may still become several.
        digit: Expression = F.lit(0).cast("long")
    else:
        digit = _digit(stage.before, before)
    if relation.is_identity:
        codes.append(digit * F.lit(stride).cast("long"))
        return rows
    key, new, scale, share = (f"#{relation.type}_{name}" for name in ("old", "new", "scale", "share"))
    table = [(old, to * stride, one, 1.0 / relation.targets[old]) for old, to, one in relation.rows]
    small = arrow_rows(table, (key, "int64"), (new, "int64"), (scale, "float64"), (share, "float64"))
    rows = with_small(arrow_frame(session, small), rows.select("*", digit.alias(key)), key).drop(key)
    codes.append(F.col(f"`{new}`"))
    if any(one != 1.0 for _, _, one in relation.rows):
        scales.append(F.col(f"`{scale}`"))
    if relation.fans_out:
        shares.append(F.col(f"`{share}`"))
    return rows


def _product(first: Expression, others: list[Expression]) -> Expression:
    for other in others:
        first = first * other
    return first


def _aggregate(function: str) -> Expression:
    from pyspark.sql import functions as F

    value = F.col(VALUE)
    if function == "weighted_mean":
        # What has no value weighs nothing.
        weight = F.when(value.isNotNull(), F.col(f"`{WEIGHT}`"))
        # Where nothing weighs anything there is no mean.
        total = F.sum(weight)
        return F.when(total != 0, F.sum(value * weight) / F.when(total != 0, total))
    functions: dict[str, Callable[..., Expression]] = {
        "sum": F.sum,
        "mean": F.avg,
        "min": F.min,
        "max": F.max,
        "count": F.count,
        "stddev": F.stddev_samp,
    }
    return functions[function](value)


def _percentiles(grouped, stage: Reduction, balance: list[Expression]) -> DataFrame:  # type: ignore[no-untyped-def]
    from pyspark.sql import functions as F

    axis = stage.after.axis(PERCENTILE)
    assert axis is not None
    parts = [
        F.percentile(F.col(VALUE), F.lit(one / 100)).alias(f"{PART}_{index}")
        for index, one in enumerate(stage.step.percentiles)
    ]
    rows = grouped.agg(*parts, *balance)
    cells = []
    for index in range(len(parts)):
        fields = [F.lit(index * axis.stride).cast("long").alias("code"), F.col(f"`{PART}_{index}`").alias(VALUE)]
        if balance:
            # What a group adds up to is carried along once.
            fields.append((F.col(f"`{BALANCE}`") * F.lit(1.0 if index == 0 else 0.0)).alias("balance"))
        cells.append(F.struct(*fields))
    exploded = rows.select(CODE, F.explode(F.array(*cells)).alias("cell"))
    return exploded.select(
        (F.col(CODE) + F.col("cell.code")).alias(CODE),
        F.col(f"cell.{VALUE}").alias(VALUE),
        *([F.col("cell.balance").alias(BALANCE)] if balance else []),
    )
