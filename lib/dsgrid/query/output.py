"""Write a result: its table, checked against what it has to add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsgrid.datasets.facts import quoted
from dsgrid.query.conservation import Total, carried_by, compare
from dsgrid.query.decoded import carried_in, decoded, empty, gathered
from dsgrid.query.decoding import decode
from dsgrid.query.form import described_columns, pivot_names, typed
from dsgrid.query.plan import Plan
from dsgrid.query.rules.presentation import UNIT, VALUE, stacked_columns
from dsgrid.query.terms import BALANCE, grouped, keys_and_values
from dsgrid.query.writing import in_order, sums, write_rows, write_table
from dsgrid.storage.location import Location

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

# Up to here a result travels through Arrow: one file, in order, the same from every engine.
LARGEST_ARROW_RESULT = 2_000_000
ROWS = "#rows"


@dataclass(frozen=True)
class Written:
    """A result on disk.

    Parameters
    ----------
    path
        The table: a file, or a folder of files; None where the query has no table of its own.
    headline
        What a report says first.
    benchmark
        What the benchmark of a calibration adds up to.
    coded
        The table that it was made of, where that went through the driver; see `write_coded`.
    """

    path: Location | None
    rows: int
    totals: tuple[Total, ...]
    columns: tuple[dict[str, Any], ...]
    headline: tuple[str, ...] = ()
    benchmark: tuple[Total, ...] = ()
    coded: pa.Table | None = field(default=None, compare=False, repr=False)


# Of a query that asks for reports alone.
NO_TABLE = Written(None, 0, (), ())


def through_arrow(plan: Plan) -> bool:
    """Tell whether a result is small enough to be decoded and written by the driver."""
    return plan.rows <= LARGEST_ARROW_RESULT


def write(plan: Plan, rows: DataFrame | None, folder: Location, session: SparkSession) -> Written:
    """Decode, pivot, sort and write a result into `folder`, and compare its sums with the expected ones.

    Parameters
    ----------
    rows
        ``#code, [#slot], value, [#balance]``, as `dsgrid.query.execution.execute` returns them; None for no rows.

    Returns
    -------
    Written
        ``table.parquet``, ``table.csv`` or ``table.arrow``: one file, or for more than `LARGEST_ARROW_RESULT` rows a
        folder of files. With partitions it is always a folder, with folders in it.

    Raises
    ------
    ConservationError
        If a sum is not what the stored sums of the datasets promise.
    """
    form = plan.shown
    if rows is None or through_arrow(plan):
        coded = empty(form) if rows is None else rows.toArrow()
        return write_coded(plan, gathered(coded) if plan.gathers else coded, folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = _path(plan, folder)
    if plan.gathers:
        rows = grouped(rows, *keys_and_values(rows.columns))
    stacked = decode(form, session, rows)
    count, found = write_rows(form, pivoted(form, stacked.drop(BALANCE)), session, path)
    carried = carried_by(stacked) if plan.balances else found
    totals = compare(plan, found, carried)
    return Written(path, count, totals, described_columns(form))


def write_coded(plan: Plan, coded: pa.Table, folder: Location) -> Written:
    """Write a result whose coded table is in memory, each code (and slot) once; needs no engine."""
    if not plan.query.output.table:
        return NO_TABLE
    folder.mkdir(parents=True, exist_ok=True)
    form, path = plan.shown, _path(plan, folder)
    table = in_order(form, typed(form, decoded(form, coded)))
    write_table(form, table, path)
    found = sums(form, table)
    carried = carried_in(form, coded) if BALANCE in coded.column_names else found
    totals = compare(plan, found, carried)
    return Written(path, table.num_rows, totals, described_columns(form), coded=coded)


def _path(plan: Plan, folder: Location) -> Location:
    return folder / f"table.{plan.query.output.format}"


def pivoted(plan: Plan, stacked: DataFrame) -> DataFrame:
    """Return the result with a column per record of the pivoted type; missing combinations are NULL."""
    from pyspark.sql import functions as F

    pivot = plan.query.output.pivot
    if pivot is None:
        return stacked
    axis = plan.axis(pivot)
    (column,) = axis.columns
    keys = [quoted(name) for name in stacked_columns(plan)]
    if pivot != "metric":
        keys.append(quoted(UNIT))
    names = pivot_names(plan, axis)
    if not plan.rows:
        # There may be no names either, and engines refuse an aggregate of nothing.
        return stacked.select(*(F.col(key) for key in keys), *(F.col(VALUE).alias(name) for name in names))
    totals = [F.sum(F.when(F.col(quoted(column.name)) == name, F.col(VALUE))).alias(name) for name in names]
    if not keys:
        # Without keys an aggregate would make a row out of nothing.
        counted = stacked.agg(*totals, F.count(F.lit(1)).alias(ROWS))
        return counted.where(F.col(quoted(ROWS)) > 0).drop(ROWS)
    return stacked.groupBy(*(F.col(key) for key in keys)).agg(*totals)
