"""What a query reads of a registry: the project, and each dataset with its submission. No plan, and nothing heavy.

Everything that a registry contributes to an answer is in these values: records, mappings, time, and the checksums of
the data files. So their fingerprint says whether an answer that was given before still holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dsgrid.errors import NotFoundError, Problem
from dsgrid.query.model import Query
from dsgrid.registry.model import Dataset, Project, Submission
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parse_reference
from dsgrid.spec.node import Node


@dataclass(frozen=True)
class Input:
    """A dataset as a query reads it.

    Parameters
    ----------
    shape
        The dataset whose course its annual values follow.
    growth
        What it grows by.
    """

    dataset: Dataset
    submission: Submission
    shape: Dataset | None = None
    growth: Input | None = None


@dataclass(frozen=True)
class Inputs:
    """What a query reads: an `Input` for each of its members, in their order; then those of each benchmark."""

    project: Project
    members: tuple[Input, ...]
    benchmarks: tuple[tuple[Input, ...], ...] = ()


def read_inputs(query: Query, registry: Registry) -> Inputs:
    """Return what the names in a query mean in a registry.

    Raises
    ------
    NotFoundError
        For a project or dataset that is not registered, or a dataset that is not submitted to the project.
    """
    project_id, version = parse_reference(query.project)
    try:
        project = registry.project(project_id, version)
    except NotFoundError as error:
        raise NotFoundError(query.node["project"].problem(error.problems[0].message)) from None
    benchmarks = tuple(read_members(one, registry, project) for one in query.benchmarks)
    return Inputs(project, read_members(query, registry, project), benchmarks)


def read_members(query: Query, registry: Registry, project: Project) -> tuple[Input, ...]:
    """Return what the members of a query mean for a project; the problems of all of them are told at once."""
    problems: list[Problem] = []
    found = []
    for member in query.members:
        one = _input(registry, project, member.dataset, member.dataset_node, problems)
        if member.growth is not None and member.growth_node is not None:
            growth = _input(registry, project, member.growth, member.growth_node, problems)
            one = None if one is None else replace(one, growth=growth)
        if one is not None:
            found.append(one)
    if problems:
        raise NotFoundError(list(dict.fromkeys(problems)))
    return tuple(found)


def _input(registry: Registry, project: Project, name: str, node: Node, problems: list[Problem]) -> Input | None:
    dataset_id, version = parse_reference(name)
    try:
        submission = registry.submission(project.id, dataset_id, project.version, version)
        dataset = registry.dataset(dataset_id, submission.dataset_version)
    except NotFoundError as error:
        problems.append(node.problem(error.problems[0].message))
        return None
    shape = submission.time.shape
    return Input(dataset, submission, registry.dataset(*parse_reference(shape)) if shape else None)
