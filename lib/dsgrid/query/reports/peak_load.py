"""The greatest load of each group and period, and what it adds to the peak of its system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dsgrid.query.literals import small_table, with_small
from dsgrid.query.reports.checks import system
from dsgrid.query.reports.coded import is_small
from dsgrid.query.reports.load import Load
from dsgrid.query.reports.measures import system_time
from dsgrid.query.reports.rows import GROUP, PERIOD, SLOT, SYSTEM, Persist, greatest, joined, quotient, recoded
from dsgrid.query.stages import Reduction, Table
from dsgrid.query.terms import CODE, VALUE
from dsgrid.query.terms import SLOT as LABEL

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PEAK, SYSTEM_PEAK, SYSTEM_SLOT = "#peak", "#system_peak", "#system_slot"
TIES, SYSTEM_TIES, SUM = "#ties", "#system_ties", "#sum"
AT: Final = "#at"


def peaks(load: Load, session: SparkSession, rows: DataFrame, persist: Persist) -> DataFrame:
    """Return a row for each slot in which a group has its greatest load of a period."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    most = load.groups * max(1, len(load.periods))
    tops = rows.groupBy(GROUP, PERIOD).agg(F.max(VALUE).alias(PEAK))
    tied = joined(tops, rows, (GROUP, PERIOD), most).where(greatest(F.col(VALUE), F.col(f"`{PEAK}`")))
    of_group = Window.partitionBy(f"`{GROUP}`", f"`{PERIOD}`")
    tied = tied.select(GROUP, PERIOD, SLOT, PEAK, F.count(F.lit(1)).over(of_group).cast("long").alias(TIES))
    own: dict[str, Any] = {"peak": F.col(f"`{PEAK}`"), "ties": F.col(f"`{TIES}`")}
    if load.report.coincident_with is None:
        return tied.select(GROUP, PERIOD, SLOT, *(column.alias(name) for name, column in own.items()))
    return _coincident(load, session, rows, tops, tied, persist)


def _coincident(
    load: Load, session: SparkSession, rows: DataFrame, tops: DataFrame, tied: DataFrame, persist: Persist
) -> DataFrame:
    from pyspark.sql import functions as F

    reduction = system(load.plan)
    count = _codes(reduction.after)
    rows, tops, tied = (_with_system(session, one, reduction) for one in (rows, tops, tied))
    most = count * max(1, len(load.periods))
    top = _system_peaks(load, session, rows, count, most, persist)
    sums = tops.groupBy(SYSTEM, PERIOD).agg(F.sum(f"`{PEAK}`").alias(SUM))
    top = top.join(sums, on=[SYSTEM, PERIOD], how="inner")
    at = joined(top, rows, (SYSTEM, PERIOD), most).where(F.col(f"`{SLOT}`") == F.col(f"`{SYSTEM_SLOT}`"))
    at = at.select(GROUP, PERIOD, F.col(VALUE).alias(AT))
    found = joined(top, tied, (SYSTEM, PERIOD), most).join(at, on=[GROUP, PERIOD], how="left")
    columns = {
        "peak": F.col(f"`{PEAK}`"),
        "ties": F.col(f"`{TIES}`"),
        "coincident_peak": F.col(f"`{AT}`"),
        "coincidence_factor": quotient(F.col(f"`{AT}`"), F.col(f"`{PEAK}`")),
        "system_peak": F.col(f"`{SYSTEM_PEAK}`"),
        "system_ties": F.col(f"`{SYSTEM_TIES}`"),
        "sum_of_peaks": F.col(f"`{SUM}`"),
        "diversity_factor": quotient(F.col(f"`{SUM}`"), F.col(f"`{SYSTEM_PEAK}`")),
    }
    if load.slot_column is not None:
        kind = load.kind_of(load.slot_column)
        name = system_time(load)
        shown = small_table(session, load.shown_slots(), (SYSTEM_SLOT, load.slot_kind), (name, kind))
        found = with_small(shown, found, SYSTEM_SLOT)
        columns[name] = F.col(f"`{name}`")
    return found.select(GROUP, PERIOD, SLOT, *(column.alias(name) for name, column in columns.items()))


def _system_peaks(
    load: Load, session: SparkSession, rows: DataFrame, count: int, most: int, persist: Persist
) -> DataFrame:
    """Return the peak of each system and period, and the earliest slot in which it is reached."""
    from pyspark.sql import functions as F

    whole = rows.groupBy(SYSTEM, PERIOD, SLOT).agg(F.sum(VALUE).alias(VALUE))
    if not is_small(load.plan):
        # Read twice: for the greatest, and for where that is.
        whole = _persisted(load, whole, count, persist)
    tops = whole.groupBy(SYSTEM, PERIOD).agg(F.max(VALUE).alias(SYSTEM_PEAK))
    tied = joined(tops, whole, (SYSTEM, PERIOD), most).where(greatest(F.col(VALUE), F.col(f"`{SYSTEM_PEAK}`")))
    return tied.groupBy(SYSTEM, PERIOD, SYSTEM_PEAK).agg(
        F.min(f"`{SLOT}`").alias(SYSTEM_SLOT), F.count(F.lit(1)).cast("long").alias(SYSTEM_TIES)
    )


def _persisted(load: Load, whole: DataFrame, count: int, persist: Persist) -> DataFrame:
    """Return the loads of systems as they are read again from a coded table: system and period in one number."""
    from pyspark.sql import functions as F

    periods = max(1, len(load.periods))
    code = F.col(f"`{SYSTEM}`") + F.col(f"`{PERIOD}`") * F.lit(count).cast("long")
    if load.keeps_labels:
        coded = whole.select(code.alias(CODE), F.col(f"`{SLOT}`").alias(LABEL), F.col(VALUE))
    else:
        code = code + F.col(f"`{SLOT}`") * F.lit(count * periods).cast("long")
        coded = whole.select(code.alias(CODE), F.col(VALUE))
    again = persist(coded)
    slot = F.col(f"`{LABEL}`") if load.keeps_labels else F.expr(f"`{CODE}` div {int(count * periods)}").cast("long")
    return again.select(
        F.expr(f"`{CODE}` % {int(count)}").cast("long").alias(SYSTEM),
        F.expr(f"(`{CODE}` div {int(count)}) % {int(periods)}").cast("long").alias(PERIOD),
        slot.alias(SLOT),
        F.col(VALUE),
    )


def _with_system(session: SparkSession, rows: DataFrame, reduction: Reduction) -> DataFrame:
    relations = [one for one in reduction.relations if one.type != "time"]
    return recoded(session, rows, _timeless(reduction.before), _timeless(reduction.after), relations, GROUP, SYSTEM)


def _timeless(table: Table) -> Table:
    return Table(table.columns, tuple(axis for axis in table.axes if axis.type != "time"))


def _codes(table: Table) -> int:
    return _timeless(table).size
