"""Rows of a load on their way to a report: groups, slots and periods as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from dsgrid.query.literals import LARGEST_BROADCAST, arrow_frame, arrow_rows, with_small
from dsgrid.query.plan import Axis
from dsgrid.query.reports.load import Load
from dsgrid.query.stages import Relation, Table
from dsgrid.query.terms import CODE, VALUE
from dsgrid.query.terms import SLOT as LABEL

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame, SparkSession

GROUP: Final = "#group"
PERIOD: Final = "#period"
SLOT: Final = "#of_time"
SYSTEM: Final = "#system"
# How near to the greatest a load is as great: sums of many numbers differ in their last digits.
TIE: Final = 1e-9

Persist = Callable[["DataFrame"], Any]


def loads(load: Load, session: SparkSession, rows: DataFrame) -> DataFrame:
    """Return ``#group, #period, #of_time, value`` of coded rows; what has no value is left out."""
    from pyspark.sql import functions as F

    if load.keeps_labels:
        group, slot = F.col(f"`{CODE}`"), F.col(f"`{LABEL}`")
    else:
        group = F.expr(f"`{CODE}` % {int(load.groups)}").cast("long")
        slot = F.expr(f"`{CODE}` div {int(load.groups)}").cast("long")
    found = rows.where(F.col(VALUE).isNotNull()).select(group.alias(GROUP), slot.alias(SLOT), F.col(VALUE))
    if len(load.periods) < 2:
        return found.select(GROUP, F.lit(0).cast("long").alias(PERIOD), SLOT, VALUE)
    table = arrow_frame(session, arrow_rows(load.period_numbers(), (SLOT, load.slot_kind), (PERIOD, "int64")))
    return with_small(table, found, SLOT).select(GROUP, PERIOD, SLOT, VALUE)


def joined(small: DataFrame, rows: DataFrame, on: Sequence[str], most: int) -> DataFrame:
    """Return the inner join of rows with a table that has at most so many rows."""
    if most <= LARGEST_BROADCAST:
        return with_small(small, rows, list(on))
    return small.join(rows, on=list(on), how="inner")


def digit(axis: Axis, code: str, size: int) -> Expression:
    """Return the digit of an axis in codes, of which there are so many."""
    from pyspark.sql import functions as F

    shifted = f"`{code}` div {int(axis.stride)}" if axis.stride > 1 else f"`{code}`"
    is_last = axis.stride * axis.radix >= size
    return F.expr(shifted if is_last else f"({shifted}) % {int(axis.radix)}").cast("long")


def recoded(
    session: SparkSession,
    rows: DataFrame,
    before: Table,
    after: Table,
    relations: Iterable[Relation],
    code: str,
    name: str,
) -> DataFrame:
    """Return rows with another code besides: that which their digits become."""
    from pyspark.sql import functions as F

    total = F.lit(0).cast("long")
    size = 1
    for axis in before.axes:
        size *= axis.radix
    kept = rows.columns
    for relation in relations:
        old, new = before.axis(relation.type), after.axis(relation.type)
        if relation.is_dropped or old is None or new is None or new.radix == 1:
            continue
        own = digit(old, code, size)
        if relation.is_identity:
            total = total + own * F.lit(new.stride).cast("long")
            continue
        key, to = f"#{relation.type}_old", f"#{relation.type}_new"
        small = arrow_rows([(a, b * new.stride) for a, b, _ in relation.rows], (key, "int64"), (to, "int64"))
        rows = with_small(arrow_frame(session, small), rows.select("*", own.alias(key)), key).drop(key)
        total = total + F.col(f"`{to}`")
    return rows.select(*(F.col(f"`{one}`") for one in kept), total.cast("long").alias(name))


def quotient(above: Expression, below: Expression) -> Expression:
    """Return a quotient; nothing where it would be divided by 0."""
    from pyspark.sql import functions as F

    return F.when(below != 0, above / F.when(below != 0, below))


def greatest(value: Expression, top: Expression) -> Expression:
    """Return whether a value is as great as the greatest."""
    from pyspark.sql import functions as F

    return value >= top - F.abs(top) * F.lit(TIE)
