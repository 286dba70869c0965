"""``dimension_mappings.json5`` and a project's entry for a dataset, as the spec of `submit_dataset`."""

from __future__ import annotations

from typing import Any, Final

from dsgrid.errors import did_you_mean
from dsgrid.importers.dimensions import FORMER_TYPES
from dsgrid.importers.document import Entry
from dsgrid.importers.mappings import mapping_table
from dsgrid.importers.translation import Remarks, Translation, without_empty

_NO_ADJUSTMENT: Final = ("none", None)


def submission(project: Entry, dataset_id: str, mappings: Entry | None = None) -> Translation:
    """Translate what brings a dataset into a project.

    Parameters
    ----------
    project
        The project's configuration, which says whether the dataset's time may be wrapped.
    mappings
        The dataset's mapping file, where it has one.
    """
    remarks = Remarks()
    entry = _entry(project, dataset_id)
    _refuse_adjustments(entry, remarks)
    spec = {
        "project": project["project_id"].text_value,
        "dataset": dataset_id,
        "wrap_time": True if entry.scalar("wrap_time_allowed") else None,
        "mapping": {} if mappings is None else _mappings(mappings, remarks),
    }
    return remarks.finish("submit_dataset", without_empty(spec))


def _entry(project: Entry, dataset_id: str) -> Entry:
    listed = {entry["dataset_id"].text_value: entry for entry in project.entries("datasets")}
    if dataset_id not in listed:
        raise project["datasets"].error(
            f'the project lists no dataset "{dataset_id}"{did_you_mean(dataset_id, listed)}'
        )
    return listed[dataset_id]


def _refuse_adjustments(entry: Entry, remarks: Remarks) -> None:
    adjustment = entry.get("time_based_data_adjustment")
    if adjustment is None:
        return
    saving = adjustment.scalar("daylight_saving_adjustment", default={})
    said = (adjustment.scalar("leap_day_adjustment"), *saving.values())
    if any(value not in _NO_ADJUSTMENT for value in said):
        remarks.unsupported(adjustment, "leap day and daylight saving adjustments")


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


def _type(entry: Entry) -> str:
    """Return the type that is mapped; where both dimensions are named, theirs."""
    found = entry.get("dimension_type")
    if found is None and entry.get("from_dimension") is not None:
        found = entry["from_dimension"].get("type", "dimension_type")
    return (entry["dimension_type"] if found is None else found).text_value
