"""Subset dimensions of a project, as ``[subset]`` tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from dsgrid.errors import did_you_mean, listing
from dsgrid.importers.dimensions import name_of, table_file
from dsgrid.importers.document import Entry
from dsgrid.importers.tables import says_no, selector_members
from dsgrid.importers.translation import Remarks, without_empty
from dsgrid.spec.patterns import NAME

# By subset and selector the ids.
Members = Mapping[str, Mapping[str, list[str]]]

_KNOWN: Final = (
    "name", "display_name", "dimension_query_name", "description", "type", "dimension_type", "file", "filename",
    "selectors", "create_supplemental_dimension", "base_dimension_name", "record_ids", "selector_references",
)  # fmt: skip
_KNOWN_SELECTOR: Final = ("name", "description", "column_values", "record_ids", "records")
# Both are selectors' ids in place: the first is what dsgrid-toolkit makes of a file itself.
_IDS: Final = ("record_ids", "records")


def subset_members(dimensions: Entry) -> Members:
    """Return the ids of every selector of a project's subsets."""
    return {name_of(entry): members_of(entry) for entry in dimensions.entries("subset_dimensions")}


def subset_table(entry: Entry, base: str, members: Mapping[str, list[str]], remarks: Remarks) -> dict[str, Any]:
    """Return the table of one subset of the base dimension `base`."""
    remarks.unknown(entry, _KNOWN)
    file = entry.get("file", "filename")
    place = file or entry
    named = {selector["name"].text_value: selector for selector in entry.entries("selectors")}
    for name, listed in named.items():
        remarks.unknown(listed, _KNOWN_SELECTOR)
        if name not in members:
            hint = did_you_mean(name, members)
            remarks.say("decide", listed["name"], f'no record is selected by "{name}"; left out{hint}', "selectors")
    lacking = [name for name in members if name not in named]
    if named and lacking:
        message = f"selectors that are not listed come along: {listing(lacking)}"
        remarks.say("decide", place, message, "selectors")
    for selector in members:
        if not re.fullmatch(NAME.pattern, selector):
            remarks.wrong(place, f'"{selector}" cannot be the name of a selector here; {NAME.words}')
    empty = [selector for selector, ids in members.items() if not ids]
    for selector in empty:
        remarks.say("dropped", place, f'the selector "{selector}" selects nothing', "selectors")
    inline = file is None or bool(empty)
    if file is not None and not inline and says_no(table_file(file)):
        message = "cells such as 0, false and no select a record there, but not in tables here; ids are written out"
        remarks.say("changed", file, message, "selectors")
        inline = True
    attributes = {
        name: without_empty({"description": listed.text("description"), **_attributes(listed)})
        for name, listed in named.items()
        if name in members and name not in empty
    }
    supplemental = entry.flag("create_supplemental_dimension", default=True)
    return without_empty(
        {
            "of": base,
            "selectors": without_empty(dict(members)) if inline else str(table_file(place)),
            "description": entry.text("description"),
            "supplemental": None if supplemental else False,
            "attributes": without_empty(attributes),
        }
    )


def members_of(entry: Entry) -> dict[str, list[str]]:
    """Return the ids of each selector of one subset."""
    file = entry.get("file", "filename")
    if file is not None:
        return selector_members(table_file(file))
    together = entry.get_object("record_ids")
    if together is not None:
        return {name: _ids(ids) for name, ids in together.items()}
    selectors = entry.entries("selectors")
    found = {one["name"].text_value: _ids(ids) for one in selectors if (ids := one.get(*_IDS)) is not None}
    if not found:
        raise entry.error("neither a file of selectors nor ids of theirs are given")
    return found


def _ids(ids: Entry) -> list[str]:
    return list(dict.fromkeys((one["id"] if isinstance(one.value, dict) else one).text_value for one in ids))


def _attributes(selector: Entry) -> dict[str, Any]:
    values = selector.get_object("column_values")
    return {} if values is None else {name: value.plain for name, value in values.items()}
