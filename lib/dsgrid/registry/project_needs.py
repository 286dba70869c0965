"""What a project requires of its datasets, record by record, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import NotFoundError, did_you_mean
from dsgrid.registry.database import Database
from dsgrid.registry.model import Coverage, Requirement
from dsgrid.registry.project_parts import named_reference
from dsgrid.registry.projects import read_requirements
from dsgrid.registry.registry import Registry
from dsgrid.registry.resolve import find_version

Document = dict[str, Any]
# Of each type the names of its base dimensions, and their records: names by id.
Bases = Mapping[str, tuple[Sequence[str], Mapping[str, str]]]


def read_project_requirements(
    registry: Registry, reference: str, *, dataset: str | None = None, records: int = 10
) -> Document:
    """Return what a project requires of each dataset: of each type how many records, and the first of them.

    Parameters
    ----------
    dataset
        Only of this one.
    records
        How many records of each type are told.

    Raises
    ------
    NotFoundError
        If nothing is required of this dataset.
    """
    database = registry.database
    with database.snapshot():
        key = find_version(database, "project", reference)
        found = {each.dataset_id: each for each in read_requirements(database, key)}
        name = named_reference(database, key)
        if dataset is not None and dataset not in found:
            raise NotFoundError(
                f'project {name} requires nothing of a dataset "{dataset}"{did_you_mean(dataset, found)}'
            )
        bases = _bases(database, key)
        wanted = found.values() if dataset is None else [found[dataset]]
        return {"reference": name, "items": [_item(each, bases, records) for each in wanted]}


def _bases(database: Database, key: int) -> Bases:
    found: dict[str, tuple[list[str], dict[str, str]]] = {type_: ([], {}) for type_ in RECORD_TYPES}
    for base in database.rows(
        "SELECT b.name, d.type, v.record_table FROM base_dimensions b JOIN dimension_versions v ON v.key = b.dimension "
        "JOIN dimensions d ON d.key = v.dimension WHERE b.project_version = ? ORDER BY b.position",
        (key,),
    ):
        names, records = found[base["type"]]
        names.append(base["name"])
        for row in database.select("records", "id, name", record_table=base["record_table"]):
            records.setdefault(row["id"], row["name"])
    return found


def _item(requirement: Requirement, bases: Bases, most: int) -> Document:
    together = {type_ for entry in requirement.together for type_ in entry.ids}
    return {
        "dataset": requirement.dataset_id,
        "types": [
            _type(type_, requirement.single.ids.get(type_), bases, most)
            for type_ in RECORD_TYPES
            if type_ not in together
        ],
        "together": [_entry(entry, bases, most) for entry in requirement.together],
    }


def _entry(entry: Coverage, bases: Bases, most: int) -> list[Document]:
    return [_type(type_, entry.ids[type_], bases, most) for type_ in RECORD_TYPES if type_ in entry.ids]


def _type(type_: str, ids: Sequence[str] | None, bases: Bases, most: int) -> Document:
    names, known = bases[type_]
    wanted = list(known) if ids is None else ids
    return {
        "type": type_,
        "base": list(names),
        "is_all": ids is None or set(ids) == known.keys(),
        "required": len(wanted),
        "of": len(known),
        "records": [{"id": id_, "name": known.get(id_, id_)} for id_ in wanted[:most]],
    }
