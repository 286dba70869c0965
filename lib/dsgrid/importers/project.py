"""``project.json5`` as the spec of `register_project`."""

from __future__ import annotations

import re
from typing import Any, Final

from dsgrid.importers.dimensions import FORMER_TYPES, dimension_table, name_of, type_of
from dsgrid.importers.dimensions import KNOWN as DIMENSION_KEYS
from dsgrid.importers.document import Entry
from dsgrid.importers.mappings import mapping_table
from dsgrid.importers.metadata import PROJECT_KEYS, project_metadata
from dsgrid.importers.references import Names, referenced_name
from dsgrid.importers.registered import RegisteredMappings, dimension_name
from dsgrid.importers.requirements import Bases, requirements
from dsgrid.importers.subsets import subset_members, subset_table
from dsgrid.importers.times import referenced_time, time_table
from dsgrid.importers.translation import Remarks, Translation, gathering, without_empty
from dsgrid.spec.patterns import NAME

_KNOWN: Final = (
    "project_id", "name", "description", "datasets", "dimensions", "dimension_mappings", "version", "id",
)  # fmt: skip
_KNOWN_DIMENSIONS: Final = (
    "base_dimensions", "base_dimension_references", "subset_dimensions", "supplemental_dimensions",
    "supplemental_dimension_references",
)  # fmt: skip
_KNOWN_MAPPINGS: Final = ("base_to_supplemental_references", "dataset_to_project")


@gathering
def project(
    remarks: Remarks, document: Entry, names: Names | None = None, *, registered: RegisteredMappings | None = None
) -> Translation:
    """Translate a project's configuration.

    Parameters
    ----------
    names
        The names of registered dimensions by their id, for references that only give an id.
    registered
        The mappings that stand in files of their own, by which supplemental dimensions are referred to.
    """
    remarks.unknown(document, (*_KNOWN, *PROJECT_KEYS))
    dimensions = document["dimensions"]
    remarks.unknown(dimensions, _KNOWN_DIMENSIONS)
    _refuse_twins(dimensions, remarks)
    base, bases = _base(dimensions, names, remarks)
    members = subset_members(dimensions)
    spec = {
        "project": without_empty(
            {
                "id": document["project_id"].text_value,
                "name": document["name"].text_value,
                "description": document.text("description"),
                **project_metadata(document, remarks.within("project")),
            }
        ),
        "time": _time(dimensions, names, remarks.within("time")),
        "base": base,
        "supplemental": {
            **_supplemental(dimensions, bases, remarks),
            **_referenced(document, bases, names, registered or RegisteredMappings(), remarks),
        },
        "subset": {
            name_of(entry): subset_table(
                entry,
                bases.of(type_of(entry), entry, remarks, "base_dimension_name"),
                members[name_of(entry)],
                remarks.within("subset", name_of(entry)),
            )
            for entry in dimensions.entries("subset_dimensions")
        },
        "requires": requirements(document, bases, members, remarks),
    }
    return remarks.finish("register_project", without_empty(spec))


def _time(dimensions: Entry, names: Names | None, remarks: Remarks) -> dict[str, Any]:
    times = [entry for entry in dimensions.entries("base_dimensions") if type_of(entry) == "time"]
    referenced = [entry for entry in dimensions.entries("base_dimension_references") if type_of(entry) == "time"]
    if len(times) + len(referenced) != 1:
        count = len(times) + len(referenced)
        raise dimensions.error(f"a project has one time dimension, but here are {count}")
    return time_table(times[0], remarks) if times else referenced_time(referenced[0], names, remarks)


def _refuse_twins(dimensions: Entry, remarks: Remarks) -> None:
    """Names of dimensions are the columns of results, so that each is one of a kind."""
    taken: set[str] = set()
    for key in ("base_dimensions", "subset_dimensions", "supplemental_dimensions"):
        for entry in dimensions.entries(key):
            name = name_of(entry)
            if name in taken:
                remarks.wrong(entry, f'there are two dimensions "{name}"')
            taken.add(name)


def _base(dimensions: Entry, names: Names | None, remarks: Remarks) -> tuple[dict[str, Any], Bases]:
    tables: dict[str, Any] = {}
    bases = Bases()
    for entry in dimensions.entries("base_dimensions"):
        type_ = type_of(entry)
        if type_ in FORMER_TYPES:
            remarks.say("dropped", entry, f'"{type_}" is no type of dimension')
        elif type_ != "time":
            name = name_of(entry)
            tables[name] = {"type": type_, **dimension_table(entry, remarks.within("base", name))}
            bases = bases.with_table(type_, name, tables[name])
    for entry in dimensions.entries("base_dimension_references"):
        type_ = type_of(entry)
        name, found = _used(entry, names, "base", remarks)
        if found:
            tables[name] = {"type": type_, "use": found}
            bases = bases.with_table(type_, name, tables[name])
    return tables, bases


def _used(entry: Entry, names: Names | None, section: str, remarks: Remarks) -> tuple[str, str | None]:
    """Return the name of a registered dimension in this project, and what it is in the registry; None for time."""
    if type_of(entry) in (*FORMER_TYPES, "time"):
        return "", None
    own = entry.text("name", "dimension_name") or (names or {}).get(entry.text("dimension_id"), "")
    found = referenced_name(entry, names, remarks.within(section, own))
    name = (found or "").rpartition("/")[2]
    if found and not re.fullmatch(NAME.pattern, name):
        remarks.wrong(entry, f'"{name}" cannot be the name of a dimension here; {NAME.words}')
        return name, None
    return name, found


def _supplemental(dimensions: Entry, bases: Bases, remarks: Remarks) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    for entry in dimensions.entries("supplemental_dimensions"):
        if type_of(entry) in (*FORMER_TYPES, "time"):
            remarks.wrong(entry, f"there is no supplemental dimension of the type {type_of(entry)}")
            continue
        name, mapping = name_of(entry), entry["mapping"]
        about = remarks.within("supplemental", name)
        tables[name] = {
            "of": bases.of(type_of(entry), mapping, remarks, "project_base_dimension_name"),
            **dimension_table(entry, about, known=(*DIMENSION_KEYS, "mapping")),
            "mapping": mapping_table(mapping, about.within("mapping")),
        }
    return tables


def _referenced(
    document: Entry, bases: Bases, names: Names | None, registered: RegisteredMappings, remarks: Remarks
) -> dict[str, Any]:
    """Return the supplemental dimensions that are registered already, each with the mapping that leads to it."""
    dimensions = document["dimensions"]
    section = document.get_object("dimension_mappings")
    if section is not None:
        remarks.unknown(section, _KNOWN_MAPPINGS)
        if section.says("dataset_to_project"):
            message = "how datasets are mapped stands in specs of their own here"
            remarks.say("dropped", section["dataset_to_project"], message)
    wanted = () if section is None else section.entries("base_to_supplemental_references")
    found = [mapping for reference in wanted if (mapping := registered.find(reference)) is not None]
    tables: dict[str, Any] = {}
    for entry in dimensions.entries("supplemental_dimension_references"):
        name, used = _used(entry, names, "supplemental", remarks)
        if not used:
            continue
        leading = [
            each for each in (*found, *registered.to(name)) if dimension_name(each, "to_dimension", names) == name
        ]
        if not leading:
            remarks.unsupported(
                entry,
                f'the supplemental dimension "{name}" by reference without the file of the mapping that leads to it',
            )
            continue
        about = remarks.within("supplemental", name)
        base = dimension_name(leading[0], "from_dimension", names)
        if base not in bases.names.get(type_of(entry), ()):
            about.wrong(leading[0], f'the mapping leads from "{base}", which is no base dimension of the project')
        tables[name] = {"of": base, "use": used, "mapping": mapping_table(leading[0], about.within("mapping"))}
    return tables
