"""Filters of a query, as ``[[where]]`` tables."""

from __future__ import annotations

import re
from typing import Any, Final

from dsgrid.dimensions.types import TIME
from dsgrid.importers.automatic import own_name
from dsgrid.importers.comparisons import Comparison, comparison
from dsgrid.importers.dimensions import name_of
from dsgrid.importers.document import Entry
from dsgrid.importers.subsets import members_of
from dsgrid.importers.translation import Remarks, without_empty

_KNOWN: Final = (
    "filter_type", "dimension_type", "dimension_name", "dimension_query_name", "dimension_names", "column",
    "dimension_query_names", "operator", "value", "negate",
    "lower_bound", "upper_bound",
)  # fmt: skip
_KINDS: Final = (
    "expression", "expression_raw", "column_operator", "between_column_operator", "supplemental_column_operator",
)  # fmt: skip
# Tests that compare values as such, and not letters of them.
_OF_TIME: Final = (
    "equals", "not_equals", "in", "not_in", "above", "at_least", "below", "at_most", "between", "not_between",
)  # fmt: skip
_OF_EQUALITY: Final = ("equals", "not_equals", "in", "not_in")
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::00(?:\.0+)?)?)?")


def filter_table(entry: Entry, project: Entry, remarks: Remarks, *, on_ids: bool = False) -> dict[str, Any]:
    """Return one ``[[where]]`` table; an empty one when the filter cannot be said.

    Parameters
    ----------
    project
        The project's configuration, which knows the selectors of its subsets.
    on_ids
        dsgrid-toolkit compares ids, whatever the filter's column says.
    """
    remarks.unknown(entry, _KNOWN)
    kind = entry["filter_type"].text_value
    if kind == "subset":
        return _subset(entry, project, remarks)
    if kind not in _KINDS:
        remarks.unsupported(entry["filter_type"], f'filters of the type "{kind}"')
        return {}
    asked = comparison(entry, kind, remarks)
    if asked is None:
        return {}
    if entry["dimension_type"].text_value == TIME:
        return _on_time(entry, asked, remarks)
    attribute = entry.text("column", default="id")
    if on_ids and attribute != "id":
        remarks.say(
            "changed", entry["column"], "a filter on the result compares ids, whatever its column says", "dimension"
        )
        attribute = "id"
    if attribute == "id" and asked.key in _OF_EQUALITY:
        asked = _as_ids(asked, remarks)
    dimension = own_name(_named(entry), project, remarks)
    place = {"dimension": dimension, "attribute": "" if attribute == "id" else attribute}
    return {**without_empty(place), asked.key: asked.value}


def _named(entry: Entry) -> Entry:
    return entry.get("dimension_name", "dimension_query_name") or entry["dimension_name"]


def _as_ids(asked: Comparison, remarks: Remarks) -> Comparison:
    """Return a test of equality with ids, which are texts here; their order may be that of numbers on both sides."""
    if not any(_is_number(value) for value in asked.values):
        return asked
    remarks.say("changed", asked.entry, "ids are texts here: the number is compared as a text", asked.key)
    return asked.of([str(value) if _is_number(value) else value for value in asked.values])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _on_time(entry: Entry, asked: Comparison, remarks: Remarks) -> dict[str, Any]:
    """Return a test of timestamps, which are labels on the project's clock here."""
    if asked.key not in _OF_TIME:
        remarks.unsupported(entry.get("operator") or entry, "filters on the letters of timestamps")
        return {}
    moments = [_MOMENT.fullmatch(str(value).strip()) for value in asked.values]
    labels = [f"{moment[1]} {moment[2] or '00:00'}" for moment in moments if moment is not None]
    if len(labels) < len(moments):
        remarks.unsupported(asked.entry, f'the timestamp "{asked.entry.value}" (only such as "2012-06-01 00:00:00")')
        return {}
    remarks.say("decide", asked.entry, "timestamps of a filter are read on the project's clock", asked.key)
    return {"dimension": _named(entry).text_value, asked.key: asked.of(labels).value}


def _subset(entry: Entry, project: Entry, remarks: Remarks) -> dict[str, Any]:
    names = entry.get("dimension_names", "dimension_query_names") or entry["dimension_names"]
    wanted = list(dict.fromkeys(selector.text_value for selector in names))
    if not wanted:
        remarks.wrong(names, "no selector is named")
        return {}
    for subset in project["dimensions"].entries("subset_dimensions"):
        selectors = {selector["name"].text_value for selector in subset.entries("selectors")}
        if (selectors or set(members_of(subset))) >= set(wanted):
            return {"subset": name_of(subset), "selectors": wanted}
    remarks.wrong(names, f"no subset dimension of the project has the selectors {wanted}")
    return {}
