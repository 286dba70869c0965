"""Carry out the time factor: labels become classes or the result's time, before or after the contraction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dsgrid.datasets.labels import label_key
from dsgrid.query.literals import Small, arrow_frame, with_small
from dsgrid.query.plan import Plan
from dsgrid.query.shaping import shape_table
from dsgrid.query.source import Source
from dsgrid.query.terms import BALANCE, CODE, SLOT, VALUE, Terms, total
from dsgrid.query.time_tables import (
    LABEL,
    PLACE,
    TIME_BALANCE,
    TIME_CODE,
    TIME_WEIGHT,
    class_table,
    code_table,
    is_wide,
    wide_columns,
    wide_table,
)
from dsgrid.time.stored import INSTANTS, READINGS, TIMESTAMP, label_form

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame, SparkSession


def scan_labels(source: Source) -> tuple[int, int] | None:
    """Return the first and the last label that are used, where others are not; labels of parts have no order."""
    time = source.time
    assert time is not None
    if not source.time_filters or label_form(source.dataset.time) not in (INSTANTS, READINGS):
        return None
    used = [time.keys[one.source] for one in time.entries if len(one)]
    if not used:
        return None
    first, last = min(int(one.min()) for one in used), max(int(one.max()) for one in used)
    return None if (first, last) == (int(time.keys.min()), int(time.keys.max())) else (first, last)


def with_labels(source: Source, facts: DataFrame) -> DataFrame:
    """Add the key of each row's label, where it is needed; leave out labels that filters on time leave out."""
    from pyspark.sql import functions as F

    time = source.time
    assert time is not None
    span = scan_labels(source)
    if span is not None:
        limits = [F.timestamp_micros(F.lit(limit)) for limit in span]
        if label_form(source.dataset.time) == READINGS:
            limits = [limit.cast("timestamp_ntz") for limit in limits]
        facts = facts.where(F.col(TIMESTAMP).between(*limits))
    return facts if time.mode == "drop" else facts.select("*", label_key(source.dataset.time).alias(LABEL))


def joined_by_label(plan: Plan, source: Source) -> Small | None:
    """Return what is joined by label in stage 1: classes of slots, or what they become in each place."""
    time = source.time
    assert time is not None
    if time.mode == "expand" and time.classes is not None:
        return Small(class_table(source), LABEL)
    if time.mode == "direct" and is_wide(source):
        return Small(wide_table(plan, source), LABEL)
    return None


def timed(plan: Plan, source: Source, session: SparkSession, terms: Terms) -> Terms:
    """Return the terms with what time adds to codes and weights in stage 1."""
    from pyspark.sql import functions as F

    time = source.time
    assert time is not None
    if time.mode == "drop":
        return terms if time.constant == 1.0 else replace(terms, weights=(*terms.weights, F.lit(time.constant)))
    if time.mode == "direct":
        return _direct(plan, source, session, terms)
    if time.mode == "offset" or time.classes is None:
        return replace(terms, keys=(*terms.keys, LABEL))
    weight, balance = (F.col(f"`{TIME_WEIGHT}`"),), () if time.sums_balances else None
    return replace(terms, keys=(*terms.keys, TIME_CODE), of_time=weight, balance=balance)


def _direct(plan: Plan, source: Source, session: SparkSession, terms: Terms) -> Terms:
    from pyspark.sql import functions as F

    time = source.time
    assert time is not None
    facts = terms.rows.select("*", total(terms.codes).alias(CODE))
    if time.joins_places:
        facts = facts.select("*", _place(plan, source).alias(PLACE))
    if is_wide(source):
        chosen = wide_columns(plan, source)
        facts = facts.select("*", *(_by_place(picked).alias(name) for name, picked in chosen.items()))
    else:
        facts = with_small(arrow_frame(session, code_table(plan, source)), facts, _label_and_place(source))
    codes: tuple[Expression, ...] = (_without_place(plan, source),)
    keys = terms.keys
    if plan.slots is not None:
        facts = facts.withColumnRenamed(TIME_CODE, SLOT)
        keys = (*keys, SLOT)
    else:
        codes = (*codes, F.col(f"`{TIME_CODE}`"))
    balance = (F.col(f"`{TIME_BALANCE}`"),) if time.balances else None
    weighs = time.balances or any((one.weight != 1).any() for one in time.entries)
    of_time = (F.col(f"`{TIME_WEIGHT}`"),) if weighs else ()
    return replace(terms, rows=facts, codes=codes, keys=keys, of_time=of_time, balance=balance)


def _by_place(picked: Sequence[str]) -> Expression:
    """Return the column that is meant in each place; `picked` has its name for each of them."""
    from pyspark.sql import functions as F

    different = list(dict.fromkeys(picked))
    if len(different) == 1:
        return F.col(f"`{different[0]}`")
    place = F.col(f"`{PLACE}`")
    chosen = F.when(place == 0, F.col(f"`{picked[0]}`"))
    for number, name in enumerate(picked[1:], start=1):
        chosen = chosen.when(place == number, F.col(f"`{name}`"))
    return chosen


def map_time_last(
    plan: Plan, source: Source, session: SparkSession, rows: DataFrame, course: DataFrame | None
) -> DataFrame:
    """Do what is left to be done when the facts have become few: shift labels, or expand classes of slots.

    Parameters
    ----------
    course
        What the shape of annual values has in each slot, by its own plan.
    """
    from pyspark.sql import functions as F

    time = source.time
    assert time is not None
    if time.mode == "offset":
        shift = F.expr(f"INTERVAL {abs(time.offset)} MICROSECOND")
        label = F.col(f"`{LABEL}`")
        slot = label if time.offset == 0 else label + shift if time.offset > 0 else label - shift
        return rows.select(CODE, slot.alias(SLOT), VALUE)
    if time.mode != "expand":
        return rows
    if time.classes is not None:
        rows = rows.withColumnRenamed(TIME_CODE, LABEL)
    if course is not None:
        table, on = shape_table(plan, time, session, course), [LABEL, PLACE]
    else:
        table, on = arrow_frame(session, code_table(plan, source)), _label_and_place(source)
    if PLACE in on:
        rows = rows.select("*", _place(plan, source).alias(PLACE))
    rows = with_small(table, rows, on)
    code = _without_place(plan, source)
    value = (F.col(VALUE) * F.col(f"`{TIME_WEIGHT}`")).alias(VALUE)
    before = F.col(f"`{BALANCE if time.sums_balances else VALUE}`")
    balance = [(before * F.col(f"`{TIME_BALANCE}`")).alias(BALANCE)] if time.balances else []
    if plan.slots is not None:
        return rows.select(code.alias(CODE), F.col(f"`{TIME_CODE}`").alias(SLOT), value, *balance)
    return rows.select((code + F.col(f"`{TIME_CODE}`")).alias(CODE), value, *balance)


def _label_and_place(source: Source) -> list[str]:
    """Return what rows are joined by with `code_table`."""
    assert source.time is not None
    return [LABEL, PLACE] if source.time.joins_places else [LABEL]


def _place(plan: Plan, source: Source) -> Expression:
    from pyspark.sql import functions as F

    return F.expr(f"`{CODE}` div {int(plan.span(source))}").cast("long")


def _without_place(plan: Plan, source: Source) -> Expression:
    from pyspark.sql import functions as F

    assert source.time is not None
    if source.time.coupling.places < 2:
        return F.col(CODE)
    return F.expr(f"`{CODE}` % {int(plan.span(source))}").cast("long")
