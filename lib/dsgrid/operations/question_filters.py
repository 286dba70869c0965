"""From tests that somebody wrote to the filters of a spec: names are looked up, values get their types."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dsgrid.errors import Problem, did_you_mean
from dsgrid.operations.question import Condition
from dsgrid.operations.question_types import number, of_cells, of_time, test_of, typed
from dsgrid.query.factor import PERCENTILE
from dsgrid.query.model import OPERATORS, VALUE, Filter, Test
from dsgrid.query.rules.columns import known_columns
from dsgrid.query.rules.filters import kept_records, names
from dsgrid.registry.model import Project
from dsgrid.spec.node import Node, Source


def filter_of(condition: Condition, project: Project, *, percentiles: bool = False) -> dict[str, Any] | str:
    """Return a test as a filter of a spec; as text what is wrong with it.

    Parameters
    ----------
    percentiles
        Whether a step leaves a column of percentiles.
    """
    name = condition.name
    column = known_columns(project).get(name)
    if name == PERCENTILE and column is None and percentiles:
        return {"dimension": name, condition.key: typed(condition, number)}
    if column is None and name != VALUE:
        return _of_subset(condition, project)
    found: dict[str, Any] = {"dimension": name}
    if condition.attribute:
        found["attribute"] = condition.attribute
    if column is None or column.dimension is None:
        if condition.attribute:
            return f'"{name}" has no attributes, so there is no "{condition.attribute}"'
        return found | {condition.key: typed(condition, of_time(name, project))}
    records = column.dimension.records
    attribute = condition.attribute or "id"
    if attribute not in records.columns:
        return f'no attribute "{attribute}" in dimension "{name}"{did_you_mean(attribute, records.columns)}'
    cells = [record.get(attribute) for record in records]
    found[condition.key] = typed(condition, of_cells(condition, cells, is_id=attribute == "id"))
    wrong = kept_records(project, as_filter(found))
    return wrong.message if isinstance(wrong, Problem) else found


def kept_of(written: Mapping[str, Any], project: Project) -> tuple[str, frozenset[str]] | None:
    """Return which records of which base dimension a filter of a spec keeps; None if it is about something else."""
    name = written.get("dimension")
    column = known_columns(project).get(name or "")
    if name is not None and (column is None or column.dimension is None):
        return None
    found = kept_records(project, as_filter(written))
    return None if isinstance(found, Problem) else found[:2]


def as_filter(written: Mapping[str, Any]) -> Filter:
    """Return a filter of a spec as a query has it."""
    node = Node(dict(written), (), Source(None, "", Path()))
    if "subset" in written:
        return Filter(None, "id", Test("in"), written["subset"], tuple(written["selectors"]), node)
    (key,) = (one for one in OPERATORS if one in written)
    test = test_of(key, written[key])
    return Filter(written["dimension"], written.get("attribute", "id"), test, None, (), node)


def _of_subset(condition: Condition, project: Project) -> dict[str, Any] | str:
    subset = next((one for one in project.subsets if one.name == condition.name), None)
    if subset is None:
        known = [*names(project), *(one.name for one in project.subsets)]
        return f'no dimension "{condition.name}" in project {project.id}{did_you_mean(condition.name, known)}'
    if condition.key not in ("equals", "in"):
        return f'"{condition.name}" is a subset: choose from it with ='
    if condition.attribute:
        return f'"{condition.name}" is a subset, which has no attributes'
    operand = condition.operand
    selectors = [str(one) for one in (operand if isinstance(operand, tuple) else (operand,))]
    known = [one.name for one in subset.selectors]
    for selector in selectors:
        if selector not in known:
            return f'no selector "{selector}" in subset "{subset.name}"{did_you_mean(selector, known)}'
    return {"subset": subset.name, "selectors": selectors}
