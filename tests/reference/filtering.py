"""What filters leave of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from dsgrid.dimensions.dimension import Dimension
from dsgrid.query.model import VALUE, Filter, Query, Test
from dsgrid.registry.model import Project
from dsgrid.spec.node import Node
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.dimension import DatetimeTime, RepresentativeTime
from reference.conditions import TEXTS, passes, passes_value, refuse_test
from reference.moments import LABEL, cell, every_moment, known
from reference.refused import RefusedError
from reference.table import Column, Table, key, supplemental


def filtered(table: Table, filters: Sequence[Filter], query: Query, project: Project) -> Table:
    """Return what passes all filters; a filter sees the columns of the table, and what its base columns say."""
    for one in filters:
        if one.dimension == VALUE:
            table = _by_value(table, one.test)
        elif one.dimension is not None and _word(project, one.dimension):
            table = _by_time(table, one, query, project)
        else:
            table = _by_records(table, one, project)
    return table


def filtered_further(table: Table, filters: Sequence[Filter], query: Query, project: Project) -> Table:
    """Return what passes filters on what a step has left; there has to be something, whatever the values."""
    for one in filters:
        about = None if one not in of_records([one], project) else _chosen(table, one, project)[0].type
        table = filtered(table, [one], query, project)
        if about is not None and not table.reached[about]:
            raise RefusedError("the filters leave no record")
    of_time = any(is_of_time(one, project) for one in filters)
    if of_time and kept_moments(filters, query, project, table.places).empty:
        raise RefusedError("the filters leave no slot")
    return table


def of_records(filters: Sequence[Filter], project: Project, but: str = "") -> list[Filter]:
    """Return the filters on records; `but` leaves out those of a type."""
    found = [
        one for one in filters if one.dimension is None or not (one.dimension == VALUE or is_of_time(one, project))
    ]
    bases = {base.name: base.type for base in project.base}
    return [one for one in found if not but or bases[allowed(project, one)[0]] != but]


def is_of_time(condition: Filter, project: Project) -> bool:
    return condition.dimension is not None and _word(project, condition.dimension) != ""


def at_least_one(name: str, ids: Sequence[str], node: Node) -> Filter:
    """Return the filter that keeps some records."""
    return Filter(name, "id", Test("in", tuple(ids)), None, (), node)


def allowed(project: Project, condition: Filter) -> tuple[str, set[str]]:
    """Return the base dimension that a filter is about, and the ids that it keeps."""
    if condition.subset is not None:
        of, selected = _selected(project, condition)
        return of, {id_ for ids in selected.values() for id_ in ids}
    base = next((one for one in project.base if one.name == condition.dimension), None)
    if base is not None:
        return base.name, _passing(base, condition)
    other = supplemental(project, condition.dimension or "")
    if other is None:
        raise RefusedError(f"no dimension {condition.dimension}")
    ids = _passing(other.dimension, condition)
    return other.of, {one.from_id for one in other.mapping.associations if one.to_id in ids}


def kept_moments(
    filters: Sequence[Filter], query: Query, project: Project, places: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """Return what all filters on time leave of the project's slots, in some places."""
    moments = every_moment(query.output.zone, project, places)
    for one in filters:
        if is_of_time(one, project):
            word = _word(project, one.dimension or "")
            test, days = _of_days(one.test, word, project)
            kept = [passes(test, days(value)) for value in moments[cell(word)]]
            moments = moments[pd.Series(kept, moments.index, dtype=bool)]
    return moments


def _selected(project: Project, condition: Filter) -> tuple[str, dict[str, tuple[str, ...]]]:
    subset = next((one for one in project.subsets if one.name == condition.subset), None)
    if subset is None:
        raise RefusedError(f"no subset {condition.subset}")
    selectors = {one.name: one.ids for one in subset.selectors}
    if not set(condition.selectors) <= set(selectors):
        raise RefusedError(f"no such selectors in {condition.subset}")
    return subset.of, {name: selectors[name] for name in condition.selectors}


def _passing(dimension: Dimension, condition: Filter) -> set[str]:
    if condition.attribute not in dimension.records.columns:
        raise RefusedError(f"no attribute {condition.attribute}")
    is_id = condition.attribute == "id"
    cells = {record.id: record.get(condition.attribute) for record in dimension.records}
    refuse_test(condition.test, cells.values(), is_id=is_id)
    return {id_ for id_, value in cells.items() if passes(condition.test, value, is_id=is_id)}


def _chosen(table: Table, condition: Filter, project: Project) -> tuple[Column, set[str]]:
    """Return the column of a table that a filter tests, and the ids that it keeps."""
    column = table.column(condition.dimension or condition.subset or "")
    if column is not None and column.dimension is not None and column.level in ("base", "supplemental"):
        # The column itself, and not what it was made of.
        is_subset = condition.subset is not None
        return column, set(condition.selectors) if is_subset else _passing(column.dimension, condition)
    of, ids = allowed(project, condition)
    column = table.base_column(of)
    if column is None:
        raise RefusedError(f"the table has no {of}")
    return column, ids


def _by_records(table: Table, condition: Filter, project: Project) -> Table:
    column, ids = _chosen(table, condition, project)
    own = table.columns_of(column.type).index(column)
    reached = {combination for combination in table.reached[column.type] if combination[own] in ids}
    rows = table.rows[table.rows[key(column.name)].isin(ids)]
    units = table.units
    if column.type == "metric":
        units = {combination: units[combination] for combination in reached}
    return replace(table, rows=rows, reached={**table.reached, column.type: reached}, units=units)


def _by_value(table: Table, test: Test) -> Table:
    if test.operator in TEXTS:
        raise RefusedError("values are no texts")
    if any(isinstance(operand, str | bool) for operand in test.operands):
        raise RefusedError("values are numbers")
    refuse_test(test, [], exist=False)
    return _kept(table, "value", lambda value: passes_value(test, value))


def _by_time(table: Table, condition: Filter, query: Query, project: Project) -> Table:
    word = _word(project, condition.dimension or "")
    if word == LABEL and isinstance(project.time, RepresentativeTime):
        raise RefusedError("typical periods have no labels")
    if word not in known(project.time):
        raise RefusedError(f"{word} means nothing")
    if condition.attribute != "id":
        raise RefusedError("time has no attributes")
    if word not in table.words:
        raise RefusedError(f"the table does not say {word}")
    cells = every_moment(query.output.zone, project)[cell(word)].unique()
    test, days = _of_days(condition.test, word, project)
    refuse_test(test, [days(value) for value in cells])
    return _kept(table, cell(word), lambda value: passes(test, days(value)))


def _of_days(test: Test, word: str, project: Project) -> tuple[Test, Callable[[Any], Any]]:
    """Return a test on timestamps whose operands may be days: limits mean whole days, and so do equal ones."""
    if not (word == "hourly" or (word == LABEL and isinstance(project.time, DatetimeTime))):
        return test, _cell
    days = [isinstance(one, str) and len(one) == len("2018-01-01") for one in test.operands]
    if test.operator == "in":
        return test, (lambda value: value[:10]) if all(days) else _cell
    ends = {"above": 0, "at_most": 0, "between": 1}
    operands = list(test.operands)
    place = ends.get(test.operator)
    if place is not None and days[place]:
        operands[place] += " 23:59:59"
    return replace(test, operands=tuple(operands)), _cell


def _kept(table: Table, column: str, keeps: Callable[[Any], bool]) -> Table:
    kept = [keeps(value) for value in table.rows[column].tolist()]
    return replace(table, rows=table.rows[pd.Series(kept, table.rows.index, dtype=bool)])


def _cell(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _word(project: Project, name: str) -> str:
    """Return the word of time that a name stands for; nothing if it is none."""
    if any(one.name == name for one in project.base) or supplemental(project, name) is not None:
        return ""
    return LABEL if name == project.time.name else name if name in TIME_WORDS else ""
