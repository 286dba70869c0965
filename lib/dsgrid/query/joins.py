"""Join the facts with the class tables of their dimension types: by a case, or by a broadcast table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from dsgrid.query.expressions import case
from dsgrid.query.factor import Factor
from dsgrid.query.literals import Small, arrow_frame, arrow_rows, small_table, with_small, with_smalls
from dsgrid.query.lookup import LOOKUP_CODE, LOOKUP_WEIGHT, contracted_lookup
from dsgrid.query.multiplier import Multiplier
from dsgrid.query.plan import Plan
from dsgrid.query.source import Source
from dsgrid.query.terms import BALANCE, CODE, VALUE, Terms, class_column
from dsgrid.storage.location import Location

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

# Longer lists of ids are left to the join: Spark takes seconds to plan an `isin` of thousands.
LONGEST_PREDICATE = 500
# Up to so many records a class table is a CASE.
LONGEST_CASE = 16


def mode(factor: Factor) -> str:
    """Return how a factor is contracted."""
    return factor.contraction.mode if factor.contraction is not None else "idle"


def joined_factors(source: Source) -> list[Factor]:
    """Return the factors whose columns in the facts are needed."""
    return [factor for type_ in source.dataset.layout.fact_types if mode(factor := source.factor(type_)) != "idle"]


def with_factors(
    plan: Plan, source: Source, session: SparkSession, facts: DataFrame, root: Location, labels: Small | None
) -> Terms:
    """Return the facts with the codes, classes and weights of all dimension types but a pivoted one.

    Parameters
    ----------
    labels
        What is joined by label, at the same time.
    """
    from pyspark.sql import functions as F

    terms = Terms(
        facts,
        codes=(F.lit(_constant_code(plan, source)),),
        weights=tuple(F.lit(weight) for weight in _constant_weights(source)),
    )
    smalls = [] if labels is None else [labels]
    for factor in joined_factors(source):
        terms = _with_factor(plan, source, terms, factor, smalls)
    if source.dataset.layout.two_tables:
        terms = _with_lookup(plan, source, terms, root, smalls)
    return replace(terms, rows=with_smalls(session, smalls, terms.rows))


def _with_factor(plan: Plan, source: Source, terms: Terms, factor: Factor, smalls: list[Small]) -> Terms:
    from pyspark.sql import functions as F

    assert factor.contraction is not None
    code, weight = class_column(factor.type), f"#{factor.type}_weight"
    expands = factor.contraction.mode == "expand"
    rows = [
        (record, number if expands else plan.place_value(source, factor.type, number), coefficient)
        for record, number, coefficient in factor.contraction.table
    ]
    facts = _classed(_pruned(terms.rows, factor), factor, rows, (code, weight), smalls)
    return terms.adding(
        facts,
        codes=() if expands else (F.col(code),),
        keys=(code,) if expands else (),
        weights=(F.col(weight),) if factor.contraction.weighted else (),
    )


def _with_lookup(plan: Plan, source: Source, terms: Terms, root: Location, smalls: list[Small]) -> Terms:
    from pyspark.sql import functions as F

    lookup = contracted_lookup(plan, source, root)
    facts = terms.rows
    if lookup.ids is not None:
        facts = _only(facts, "id", lookup.ids)
    smalls.append(Small(lookup.table, "id"))
    return terms.adding(
        facts,
        codes=(F.col(LOOKUP_CODE),),
        keys=lookup.classes,
        weights=(F.col(LOOKUP_WEIGHT),) if lookup.weighted else (),
    )


def _classed(
    facts: DataFrame,
    factor: Factor,
    rows: Sequence[tuple[str, int, float]],
    names: tuple[str, str],
    smalls: list[Small],
) -> DataFrame:
    """Add the code of each row's record and its coefficient: by a case for a few records, else by a join to come.

    A join costs Spark a job and a stage to compile, a case of a few branches nothing that can be measured.
    """
    from pyspark.sql import functions as F

    code, weight = names
    records = [record for record, _, _ in rows]
    if len(rows) > LONGEST_CASE or len(set(records)) < len(records):
        table = arrow_rows(rows, (factor.type, "string"), (code, "int64"), (weight, "float64"))
        smalls.append(Small(table, factor.type))
        return facts
    column = F.col(factor.type)
    if len(records) < len(factor.records):
        facts = facts.where(column.isin(records))
    return facts.select(
        "*",
        case(column, [(record, number) for record, number, _ in rows]).cast("long").alias(code),
        case(column, [(record, coefficient) for record, _, coefficient in rows]).alias(weight),
    )


def _constant_code(plan: Plan, source: Source) -> int:
    """Return what the factors without a join, and a single key, add to every code."""
    code = 0
    for factor in source.factors:
        alone = mode(factor) == "idle" or (factor.type in source.dataset.layout.trivial and mode(factor) == "direct")
        if alone and factor.contraction is not None and factor.contraction.table:
            code += plan.place_value(source, factor.type, factor.contraction.table[0][1])
    return code


def _constant_weights(source: Source) -> list[float]:
    """Return the coefficients other than 1 of records that are no column of the facts, and the source's scale."""
    trivial = [source.factor(type_).contraction for type_ in source.dataset.layout.trivial]
    scale = [source.scale] if source.scale != 1.0 else []
    return scale + [
        one.table[0][2] for one in trivial if one is not None and one.mode == "direct" and one.table[0][2] != 1.0
    ]


def _pruned(facts: DataFrame, factor: Factor) -> DataFrame:
    """Filter the scan on ids where records were pruned, so that row groups without them are not read."""
    kept = list(dict.fromkeys(record for record, _, _ in factor.contraction.table)) if factor.contraction else []
    return _only(facts, factor.type, kept) if len(kept) < len(factor.records) else facts


def _only(facts: DataFrame, column: str, kept: Sequence[str] | Sequence[int]) -> DataFrame:
    """Keep the rows with these ids: by a list, or where that is too long by its ends, as facts are sorted by ids."""
    from pyspark.sql import functions as F

    if not kept:
        return facts.where(F.lit(False))
    if len(kept) <= LONGEST_PREDICATE:
        return facts.where(F.col(column).isin(list(kept)))
    return facts.where(F.col(column).between(F.lit(min(kept)), F.lit(max(kept))))


def expanded(plan: Plan, source: Source, session: SparkSession, rows: DataFrame, factor: Factor) -> DataFrame:
    """Replace the classes of one factor by the output keys that they go to."""
    from pyspark.sql import functions as F

    contraction = factor.contraction
    assert contraction is not None
    class_ = class_column(factor.type)
    expansion = [
        (one, plan.place_value(source, factor.type, number), coefficient)
        for one, number, coefficient in contraction.expansion
    ]
    scaled = [name for name in (VALUE, BALANCE) if name in rows.columns]
    others = [name for name in rows.columns if name not in (CODE, class_, *scaled)]
    if factor.type in source.dataset.layout.trivial:
        # One record without a column has one class, and nothing to join on.
        targets = [
            F.struct(F.lit(code).cast("long").alias("code"), F.lit(coefficient).alias("weight"))
            for _, code, coefficient in expansion
        ]
        rows = rows.select("*", F.explode(F.array(*targets)).alias("target"))
        code, weight = F.col("target.code"), F.col("target.weight")
    else:
        names = ((class_, "int64"), ("#expansion_code", "int64"), ("#expansion_weight", "float64"))
        rows = with_small(small_table(session, expansion, *names), rows, class_)
        code, weight = F.col("#expansion_code"), F.col("#expansion_weight")
    return rows.select(
        (F.col(CODE) + code).alias(CODE),
        *(F.col(f"`{name}`") for name in others),
        *((F.col(f"`{name}`") * weight).alias(name) for name in scaled),
    )


def multiplied(plan: Plan, source: Source, session: SparkSession, rows: DataFrame, index: int) -> DataFrame:
    """Multiply the values with one of the source's multipliers, by the digit of the code that holds its place."""
    from pyspark.sql import functions as F

    multiplier = source.multipliers[index]
    below = plan.size * prod(one.count for one in source.multipliers[:index])
    place = F.expr(f"(`{CODE}` div {int(below)}) % {int(multiplier.count)}").cast("long")
    key, factor = "#multiplier_place", "#multiplier_factor"
    if multiplier.count <= LONGEST_CASE and len(multiplier.places) == multiplier.count:
        factors = F.array(*(F.lit(float(one)) for one in multiplier.factors))
        rows = rows.select("*", F.element_at(factors, (place + 1).cast("int")).alias(factor))
    else:
        rows = with_small(
            arrow_frame(session, _multiplier_table(multiplier, key, factor)), rows.select("*", place.alias(key)), key
        )
    scaled = [name for name in (VALUE, BALANCE) if name in rows.columns]
    others = [name for name in rows.columns if name not in (key, factor, *scaled)]
    return rows.select(
        *(F.col(f"`{name}`") for name in others),
        *((F.col(f"`{name}`") * F.col(f"`{factor}`")).alias(name) for name in scaled),
    )


def _multiplier_table(multiplier: Multiplier, key: str, factor: str) -> pa.Table:
    import pyarrow as pa

    return pa.table({key: pa.array(multiplier.places, pa.int64()), factor: pa.array(multiplier.factors, pa.float64())})
