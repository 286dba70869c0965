"""A filter on a coded table: which digits of an axis stay."""

from __future__ import annotations

from dsgrid.dimensions.types import TIME
from dsgrid.errors import Problem, SpecError, listing
from dsgrid.query.factor import PERCENTILE, Column
from dsgrid.query.model import Filter
from dsgrid.query.plan import Plan
from dsgrid.query.rules.columns import known_columns
from dsgrid.query.rules.filters import is_of_time, kept_records, matching
from dsgrid.query.rules.time_filters import column_of, passing, readings_of
from dsgrid.query.stages import Kept, Table


def kept_digits(plan: Plan, before: Table, condition: Filter) -> Kept:
    """Return a filter on records or on time as a stage.

    A filter on a column of the table tests its ids or attributes; one on a supplemental of a column keeps the records
    that have any association with what passes.

    Raises
    ------
    SpecError
        If the table has no such column, or nothing passes.
    """
    own = next((one for one in before.columns if one.name == condition.dimension and one.type != TIME), None)
    if own is None and is_of_time(plan.project, condition):
        return _of_time(plan, before, condition)
    if own is not None and own.dimension is not None:
        ids = matching(own.dimension, condition)
        if isinstance(ids, Problem):
            raise SpecError(ids)
        return _of_records(before, condition, own, ids)
    found = kept_records(plan.project, condition)
    if isinstance(found, Problem):
        raise SpecError(found)
    base, ids, _ = found
    column = next((one for one in before.columns if one.name == base), None)
    if column is None:
        key = "dimension" if condition.dimension is not None else "subset"
        left = [one.name for one in before.columns if one.name in known_columns(plan.project) or one.type == PERCENTILE]
        raise condition.node[key].error(
            f'"{condition.dimension or condition.subset}" is about "{base}", which is not in the table that this '
            f"filter sees; it has {listing(left)}"
        )
    return _of_records(before, condition, column, ids)


def _of_records(before: Table, condition: Filter, column: Column, ids: frozenset[str]) -> Kept:
    axis = before.axis(column.type)
    assert axis is not None
    position = before.columns_of(column.type).index(column)
    digits = tuple(digit for digit in before.digits(column.type) if axis.keys[digit][position] in ids)
    if not digits:
        raise SpecError(condition.node.problem(f'the filters leave no record of "{column.name}"'))
    return Kept(column.type, digits, before)


def _of_time(plan: Plan, before: Table, condition: Filter) -> Kept:
    column = column_of(plan, condition)
    visible = before.columns_of(TIME)
    names = [one.name for one in before.time_columns]
    if not before.knows(column.name):
        has = f"the table that this filter sees has only {listing([one.name for one in visible])}"
        raise condition.node["dimension"].error(
            f'"{column.name}" is not known any more: {has if visible else "an earlier step has left no time"}'
        )
    place = names.index(column.name)
    values = readings_of(plan, column, [key[place] for key in before.time_keys])
    passed = passing(plan, condition, column, list(values))
    digits = tuple(digit for digit in before.digits(TIME) if passed[digit])
    if not digits:
        raise SpecError(condition.node.problem(f"the filters leave no time of project {plan.project.id}"))
    return Kept(TIME, digits, before)
