"""Carry out a plan with the DataFrame API: contract, expand, gather.

Every row of the result has one integer code (the axes' mixed radix number), so that engines group by one bigint and
not by strings. Stage 1 makes codes (and classes) out of ids, stage 2 replaces classes, the last step turns codes back
into columns. Until time is mapped, a row's code has one digit more: the number of its place (`Coupling`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dsgrid.query.cells import cells, converted, unpivoted
from dsgrid.query.combination import Leaf
from dsgrid.query.combining import combined
from dsgrid.query.extremes import extremes, stacked
from dsgrid.query.joins import expanded, mode, multiplied, with_factors
from dsgrid.query.literals import arrow_frame, arrow_rows
from dsgrid.query.plan import Plan
from dsgrid.query.scan import scan_columns
from dsgrid.query.source import Source
from dsgrid.query.stages import Reduction
from dsgrid.query.stepping import carry_out
from dsgrid.query.terms import BALANCE, CODE, SLOT, VALUE, grouped, total
from dsgrid.query.timing import joined_by_label, map_time_last, timed, with_labels

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from dsgrid.registry.model import Dataset
    from dsgrid.storage.location import Location

# Reads the facts of a dataset: (session, dataset, columns) -> DataFrame. Passed in, so that plans run on any facts.
FactsReader = Callable[["SparkSession", "Dataset", Sequence[str]], "DataFrame"]
# Writes a coded table and reads it again.
Persist = Callable[["DataFrame"], Any]


def execute(plan: Plan, session: SparkSession, read_facts: FactsReader, root: Location) -> DataFrame | None:
    """Return the result's coded table: ``#code, [#slot], value, [#balance]``; None where it has no rows.

    Parameters
    ----------
    read_facts
        Reads the stored facts of a dataset as a DataFrame.
    root
        The data root of the registry, where the lookups lie.
    """
    return follow(plan, session, contract(plan, session, read_facts, root), lambda rows: rows)


def contract(plan: Plan, session: SparkSession, read_facts: FactsReader, root: Location) -> DataFrame | None:
    """Return the coded table that the contraction and the expression leave; None where it is empty."""
    if isinstance(plan.combination, Leaf):
        return _added(plan, plan.sources, session, read_facts, root)

    def leaf(number: int) -> DataFrame:
        sources = [source for source in plan.sources if source.leaf == number]
        rows = _added(plan, sources, session, read_facts, root)
        return arrow_frame(session, arrow_rows([], (CODE, "int64"), (VALUE, "float64"))) if rows is None else rows

    return combined(plan.combination, leaf, plan.timeless, plan.size_without_time)


def follow(plan: Plan, session: SparkSession, rows: DataFrame | None, persist: Persist) -> DataFrame | None:
    """Return the result's coded table, given that which the contraction leaves.

    Parameters
    ----------
    persist
        Writes a table and returns it as it is read again, where the query asks for that.
    """
    if rows is None:
        return None
    if BALANCE in rows.columns and not plan.balances:
        rows = rows.drop(BALANCE)
    if plan.step is not None and plan.step.persist and plan.stages:
        rows = persist(rows)
    for stage in plan.stages:
        rows = carry_out(session, rows, stage)
        if isinstance(stage, Reduction) and stage.step.persist and stage is not plan.stages[-1]:
            rows = persist(rows)
    return rows


def _added(
    plan: Plan, sources: Sequence[Source], session: SparkSession, read_facts: FactsReader, root: Location
) -> DataFrame | None:
    """Return the sum of sources, each code once (unless the driver gathers them); None where none of them has rows."""
    parts = [
        contracted(plan, source, session, read_facts, root)
        for source in sources
        if source.bounds is None or source.bounds.stage2
    ]
    if not parts:
        return None
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.unionByName(part)
    return grouped(whole, *_columns(plan)) if plan.regroup and not plan.gathers else whole


def contracted(plan: Plan, source: Source, session: SparkSession, read_facts: FactsReader, root: Location) -> DataFrame:
    """Return what a source contributes to the result: ``#code, [#slot], value, [#balance]``, not summed at the end."""
    from pyspark.sql import functions as F

    rows = _stage1(plan, source, session, read_facts, root)
    for factor in source.factors:
        if mode(factor) == "expand":
            rows = expanded(plan, source, session, rows, factor)
    for index in range(len(source.multipliers)):
        rows = multiplied(plan, source, session, rows, index)
    assert source.time is not None
    shape = source.time.shape
    course = None if shape is None else contracted(shape.plan, shape.plan.sources[0], session, read_facts, root)
    rows = map_time_last(plan, source, session, rows, course)
    if plan.balances and not source.time.balances:
        # Another dataset's sums are foretold from what it was before; here the values themselves are.
        rows = rows.withColumn(BALANCE, rows[VALUE])
    keys, values = _columns(plan)
    if source.multipliers:
        # The classes of multipliers have done what they were for.
        rows = rows.withColumn(CODE, F.expr(f"`{CODE}` % {int(plan.size)}").cast("long"))
    return rows.select(*(f"`{name}`" for name in (*keys, *values)))


def _columns(plan: Plan) -> tuple[list[str], list[str]]:
    """Return what rows of the result are told apart by, and what is summed, before they are decoded."""
    keys = [CODE] if plan.slots is None else [CODE, SLOT]
    return keys, [VALUE, BALANCE] if plan.balances else [VALUE]


def _stage1(plan: Plan, source: Source, session: SparkSession, read_facts: FactsReader, root: Location) -> DataFrame:
    """Read, prune, join the class tables, sum by code; the result is ``#code, class columns, [label], value``."""
    from pyspark.sql import functions as F

    assert source.time is not None
    facts = converted(source, read_facts(session, source.dataset, scan_columns(source)))
    takes_extremes = source.time.function != "sum"
    if takes_extremes:
        source, facts = stacked(source, facts)
    facts = with_labels(source, facts)
    terms = with_factors(plan, source, session, facts, root, joined_by_label(plan, source))
    terms = timed(plan, source, session, terms)
    if takes_extremes:
        terms = extremes(source, terms)
    found = cells(source, terms)
    selected = terms.rows.select(
        total(terms.codes).alias(CODE),
        *(F.col(f"`{name}`") for name in terms.keys),
        *(value.alias(name) for name, value in found.columns.items()),
    )
    keys = [CODE, *terms.keys]
    if source.group_first:
        selected = grouped(selected, keys, list(found.columns))
    return unpivoted(plan, source, selected, keys, found)
