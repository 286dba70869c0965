"""How a dataset that is made of a result reaches a project: by equal ids, or by what is registered. No guesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import DsgridError
from dsgrid.operations.derived_mappings import found_mapping, reversed_mapping
from dsgrid.registry.acceptance import refused_ids
from dsgrid.registry.model import Coverage, Dataset, Project, Requirement, Submission
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec

Document = dict[str, Any]


def submission_table(dataset: Dataset, project: Project, registry: Registry, given: Mapping[str, Any]) -> Document:
    """Return the ``[mapping]`` table of a submission: what is given, and what registered mappings say.

    A type whose ids are base ids needs no mapping. For others a chain of registered mappings is taken where there is
    one, or the reverse of how a supplemental dimension is made, where each of its records is one base record.
    """
    found: Document = {}
    for type_ in RECORD_TYPES:
        if type_ in given:
            found[type_] = given[type_]
            continue
        own, bases = dataset.dimensions[type_], project.base_of_type(type_)
        fitting = [base for base in bases if refused_ids(own, base) is None]
        if len(fitting) == 1 and len(bases) > 1:
            continue
        if fitting:
            if len(fitting) > 1:
                found[type_] = {"to": fitting[0].name}
            continue
        table = _registered(type_, own, dataset, project, registry)
        if table is not None:
            found[type_] = table
    return {**found, **({"time": given["time"]} if "time" in given else {})}


def _registered(type_: str, own: Dimension, dataset: Dataset, project: Project, registry: Registry) -> Document | None:
    names = [each.dimension.name for each in project.supplemental if each.dimension.type == type_]
    tables: list[Document] = [{"find": True}] if own.id else []
    tables += [{"reverse_of": name} for name in names]
    for table in tables:
        spec = {"project": project.id, "dataset": dataset.id, "mapping": {type_: table}}
        node = load_spec(spec, "submit_dataset").root["mapping"][type_]
        try:
            if "find" in table:
                found_mapping(type_, node, project, own, project.base_of_type(type_), registry)
            else:
                reversed_mapping(type_, node, project, dataset)
        except DsgridError:
            continue
        return table
    return None


def with_requirement(project: Project, submission: Submission, dataset: Dataset) -> Project:
    """Return a project that requires of a dataset just what it has."""
    ids: dict[str, tuple[str, ...]] = {}
    for type_ in RECORD_TYPES:
        target = submission.mappings[type_]
        base = next(one for one in project.base if one.name == target.base)
        if target.mapping is None:
            reached = frozenset(dataset.dimensions[type_].records.ids)
        else:
            reached = frozenset(each.to_id for each in target.mapping.associations if each.to_id is not None)
        if len(reached) < len(base.records):
            ids[type_] = tuple(id_ for id_ in base.records.ids if id_ in reached)
    requirement = Requirement(dataset.id, Coverage(ids))
    return replace(project, requirements=(*project.requirements, requirement))


def is_required(project: Project, dataset: str) -> bool:
    """Say whether a project expects a dataset."""
    return any(each.dataset_id == dataset for each in project.requirements)
