"""Supplemental dimensions with several records that hold one base record in full: sums over them count it twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Final

from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES
from dsgrid.errors import DsgridError
from dsgrid.importers.dimensions import name_of, type_of
from dsgrid.importers.document import Entry
from dsgrid.importers.mappings import associations
from dsgrid.importers.subsets import members_of
from dsgrid.importers.translation import Remarks

ROUNDING: Final = 1e-9


def counting_twice(project: Entry, names: Collection[str]) -> list[str]:
    """Return those of `names` that are such dimensions of a project.

    A table that is not there, or is none, is not looked at: whoever registers the project hears of it.
    """
    dimensions = project["dimensions"]
    supplementals = dimensions.entries("supplemental_dimensions")
    found = [name_of(entry) for entry in supplementals if _is_asked(entry, names) and _exceeds(entry["mapping"])]
    for entry in dimensions.entries("subset_dimensions"):
        if _is_asked(entry, names) and entry.flag("create_supplemental_dimension", default=True) and _overlaps(entry):
            found.append(name_of(entry))
    return found


def _is_asked(entry: Entry, names: Collection[str]) -> bool:
    # Scenarios and years are never added up by accident.
    return name_of(entry) in names and type_of(entry) not in NAMED_REDUCTION_TYPES


def _exceeds(mapping: Entry) -> bool:
    """Tell whether the fractions of any base record with several targets sum to more than 1."""
    targets: dict[str, dict[str, float]] = defaultdict(dict)
    try:
        rows = associations(mapping, Remarks())
    except DsgridError:
        return False
    for row in rows:
        if row.to_id is not None:
            reached = targets[row.from_id]
            reached[row.to_id] = reached.get(row.to_id, 0.0) + row.fraction
    return any(len(reached) > 1 and sum(reached.values()) > 1 + ROUNDING for reached in targets.values())


def _overlaps(subset: Entry) -> bool:
    try:
        members = members_of(subset)
    except DsgridError:
        return False
    return max(Counter(id_ for ids in members.values() for id_ in ids).values(), default=0) > 1
