"""The loads of each group and period from the greatest to the least: how long is each of them reached?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsgrid.query.reports.load import Load
from dsgrid.query.reports.rows import GROUP, PERIOD, SLOT
from dsgrid.query.terms import VALUE

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame

RANK, COUNT, POINT = "#rank", "#count", "#point"


def durations(load: Load, rows: DataFrame) -> DataFrame:
    """Return a row for each slot by its rank, or for each point of the curve.

    A point stands for a share of the time; its load is the one that is reached for just that long.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    of_group = Window.partitionBy(f"`{GROUP}`", f"`{PERIOD}`")
    ordered = of_group.orderBy(F.desc(VALUE), F.asc(f"`{SLOT}`"))
    ranked = rows.select(
        GROUP,
        PERIOD,
        F.col(VALUE),
        F.row_number().over(ordered).cast("long").alias(RANK),
        F.count(F.lit(1)).over(of_group).cast("long").alias(COUNT),
    )
    if load.report.points is None:
        share = F.col(f"`{RANK}`").cast("double") / F.col(f"`{COUNT}`").cast("double")
        return _selected(load, ranked, F.col(f"`{RANK}`").cast("double"), share)
    intervals = load.report.points - 1
    first = F.when(F.col(f"`{RANK}`") == 1, F.lit(0).cast("long")).otherwise(
        F.expr(f"((`{RANK}` - 1) * {int(intervals)}) div `{COUNT}` + 1").cast("long")
    )
    last = F.expr(f"(`{RANK}` * {int(intervals)}) div `{COUNT}`").cast("long")
    ranked = ranked.select("*", first.alias("#first"), last.alias("#last")).where("`#first` <= `#last`")
    points = ranked.select(
        GROUP, PERIOD, VALUE, RANK, COUNT, F.explode(F.sequence(F.col("`#first`"), F.col("`#last`"))).alias(POINT)
    )
    share = F.col(f"`{POINT}`").cast("double") / F.lit(float(intervals))
    return _selected(load, points, share * F.col(f"`{COUNT}`").cast("double"), share)


def _selected(load: Load, rows: DataFrame, slots: Expression, share: Expression) -> DataFrame:
    from pyspark.sql import functions as F

    return rows.select(
        GROUP,
        PERIOD,
        F.col(f"`{RANK}`").alias("rank"),
        (slots * F.lit(load.hours)).alias("hours"),
        share.alias("share_of_time"),
        F.col(VALUE).alias("load"),
    )
