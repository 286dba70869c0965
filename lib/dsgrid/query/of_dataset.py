"""What stands in for a project where a dataset is asked without one: the dataset's own dimensions, or their targets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.composition import origin
from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.mapping import Mapping as Associations
from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.errors import Problem
from dsgrid.query.model import VALUE
from dsgrid.registry.model import Dataset, Project, Submission, TypeMapping
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.dimension import (
    GEOGRAPHY,
    PROJECT_GEOGRAPHY,
    AnnualTime,
    DatetimeTime,
    IndexTime,
    RepresentativeTime,
    TimeDimension,
)
from dsgrid.time.rules import TimeRules
from dsgrid.time.table import LOCAL, grid_form_of

_YEAR: Final = re.compile(r"\d{4}")
# What no column of a dimension may be called.
RESERVED: Final = frozenset({*TIME_WORDS, VALUE, "unit"})


@dataclass(frozen=True)
class Target:
    """What the records of a dimension type are brought to.

    Parameters
    ----------
    mapping
        From the dataset's records; None where these are the target's already.
    """

    dimension: Dimension
    mapping: Associations | None = None


def own_targets(dataset: Dataset) -> dict[str, Target]:
    """Return the dataset's own dimensions as targets."""
    return {type_: Target(dataset.dimensions[type_]) for type_ in RECORD_TYPES}


def own_times(time: TimeDimension) -> tuple[TimeDimension, ...]:
    """Return the time of a dataset as one that results are told in: the same instants, periods or years.

    Returns
    -------
    tuple
        What may be taken, the best first. Hours on the clocks of geographies that change are told in standard time,
        which has each of them once; where they do not begin and end with hours of standard time, but have no change of
        clocks either, as clocks show them.
    """
    if isinstance(time, (DatetimeTime, IndexTime, RepresentativeTime)) and time.zone == PROJECT_GEOGRAPHY:
        time = replace(time, zone=GEOGRAPHY)
    if isinstance(time, (DatetimeTime, IndexTime)) and grid_form_of(time) == LOCAL and time.clock == "prevailing":
        return replace(time, clock="standard"), replace(time, clock="profile")
    return (time,)


def with_years(time: TimeDimension, targets: Mapping[str, Target]) -> TimeDimension:
    """Return a dataset's own time with the years of the dimension that it goes by, as the target has them.

    Annual values of model years are those of these years, whichever the targets are. Slots that belong to a year stay
    with it, where the target has it.
    """
    if not time.year_of:
        return time
    ids = targets[time.year_of].dimension.records.ids
    if isinstance(time, AnnualTime) and all(_YEAR.fullmatch(id_) for id_ in ids):
        return replace(time, years=tuple(sorted(map(int, ids))))
    if isinstance(time, DatetimeTime):
        return replace(time, ranges=tuple(one for one in time.ranges if one.record in ids) or time.ranges)
    return time


def named_apart(targets: Mapping[str, Target], time: TimeDimension) -> tuple[dict[str, Target], TimeDimension]:
    """Return targets and time under names that no two of them share: of several that would, each is called as its type.

    Engines look columns up without regard to case, so names that differ in it alone are the same.
    """
    names = {type_: one.dimension.name for type_, one in targets.items()} | {TIME: time.name or TIME}
    folded = [name.casefold() for name in names.values()]
    names = {
        type_: type_ if folded.count(name.casefold()) > 1 or name.casefold() in RESERVED else name
        for type_, name in names.items()
    }
    renamed = {
        type_: replace(one, dimension=replace(one.dimension, name=names[type_])) for type_, one in targets.items()
    }
    return renamed, replace(time, name=names[TIME])


def stand_in(
    dataset: Dataset, targets: Mapping[str, Target], time: TimeDimension, supplemental: Iterable[Supplemental] = ()
) -> Project:
    """Return the project that a query of a dataset plans with: its base dimensions are the targets.

    Parameters
    ----------
    targets, time
        As `named_apart` returns them.
    """
    base = tuple(targets[type_].dimension for type_ in RECORD_TYPES)
    known = tuple(supplemental)
    taken = {one.name.casefold() for one in base} | {one.dimension.name.casefold() for one in known}
    taken.add(time.name.casefold())
    automatic = (one for one in automatic_supplementals(base) if one.dimension.name.casefold() not in taken)
    return Project(
        id=dataset.id, name=dataset.id, time=time, base=base, supplemental=(*known, *automatic), version=dataset.version
    )


def stand_in_submission(
    dataset: Dataset, project: Project, targets: Mapping[str, Target], rules: TimeRules
) -> Submission:
    """Return how a dataset is brought to what stands in for a project."""
    mappings = {type_: TypeMapping(one.dimension.name, one.mapping) for type_, one in targets.items()}
    return Submission(project.id, project.version, dataset.id, dataset.version, mappings, rules)


def way_of(mapping: Associations | None) -> str:
    """Return what a mapping that was found is, or was made of; nothing where there is none."""
    if mapping is None:
        return ""
    return origin(mapping) or (f"{mapping.id}@{mapping.version}" if mapping.id else "")


def described_targets(project: Project, dataset: Dataset, submission: Submission) -> list[dict[str, str]]:
    """Return what a manifest says of the targets: those that are not the dataset's own, and what else was named."""
    found = [
        _described(one, one.type, submission.mappings[one.type].mapping)
        for one in project.base
        if one.id != dataset.dimensions[one.type].id
    ]
    if project.time.id != dataset.time.id:
        rules = {name: str(value) for name, value in submission.time.given.items()}
        found.append(_described(project.time, TIME, None) | rules)
    # What every project has is registered nowhere.
    named = [one for one in project.supplemental if one.dimension.id]
    return found + [_described(one.dimension, one.dimension.type, one.mapping) | {"of": one.of} for one in named]


def _described(of: Dimension | TimeDimension, type_: str, mapping: Associations | None) -> dict[str, str]:
    way = way_of(mapping)
    return {"type": type_, "name": of.name, "dimension": f"{of.id}@{of.version}"} | ({"by": way} if way else {})


def without_project(problem: Problem, dataset: Dataset) -> Problem:
    """Return a problem that names no project where there is none: what stands in for it is the dataset's target.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> homes = SimpleNamespace(id="homes")
    >>> without_project(Problem('no dimension "town" in project homes'), homes).message
    'no dimension "town" in dataset homes'
    >>> without_project(Problem("the data do not cover 3 slots of the project's time"), homes).message
    "the data do not cover 3 slots of the target's time"
    """
    message = problem.message.replace(f"project {dataset.id}", f"dataset {dataset.id}")
    return replace(problem, message=re.sub(r'(?<!")\bproject\b(?!")', "target", message))
