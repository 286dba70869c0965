"""Filters become sets of allowed base records, and associations with other records are deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.matrix import Matrix, restrict_targets
from dsgrid.errors import Problem, SpecError, did_you_mean
from dsgrid.query.factor import PERCENTILE
from dsgrid.query.model import VALUE, Filter
from dsgrid.query.plan import Plan
from dsgrid.query.predicates import PredicateError, described, kept, unknown_value
from dsgrid.query.source import Source
from dsgrid.registry.model import Project
from dsgrid.spec.node import Node
from dsgrid.spec.schemas.words import TIME_WORDS

Allowed = tuple[str, frozenset[str], str]  # base dimension, records kept, the filter in words


def apply_filters(plan: Plan) -> Plan:
    """Keep only associations with base records that every filter allows; filters on time wait for time to be mapped.

    A filter on a supplemental record keeps a base record that has any association with it, whatever its fraction.

    Examples
    --------
    North has half of county b, and the query::

        [[where]]
        dimension = "region"
        equals = "north"

    keeps all of what is left in::

        a -> a * 1
        b -> b * 1
    """
    problems: list[Problem] = []
    of_time, allowed = _read(plan, plan.filters, problems)
    problems.extend(_unreached(plan, plan.filters, allowed))
    sources = []
    for source in plan.sources:
        own = source.member.filters if source.member is not None else ()
        own_time, own_allowed = _read(plan, own, problems)
        problems.extend(_unreached(replace(plan, sources=(source,)), own, own_allowed))
        source = _restrict(source, [*allowed, *own_allowed])
        sources.append(replace(source, time_filters=(*source.time_filters, *of_time, *own_time)))
    if problems:
        raise SpecError(list(dict.fromkeys(problems)))
    _refuse_empty(plan, sources)
    filtered = any(source.time_filters for source in sources)
    return replace(plan, sources=tuple(sources), allowed=tuple(allowed), foretold=plan.foretold and not filtered)


def is_of_time(project: Project, condition: Filter) -> bool:
    """Tell whether a filter is about time."""
    name = condition.dimension
    return name == project.time.name or (name in TIME_WORDS and not _named(project, str(name)))


def is_of_values(project: Project, condition: Filter) -> bool:
    """Tell whether a filter is about the values themselves."""
    return condition.dimension == VALUE and _named(project, VALUE) is None


def kept_records(project: Project, condition: Filter) -> Allowed | Problem:
    """Return which records of which base dimension a filter keeps, or what is wrong with it."""
    if condition.subset is not None:
        return _of_subset(project, condition)
    name = condition.dimension or ""
    dimension = _named(project, name)
    if dimension is None:
        return at(condition, "dimension").problem(
            f'no dimension "{name}" in project {project.id}{did_you_mean(name, names(project))}'
        )
    ids = matching(dimension, condition)
    if isinstance(ids, Problem):
        return ids
    for supplemental in project.supplemental:
        if supplemental.dimension is dimension:
            bases = frozenset(one.from_id for one in supplemental.mapping.associations if one.to_id in ids)
            return supplemental.of, bases, in_words(project, condition)
    return name, ids, in_words(project, condition)


def at(condition: Filter, key: str) -> Node:
    """Return where a filter says something; an adjustment's own tables say nothing but the records."""
    node = condition.node
    return node[key] if isinstance(node.value, dict) and key in node else node


def names(project: Project) -> list[str]:
    """Return what a filter may be about."""
    dimensions = [base.name for base in project.base] + [one.dimension.name for one in project.supplemental]
    return [*dimensions, project.time.name, *TIME_WORDS, VALUE]


def in_words(project: Project, condition: Filter) -> str:
    """Return a filter as people read it; values and time have no attributes that it could name."""
    if condition.subset is not None:
        return f"{condition.subset} in {', '.join(condition.selectors)}"
    plain = condition.dimension in (VALUE, project.time.name, *TIME_WORDS)
    name = condition.dimension if plain else f"{condition.dimension}.{condition.attribute}"
    return f"{name} {described(condition.test)}"


def matching(dimension: Dimension, condition: Filter) -> frozenset[str] | Problem:
    """Return the records of a dimension that pass a filter's test."""
    attribute, records, test = condition.attribute, dimension.records, condition.test
    if attribute not in records.columns:
        return at(condition, "attribute").problem(
            f'no attribute "{attribute}" in dimension "{dimension.name}"{did_you_mean(attribute, records.columns)}'
        )
    cells = [record.get(attribute) for record in records]
    is_id = attribute == "id" and dimension.type != PERCENTILE
    unknown = unknown_value(test, cells, is_id=is_id)
    if unknown is not None:
        value, hint = unknown
        return condition.node.problem(f'no record of "{dimension.name}" has {attribute} {value!r}{hint}')
    try:
        passed = kept(test, cells, is_id=is_id)
    except PredicateError as error:
        return condition.node.problem(f"{dimension.name}.{attribute}: {error}")
    return frozenset(record.id for record, passes in zip(records, passed, strict=True) if passes)


def _named(project: Project, name: str) -> Dimension | None:
    every = [*project.base, *(one.dimension for one in project.supplemental)]
    return next((one for one in every if one.name == name), None)


def _read(plan: Plan, filters: Sequence[Filter], problems: list[Problem]) -> tuple[tuple[Filter, ...], list[Allowed]]:
    of_time, allowed = [], []
    for condition in filters:
        if is_of_values(plan.project, condition):
            problems.append(
                condition.node["dimension"].problem(
                    "values of one source cannot be filtered; filter those of the query, with [[where]] or in a step"
                )
            )
        elif is_of_time(plan.project, condition):
            of_time.append(condition)
        else:
            found = kept_records(plan.project, condition)
            if isinstance(found, Problem):
                problems.append(found)
            else:
                allowed.append(found)
    return tuple(of_time), allowed


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
        return subset.of, ids, in_words(project, condition)
    known = [subset.name for subset in project.subsets]
    return condition.node["subset"].problem(
        f'no subset "{condition.subset}" in project {project.id}{did_you_mean(condition.subset or "", known)}'
    )


def _unreached(plan: Plan, filters: Sequence[Filter], allowed: list[Allowed]) -> list[Problem]:
    """Return the filters on a base dimension that no source maps to: they would filter nothing."""
    bases = [{mapping.base for mapping in source.submission.mappings.values()} for source in plan.sources]
    nodes = [condition.node for condition in filters if not is_of_time(plan.project, condition)]
    return [
        node.problem(
            f'no dataset of this query maps to "{base}", which this filter is about'
            if not any(base in reached for reached in bases)
            else f'not every dataset of this query maps to "{base}", which this filter is about; filter those that do '
            "by [[source.NAME.where]]"
        )
        for node, (base, _, _) in zip(nodes, allowed, strict=False)
        if not all(base in reached for reached in bases)
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


def _filters_about(plan: Plan, source: Source, base: str) -> list[Filter]:
    """Return the filters of the query and of a source that are about the records of a base dimension."""
    own = source.member.filters if source.member is not None else ()
    found = []
    for condition in (*plan.filters, *own):
        if not is_of_time(plan.project, condition) and not is_of_values(plan.project, condition):
            allowed = kept_records(plan.project, condition)
            if isinstance(allowed, tuple) and allowed[0] == base:
                found.append(condition)
    return found


def _refuse_empty(plan: Plan, sources: Sequence[Source]) -> None:
    problems = []
    emptied = set()
    for index, source in enumerate(sources):
        for factor in source.factors:
            if factor.to_base.entries:
                continue
            emptied.add(index)
            about = _filters_about(plan, source, factor.base.name)
            node = about[-1].node if about else plan.query.members_node
            what = "the filters leave" if about else "the mappings reach"
            problems.append(node.problem(f'{what} no record of "{factor.base.name}" in dataset {source.dataset.id}'))
    # A union may lose one of its datasets to a filter; only when nothing at all is left is it a mistake.
    if problems and len(emptied) == len(sources):
        raise SpecError(problems)
