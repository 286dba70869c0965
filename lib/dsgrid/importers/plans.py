"""Mapping plans, and settings of an engine: how a query is computed is planned here."""

from __future__ import annotations

from typing import Final

from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remark, Remarks

_OPERATIONS: Final = ("apply_fraction_op", "apply_scaling_factor_op", "convert_units_op", "map_time_op")
KNOWN: Final = ("dataset_id", "mappings", *_OPERATIONS, "keep_intermediate_files")
_KNOWN_MAPPING: Final = ("name", "handle_data_skew", "persist", "mapping_reference")


def is_plan(document: Entry) -> bool:
    """Return whether a file is a mapping plan of its own."""
    value = document.value
    return isinstance(value, dict) and "dataset_id" in value and "mappings" in value and set(value) <= {*KNOWN}


def plan(document: Entry) -> tuple[Remark, ...]:
    """Return what becomes of a mapping plan: nothing, as its order and what it keeps change no number.

    Raises
    ------
    SpecError
        If the file is not of that form.
    """
    remarks = Remarks()
    plan_remarks(document, remarks)
    remarks.finish("query", {})
    return tuple(remarks.remarks)


def plan_remarks(document: Entry, remarks: Remarks) -> None:
    """Remark on a mapping plan, and on what in it nobody knows."""
    remarks.unknown(document, KNOWN)
    named = document["dataset_id"].text_value
    kept = []
    for entry in document.entries("mappings"):
        remarks.unknown(entry, _KNOWN_MAPPING)
        name = entry["name"].text_value
        if entry.flag("persist"):
            kept.append(name)
    operations = {key: document.get_object(key) for key in _OPERATIONS}
    kept += [key for key, operation in operations.items() if operation is not None and operation.flag("persist")]
    also = f"; what it keeps on the way ({', '.join(kept)}) is not kept" if kept else ""
    message = f'how "{named}" is mapped is planned here: mappings are multiplied before data are read{also}'
    remarks.say("dropped", document, message)
