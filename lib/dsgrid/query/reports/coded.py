"""The coded table of a load, which a report reads several times, checked against what it has to add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsgrid.datasets.facts import quoted
from dsgrid.query.conservation import Total, compare
from dsgrid.query.decoded import carried_in, empty, gathered
from dsgrid.query.literals import arrow_frame
from dsgrid.query.plan import Plan
from dsgrid.query.reports.rows import Persist, digit
from dsgrid.query.terms import BALANCE, CODE, VALUE, grouped, keys_and_values

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

# Up to so many rows a load comes to the driver, and goes back as it is: that is less than to write it, and read it.
SMALL: Final = 500_000

Sums = tuple[dict[str, float], dict[str, float]]


def is_small(plan: Plan) -> bool:
    """Tell whether a load is read again from the driver, and not from files."""
    return plan.rows <= SMALL


def coded_load(
    plan: Plan, rows: DataFrame | None, session: SparkSession, persist: Persist
) -> tuple[DataFrame, tuple[Total, ...]]:
    """Return the coded table of a load, each row once, in numbers that stay what they are; and what it adds up to.

    Parameters
    ----------
    rows
        What `dsgrid.query.execution.follow` returns.

    Raises
    ------
    ConservationError
        If that is not what the stored sums of the datasets promise.
    """
    if rows is None or is_small(plan):
        coded = empty(plan.shown) if rows is None else rows.toArrow()
        coded = gathered(coded) if plan.gathers else coded
        return arrow_frame(session, coded), compare(plan, *_sums_of(plan, coded))
    if plan.gathers:
        rows = grouped(rows, *keys_and_values(rows.columns))
    rows = persist(rows)
    return rows, compare(plan, *_sums(plan, rows))


def _sums_of(plan: Plan, coded: pa.Table) -> Sums:
    """Return the sum of values by unit, and that of what is compared with the expected sums."""
    form = plan.shown
    found = carried_in(form, coded.select([CODE, VALUE]).rename_columns([CODE, BALANCE]))
    return found, carried_in(form, coded) if BALANCE in coded.column_names else found


def _sums(plan: Plan, rows: DataFrame) -> Sums:
    """Return the same of a table that is too large for the driver."""
    from pyspark.sql import functions as F

    form = plan.shown
    axis = form.axis("metric")
    position = digit(axis, CODE, form.size) if axis.radix > 1 else F.lit(0).cast("long")
    values = [name for name in (VALUE, BALANCE) if name in rows.columns]
    sums = grouped(rows.select(position.alias("metric"), *(quoted(name) for name in values)), ["metric"], values)
    found: dict[str, float] = {}
    carried: dict[str, float] = {}
    for row in sums.toArrow().to_pylist():
        unit = axis.units[row["metric"]]
        found[unit] = found.get(unit, 0.0) + (row[VALUE] or 0.0)
        carried[unit] = carried.get(unit, 0.0) + (row[values[-1]] or 0.0)
    return found, carried
