"""Carry out a plan with the DataFrame API: contract, expand, gather.

Every row of the result has one integer code (the axes' mixed radix number), so that engines group by one bigint and
not by strings. Stage 1 makes codes (and classes) out of ids, stage 2 replaces classes, the last step turns codes back
into columns. Until time is mapped, a row's code has one digit more: the number of its place (`Coupling`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dsgrid.query.cells import cells, converted, unpivoted, value_columns
from dsgrid.query.decoding import decode
from dsgrid.query.extremes import extremes, stacked
from dsgrid.query.joins import expanded, joined_factors, mode, with_factors
from dsgrid.query.plan import Plan, Source
from dsgrid.query.terms import BALANCE, CODE, SLOT, VALUE, grouped, total
from dsgrid.query.timing import joined_by_label, map_time_last, timed, with_labels
from dsgrid.time.stored import stored_columns

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from dsgrid.registry.model import Dataset
    from dsgrid.storage.location import Location

# Reads the facts of a dataset: (session, dataset, columns) -> DataFrame. Passed in, so that plans run on any facts.
FactsReader = Callable[["SparkSession", "Dataset", Sequence[str]], "DataFrame"]


def execute(plan: Plan, session: SparkSession, read_facts: FactsReader, root: Location) -> DataFrame:
    """Return the stacked result: the plan's columns, ``value`` and ``unit``; and ``#balance`` where there is one.

    Parameters
    ----------
    read_facts
        Reads the stored facts of a dataset as a DataFrame.
    root
        The data root of the registry, where the lookups lie.
    """
    parts = [
        contracted(plan, source, session, read_facts, root)
        for source in plan.sources
        if source.bounds is None or source.bounds.stage2
    ]
    if not parts:
        return decode(plan, session, None)
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.unionByName(part)
    if plan.regroup:
        whole = grouped(whole, *_columns(plan))
    return decode(plan, session, whole)


def contracted(plan: Plan, source: Source, session: SparkSession, read_facts: FactsReader, root: Location) -> DataFrame:
    """Return what a source contributes to the result: ``#code, [#slot], value, [#balance]``, not summed at the end."""
    rows = _stage1(plan, source, session, read_facts, root)
    for factor in source.factors:
        if mode(factor) == "expand":
            rows = expanded(plan, source, session, rows, factor)
    assert source.time is not None
    shape = source.time.shape
    course = None if shape is None else contracted(shape.plan, shape.plan.sources[0], session, read_facts, root)
    rows = map_time_last(plan, source, session, rows, course)
    if plan.balances and not source.time.balances:
        # Another dataset's sums are foretold from what it was before; here the values themselves are.
        rows = rows.withColumn(BALANCE, rows[VALUE])
    keys, values = _columns(plan)
    return rows.select(*(f"`{name}`" for name in (*keys, *values)))


def _columns(plan: Plan) -> tuple[list[str], list[str]]:
    """Return what rows of the result are told apart by, and what is summed, before they are decoded."""
    keys = [CODE] if plan.slots is None else [CODE, SLOT]
    return keys, [VALUE, BALANCE] if plan.balances else [VALUE]


def _stage1(plan: Plan, source: Source, session: SparkSession, read_facts: FactsReader, root: Location) -> DataFrame:
    """Read, prune, join the class tables, sum by code; the result is ``#code, class columns, [label], value``."""
    from pyspark.sql import functions as F

    assert source.time is not None
    facts = converted(source, read_facts(session, source.dataset, _scan_columns(source)))
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


def _scan_columns(source: Source) -> list[str]:
    layout, time = source.dataset.layout, source.time
    assert time is not None
    factors = joined_factors(source)
    types = list(layout.fact_types) if time.function != "sum" else [factor.type for factor in factors]
    if source.conversions and "metric" in layout.fact_types and "metric" not in types:
        types.append("metric")  # says which values are converted
    labels = [] if time.mode == "drop" else list(stored_columns(source.dataset.time))
    return [*(["id"] if layout.two_tables else []), *types, *labels, *value_columns(source)]
