"""The draft of a project's spec: base dimensions, time and requirements that fit registered datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dsgrid.datasets.offenders import counted
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.records import Record, Records
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.operations.draft import Document, Draft, reference, title
from dsgrid.operations.draft_project_time import project_time, time_rules
from dsgrid.registry.coverage import covered
from dsgrid.registry.model import Dataset, Project
from dsgrid.toml_text import Inline, Noted

SPEC: Final = "register_project.toml"
# Base dimensions are called after what their records are, where the class says more than the type.
_NAMES: Final = {"energy_end_use": "end_use"}
_NAMED_AFTER_CLASS: Final = ("county", "state", "census_region", "census_division")


@dataclass(frozen=True)
class ProjectWishes:
    """What the user says about a project.

    Parameters
    ----------
    files
        Dimensions of records that the user has in files, with the path as the spec names it, by type.
    """

    id: str
    registry: str = ""
    reuse: bool = True
    files: Mapping[str, tuple[Dimension, str]] = field(default_factory=dict)


def project_draft(draft: Draft, datasets: Sequence[Dataset], wishes: ProjectWishes) -> None:
    """Add the spec of a project to a draft, and one for each dataset that submits it."""
    registry = {"registry": wishes.registry} if wishes.registry else {}
    base: dict[str, Document] = {}
    dimensions: list[Dimension] = []
    for type_ in RECORD_TYPES:
        dimension, table = _base(draft, type_, datasets, wishes)
        base[dimension.name] = {"type": type_, **table}
        dimensions.append(dimension)
    table, time = project_time(draft, SPEC, datasets)
    draft.specs[SPEC] = {
        "spec_version": 1,
        "job": "register_project",
        **registry,
        "log_message": f"Register project {wishes.id}",
        "project": {"id": wishes.id, "name": Noted(title(wishes.id), "for people"), "description": ""},
        "time": table,
        "base": base,
        **({"requires": _requirements(datasets, dimensions, wishes.id)} if datasets else {}),
    }
    for dataset in datasets:
        name = f"submit_{dataset.id}.toml"
        rules = time_rules(draft, name, dataset, time)
        draft.specs[name] = {
            "spec_version": 1,
            "job": "submit_dataset",
            **registry,
            "log_message": f"Submit {dataset.id} to {wishes.id}",
            "project": wishes.id,
            "dataset": dataset.id,
            **({"mapping": {"time": rules}} if rules else {}),
        }


def _base(draft: Draft, type_: str, datasets: Sequence[Dataset], wishes: ProjectWishes) -> tuple[Dimension, Document]:
    if type_ in wishes.files:
        dimension, path = wishes.files[type_]
        return _named(dimension), {**_class(draft, dimension, [dimension.record_class]), "records": path}
    owned = {dataset.id: dataset.dimensions[type_] for dataset in datasets}
    if not owned:
        question = f"the records of the base {type_}, a table or a file"
        blank = [Inline({"id": "", "name": ""})]
        table = {"records": draft.decide(f"{SPEC}: base.{type_}.records", question, blank)}
        if type_ == "metric":
            table = {"class": draft.decide(f"{SPEC}: base.metric.class", "energy_end_use, power, ..."), **table}
        return Dimension(type_, type_, type_, Records(())), table
    ids = {id_ for dimension in owned.values() for id_ in dimension.records.ids}
    holders = [name for name, dimension in owned.items() if ids <= set(dimension.records.ids)]
    if holders:
        dimension = owned[holders[0]]
        _note_units(draft, owned, dimension)
        whose = _whose(holders, len(owned))
        if wishes.reuse:
            return _named(dimension), {"use": Noted(reference(dimension), whose)}
        table = _table(draft, dimension, whose)
        return _named(dimension), {"class": dimension.record_class, **table}
    dimension = _union(list(owned.values()))
    _note_units(draft, owned, dimension)
    classes = list(dict.fromkeys(each.record_class for each in owned.values()))
    whose = f"those of {', '.join(owned)} together"
    return _named(dimension), {**_class(draft, dimension, classes), **_table(draft, dimension, whose)}


def _named(dimension: Dimension) -> Dimension:
    after_class = dimension.record_class if dimension.record_class in _NAMED_AFTER_CLASS else dimension.type
    return replace(dimension, name=_NAMES.get(dimension.record_class, after_class))


def _whose(holders: Sequence[str], count: int) -> str:
    if count == 1:
        return f"as in {holders[0]}"
    return f"as in all {count} datasets" if len(holders) == count else f"those of {holders[0]} hold all others"


def _class(draft: Draft, dimension: Dimension, classes: Sequence[str]) -> Document:
    if len(classes) == 1 and classes[0]:
        return {"class": classes[0]}
    question = f"one of {', '.join(classes)}" if len(classes) > 1 else "energy_end_use, power, ..."
    return {"class": draft.decide(f"{SPEC}: base.{_named(dimension).name}.class", question)}


def _table(draft: Draft, dimension: Dimension, whose: str) -> Document:
    columns = dimension.records.columns
    rows = [{column: record.get(column) for column in columns} for record in dimension.records]
    return {"records": Noted(draft.records(f"dimensions/{dimension.type}.csv", columns, rows), whose)}


def _union(dimensions: Sequence[Dimension]) -> Dimension:
    """Return the records of all; of one that several have, the first one's."""
    columns = tuple(dict.fromkeys(column for each in dimensions for column in each.records.columns[2:]))
    records: dict[str, Record] = {}
    for dimension in dimensions:
        for record in dimension.records:
            attributes = {column: record.get(column) for column in columns}
            records.setdefault(record.id, Record(record.id, record.name, attributes))
    return replace(dimensions[0], records=Records(tuple(records.values())))


def _note_units(draft: Draft, owned: Mapping[str, Dimension], base: Dimension) -> None:
    """Say which metrics of a dataset are in another unit than the project's; queries convert where that is possible."""
    if base.type != "metric":
        return
    for name, dimension in owned.items():
        other = [
            record.id
            for record in dimension.records
            if record.id in base.records.by_id and record.get("unit") != base.records.by_id[record.id].get("unit")
        ]
        if other:
            draft.notes.append(
                f"{counted(len(other), 'metric')} of {name}, such as {other[0]}, in another unit than the project's"
            )


def _requirements(datasets: Sequence[Dataset], base: Sequence[Dimension], id_: str) -> Document:
    project = Project(id_, id_, datasets[0].time, tuple(base))
    requirements: Document = {}
    for dataset in datasets:
        table: Document = {}
        for dimension in base:
            own = set(dataset.dimensions[dimension.type].records.ids)
            ids = tuple(each for each in dimension.records.ids if each in own)
            if ids and len(ids) < len(dimension.records):
                table[dimension.type] = covered(dimension.type, ids, project)
        requirements[dataset.id] = table
    return requirements
