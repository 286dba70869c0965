"""Minima and maxima over time: what is taken of each combination of the dataset, before anything is added up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dsgrid.datasets.facts import quoted
from dsgrid.query.cells import value_columns
from dsgrid.query.lookup import LOOKUP_SIGN
from dsgrid.query.source import Source
from dsgrid.query.terms import BALANCE, VALUE, Terms, total, weighted
from dsgrid.query.time_tables import TIME_BALANCE, TIME_WEIGHT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

WHOLE_CODE, WHOLE_WEIGHT = "#whole_code", "#whole_weight"


def stacked(source: Source, facts: DataFrame) -> tuple[Source, DataFrame]:
    """Return facts with a row per value and a column per type that decides places, and the source as if so stored.

    Extremes are taken of each combination in each place, so what a row is of has to be known before.
    """
    from pyspark.sql import functions as F

    assert source.time is not None
    deciding = [type_ for type_ in source.dataset.layout.trivial if type_ in source.time.coupling.sizes]
    facts = facts.select("*", *(F.lit(source.factor(type_).records[0]).alias(type_) for type_ in deciding))
    layout = source.dataset.layout
    layout = replace(
        layout,
        fact_types=(*layout.fact_types, *deciding),
        trivial=tuple(type_ for type_ in layout.trivial if type_ not in deciding),
    )
    if layout.pivot is not None:
        facts = _unpivoted(source, layout.pivot, facts)
        layout = replace(layout, pivot=None, fact_types=(*layout.fact_types, layout.pivot), null_cells=False)
    return replace(source, dataset=replace(source.dataset, layout=layout)), facts


def _unpivoted(source: Source, pivot: str, facts: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    records = value_columns(source)
    cells = [F.struct(F.lit(one).alias("record"), F.col(quoted(one)).alias(VALUE)) for one in records]
    others = [F.col(quoted(name)) for name in facts.columns if name not in records]
    exploded = facts.select(*others, F.explode(F.array(*cells)).alias("cell"))
    return exploded.where(F.col(f"cell.{VALUE}").isNotNull()).select(
        *others, F.col("cell.record").alias(pivot), F.col(f"cell.{VALUE}").alias(VALUE)
    )


def extremes(source: Source, terms: Terms) -> Terms:
    """Return one row for each combination of the dataset and code of time: the least or the greatest value.

    What is multiplied and added up is so afterwards: the greatest of sums is not the sum of what is greatest.
    """
    from pyspark.sql import functions as F

    layout, time = source.dataset.layout, source.time
    assert time is not None
    extreme = F.min if time.function == "min" else F.max
    # The weight follows from the combination and what it goes to; here it only comes along.
    identity = [*(["id"] if layout.two_tables else []), *layout.fact_types]
    value = F.col(VALUE)
    if LOOKUP_SIGN in terms.rows.columns:
        identity.append(LOOKUP_SIGN)
        value = value * F.col(LOOKUP_SIGN)
    keys = [*identity, *terms.keys, WHOLE_CODE, WHOLE_WEIGHT]
    rows = terms.rows.select(
        "*", total(terms.codes).alias(WHOLE_CODE), weighted(F.lit(1.0), terms.weights).alias(WHOLE_WEIGHT)
    )
    # Rows of weight 0 only account for slots that reach nothing.
    member = F.when(F.col(quoted(TIME_WEIGHT)) != 0, value)
    values = [extreme(member).alias(VALUE)]
    if terms.balance is not None:
        values.append(F.sum(value * F.col(quoted(TIME_BALANCE))).alias(BALANCE))
    rows = rows.groupBy(*(quoted(key) for key in keys)).agg(*values)
    return Terms(
        rows,
        codes=(F.col(quoted(WHOLE_CODE)),),
        weights=(F.col(quoted(WHOLE_WEIGHT)),),
        balance=None if terms.balance is None else (),
        balanced=BALANCE,
        keys=terms.keys,
    )
