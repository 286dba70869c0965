"""Files that say which records of a registry a small one keeps, as specs of `filter_registry`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dsgrid.importers.automatic import own_name
from dsgrid.importers.dimensions import name_of, record_type, type_of
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks, Translation, gathering, without_empty

_KNOWN: Final = ("projects", "datasets")
_KNOWN_PROJECT: Final = ("project_id", "dimensions")
_KNOWN_DIMENSIONS: Final = ("base_dimensions", "supplemental_dimensions")
_KNOWN_FILTER: Final = ("dimension_type", "type", "dimension_name", "dimension_query_name", "record_ids")


@gathering
def filter_file(
    remarks: Remarks, document: Entry, target: Path, projects: Mapping[str, Entry]
) -> tuple[Translation, ...]:
    """Translate the file of a filtered registry: a spec for each project, or a copy where nothing is left out of it.

    Parameters
    ----------
    target
        The folder of the new registry; of several projects each has its own below it.
    projects
        The configurations of projects by their id, which know the names of base dimensions.
    """
    remarks.unknown(document, _KNOWN)
    entries = document.entries("projects")
    if not entries:
        remarks.unsupported(document, "a filtered registry without a project")
    datasets = _datasets(document, remarks)
    found = []
    for entry in entries:
        remarks.unknown(entry, _KNOWN_PROJECT)
        id_ = entry["project_id"].text_value
        folder = target if len(entries) == 1 else target / id_
        if len(entries) > 1:
            remarks.say("changed", entry, f"each project has a registry of its own here: {folder}", "target")
        kept = _kept(entry, projects.get(id_), remarks)
        wanted = {"target": str(folder), "datasets": _listed(datasets, projects.get(id_))}
        if kept:
            found.append(("filter_registry", {**wanted, "project": id_, "keep": kept}))
        else:
            remarks.say("changed", entry, "all records are kept, so that it is a copy", "projects")
            found.append(("copy_registry", {**wanted, "projects": [id_]}))
    if not found:
        remarks.finish("filter_registry", {})
    return tuple(remarks.finish(job, without_empty(spec)) for job, spec in found)


def _datasets(document: Entry, remarks: Remarks) -> list[str]:
    ids = []
    for entry in document.entries("datasets"):
        remarks.unknown(entry, ("dataset_id", "dimensions"))
        ids.append(entry["dataset_id"].text_value)
        if entry.says("dimensions"):
            message = "a dataset keeps what reaches the records of its project that are kept; name those"
            remarks.say("decide", entry["dimensions"], message, "keep")
    return list(dict.fromkeys(ids))


def _listed(datasets: list[str], project: Entry | None) -> list[str]:
    """Return those of the datasets that a project lists; all where it is not known."""
    if project is None:
        return datasets
    own = {entry["dataset_id"].text_value for entry in project.entries("datasets")}
    return [id_ for id_ in datasets if id_ in own]


def _kept(entry: Entry, project: Entry | None, remarks: Remarks) -> dict[str, Any]:
    dimensions = entry.get_object("dimensions")
    if dimensions is None:
        return {}
    remarks.unknown(dimensions, _KNOWN_DIMENSIONS)
    kept: dict[str, Any] = {}
    for key in _KNOWN_DIMENSIONS:
        for wanted in dimensions.entries(key):
            remarks.unknown(wanted, _KNOWN_FILTER)
            name = _name(wanted, project, remarks)
            ids = list(dict.fromkeys(wanted.texts("record_ids")))
            if name in kept:
                remarks.wrong(wanted, f'there are two filters on "{name}"')
            if not ids:
                remarks.wrong(wanted, "no record is named")
            kept[name] = ids
    return kept


def _name(wanted: Entry, project: Entry | None, remarks: Remarks) -> str:
    """Return the name of a dimension; base dimensions are named by their type there."""
    named = wanted.get("dimension_name", "dimension_query_name")
    if named is not None:
        return named.text_value if project is None else own_name(named, project, remarks)
    type_ = record_type(wanted.get("dimension_type", "type") or wanted["dimension_type"])
    own = () if project is None else project["dimensions"].entries("base_dimensions")
    bases = [name_of(base) for base in own if type_of(base) == type_]
    if len(bases) != 1:
        which = f"has {len(bases)} of them" if project is not None else "is not known here"
        remarks.unsupported(wanted, f"the base dimension of the type {type_}: the project {which}; give its name")
        return type_
    return bases[0]
