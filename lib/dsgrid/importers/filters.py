"""Filters of a query on the records of dimensions, as ``[[where]]`` tables."""

from __future__ import annotations

from typing import Any, Final

from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks, without_empty

_KNOWN: Final = (
    "filter_type", "dimension_type", "dimension_name", "dimension_names", "column", "operator", "value", "negate",
    "lower_bound", "upper_bound",
)  # fmt: skip


def filter_table(entry: Entry, project: Entry, remarks: Remarks, *, on_ids: bool = False) -> dict[str, Any]:
    """Return one ``[[where]]`` table; an empty one when the filter cannot be said.

    Parameters
    ----------
    project
        The project's configuration, which knows the selectors of its subsets.
    on_ids
        The existing system compares ids, whatever the filter's column says.
    """
    remarks.unknown(entry, _KNOWN)
    kind = entry["filter_type"].text_value
    if entry["dimension_type"].value == "time":
        remarks.unsupported(entry["dimension_type"], "filters on time")
        return {}
    if kind == "subset":
        return _subset(entry, project, remarks)
    if kind not in ("expression", "column_operator", "supplemental_column_operator"):
        remarks.unsupported(entry["filter_type"], f'filters of the type "{kind}"')
        return {}
    attribute = entry.text("column", default="id")
    if on_ids and attribute != "id":
        remarks.say("changed", entry["column"], "a filter on the result compares ids, whatever its column says")
        attribute = "id"
    test = _test(entry, kind, remarks)
    if not test:
        return {}
    place = {"dimension": entry["dimension_name"].text_value, "attribute": "" if attribute == "id" else attribute}
    return without_empty(place) | test


def _test(entry: Entry, kind: str, remarks: Remarks) -> dict[str, Any]:
    # The operator of a filter on a supplemental dimension may be left out; it is a pattern that fits everything then.
    default = "like" if kind == "supplemental_column_operator" else ""
    operator = entry.text("operator", default=default)
    negate = bool(entry.scalar("negate", default=False))
    if kind == "expression" and operator in ("==", "!="):
        equal = (operator == "==") is not negate
        return {"equals" if equal else "not_equals": entry["value"].value}
    if kind != "expression" and operator == "isin":
        return {"not_in" if negate else "in": list(entry["value"].value)}
    place = entry.get("operator") or entry
    remarks.unsupported(place, f'the operator "{operator}" of a filter')
    return {}


def _subset(entry: Entry, project: Entry, remarks: Remarks) -> dict[str, Any]:
    wanted = [selector.text_value for selector in entry["dimension_names"]]
    for subset in project["dimensions"].entries("subset_dimensions"):
        selectors = {selector["name"].text_value for selector in subset.entries("selectors")}
        if selectors >= set(wanted):
            return {"subset": subset["name"].text_value, "selectors": wanted}
    remarks.wrong(entry["dimension_names"], f"no subset dimension of the project has the selectors {wanted}")
    return {}
