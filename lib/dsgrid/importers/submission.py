"""``dimension_mappings.json5`` and a project's entry for a dataset, as the spec of `submit_dataset`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from dsgrid.importers.adjustments import adjustments, listed_dataset
from dsgrid.importers.dimensions import FORMER_TYPES, type_of
from dsgrid.importers.document import Entry
from dsgrid.importers.mappings import mapping_table
from dsgrid.importers.references import reversed_name
from dsgrid.importers.translation import Remarks, Translation, without_empty

# Kinds of time whose ends can be moved to the other end of the project's.
_WITH_ENDS: Final = ("datetime", "index")


def submission(
    project: Entry,
    dataset_id: str,
    mappings: Entry | None = None,
    configuration: Entry | None = None,
    reverse: Collection[str] = (),
) -> Translation:
    """Translate what brings a dataset into a project.

    Parameters
    ----------
    project
        The project's configuration, which says whether the dataset's time may be wrapped, and how it is adjusted.
    mappings
        The dataset's mapping file, where it has one.
    configuration
        The dataset's own, whose kind of time decides which rules mean something; without it all are taken over.
    reverse
        Types whose mapping is the reverse of how a supplemental dimension is made:
        ``autogen_reverse_supplemental_mappings`` of the existing system's command. Needs `configuration`.
    """
    remarks = Remarks()
    entry = listed_dataset(project, dataset_id)
    kind = "" if configuration is None else _time_kind(configuration)
    tables = {} if mappings is None else _mappings(mappings, remarks)
    for type_ in reverse:
        tables[type_] = _reverse(type_, configuration, remarks)
    rules = _rules(entry, kind, remarks)
    spec = {
        "project": project["project_id"].text_value,
        "dataset": dataset_id,
        "wrap_time": _wrapped(entry, kind, remarks),
        "mapping": {**tables, **({"time": rules} if rules else {})},
    }
    return remarks.finish("submit_dataset", without_empty(spec))


def _time_kind(configuration: Entry) -> str:
    """Return the kind of time of a dataset; empty where its time is registered elsewhere."""
    for dimension in configuration.entries("dimensions"):
        if type_of(dimension) == "time":
            return dimension.text("time_type")
    return ""


def _wrapped(entry: Entry, kind: str, remarks: Remarks) -> bool | None:
    if not entry.flag("wrap_time_allowed"):
        return None
    if kind and kind not in _WITH_ENDS:
        remarks.say("dropped", entry["wrap_time_allowed"], f"{kind} time has no ends that could be wrapped")
        return None
    return True


def _rules(entry: Entry, kind: str, remarks: Remarks) -> dict[str, str]:
    """Return the rules of time: adjustments for leap days and daylight saving, and what annual values need."""
    adjusted = adjustments(entry)
    rules = dict(adjusted.rules)
    place = adjusted.entry or entry
    if kind == "representative_period" and "leap_day" in rules:
        remarks.unsupported(place, "typical periods without values on a day of leap years")
    elif rules and kind not in ("", "index"):
        remarks.say("dropped", place, f"the existing system does not adjust {kind} time either")
        rules = {}
    if kind == "annual":
        remarks.say("defaulted", entry, 'annual values are spread over all hours of a year alike: spread = "flat"')
        rules["spread"] = "flat"
    return rules


def _mappings(document: Entry, remarks: Remarks) -> dict[str, Any]:
    if "references" in document.value:
        remarks.unsupported(document["references"], "mappings by reference; give the file with their records")
    remarks.unknown(document, ("mappings", "references"))
    tables: dict[str, Any] = {}
    for entry in document.entries("mappings"):
        type_ = _type(entry)
        if type_ in FORMER_TYPES:
            remarks.say("dropped", entry, f'"{type_}" is no type of dimension')
        elif type_ in tables:
            remarks.unsupported(entry, f"two mappings of the type {type_}")
        else:
            target = entry.text("project_base_dimension_name")
            tables[type_] = without_empty({"to": target}) | mapping_table(entry, remarks)
    return tables


def _reverse(type_: str, configuration: Entry | None, remarks: Remarks) -> dict[str, Any]:
    """Return the mapping from the supplemental dimension that a dataset has to its base: copies, as there."""
    if configuration is None:
        raise ValueError("the dataset's configuration says of which dimension the mapping is the reverse")
    own = [*configuration.entries("dimension_references"), *configuration.entries("dimensions")]
    found = next((entry for entry in own if type_of(entry) == type_), None)
    if found is None:
        raise configuration.error(
            f'the dataset has no dimension of the type "{type_}", whose mapping is to be reversed'
        )
    name = found.text("name", "dimension_name")
    remarks.say("decide", found, f'each base record gets the value of its record of "{name}"; totals need weights')
    return {"reverse_of": reversed_name(name), "kind": "duplication"}


def _type(entry: Entry) -> str:
    """Return the type that is mapped; where both dimensions are named, theirs."""
    found = entry.get("dimension_type")
    if found is None and entry.get("from_dimension") is not None:
        found = entry["from_dimension"].get("type", "dimension_type")
    return (entry["dimension_type"] if found is None else found).text_value
