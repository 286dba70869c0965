"""References to dimensions that are registered already."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from dsgrid.dimensions.types import PLURAL
from dsgrid.errors import did_you_mean
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks

Names = Mapping[str, str]

# What dsgrid-toolkit calls the supplemental dimensions that every project gets.
_AUTOMATIC: Final = re.compile(rf"all_(\w+)_({'|'.join(PLURAL.values())})")
_KNOWN: Final = ("name", "dimension_name", "dimension_id", "type", "dimension_type", "version")


def referenced_name(entry: Entry, names: Names | None, remarks: Remarks) -> str | None:
    """Return the name of a referenced dimension; an id that nobody can name is a problem.

    Versions of the other registry mean nothing here, so that the newest one is used.
    """
    remarks.unknown(entry, _KNOWN)
    named = entry.get("name", "dimension_name")
    if named is not None:
        name = named.text_value
    else:
        identifier = entry["dimension_id"]
        known = (names or {}).get(identifier.text_value)
        if known is None:
            hint = did_you_mean(identifier.text_value, names) if names else ""
            remarks.unsupported(identifier, f'the dimension "{identifier.value}" by its id; give its name{hint}')
            return None
        name = known
    if not name or "@" in name:
        remarks.wrong(named or entry, f'"{name}" is no name of a dimension')
        return None
    if entry.get("version") is not None:
        remarks.say("changed", entry, f'the newest version of the dimension "{name}" is used', "use")
    automatic = _AUTOMATIC.fullmatch(name)
    if automatic is None:
        return name
    project, plural = automatic.groups()
    remarks.say("renamed", entry, f'the dimension "{name}" is "{project}/all_{plural}" here', "use")
    return f"{project}/all_{plural}"


def reversed_name(name: str) -> str:
    """Return what a project calls a dimension of its own, of the name by which others refer to it."""
    automatic = _AUTOMATIC.fullmatch(name)
    return name if automatic is None else f"all_{automatic.group(2)}"
