"""The supplemental dimensions that every project gets, under our names."""

from __future__ import annotations

from dsgrid.dimensions.types import PLURAL
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks


def own_name(entry: Entry, project: Entry, remarks: Remarks) -> str:
    """Return the name of a dimension in a query of its project: ``all_demo_sectors`` is ``all_sectors`` here."""
    named = entry.text_value
    for plural in PLURAL.values():
        if named == f"all_{project['project_id'].text_value}_{plural}":
            remarks.say("renamed", entry, f'the dimension "{named}" is "all_{plural}" here', "dimension")
            return f"all_{plural}"
    return named
