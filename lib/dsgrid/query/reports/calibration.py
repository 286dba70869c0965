"""Values beside those of a benchmark: which keys differ most, and which only one side has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dsgrid.datasets.facts import quoted
from dsgrid.errors import listing
from dsgrid.query.decoding import decode
from dsgrid.query.plan import Plan
from dsgrid.query.reports.load import Load
from dsgrid.query.reports.measures import STATUS
from dsgrid.query.reports.rows import TIE, quotient
from dsgrid.query.rules.presentation import UNIT
from dsgrid.query.terms import BALANCE, VALUE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

WORST: Final = "#worst"
MODELLED, BENCHMARK = "modelled", "benchmark"
_SIDES: Final = (MODELLED, BENCHMARK)
_SHOWN = 3


def compared(load: Load, session: SparkSession, rows: DataFrame, benchmark: DataFrame) -> DataFrame:
    """Return the columns of a calibration and its unit, and besides how bad each row is.

    What one side lacks counts as 0 in the difference, so that differences add up to that of the totals.

    Parameters
    ----------
    rows, benchmark
        Coded tables of both sides.
    """
    from pyspark.sql import functions as F

    plan = load.plan
    assert plan.benchmark is not None
    both = _side(plan, session, rows, MODELLED).unionByName(_side(plan.benchmark, session, benchmark, BENCHMARK))
    keys = [quoted(name) for name in (*(column.name for column in load.form.columns), UNIT)]
    sums = both.groupBy(*keys).agg(
        *(F.sum(name).alias(name) for name in _SIDES), *(F.sum(_there(name)).alias(_there(name)) for name in _SIDES)
    )
    own, other = (F.coalesce(F.col(name), F.lit(0.0)) for name in _SIDES)
    difference = own - other
    size = F.greatest(F.abs(own), F.abs(other))
    # Sums of many numbers differ in their last digits: such a difference is none.
    worst = F.when(F.abs(difference) <= size * F.lit(TIE), F.lit(0.0)).otherwise(F.abs(difference))
    percent = quotient(difference, F.abs(F.col(BENCHMARK))) * F.lit(100.0)
    columns: dict[str, Any] = {
        MODELLED: F.col(MODELLED),
        BENCHMARK: F.col(BENCHMARK),
        "difference": difference,
        "difference_percent": percent,
        "status": F.when(F.col(quoted(_there(BENCHMARK))) == 0, F.lit(STATUS[1]))
        .when(F.col(quoted(_there(MODELLED))) == 0, F.lit(STATUS[2]))
        .otherwise(F.lit(STATUS[0])),
    }
    if load.report.tolerance is not None:
        allowed = F.abs(other) * F.lit(load.report.tolerance / 100) + size * F.lit(TIE)
        columns["tolerance"] = F.when(F.abs(difference) <= allowed, F.lit("within")).otherwise(F.lit("outside"))
    return sums.select(
        *(F.col(key) for key in keys[:-1]),
        *(column.alias(name) for name, column in columns.items()),
        UNIT,
        worst.alias(WORST),
    )


def _there(side: str) -> str:
    return f"#{side}"


def _side(plan: Plan, session: SparkSession, rows: DataFrame, name: str) -> DataFrame:
    """Return one side with its values in a column of its own, and the other side's without any."""
    from pyspark.sql import functions as F

    form = plan.shown
    table = decode(form, session, rows.drop(BALANCE))
    own = {side: F.col(VALUE) if side == name else F.lit(None) for side in _SIDES}
    return table.select(
        *(F.col(quoted(column.name)) for column in form.columns),
        F.col(UNIT),
        *(value.cast("double").alias(side) for side, value in own.items()),
        *(F.lit(int(side == name)).cast("long").alias(_there(side)) for side in _SIDES),
    )


def refuse_disjoint(load: Load, table: DataFrame) -> None:
    """Raise where no key is on both sides.

    Raises
    ------
    SpecError
        With examples of the keys of each side.
    """
    from pyspark.sql import functions as F

    if table.where(F.col("status") == STATUS[0]).limit(1).count():
        return
    names = [column.name for column in load.form.columns]
    sides = []
    for side in STATUS[1:]:
        rows = table.where(F.col("status") == side).orderBy(*(quoted(name) for name in names)).limit(_SHOWN).toArrow()
        sides.append([" ".join(str(row[name]) for name in names) for row in rows.to_pylist()])
    own, other = (listing(one) if one else "nothing" for one in sides)
    node = load.report.node["against"]
    raise node.error(
        f"nothing can be compared by {listing(names)}: the values have keys such as {own}, and the benchmark such as "
        f"{other}; keep columns whose keys both have, or bring the benchmark to the same records with a mapping"
    )
