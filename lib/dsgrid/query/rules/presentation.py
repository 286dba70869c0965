"""Check what the query says about the form of its result: pivot, names, order, unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.dimensions.units import UnitError, affine
from dsgrid.errors import Problem, SpecError, did_you_mean, listing
from dsgrid.query.plan import Plan
from dsgrid.query.rules.outputs import unit_of
from dsgrid.query.stages import Reduction
from dsgrid.spec.node import Node

VALUE = "value"
UNIT = "unit"


def check_output(plan: Plan) -> Plan:
    """Return the plan unchanged, or raise everything that is wrong with ``[result]``.

    What is said of columns is judged as soon as it is known which there are.

    Examples
    --------
    The query::

        [[step]]
        by = ["county", "daily"]

        [result]
        sort = ["conty"]

    is refused::

        result.sort[0]: the result has no column "conty"; did you mean "county"?
    """
    if plan.query.output.node is not None:
        shown = plan.shown
        of_columns = () if plan.moves else (*_pivot(shown), *_sort(shown), *_names(shown), *_partition(shown))
        problems = [*of_columns, *_unit(plan)]
        if problems:
            raise SpecError(problems)
    return plan


def stacked_columns(plan: Plan) -> tuple[str, ...]:
    """Return the names of the columns that are neither value nor unit, in order."""
    pivot = plan.query.output.pivot
    return tuple(column.name for column in plan.columns if column.type != pivot)


def _node(plan: Plan, key: str) -> Node:
    assert plan.query.output.node is not None
    return plan.query.output.node[key]


def _pivot(plan: Plan) -> Iterator[Problem]:
    pivot = plan.query.output.pivot
    if pivot is None:
        return
    if pivot == TIME or pivot not in RECORD_TYPES:
        yield _node(plan, "pivot").problem(f'"{pivot}" cannot be pivoted; it is one of {listing(RECORD_TYPES)}')
        return
    columns = plan.columns_of(pivot)
    if len(columns) != 1:
        found = f"{len(columns)} ({listing([c.name for c in columns])})" if columns else "none"
        yield _node(plan, "pivot").problem(f"a pivoted {pivot} needs exactly one {pivot} column in `by`, found {found}")
        return
    # The engines look columns up without regard to case.
    others = {name.casefold() for name in (*stacked_columns(plan), *((UNIT,) if pivot != "metric" else ()))}
    records = columns[0].dimension.records if columns[0].dimension is not None else ()
    for record in records:
        shown = record.name if plan.query.output.names else record.id
        if shown.casefold() in others:
            yield _node(plan, "pivot").problem(
                f'the pivoted record "{shown}" has the same name as a column; choose another `by` name'
            )
            return


def _sort(plan: Plan) -> Iterator[Problem]:
    names = (*stacked_columns(plan), *(() if plan.query.output.pivot else (VALUE,)))
    for index, name in enumerate(plan.query.output.sort):
        if name not in names:
            yield _node(plan, "sort")[index].problem(f'the result has no column "{name}"{did_you_mean(name, names)}')


def _names(plan: Plan) -> Iterator[Problem]:
    if not plan.query.output.names:
        return
    for column in plan.columns:
        if column.dimension is None:
            continue
        repeated = [name for name, n in Counter(record.name for record in column.dimension.records).items() if n > 1]
        if repeated and plan.query.output.pivot is not None:
            yield _node(plan, "names").problem(
                f'two records of "{column.name}" are called "{repeated[0]}", and a pivoted result would mix them; '
                "leave names = false"
            )


def _unit(plan: Plan) -> Iterator[Problem]:
    unit = plan.query.output.unit
    if unit is None:
        return
    counts = any(isinstance(stage, Reduction) and stage.function == "count" for stage in plan.stages)
    if counts and not any(plan.shown.axis("metric").units):
        yield _node(plan, "unit").problem(f'the result has no unit, as it counts, so it cannot be told in "{unit}"')
        return
    for source in plan.sources:
        metric = source.factor("metric")
        for base_id in metric.base_ids:
            try:
                affine(unit_of(metric.base, base_id), unit)
            except UnitError as error:
                yield _node(plan, "unit").problem(f'"{base_id}": {error}')
                return


def _partition(plan: Plan) -> Iterator[Problem]:
    output = plan.query.output
    if not output.partition:
        return
    if output.format != "parquet":
        yield _node(plan, "partition").problem(f'only Parquet can be partitioned, not "{output.format}"')
        return
    names = stacked_columns(plan)
    for index, name in enumerate(output.partition):
        if name not in names:
            hint = did_you_mean(name, names)
            yield _node(plan, "partition")[index].problem(f'the result has no column "{name}"{hint}')
    if len(output.partition) == len(names) and output.pivot is None:
        yield _node(plan, "partition").problem("every row would be a file of its own; leave out a column")
