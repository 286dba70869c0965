"""The values of facts: one column, or (pivoted) a column for each target of the pivoted type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsgrid.datasets.facts import quoted
from dsgrid.query.expressions import balanced_sum, weighted_sum
from dsgrid.query.plan import Plan
from dsgrid.query.source import Source
from dsgrid.query.terms import BALANCE, CODE, VALUE, Terms, class_column, weighted

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame

PRESENT = "present"


def value_columns(source: Source) -> list[str]:
    """Return the value columns of the facts that are read."""
    pivot = source.dataset.layout.pivot
    if pivot is None:
        return [VALUE]
    factor = source.factor(pivot)
    mapped = {record for record, _, _ in factor.contraction.table} if factor.contraction is not None else set()
    return [record for record in factor.records if record in mapped]


def converted(source: Source, facts: DataFrame) -> DataFrame:
    """Return facts with the values of temperatures in the unit of the result."""
    from pyspark.sql import functions as F

    if not source.conversions:
        return facts
    layout = source.dataset.layout
    of = {one.record: one for one in source.conversions}
    if layout.pivot == "metric":
        columns = {name: F.col(quoted(name)) * one.scale + one.offset for name, one in of.items()}
    else:
        columns = {}
        for name in value_columns(source):
            value = F.col(quoted(name))
            columns[name] = value * source.conversions[0].scale + source.conversions[0].offset
            if "metric" in layout.fact_types:
                cases = [F.when(F.col("metric") == one.record, value * one.scale + one.offset) for one in of.values()]
                columns[name] = F.coalesce(*cases, value)
    return facts.select(
        *(columns[name].alias(name) if name in columns else F.col(quoted(name)) for name in facts.columns)
    )


@dataclass(frozen=True)
class Cells:
    """What stage 1 sums: columns by name, a group of them for each number of the pivoted type.

    Parameters
    ----------
    numbers
        The numbers (`Contraction.table`) of the pivoted type; one empty text where nothing is pivoted.
    columns
        The expressions, by name: ``value_3``, ``#balance_3``, ``present_3`` of the number 3.
    """

    numbers: tuple[str, ...]
    columns: dict[str, Expression]


def cells(source: Source, terms: Terms) -> Cells:
    """Return the weighted values, what balances them, and (where cells may be NULL) how many are present."""
    from pyspark.sql import functions as F

    layout = source.dataset.layout
    if layout.pivot is None:
        found = {VALUE: weighted(F.col(VALUE).cast("double"), (*terms.weights, *terms.of_time))}
        if terms.balance is not None:
            before = F.col(f"`{terms.balanced}`").cast("double")
            found[BALANCE] = weighted(before, (*terms.weights, *terms.balance))
        return Cells(("",), found)
    contraction = source.factor(layout.pivot).contraction
    assert contraction is not None
    columns: dict[str, Expression] = {}
    numbers = sorted({number for _, number, _ in contraction.table})
    for number in numbers:
        parts = [(record, coefficient) for record, other, coefficient in contraction.table if other == number]
        summed = weighted_sum(parts, layout.null_cells)
        columns[f"{VALUE}_{number}"] = weighted(summed, (*terms.weights, *terms.of_time))
        if terms.balance is not None:
            columns[f"{BALANCE}_{number}"] = weighted(summed, (*terms.weights, *terms.balance))
        if layout.null_cells:
            seen = [F.when(F.col(quoted(record)).isNotNull(), 1).otherwise(0) for record, _ in parts]
            columns[f"{PRESENT}_{number}"] = balanced_sum(seen).cast("long")
    return Cells(tuple(map(str, numbers)), columns)


def unpivoted(plan: Plan, source: Source, rows: DataFrame, keys: Sequence[str], found: Cells) -> DataFrame:
    """Turn the value columns of pivoted facts into rows, after the contraction has made them few."""
    from pyspark.sql import functions as F

    pivot = source.dataset.layout.pivot
    if pivot is None:
        return rows
    contraction = source.factor(pivot).contraction
    assert contraction is not None
    expands, nullable = contraction.mode == "expand", source.dataset.layout.null_cells
    named = [name for name in (VALUE, BALANCE) if f"{name}_{found.numbers[0]}" in found.columns]
    structs = []
    for number in found.numbers:
        # An idle pivot has its code in the constant already.
        idle = contraction.mode == "idle"
        key = int(number) if expands else 0 if idle else plan.place_value(source, pivot, int(number))
        present = F.col(f"{PRESENT}_{number}") > 0 if nullable else F.lit(True)
        values = [F.col(f"`{name}_{number}`").alias(name) for name in named]
        structs.append(F.struct(F.lit(key).cast("long").alias("key"), *values, present.alias(PRESENT)))
    exploded = rows.select(*(F.col(f"`{key}`") for key in keys), F.explode(F.array(*structs)).alias("cell"))
    if nullable:
        exploded = exploded.where(F.col(f"cell.{PRESENT}"))
    others = [name for name in keys if name != CODE]
    code = F.col(CODE) if expands else F.col(CODE) + F.col("cell.key")
    return exploded.select(
        code.alias(CODE),
        *(F.col(f"`{name}`") for name in others),
        *([F.col("cell.key").alias(class_column(pivot))] if expands else []),
        *(F.col(f"cell.`{name}`").alias(name) for name in named),
    )
