"""Minima and maxima over time: what is taken of each combination of the dataset, before anything is added up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dsgrid.datasets.facts import quoted
from dsgrid.query.plan import Source
from dsgrid.query.terms import BALANCE, SLOT, VALUE, Terms, total
from dsgrid.query.time_tables import TIME_BALANCE, TIME_CODE, TIME_WEIGHT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def stacked(source: Source, facts: DataFrame) -> tuple[Source, DataFrame]:
    """Return pivoted facts with a row per value, and the source as if it were so stored."""
    from pyspark.sql import functions as F

    layout = source.dataset.layout
    if layout.pivot is None:
        return source, facts
    records = [record for record in source.factor(layout.pivot).records if record in facts.columns]
    cells = [F.struct(F.lit(one).alias("record"), F.col(quoted(one)).alias(VALUE)) for one in records]
    others = [name for name in facts.columns if name not in records]
    exploded = facts.select(*(F.col(quoted(name)) for name in others), F.explode(F.array(*cells)).alias("cell"))
    rows = exploded.where(F.col(f"cell.{VALUE}").isNotNull()).select(
        *(F.col(quoted(name)) for name in others),
        F.col("cell.record").alias(layout.pivot),
        F.col(f"cell.{VALUE}").alias(VALUE),
    )
    long = replace(layout, pivot=None, fact_types=(*layout.fact_types, layout.pivot), null_cells=False)
    return replace(source, dataset=replace(source.dataset, layout=long)), rows


def extremes(source: Source, terms: Terms) -> Terms:
    """Return one row for each combination of the dataset and code of time: the least or the greatest value.

    What is multiplied and added up is so afterwards: the greatest of sums is not the sum of what is greatest.
    """
    from pyspark.sql import functions as F

    layout, time = source.dataset.layout, source.time
    assert time is not None
    extreme = F.min if time.function == "min" else F.max
    identity = [*(["id"] if layout.two_tables else []), *layout.fact_types]
    code = total(terms.codes).alias("#whole_code")
    at = [SLOT] if SLOT in terms.keys else [TIME_CODE]
    factors = [name for name in terms.rows.columns if name.endswith(("_code", "_weight")) and name not in (TIME_CODE,)]
    rows = terms.rows.select("*", code)
    keys = list(dict.fromkeys([*identity, *factors, *terms.keys, *at, "#whole_code"]))
    # Rows of weight 0 only account for slots that reach nothing.
    member = F.when(F.col(f"`{TIME_WEIGHT}`") != 0, F.col(VALUE))
    values = [extreme(member).alias(VALUE)]
    if terms.balance is not None:
        values.append(F.sum(F.col(VALUE) * F.col(f"`{TIME_BALANCE}`")).alias(BALANCE))
    rows = rows.groupBy(*(f"`{key}`" for key in keys)).agg(*values)
    balance = None if terms.balance is None else ()
    return replace(terms, rows=rows, codes=(F.col("`#whole_code`"),), of_time=(), balance=balance, balanced=BALANCE)
