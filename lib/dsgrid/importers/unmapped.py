"""Records of a dataset that are none of its project's, and that no mapping brings there."""

from __future__ import annotations

from typing import Any

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import DsgridError, listing
from dsgrid.importers.dimensions import record_ids, type_of
from dsgrid.importers.document import Entry
from dsgrid.importers.outcomes import remark
from dsgrid.importers.translation import Remark


def unmapped(project: Entry, configuration: Entry, mappings: dict[str, Any]) -> tuple[Remark, ...]:
    """Return a remark on each dimension whose records the project does not know.

    Submitting such a dataset is refused; before that somebody has to say what its records are.

    Parameters
    ----------
    mappings
        The mappings of the submission, by type.
    """
    remarks = []
    for entry in configuration.entries("dimensions"):
        try:
            type_ = type_of(entry)
            if type_ not in RECORD_TYPES or mappings.get(type_, {}).keys() - {"to"}:
                continue
            known, own = _base_ids(project, type_), dict.fromkeys(record_ids(entry))
        except DsgridError:
            continue  # said where the dataset or the project is translated
        others = [id_ for id_ in own if id_ not in known]
        if known and others:
            shown = listing(others, 4)
            message = (
                f"{len(others)} of {len(own)} records of {type_} are none of the project's ({shown}), and no mapping"
            )
            remarks.append(remark("decide", entry, f"{message} says what they are there", "mapping"))
    return tuple(remarks)


def _base_ids(project: Entry, type_: str) -> frozenset[str]:
    """Return the ids of a type's base records; none where some of them are registered elsewhere."""
    dimensions = project["dimensions"]
    if any(type_of(entry) == type_ for entry in dimensions.entries("base_dimension_references")):
        return frozenset()
    bases = [entry for entry in dimensions.entries("base_dimensions") if type_of(entry) == type_]
    return frozenset(id_ for entry in bases for id_ in record_ids(entry))
