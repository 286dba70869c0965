"""Reports of a query, as ``[[report]]`` tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dsgrid.errors import did_you_mean
from dsgrid.importers.dimensions import name_of, type_of
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks, without_empty

_KNOWN: Final = ("report_type", "inputs")
_KNOWN_INPUTS: Final = ("group_by_columns",)
_PEAK: Final = "peak_load"


def report_tables(
    result: Entry, steps: list[dict[str, Any]], words: Mapping[str, str], project: Entry, remarks: Remarks
) -> list[dict[str, Any]]:
    """Return the reports of a query.

    There a report looks at the rows of the result, here at the sum of each group in each slot. They agree where the
    result is such a sum, in every slot; a column that the result has and the report does not group by stays, as
    otherwise more would be added up.

    Parameters
    ----------
    steps
        The steps of the query.
    words
        Our names of columns that are called otherwise there.
    project
        The project's configuration, which knows the name of its time and its base dimensions.
    """
    tables: list[dict[str, Any]] = []
    for entry in result.entries("reports"):
        about = remarks.within("report", len(tables))
        about.unknown(entry, _KNOWN)
        kind = entry["report_type"].text_value
        if kind != _PEAK:
            hint = did_you_mean(kind, [_PEAK])
            about.unsupported(entry["report_type"], f'the report "{kind}"{hint}')
            continue
        table = _peak_load(entry, steps, words, project, about)
        if tables:
            table["name"] = f"{_PEAK}_{len(tables) + 1}"
        tables.append(table)
    return tables


def _peak_load(
    entry: Entry, steps: list[dict[str, Any]], words: Mapping[str, str], project: Entry, remarks: Remarks
) -> dict[str, Any]:
    inputs = entry.get_object("inputs") or entry.with_value({})
    remarks.unknown(inputs, _KNOWN_INPUTS)
    time, bases = base_names(project)
    columns = [*bases.values(), time] if not steps else steps[-1].get("by", [])
    for step in steps:
        if step["function"] != "sum":
            remarks.unsupported(entry, f"a peak load of values that are no sums ({step['function']})")
            return {}
    if time not in columns:
        remarks.unsupported(entry, f'a peak load without a column "{time}" of the project\'s slots')
        return {}
    kept = [column for column in columns if column != time]
    groups = []
    for one in inputs.entries("group_by_columns"):
        named = one.text_value
        # With columns by type, a base dimension is called by its type.
        name = words.get(named, bases.get(named, named))
        if name not in kept:
            remarks.wrong(one, f'the result has no column "{named}" to group by{did_you_mean(named, kept)}')
        groups.append(name)
    metrics = _of_metric(project)
    others = [column for column in kept if column not in groups and column not in metrics]
    if others:
        names = ", ".join(f'"{name}"' for name in others)
        message = f"the peak of each {names} by itself, which the result keeps; dsgrid-toolkit's is the greatest"
        remarks.say("decide", entry, message, "by")
    message = "columns are `peak` and `ties`; loads that differ in their last digits only are taken to be equal"
    remarks.say("changed", entry, message, "kind")
    over = list(dict.fromkeys(type_ for step in steps for type_ in step.get("over", ())))
    by = list(dict.fromkeys([*groups, *(column for column in kept if column not in groups)]))
    return without_empty({"kind": _PEAK, "by": by, "over": over})


def base_names(project: Entry) -> tuple[str, dict[str, str]]:
    """Return the name of a project's time, and by type the base dimension, where it is the only one."""
    time, found = "", {}
    dimensions = project["dimensions"]
    for key in ("base_dimensions", "base_dimension_references"):
        for entry in dimensions.entries(key):
            type_ = type_of(entry)
            name = name_of(entry)
            if type_ == "time":
                time = name
            else:
                found[type_ if type_ not in found else name] = name
    return time, found


def _of_metric(project: Entry) -> set[str]:
    dimensions = project["dimensions"]
    keys = ("base_dimensions", "base_dimension_references", "subset_dimensions", "supplemental_dimensions")
    entries = [entry for key in keys for entry in dimensions.entries(key)]
    return {name_of(entry) for entry in entries if type_of(entry) == "metric"}
