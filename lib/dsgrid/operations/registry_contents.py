"""What a registry holds, as plain documents for tables and JSON: ``dsgrid registry list``, ``show``, ``dump``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.errors import NotFoundError, did_you_mean
from dsgrid.registry.documents import shown_step
from dsgrid.registry.model import Dataset, Project
from dsgrid.registry.registry import Registry
from dsgrid.time.dimension import DatetimeTime

Document = dict[str, Any]
LISTS = ("projects", "datasets", "submissions", "dimensions", "mappings", "registrations")
_ONE_VERSION = ("submissions", "registrations")


def list_registry(
    folder: str | Path, lists: tuple[str, ...] = LISTS, *, all_versions: bool = False
) -> dict[str, list[Document]]:
    """Return the rows of the named lists, keyed by name.

    Parameters
    ----------
    folder
        The registry's folder.
    lists
        Some of `LISTS`.
    all_versions
        Older versions too.
    """
    with Registry.open(folder) as registry:
        return {name: _rows(registry, name, all_versions) for name in lists}


def show_entry(folder: str | Path, reference: str) -> Document:
    """Return everything about one project, dataset, dimension or mapping, as scalars and lists of rows.

    Parameters
    ----------
    folder
        The registry's folder.
    reference
        ``id`` or ``id@version``.

    Raises
    ------
    NotFoundError
        Nothing in the registry has this id.
    """
    wanted = reference.partition("@")[0]
    with Registry.open(folder) as registry:
        readers: dict[str, Callable[[], Document]] = {
            "projects": lambda: _project(registry.project(reference), _rows(registry, "submissions")),
            "datasets": lambda: _dataset(registry.dataset(reference)),
            "dimensions": lambda: _dimension(registry, reference),
            "mappings": lambda: _mapping(registry.mapping(reference)),
        }
        known: list[str] = []
        for name, read in readers.items():
            ids = [row["id"] for row in _rows(registry, name, all_versions=True)]
            if wanted in ids:
                return read()
            known += ids
    raise NotFoundError(f'nothing in {folder} has the id "{wanted}"{did_you_mean(wanted, known)}')


def _rows(registry: Registry, name: str, all_versions: bool = False) -> list[Document]:
    read = getattr(registry, name)
    return list(read() if name in _ONE_VERSION else read(all_versions=all_versions))


def _project(project: Project, submissions: list[Document]) -> Document:
    submitted = {row["dataset_id"] for row in submissions if row["project_id"] == project.id}
    return {
        "project": project.id,
        "version": project.version,
        "name": project.name,
        "description": project.description,
        **_time(project.time),
        "base": [_summary(dimension) for dimension in project.base],
        "supplemental": [
            {
                "name": each.dimension.name,
                "of": each.of,
                "class": each.dimension.record_class,
                "records": len(each.dimension.records),
                "mapping": each.mapping.kind,
            }
            for each in project.supplemental
        ],
        "subsets": [
            {"name": subset.name, "of": subset.of, "selectors": ", ".join(each.name for each in subset.selectors)}
            for subset in project.subsets
        ],
        "datasets": [
            {"dataset": each.dataset_id, "submitted": each.dataset_id in submitted} for each in project.requirements
        ],
    }


def _dataset(dataset: Dataset) -> Document:
    layout = dataset.layout
    return {
        "dataset": dataset.id,
        "version": dataset.version,
        "kind": dataset.kind,
        "description": dataset.description,
        "tables": "facts and lookup" if layout.two_tables else "facts",
        "pivot": layout.pivot,
        "trivial": ", ".join(layout.trivial),
        **_time(dataset.time),
        "folder": dataset.folder,
        "dimensions": [_summary(dimension) for dimension in dataset.dimensions.values()],
        "files": [asdict(file) for file in dataset.files],
        "metadata": dataset.metadata,
    }


def _dimension(registry: Registry, reference: str) -> Document:
    row = next(row for row in registry.dimensions(all_versions=True) if row["id"] == reference.partition("@")[0])
    if row["type"] == "time":
        return _time(registry.time(reference))
    dimension = registry.dimension(reference)
    return {
        "dimension": dimension.id,
        "version": dimension.version,
        "name": dimension.name,
        "type": dimension.type,
        "class": dimension.record_class,
        "description": dimension.description,
        "records": [
            {column: record.get(column) for column in dimension.records.columns} for record in dimension.records
        ],
    }


def _mapping(mapping: Mapping) -> Document:
    return {
        "mapping": mapping.id,
        "version": mapping.version,
        "kind": mapping.kind,
        "description": mapping.description,
        "associations": [
            {"from": each.from_id, "to": each.to_id, "fraction": each.fraction} for each in mapping.associations
        ],
    }


def _summary(dimension: Dimension) -> Document:
    return {
        "name": dimension.name,
        "type": dimension.type,
        "class": dimension.record_class,
        "records": len(dimension.records),
    }


def _time(time: DatetimeTime) -> Document:
    return {
        "time": time.name,
        "from": f"{time.start:%Y-%m-%d %H:%M}",
        "to": f"{time.end:%Y-%m-%d %H:%M}",
        "step": shown_step(time.step),
        "zone": time.zone,
        "interval": time.interval,
        "measurement": time.measurement,
    }
