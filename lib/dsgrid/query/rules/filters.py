"""Filters become sets of allowed base records, and associations with other records are deleted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.matrix import Matrix, restrict_targets
from dsgrid.dimensions.records import Attribute
from dsgrid.errors import Problem, SpecError, did_you_mean
from dsgrid.query.model import Filter
from dsgrid.query.plan import Plan, Source
from dsgrid.registry.model import Project

_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")

Allowed = tuple[str, frozenset[str], str]


def apply_filters(plan: Plan) -> Plan:
    """Keep only associations with base records that every filter allows.

    A filter on a supplemental record keeps a base record that has any association with it, whatever its fraction.
    """
    problems: list[Problem] = []
    allowed: list[Allowed] = []
    for condition in plan.query.filters:
        found = _allowed(plan.project, condition)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            allowed.append(found)
    problems.extend(_unreached(plan, allowed))
    if problems:
        raise SpecError(problems)
    sources = tuple(_restrict(source, allowed) for source in plan.sources)
    _refuse_empty(plan, sources)
    return replace(plan, sources=sources, allowed=tuple(allowed))


def _allowed(project: Project, condition: Filter) -> Allowed | Problem:
    if condition.subset is not None:
        return _of_subset(project, condition)
    name = condition.dimension or ""
    for base in project.base:
        if base.name == name:
            ids = _matching(base, condition)
            return ids if isinstance(ids, Problem) else (base.name, ids, _text(condition))
    for supplemental in project.supplemental:
        if supplemental.dimension.name == name:
            ids = _matching(supplemental.dimension, condition)
            if isinstance(ids, Problem):
                return ids
            bases = frozenset(one.from_id for one in supplemental.mapping.associations if one.to_id in ids)
            return supplemental.of, bases, _text(condition)
    if name == project.time.name:
        return condition.node["dimension"].problem("filters on time come with a later version; filter the result")
    names = [base.name for base in project.base] + [one.dimension.name for one in project.supplemental]
    return condition.node["dimension"].problem(
        f'no dimension "{name}" in project {project.id}{did_you_mean(name, names)}'
    )


def _of_subset(project: Project, condition: Filter) -> Allowed | Problem:
    for subset in project.subsets:
        if subset.name != condition.subset:
            continue
        by_name = {selector.name: selector for selector in subset.selectors}
        for index, name in enumerate(condition.selectors):
            if name not in by_name:
                return condition.node["selectors"][index].problem(
                    f'no selector "{name}" in subset "{subset.name}"{did_you_mean(name, by_name)}'
                )
        ids = frozenset(id_ for name in condition.selectors for id_ in by_name[name].ids)
        return subset.of, ids, f"{subset.name} in {', '.join(condition.selectors)}"
    names = [subset.name for subset in project.subsets]
    return condition.node["subset"].problem(
        f'no subset "{condition.subset}" in project {project.id}{did_you_mean(condition.subset or "", names)}'
    )


def _matching(dimension: Dimension, condition: Filter) -> frozenset[str] | Problem:
    attribute = condition.attribute
    if attribute not in dimension.records.columns:
        return condition.node["attribute"].problem(
            f'no attribute "{attribute}" in dimension "{dimension.name}"'
            f"{did_you_mean(attribute, dimension.records.columns)}"
        )
    cells = [record.get(attribute) for record in dimension.records]
    keys = [_keys(cell, is_id=attribute == "id") for cell in cells]
    valid = {key for each in keys for key in each}
    for value in condition.values:
        if _key(value) not in valid:
            return condition.node.problem(
                f'no record of "{dimension.name}" has {attribute} {value!r}{_hint(value, cells)}'
            )
    wanted = {_key(value) for value in condition.values}
    return frozenset(
        record.id
        for record, each in zip(dimension.records, keys, strict=True)
        if wanted.isdisjoint(each) is condition.negate
    )


def _key(value: Attribute) -> tuple[str, Attribute]:
    """Return what is compared: 1 and 1.0 are the same, 1 and true are not."""
    kind = "truth" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "text"
    return kind, value


def _keys(cell: Attribute, *, is_id: bool) -> tuple[tuple[str, Attribute], ...]:
    """Return what a cell is equal to: a text to the number or truth value that it is written as, too.

    Cells of CSV files are texts where no type is said. ``06037`` is not how the number 6037 is written; and an id is a
    text, always.
    """
    if is_id:
        return (_key(cell),)
    if not isinstance(cell, str):
        return () if cell is None else (_key(cell),)
    keys = [_key(cell)]
    if _NUMBER.fullmatch(cell):
        keys.append(_key(float(cell)))
    elif cell.lower() in ("true", "false"):
        keys.append(_key(cell.lower() == "true"))
    return tuple(keys)


def _hint(value: Attribute, cells: Sequence[Attribute]) -> str:
    typed = next((cell for cell in cells if not isinstance(cell, str) and _written(cell) == str(value).lower()), None)
    if isinstance(value, str) and typed is not None:
        return f"; its values are no texts: write {_written(typed)} without quotes"
    return did_you_mean(str(value), sorted({_written(cell) for cell in cells if cell is not None}))


def _written(cell: Attribute) -> str:
    """Return a cell as a spec writes it, but for the quotes."""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _unreached(plan: Plan, allowed: list[Allowed]) -> list[Problem]:
    """Return the filters on a base dimension that no source maps to: they would filter nothing."""
    reached = {mapping.base for source in plan.sources for mapping in source.submission.mappings.values()}
    return [
        condition.node.problem(f'no dataset of this query maps to "{base}", which this filter is about')
        for condition, (base, _, _) in zip(plan.query.filters, allowed, strict=False)
        if base not in reached
    ]


def _restrict(source: Source, allowed: list[Allowed]) -> Source:
    factors = []
    for factor in source.factors:
        matrix: Matrix = factor.to_base
        for base, ids, _ in allowed:
            if base == factor.base.name:
                matrix = restrict_targets(matrix, ids)
        factors.append(replace(factor, to_base=matrix))
    return replace(source, factors=tuple(factors))


def _refuse_empty(plan: Plan, sources: tuple[Source, ...]) -> None:
    problems = []
    emptied = set()
    for source in sources:
        for factor in source.factors:
            if factor.to_base.entries:
                continue
            emptied.add(source.dataset.id)
            where = plan.query.node.get("where")
            node = where or plan.query.node["datasets"]
            what = "the filters leave" if where else "the mappings reach"
            problems.append(node.problem(f'{what} no record of "{factor.base.name}" in dataset {source.dataset.id}'))
    # A union may lose one of its datasets to a filter; only when nothing at all is left is it a mistake.
    if problems and len(emptied) == len(sources):
        raise SpecError(problems)


def _text(condition: Filter) -> str:
    values = ", ".join(str(value) for value in condition.values)
    return f"{condition.dimension}.{condition.attribute} {'not in' if condition.negate else 'in'} {values}"
