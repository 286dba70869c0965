"""Supplemental dimensions with several records that hold one base record in full: sums over them count it twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any, Final

from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES
from dsgrid.importers.dimensions import name_of
from dsgrid.importers.document import Entry
from dsgrid.importers.tables import read_csv, selector_members

ROUNDING: Final = 1e-9


def counting_twice(project: Entry, names: Collection[str]) -> list[str]:
    """Return those of `names` that are such dimensions of a project.

    A table that is not there is not looked at: whoever registers the project hears of it.
    """
    dimensions = project["dimensions"]
    found = [
        name_of(entry)
        for entry in dimensions.entries("supplemental_dimensions")
        # Scenarios and years are never added up by accident.
        if name_of(entry) in names and _type(entry) not in NAMED_REDUCTION_TYPES and _exceeds(entry["mapping"])
    ]
    for entry in dimensions.entries("subset_dimensions"):
        if name_of(entry) not in names or _type(entry) in NAMED_REDUCTION_TYPES:
            continue
        if entry.flag("create_supplemental_dimension", default=True):
            file = entry.get("file", "filename")
            members = selector_members(file.resolve()) if file is not None and file.resolve().is_file() else {}
            if max(Counter(id_ for ids in members.values() for id_ in ids).values(), default=0) > 1:
                found.append(name_of(entry))
    return found


def _type(entry: Entry) -> str:
    return entry.text("type", default=entry.text("dimension_type"))


def _exceeds(mapping: Entry) -> bool:
    """Tell whether the fractions of any base record with several targets sum to more than 1."""
    targets: dict[str, dict[str, float]] = defaultdict(dict)
    for row in _rows(mapping):
        if row.get("to_id"):
            reached = targets[str(row.get("from_id"))]
            reached[row["to_id"]] = reached.get(row["to_id"], 0.0) + float(row.get("from_fraction", 1.0))
    return any(len(reached) > 1 and sum(reached.values()) > 1 + ROUNDING for reached in targets.values())


def _rows(mapping: Entry) -> list[dict[str, Any]]:
    file = mapping.get("file", "filename")
    if file is None:
        return mapping.rows("records")
    return list(read_csv(file.resolve())) if file.resolve().is_file() else []
