"""References to dimensions that are registered already."""

from __future__ import annotations

from collections.abc import Mapping

from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks

Names = Mapping[str, str]


def referenced_name(entry: Entry, names: Names | None, remarks: Remarks) -> str | None:
    """Return the name of a referenced dimension; an id that nobody can name is a problem.

    Versions of the other registry mean nothing here, so that the newest one is used.
    """
    named = entry.get("name", "dimension_name")
    if named is not None:
        name = named.text_value
    else:
        identifier = entry["dimension_id"]
        known = (names or {}).get(identifier.text_value)
        if known is None:
            remarks.unsupported(identifier, f'the dimension "{identifier.value}" by its id; give its name')
            return None
        name = known
    if entry.get("version") is not None:
        remarks.say("changed", entry, f'the newest version of the dimension "{name}" is used')
    return name
