"""Models of an existing registry as the configurations they were registered from: references become what they mean."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import DataError
from dsgrid.importers.document import Entry
from dsgrid.importers.references import reversed_name
from dsgrid.importers.registry.data import DataFiles
from dsgrid.importers.registry.models import Models
from dsgrid.importers.registry.source import Model
from dsgrid.importers.tables import write_csv

# What the registry adds to a configuration.
_OF_REGISTRY: Final = ("id", "version", "file", "file_hash", "dimension_class")
# What it notes in a project of how far a dataset is.
_OF_SUBMISSIONS: Final = ("version", "status", "mapping_references", "base_dimension_names")
_SELECTED: Final = "x"
_TIME_ZONE: Final = "time_zone"

Document = dict[str, Any]


def as_entry(model: Model, document: Document, database: Path) -> Entry:
    """Return a document as an entry of the database; messages name the model."""
    return Entry(document, database, (model.kind, f"{model.id}@{model.version}"))


def name_of(model: Model) -> str:
    """Return the name of a dimension."""
    return str(model.document.get("name", "")).strip()


def dimension_document(model: Model) -> Document:
    """Return the configuration of a dimension, with its records."""
    return _without(model.document, (*_OF_REGISTRY, "dimension_id"))


def mapping_document(model: Model, models: Models, *, base: bool = True) -> Document:
    """Return the configuration of a mapping; with `base` it names the base dimension that it leads to."""
    document = _without(model.document, (*_OF_REGISTRY, "mapping_id"))
    if base:
        document["project_base_dimension_name"] = name_of(models.get("dimension", document["to_dimension"]))
    return document


# Projects ------------------------------------------------------------------------------------------------------------


def base_dimensions(document: Document, models: Models) -> Iterator[Model]:
    """Yield the base dimensions of a project, time included."""
    for reference in document["dimensions"]["base_dimension_references"]:
        yield models.get("dimension", reference)


def supplemental_dimensions(document: Document, models: Models) -> Iterator[tuple[Model, Model | None]]:
    """Yield the supplemental dimensions of a project, those that subsets and every project get included.

    Each comes with its mapping from a base dimension; without one where that was removed.
    """
    mappings = {}
    for reference in (document.get("dimension_mappings") or {}).get("base_to_supplemental_references") or ():
        mapping = models.get("mapping", reference)
        mappings[_end(mapping, "to_dimension")] = mapping
    for reference in document["dimensions"].get("supplemental_dimension_references") or ():
        dimension = models.get("dimension", reference)
        yield dimension, mappings.get(dimension.reference)


def project_document(model: Model, models: Models, scratch: Path) -> Document:
    """Return the configuration of a project, with all its dimensions and mappings.

    Parameters
    ----------
    scratch
        A folder for the tables of its subsets, which are files in a configuration.
    """
    document = own_part(model)
    dimensions = dict(document["dimensions"])
    subsets = [
        _subset(number, subset, document, models, scratch) for number, subset in enumerate(_list(dimensions, "subset"))
    ]
    made = {subset["name"] for subset in subsets if subset["create_supplemental_dimension"]}
    supplemental = []
    for dimension, mapping in supplemental_dimensions(model.document, models):
        name = name_of(dimension)
        if name in made or reversed_name(name) != name:
            continue  # both systems make these themselves
        if mapping is None:
            raise DataError(f'nothing maps to the supplemental dimension "{name}" any more')
        table = mapping_document(mapping, models, base=False)
        table["project_base_dimension_name"] = name_of(models.get("dimension", mapping.document["from_dimension"]))
        supplemental.append({**dimension_document(dimension), "mapping": _plain_mapping(table)})
    dimensions = {
        "base_dimensions": [dimension_document(each) for each in base_dimensions(document, models)],
        "subset_dimensions": subsets,
        "supplemental_dimensions": supplemental,
    }
    return {**document, "dimensions": dimensions, "dimension_mappings": {}}


def own_part(model: Model) -> Document:
    """Return what a project says itself: nothing of how far its datasets are."""
    document = _without(model.document, (*_OF_REGISTRY, "status"))
    document["datasets"] = [_without(each, _OF_SUBMISSIONS) for each in document.get("datasets") or ()]
    return document


def _list(dimensions: Document, kind: str) -> list[Document]:
    return list(dimensions.get(f"{kind}_dimensions") or ())


def _plain_mapping(document: Document) -> Document:
    return _without(document, ("from_dimension", "to_dimension"))


def _subset(number: int, subset: Document, project: Document, models: Models, scratch: Path) -> Document:
    selectors = [models.get("dimension", reference) for reference in subset.get("selector_references") or ()]
    members = {name_of(each): {str(row["id"]) for row in each.document.get("records") or ()} for each in selectors}
    ids = [str(id_) for id_ in subset.get("record_ids") or ()] or sorted(set().union(*members.values()))
    # An id may be anything where the database is damaged: no name of a file is made of it.
    owner = hashlib.sha256(str(project["project_id"]).encode()).hexdigest()[:16]
    file = scratch / f"{owner}-subset-{number}.csv"
    rows: list[dict[str, object]] = [
        {"id": id_, **{name: _SELECTED if id_ in of else "" for name, of in members.items()}} for id_ in ids
    ]
    write_csv(file, rows)
    attributes = _selector_attributes(subset, project, models)
    return {
        "name": subset["name"],
        "description": subset.get("description"),
        "type": subset["type"],
        "filename": str(file),
        "selectors": [
            {"name": name_of(each), "description": each.document.get("description")}
            | ({"column_values": attributes[name_of(each)]} if attributes.get(name_of(each)) else {})
            for each in selectors
        ],
        "create_supplemental_dimension": bool(subset.get("create_supplemental_dimension", True)),
        "base_dimension_name": subset.get("base_dimension_name"),
    }


def _selector_attributes(subset: Document, project: Document, models: Models) -> dict[str, Document]:
    """Return what the records of the dimension that a subset made say besides their id and name."""
    for dimension, _ in supplemental_dimensions(project, models):
        if name_of(dimension) == subset["name"]:
            return {
                str(row["id"]): {
                    key: cell for key, cell in row.items() if key not in ("id", "name") and cell not in (None, "")
                }
                for row in dimension.document.get("records") or ()
            }
    return {}


# Datasets and submissions --------------------------------------------------------------------------------------------


def dataset_dimensions(document: Document, models: Models) -> Iterator[Model]:
    """Yield the dimensions of a dataset, time included."""
    for reference in document.get("dimension_references") or ():
        yield models.get("dimension", reference)


def dataset_document(model: Model, models: Models, files: DataFiles | None) -> Document:
    """Return the configuration of a dataset, with its dimensions; its data are the files of the registry."""
    document = _without(model.document, (*_OF_REGISTRY, "registry_data_layout", "dimension_references"))
    document["dimensions"] = [dimension_document(each) for each in dataset_dimensions(model.document, models)]
    if files is not None:
        document["data_layout"] = _layout(model, files)
    return document


def _layout(model: Model, files: DataFiles) -> Document:
    said = model.document.get("registry_data_layout") or {}
    two_tables = (said.get("table_format") or ("two_table" if files.lookup else "one_table")) == "two_table"
    if two_tables and files.lookup is None:
        raise DataError(f"{model} has two tables, but there is no lookup beside {files.table}")
    layout: Document = {
        "table_format": "two_table" if two_tables else "one_table",
        "value_format": said.get("value_format") or "stacked",
        "data_file": {"path": str(files.table)},
        "missing_associations": [str(file) for file in files.missing],
    }
    if said.get("pivoted_dimension_type"):
        layout["pivoted_dimension_type"] = said["pivoted_dimension_type"]
    if two_tables:
        layout["lookup_data_file"] = {"path": str(files.lookup)}
    if _has_zones(files.table):
        # The zone of a row, which dsgrid-toolkit writes beside readings of local clocks, is that of its geography.
        layout["data_file"]["ignore_columns"] = [_TIME_ZONE]
    return layout


def _has_zones(table: Path) -> bool:
    from dsgrid.datasets import parquet
    from dsgrid.datasets.files import find

    return _TIME_ZONE in parquet.schema(find(table).paths[0]).names


def submission_document(listed: Document, models: Models) -> tuple[Document | None, list[Model]]:
    """Return the mapping file of a dataset that a project lists, and its mappings; None where it has none."""
    mappings = [models.get("mapping", reference) for reference in listed.get("mapping_references") or ()]
    if not mappings:
        return None, []
    return {"mappings": [mapping_document(each, models) for each in mappings]}, mappings


def _end(mapping: Model, side: str) -> tuple[str, str]:
    reference = mapping.document.get(side) or {}
    return str(reference.get("dimension_id")), str(reference.get("version"))


def ends_of(mapping: Model) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the ids and versions of the dimensions that a mapping maps from and to."""
    return _end(mapping, "from_dimension"), _end(mapping, "to_dimension")


def _without(document: Document, keys: tuple[str, ...]) -> Document:
    return {key: value for key, value in document.items() if key not in keys}
