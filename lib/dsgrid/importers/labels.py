"""How files write the labels of a datetime dimension: the keys `columns`, `column` and `labels` of a spec."""

from __future__ import annotations

from typing import Any

from dsgrid.errors import listing
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks
from dsgrid.importers.zones import zone
from dsgrid.time.dimension import GEOGRAPHY

_PARTS = ("year", "month", "day", "hour")
_INSTANTS, _READINGS = "TIMESTAMP_TZ", "TIMESTAMP_NTZ"


def parts(entry: Entry, zone_: str, remarks: Remarks) -> dict[str, str]:
    """Return the columns of a label in parts; none where it is in one.

    Parameters
    ----------
    entry
        The time dimension.
    zone_
        Its zone in the spec.
    """
    layout = entry.get_object("column_format")
    if layout is None or layout.text("dtype").upper() != "TIME_FORMAT_IN_PARTS":
        return {}
    remarks.unknown(layout, ("dtype", "time_zone", *(f"{part}_column" for part in _PARTS)))
    named = layout.get("time_zone")
    if named is not None and zone(named.text_value) != zone_:
        remarks.unsupported(named, f'labels in another zone than "{zone_}", that of start and end')
    elif named is None and zone_ != GEOGRAPHY:
        remarks.say("changed", layout, f"parts are read in the zone {zone_}, not in that of each geography", "columns")
    found = {part: layout.text(f"{part}_column") for part in _PARTS}
    lacking = [part for part in _PARTS[:3] if not found[part]]
    if lacking:
        raise layout.error(f'the key "{lacking[0]}_column" is missing')
    return {part: name for part, name in found.items() if name}


def column(entry: Entry, text_columns: dict[str, str] | None, zone_: str, remarks: Remarks) -> dict[str, Any]:
    """Return `column` and `labels` of a label in one column, where they are not the defaults.

    Parameters
    ----------
    text_columns
        The declared types of columns of a text file; None where the file knows the types itself.
    """
    layout = entry.get_object("column_format") or entry.with_value({})
    remarks.unknown(layout, ("dtype", "time_column") if entry.get("column_format") else ())
    kind = layout.text("dtype", default=_INSTANTS).upper()
    name = layout.text("time_column") or entry.text("time_column", default="timestamp")
    if kind not in (_INSTANTS, _READINGS):
        known = listing([_INSTANTS, _READINGS, "time_format_in_parts"])
        raise layout["dtype"].error(
            f'there is no time column of the type "{layout["dtype"].value}"; there are: {known}'
        )
    if text_columns is not None:
        kind = text_columns.get(name) or kind
    labels = ""
    if zone_ == GEOGRAPHY:
        if kind != _READINGS:
            message = "labels in the zone of each geography are what its clock shows, without an offset; are they?"
            remarks.say("decide", layout, message, "zone")
        message = 'an hour that a clock shows twice needs a column that says which is meant: columns = { fold = "..." }'
        remarks.say("decide", entry, message, "zone")
    elif kind == _READINGS:
        labels = "wall_clock"
    elif text_columns is not None:
        labels = "instants"
    return {"column": "" if name == "timestamp" else name, "labels": labels}


def column_of_reference(text_columns: dict[str, str] | None) -> dict[str, str]:
    """Return the same for a dimension that is registered already: what the types of the columns say."""
    for name, kind in (text_columns or {}).items():
        if kind in (_INSTANTS, _READINGS):
            labels = "wall_clock" if kind == _READINGS else "instants"
            return {"column": "" if name == "timestamp" else name, "labels": labels}
    return {}
