"""Queries of a dataset without a project, and of one in the terms of its project."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.importers.adjustments import adjustments
from dsgrid.importers.dimensions import FORMER_TYPES, name_of, type_of
from dsgrid.importers.document import Entry
from dsgrid.importers.plans import plan_remarks
from dsgrid.importers.query import query_name
from dsgrid.importers.references import Names, referenced_name
from dsgrid.importers.results import result_table
from dsgrid.importers.translation import Remarks, Translation, gathering, without_empty

_KNOWN: Final = (
    "name", "dataset_id", "to_dimension_references", "mapping_plan", "time_based_data_adjustment", "wrap_time_allowed",
    "result", "version",
)  # fmt: skip
_KNOWN_RESULT: Final = (
    "replace_ids_with_names", "aggregations", "aggregate_each_dataset", "reports", "column_type", "table_format",
    "output_format", "sort_columns", "dimension_filters", "time_zone",
)  # fmt: skip
# What dsgrid-toolkit has no such queries for.
_UNUSED: Final = ("aggregations", "aggregate_each_dataset", "reports", "dimension_filters")


def is_dataset_query(document: Entry) -> bool:
    """Return whether a file is a query of a dataset."""
    value = document.value
    return isinstance(value, dict) and "dataset_id" in value and "to_dimension_references" in value


@gathering
def dataset_query(
    remarks: Remarks, document: Entry, results: Path, names: Names | None = None, *, configuration: Entry | None = None
) -> Translation:
    """Translate a query of a dataset to registered dimensions.

    Parameters
    ----------
    results
        The folder for results.
    names
        The names of registered dimensions by their id, for references that only give an id.
    configuration
        The dataset's own, which knows the names of what is not mapped.
    """
    remarks.unknown(document, _KNOWN)
    targets = _targets(document, names, remarks)
    _time_rules(document, targets, remarks)
    plan = document.get_object("mapping_plan")
    if plan is not None:
        plan_remarks(plan, remarks)
    result = document.get_object("result") or document.with_value({})
    about = remarks.within("result")
    about.unknown(result, _KNOWN_RESULT)
    for key in _UNUSED:
        if result.says(key):
            remarks.unsupported(result[key], f"`{key}` of a query of a dataset, which dsgrid-toolkit leaves out")
    words = _words(targets, configuration)
    for entry in result.entries("sort_columns"):
        if entry.text_value in RECORD_TYPES and entry.text_value not in words:
            message = f"columns are called by their dimension here; what is that of the {entry.text_value}?"
            about.say("decide", entry, message, "sort")
    spec = {
        "name": query_name(document),
        "dataset": document["dataset_id"].text_value,
        "to": targets,
        "result": result_table(result, words, results, about),
    }
    return remarks.finish("query_dataset", without_empty(spec))


def _targets(document: Entry, names: Names | None, remarks: Remarks) -> dict[str, Any]:
    targets: dict[str, Any] = {}
    for entry in document.entries("to_dimension_references"):
        type_ = type_of(entry)
        about = remarks.within("to", type_)
        if type_ in FORMER_TYPES:
            about.say("dropped", entry, f'"{type_}" is no type of dimension')
        elif type_ in targets:
            about.wrong(entry, f"there are two targets of the type {type_}")
        elif found := referenced_name(entry, names, about):
            targets[type_] = found
            if type_ != "time":
                message = "where several chains of mappings lead there that differ, `through` has to say which"
                about.say("changed", entry, message)
    if not targets:
        remarks.wrong(document, "the query names no target dimension")
    return targets


def _time_rules(document: Entry, targets: dict[str, Any], remarks: Remarks) -> None:
    """Put the rules of time to their target."""
    wrapped = document.flag("wrap_time_allowed")
    rules = adjustments(document, remarks.within("to", "time")).rules
    if "time" in targets and (wrapped or rules):
        targets["time"] = {"dimension": targets["time"], **({"wrap_time": True} if wrapped else {}), **rules}
    elif wrapped or rules:
        place = document.get("time_based_data_adjustment", "wrap_time_allowed") or document
        remarks.say("dropped", place, "time has no target, so that it stays as it is")


def _words(targets: dict[str, Any], configuration: Entry | None) -> dict[str, str]:
    """Return our names of columns, which are called by their type there."""
    words: dict[str, str] = {}
    for key in ("dimensions", "dimension_references"):
        for entry in () if configuration is None else configuration.entries(key):
            type_ = type_of(entry)
            if type_ in RECORD_TYPES and entry.get("name", "dimension_name", "dimension_query_name") is not None:
                words[type_] = name_of(entry) if key == "dimensions" else entry.text("name", "dimension_name")
    for type_, target in targets.items():
        name = target["dimension"] if isinstance(target, dict) else target
        words[type_] = name.rpartition("/")[2]
    time = words.pop("time", "")
    return {**words, **({"timestamp": time} if time else {})}


def map_dataset(project: Entry, dataset_id: str, results: Path, name: str = "") -> Translation:
    """Return the spec that brings a dataset to its project: dsgrid-toolkit has a command for that, and no file.

    Parameters
    ----------
    project
        The project's configuration.
    results
        The folder for results.
    name
        The name of the result; that of the dataset by default, as there.
    """
    remarks = Remarks()
    spec = {
        "name": name or dataset_id,
        "project": project["project_id"].text_value,
        "dataset": dataset_id,
        "result": {"path": str(results)},
    }
    return remarks.finish("map_dataset", spec)
