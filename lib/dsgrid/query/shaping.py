"""The course of a shape as a table: what part of a year's value each code of time takes, computed in the engine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dsgrid.dimensions.types import TIME
from dsgrid.query.literals import arrow_frame, with_small
from dsgrid.query.plan import Plan
from dsgrid.query.terms import CODE, VALUE
from dsgrid.query.time_factor import Shape, TimeFactor
from dsgrid.query.time_tables import LABEL, PLACE, TIME_BALANCE, TIME_CODE, TIME_WEIGHT, time_codes

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

SERIES, WHOLE, YEAR, ZONES, PROJECT = "#series", "#whole", "#year", "#zones", "#project"


def shape_table(plan: Plan, time: TimeFactor, session: SparkSession, course: DataFrame) -> DataFrame:
    """Return ``label, place, time code, weight, [balance]``, as `dsgrid.query.time_tables.code_table` does.

    ``weight[place, year, code] = sum over the code's slots of course[series, slot] / sum over the year of it``.

    Parameters
    ----------
    course
        ``#code, value`` of the shape's own plan.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    shape = time.shape
    assert shape is not None
    series = int(shape.plan.axis(TIME).stride)
    rows = course.select(
        F.expr(f"`{CODE}` % {series}").cast("long").alias(SERIES),
        F.expr(f"`{CODE}` div {series}").cast("long").alias(WHOLE),
        VALUE,
    )
    rows = rows.groupBy(SERIES, WHOLE).agg(F.sum(VALUE).alias(VALUE))
    rows = with_small(arrow_frame(session, _whole_slots(shape)), rows, WHOLE)
    of_year = F.sum(VALUE).over(Window.partitionBy(f"`{SERIES}`", f"`{YEAR}`"))
    # A year that adds up to nothing has no course, which `compare` refuses; engines differ in what they divide it to.
    weight = F.when(of_year != 0, F.col(VALUE) / of_year).otherwise(F.lit(math.nan))
    rows = rows.select(SERIES, LABEL, PROJECT, weight.alias(TIME_WEIGHT))
    rows = with_small(arrow_frame(session, _codes(plan, shape)), rows, PROJECT)
    rows = rows.groupBy(SERIES, LABEL, ZONES, TIME_CODE).agg(F.sum(f"`{TIME_WEIGHT}`").alias(TIME_WEIGHT))
    rows = with_small(arrow_frame(session, _places(shape)), rows, [SERIES, ZONES])
    if not time.balances:
        return rows.select(LABEL, PLACE, TIME_CODE, TIME_WEIGHT)
    balances, lost = _balances(plan, time)
    rows = with_small(arrow_frame(session, balances), rows, [LABEL, PLACE])
    return rows.select(*lost.column_names).unionByName(arrow_frame(session, lost))


def _whole_slots(shape: Shape) -> pa.Table:
    import pyarrow as pa

    return pa.table(
        {
            WHOLE: np.arange(len(shape.years)),
            YEAR: shape.years,
            LABEL: shape.labels,
            PROJECT: shape.projects,
        }
    )


def _codes(plan: Plan, shape: Shape) -> pa.Table:
    import pyarrow as pa

    zones = np.repeat(np.arange(len(shape.codes)), [len(one) for one in shape.codes])
    slots = np.concatenate([np.arange(len(one)) for one in shape.codes])
    codes = np.concatenate(shape.codes)
    known = codes >= 0
    return pa.table({ZONES: zones[known], PROJECT: slots[known], TIME_CODE: time_codes(plan, codes[known])})


def _places(shape: Shape) -> pa.Table:
    import pyarrow as pa

    return pa.table({PLACE: np.arange(len(shape.series)), SERIES: shape.series, ZONES: shape.of_place})


def _balances(plan: Plan, time: TimeFactor) -> tuple[pa.Table, pa.Table]:
    """Return what part of a value each code accounts for, and the rows of years that the project has not."""
    import pyarrow as pa

    labels, places, balances, lost = [], [], [], []
    for place, one in enumerate(time.entries):
        reaching = np.bincount(one.source, minlength=time.slots)
        slots = np.flatnonzero(reaching)
        labels.append(time.keys[slots])
        places.append(np.full(len(slots), place))
        balances.append(1 / reaching[slots])
        lost += [(time.keys[slot], place, one.target[0]) for slot in np.flatnonzero(reaching == 0)]
    table = pa.table(
        {LABEL: np.concatenate(labels), PLACE: np.concatenate(places), TIME_BALANCE: np.concatenate(balances)}
    )
    zeros = np.zeros(len(lost))
    return table, pa.table(
        {
            LABEL: pa.array([label for label, _, _ in lost], pa.int64()),
            PLACE: pa.array([place for _, place, _ in lost], pa.int64()),
            TIME_CODE: time_codes(plan, np.array([code for *_, code in lost], np.int64)),
            TIME_WEIGHT: pa.array(zeros, pa.float64()),
            TIME_BALANCE: pa.array(zeros + 1, pa.float64()),
        }
    )
