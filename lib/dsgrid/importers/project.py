"""``project.json5`` as the spec of `register_project`."""

from __future__ import annotations

from typing import Any, Final

from dsgrid.importers.dimensions import KNOWN as DIMENSION_KEYS
from dsgrid.importers.dimensions import dimension_table, name_of, type_of
from dsgrid.importers.document import Entry
from dsgrid.importers.mappings import mapping_table
from dsgrid.importers.metadata import PROJECT_KEYS, project_metadata
from dsgrid.importers.references import Names, referenced_name
from dsgrid.importers.requirements import Bases, requirements
from dsgrid.importers.tables import selector_members
from dsgrid.importers.times import referenced_time, time_table
from dsgrid.importers.translation import Remarks, Translation, without_empty

_KNOWN: Final = (
    "project_id", "name", "description", "datasets", "dimensions", "dimension_mappings", "version", "id",
)  # fmt: skip
_KNOWN_DIMENSIONS: Final = (
    "base_dimensions", "base_dimension_references", "subset_dimensions", "supplemental_dimensions",
    "supplemental_dimension_references",
)  # fmt: skip
_KNOWN_SUBSET: Final = (
    "name", "description", "type", "dimension_type", "file", "filename", "selectors", "create_supplemental_dimension",
    "base_dimension_name", "record_ids", "selector_references",
)  # fmt: skip


def project(document: Entry, names: Names | None = None) -> Translation:
    """Translate a project's configuration.

    Parameters
    ----------
    names
        The names of registered dimensions by their id, for references that only give an id.
    """
    remarks = Remarks()
    remarks.unknown(document, (*_KNOWN, *PROJECT_KEYS))
    dimensions = document["dimensions"]
    remarks.unknown(dimensions, _KNOWN_DIMENSIONS)
    times = [entry for entry in dimensions.entries("base_dimensions") if type_of(entry) == "time"]
    referenced = [entry for entry in dimensions.entries("base_dimension_references") if type_of(entry) == "time"]
    if len(times) + len(referenced) != 1:
        count = len(times) + len(referenced)
        raise dimensions.error(f"a project has one time dimension, but here are {count}")
    base, bases = _base(dimensions, names, remarks)
    spec = {
        "project": without_empty(
            {
                "id": document["project_id"].text_value,
                "name": document["name"].text_value,
                "description": document.text("description"),
                **project_metadata(document, remarks),
            }
        ),
        "time": time_table(times[0], remarks) if times else referenced_time(referenced[0], names, remarks),
        "base": base,
        "supplemental": _supplemental(dimensions, bases, remarks),
        "subset": {name_of(entry): _subset(entry, bases, remarks) for entry in dimensions.entries("subset_dimensions")},
        "requires": requirements(document, bases, remarks),
    }
    return remarks.finish("register_project", without_empty(spec))


def _base(dimensions: Entry, names: Names | None, remarks: Remarks) -> tuple[dict[str, Any], Bases]:
    tables: dict[str, Any] = {}
    bases = Bases()
    for entry in dimensions.entries("base_dimensions"):
        if type_of(entry) == "time":
            continue
        name = name_of(entry)
        tables[name] = {"type": type_of(entry), **dimension_table(entry, remarks)}
        bases = bases.with_table(type_of(entry), name, tables[name])
    for entry in dimensions.entries("base_dimension_references"):
        found = None if type_of(entry) == "time" else referenced_name(entry, names, remarks)
        if found:
            tables[found] = {"type": type_of(entry), "use": found}
            bases = bases.with_table(type_of(entry), found, tables[found])
    return tables, bases


def _supplemental(dimensions: Entry, bases: Bases, remarks: Remarks) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    for entry in dimensions.entries("supplemental_dimensions"):
        mapping = entry["mapping"]
        tables[name_of(entry)] = {
            "of": bases.of(type_of(entry), mapping, remarks, "project_base_dimension_name"),
            **dimension_table(entry, remarks, known=(*DIMENSION_KEYS, "mapping")),
            "mapping": mapping_table(mapping, remarks),
        }
    references = dimensions.get("supplemental_dimension_references")
    if references is not None and references.value:
        remarks.unsupported(references, "supplemental dimensions by reference")
    return tables


def _subset(entry: Entry, bases: Bases, remarks: Remarks) -> dict[str, Any]:
    remarks.unknown(entry, _KNOWN_SUBSET)
    file = entry.get("file", "filename")
    if file is None:
        raise entry.error("no file of selectors is given")
    members = selector_members(file.existing())
    empty = [selector for selector, ids in members.items() if not ids]
    for selector in empty:
        remarks.say("dropped", file, f'the selector "{selector}" selects nothing')
    attributes = {
        selector["name"].text_value: without_empty(
            {"description": selector.text("description"), **_attributes(selector)}
        )
        for selector in entry.entries("selectors")
        if selector["name"].value not in empty
    }
    supplemental = entry.flag("create_supplemental_dimension", default=True)
    return without_empty(
        {
            "of": bases.of(type_of(entry), entry, remarks, "base_dimension_name"),
            "selectors": without_empty(dict(members)) if empty else str(file.existing()),
            "description": entry.text("description"),
            "supplemental": None if supplemental else False,
            "attributes": without_empty(attributes),
        }
    )


def _attributes(selector: Entry) -> dict[str, Any]:
    values = selector.get_object("column_values")
    return {} if values is None else {name: value.plain for name, value in values.items()}
