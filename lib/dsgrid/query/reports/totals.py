"""Reports that are one row for each group and period: what the load adds up to, and how even it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES
from dsgrid.query.reports.load import Load
from dsgrid.query.reports.measures import first_year
from dsgrid.query.reports.rows import GROUP, PERIOD, digit, quotient
from dsgrid.query.terms import VALUE

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame

WHOLE, REST, FIRST = "#whole", "#rest", "#first"


def load_factors(load: Load, rows: DataFrame) -> DataFrame:
    """Return mean, peak and their quotient."""
    from pyspark.sql import functions as F

    found = rows.groupBy(GROUP, PERIOD).agg(
        F.avg(VALUE).alias("mean"), F.max(VALUE).alias("peak"), F.count(F.lit(1)).cast("long").alias("slots")
    )
    return found.select(
        GROUP, PERIOD, "mean", "peak", quotient(F.col("mean"), F.col("peak")).alias("load_factor"), "slots"
    )


def annual_summaries(load: Load, rows: DataFrame) -> DataFrame:
    """Return totals with their share of all, their change since the first model year, and the range of the load."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    totals = rows.groupBy(GROUP, PERIOD).agg(
        F.sum(VALUE).alias("total"),
        F.avg(VALUE).alias("mean"),
        F.min(VALUE).alias("min"),
        F.max(VALUE).alias("max"),
    )
    columns: dict[str, Any] = {"total": F.col("total")}
    totals = totals.select("*", _whole(load).alias(WHOLE))
    all_of_it = F.sum("total").over(Window.partitionBy(f"`{WHOLE}`", f"`{PERIOD}`"))
    columns["share_of_total"] = quotient(F.col("total"), F.col("#all"))
    totals = totals.select("*", all_of_it.alias("#all"))
    found = first_year(load)
    if found is not None:
        axis, first = found
        year = digit(axis, GROUP, load.groups)
        rest = F.col(f"`{GROUP}`") - year * F.lit(axis.stride).cast("long")
        totals = totals.select("*", rest.alias(REST), F.when(year == F.lit(first), F.col("total")).alias(FIRST))
        since = F.max(f"`{FIRST}`").over(Window.partitionBy(f"`{REST}`", f"`{PERIOD}`"))
        totals = totals.select("*", since.alias("#since"))
        columns["change"] = F.col("total") - F.col("`#since`")
        columns["change_percent"] = quotient(columns["change"], F.abs(F.col("`#since`"))) * F.lit(100.0)
    if load.in_slots:
        columns |= {name: F.col(name) for name in ("mean", "min", "max")}
    return totals.select(GROUP, PERIOD, *(column.alias(name) for name, column in columns.items()))


def _whole(load: Load) -> Expression:
    """Return a number for all groups whose totals are shares of one: the same scenario, years and unit."""
    from pyspark.sql import functions as F

    code: Expression = F.lit(0).cast("long")
    for axis in load.form.axes:
        if axis.type in NAMED_REDUCTION_TYPES and axis.radix > 1:
            code = code + digit(axis, GROUP, load.groups) * F.lit(axis.stride).cast("long")
    metric = load.form.axis("metric")
    units = list(dict.fromkeys(metric.units))
    if len(units) < 2:
        return code
    position = (digit(replace(metric), GROUP, load.groups) + 1).cast("int")
    numbers = F.array(*(F.lit(units.index(unit)) for unit in metric.units))
    return code + F.element_at(numbers, position).cast("long") * F.lit(load.groups).cast("long")
