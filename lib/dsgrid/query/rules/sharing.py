"""Let several results of one query share a contraction, where the table that all of them can follow is small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.query.combination import Leaf
from dsgrid.query.factor import Column
from dsgrid.query.model import Filter
from dsgrid.query.plan import Move, Plan
from dsgrid.query.rules.columns import base_columns, hidden_columns, moves_of, with_zones
from dsgrid.query.rules.filters import is_of_time, is_of_values, kept_records
from dsgrid.query.rules.following import follow_moves
from dsgrid.query.rules.totals import expect_totals

# The shared table is written and read again: that has to cost less than another pass over the facts.
LARGEST_SHARE = 0.25


def common_columns(plan: Plan, results: Sequence[Plan]) -> tuple[Column, ...]:
    """Return the columns of the coarsest table that all results can be made of.

    Of a type that all results want alike, these are the columns they want; else it is the base dimension. Filters and
    steps that are no sums see base records.

    Parameters
    ----------
    plan
        The facts that all results have in common, with filters applied.
    results
        A plan for each result, as if it were alone.

    Examples
    --------
    The two results in::

        [[step]]
        by = ["county"]

        [[results.by_state.step]]
        by = ["state"]

    can be made of a table of::

        county
    """
    whole = base_columns(plan)
    columns: list[Column] = []
    for type_ in RECORD_TYPES:
        base = tuple(column for column in whole if column.type == type_)
        if type_ == "metric" and any(result.query.output.unit for result in results):
            # What is not told in one unit yet must not be added up.
            columns += base
            continue
        columns += _agreed([_wanted(result, type_, base) for result in results], base)
    slots = tuple(column for column in whole if column.type == TIME)
    columns += _agreed([_wanted_time(result, slots) for result in results], slots)
    return tuple(columns)


def _agreed(wanted: Sequence[tuple[Column, ...]], base: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return what all want, where that is the same; else the base."""
    by_names = {tuple(column.name for column in columns): columns for columns in wanted}
    return wanted[0] if len(by_names) == 1 else base


def _wanted(result: Plan, type_: str, base: tuple[Column, ...]) -> tuple[Column, ...]:
    if not _is_sum(result) or any(_is_about(result, one, type_) for one in _own_filters(result)):
        return base
    return tuple(column for column in result.asked if column.type == type_)


def _wanted_time(result: Plan, slots: tuple[Column, ...]) -> tuple[Column, ...]:
    if not _is_sum(result) or any(is_of_time(result.project, one) for one in _own_filters(result)):
        return slots
    return tuple(column for column in result.asked if column.type == TIME)


def _is_sum(result: Plan) -> bool:
    return bool(result.asked) and isinstance(result.combination, Leaf)


def _own_filters(result: Plan) -> tuple[Filter, ...]:
    return result.query.steps[0].filters


def _is_about(result: Plan, condition: Filter, type_: str) -> bool:
    if is_of_time(result.project, condition) or is_of_values(result.project, condition):
        return False
    found = kept_records(result.project, condition)
    assert isinstance(found, tuple)
    return any(base.name == found[0] and base.type == type_ for base in result.project.base)


def _moves(result: Plan) -> tuple[Move, ...]:
    """Return everything that a result does to the shared table."""
    return moves_of(result.project, result.query, converts=True)


def is_worthwhile(shared: Plan) -> bool:
    """Tell whether the shared table is small enough to be written and read again."""
    values = sum(source.fact_rows * max(1, source.value_columns) for source in shared.sources)
    return shared.rows <= LARGEST_SHARE * values


def followed_by(shared: Plan, result: Plan) -> Plan:
    """Return the plan of a result that follows the shared contraction.

    Examples
    --------
    Each of the two results in::

        [[step]]
        by = ["county"]

        [[results.by_state.step]]
        by = ["state"]

    is made of the shared table of counties::

        example: sum by county
        by_state: sum by state
    """
    plan = replace(shared, query=result.query, moves=_moves(result))
    return expect_totals(follow_moves(plan))


def with_columns(plan: Plan, columns: tuple[Column, ...], results: Sequence[Plan]) -> Plan:
    """Return the plan of the shared contraction, before its stages are planned."""
    moves = tuple(move for result in results for move in _moves(result))
    plan = replace(plan, step=None, moves=moves, converts_late=True, columns=with_zones(plan, columns, plan.query.node))
    hidden = hidden_columns(plan, plan.columns)
    return replace(plan, columns=(*plan.columns, *hidden), hidden=frozenset(column.name for column in hidden))
