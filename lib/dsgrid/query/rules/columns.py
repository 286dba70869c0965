"""Which columns the result has: the names of the last step, or every base dimension and the project's time."""

from __future__ import annotations

from dataclasses import replace

from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.errors import Problem, SpecError, did_you_mean
from dsgrid.query.plan import Column, Plan
from dsgrid.query.rules.attributes import MARK, attribute_column
from dsgrid.query.time_columns import SLOT, TIME_ZONE, UTC_OFFSET, is_stamp, is_wall
from dsgrid.registry.model import Project
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.calendar import WORD_OF_PART
from dsgrid.time.dimension import NoTime, RepresentativeTime
from dsgrid.time.table import PROFILE, grid_form_of


def choose_columns(plan: Plan) -> Plan:
    """Resolve the names in `by`; without a step keep the base resolution.

    Where timestamps are told on the clocks of geographies, columns beside them say which clock that is.
    """
    chosen = _named(plan) if plan.query.steps else base_columns(plan)
    return replace(plan, columns=_with_zones(plan, chosen))


def _named(plan: Plan) -> tuple[Column, ...]:
    step = plan.query.steps[-1]
    known = known_columns(plan.project)
    problems: list[Problem] = []
    columns: list[Column] = []
    for index, name in enumerate(step.by):
        node = step.node["by"][index]
        column = known.get(name)
        if column is None and MARK in name:
            found = attribute_column(name, known)
            if isinstance(found, str):
                problems.append(node.problem(found))
                continue
            column = found
        if column is None:
            message = f'no dimension "{name}" in project {plan.project.id}{_hint(name, plan.project, known)}'
            problems.append(node.problem(message))
            continue
        problems.extend(node.problem(text) for text in _unreachable(plan, column))
        for one in _parts(plan.project, column):
            if any(chosen.name == one.name for chosen in columns):
                problems.append(node.problem(f'"{one.name}" is named twice'))
            columns.append(one)
    if problems:
        raise SpecError(problems)
    return tuple(columns)


def _parts(project: Project, column: Column) -> tuple[Column, ...]:
    """Return the columns that a name stands for: the time of a project of typical periods has several."""
    if column.word != SLOT or not isinstance(project.time, RepresentativeTime):
        return (column,)
    chosen = [WORD_OF_PART[part] for part in project.time.by]
    return tuple(Column(word, TIME, "time", word=word) for word in chosen)


def _with_zones(plan: Plan, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    stamps = [index for index, column in enumerate(columns) if column.type == TIME and is_stamp(plan, column)]
    if not is_wall(plan) or not stamps:
        return columns
    added = (TIME_ZONE,) if grid_form_of(plan.time) == PROFILE else (TIME_ZONE, UTC_OFFSET)
    taken = [column.name for column in columns if column.name in added]
    if taken:
        node = plan.query.steps[-1].node["by"] if plan.query.steps else plan.query.node
        raise SpecError(node.problem(f'"{taken[0]}" is the name of the column that says where a clock shows the time'))
    after = stamps[-1] + 1
    return (*columns[:after], *(Column(name, TIME, "time", word=name) for name in added), *columns[after:])


def known_columns(project: Project) -> dict[str, Column]:
    """Return every name that `by` may hold."""
    known = {word: Column(word, TIME, "time", word=word) for word in TIME_WORDS}
    known[project.time.name] = Column(project.time.name, TIME, "time", word=SLOT)
    for base in project.base:
        known[base.name] = Column(base.name, base.type, "base", base, of=base.name)
    for supplemental in project.supplemental:
        dimension = supplemental.dimension
        known[dimension.name] = Column(
            dimension.name, dimension.type, "supplemental", dimension, supplemental.mapping, of=supplemental.of
        )
    return known


def base_columns(plan: Plan) -> tuple[Column, ...]:
    """Return one column per base dimension that the sources map to, and the project's time."""
    problems = []
    columns = []
    for type_ in RECORD_TYPES:
        bases = {source.submission.mappings[type_].base: source.dataset.id for source in plan.sources}
        if len(bases) > 1:
            text = ", ".join(f"{dataset} maps to {base}" for base, dataset in bases.items())
            problems.append(
                plan.query.node["datasets"].problem(
                    f"the datasets map to different {type_} dimensions ({text}); query them one by one"
                )
            )
            continue
        (name,) = bases
        dimension = next(base for base in plan.project.base if base.name == name)
        columns.append(Column(name, type_, "base", dimension, of=name))
    if problems:
        raise SpecError(problems)
    if all(isinstance(source.dataset.time, NoTime) for source in plan.sources):
        return tuple(columns)
    return (*columns, *_parts(plan.project, Column(plan.project.time.name, TIME, "time", word=SLOT)))


def _unreachable(plan: Plan, column: Column) -> list[str]:
    if column.type == TIME:
        return []
    return [
        f'"{column.name}" belongs to base dimension "{column.of}", but dataset {source.dataset.id} maps to "{base}"'
        for source in plan.sources
        if (base := source.submission.mappings[column.type].base) != column.of
    ]


def _hint(name: str, project: Project, known: dict[str, Column]) -> str:
    for subset in project.subsets:
        for selector in subset.selectors:
            if selector.name == name:
                has_supplemental = subset.name in known
                cure = f'use "{subset.name}"' if has_supplemental else "use a [[where]] with it"
                return f'; "{name}" is a selector of subset "{subset.name}": {cure}'
    return did_you_mean(name, known)
