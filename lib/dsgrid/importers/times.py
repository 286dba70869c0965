"""Time dimensions of a configuration as the ``[time]`` table of a spec."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final

from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks, without_empty
from dsgrid.importers.zones import zone

_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_KNOWN: Final = (
    "class", "class_name", "type", "dimension_type", "module", "name", "description", "dimension_id", "version", "id",
    "time_type", "ranges", "frequency", "str_format", "timezone", "time_zone", "time_zone_format", "datetime_format",
    "measurement_type", "time_interval_type", "time_column", "column_format", "leap_day_adjustment",
    "localize_to_time_zone",
)  # fmt: skip
_UNITS: Final = {"D": 86_400, "H": 3_600, "M": 60, "S": 1}


def time_table(entry: Entry, remarks: Remarks, *, text_columns: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the ``[time]`` table of a spec.

    Parameters
    ----------
    entry
        A dimension of type time.
    text_columns
        The declared types of columns of a text file, where the file does not say how to read the labels itself.
    """
    kind = entry.text("time_type")
    if kind != "datetime":
        remarks.unsupported(entry["time_type"], f'time of the type "{kind}"')
        return {}
    remarks.unknown(entry, _KNOWN)
    ranges = entry["ranges"]
    if len(tuple(ranges)) != 1:
        remarks.unsupported(ranges, "a time dimension with several ranges")
        return {}
    _refuse_adjustments(entry, remarks)
    first = ranges[0]
    form = first.text("str_format") or entry.text("str_format", default=_FORMAT)
    return without_empty(
        {
            "name": entry.text("name"),
            "kind": "datetime",
            "start": _label(first["start"], form),
            "end": _label(first["end"], form),
            "step": _step(first.get("frequency") or entry.get("frequency"), first, remarks),
            "zone": _zone(entry, remarks),
            "interval": entry["time_interval_type"].value,
            "measurement": _measurement(entry, remarks),
            "description": entry.text("description"),
            **_column(entry, text_columns, remarks),
        }
    )


def duration(text: str) -> timedelta:
    """Read ``P0DT1H0M0.0S`` or ``01:00:00``; anything else is a ValueError."""
    clock = re.fullmatch(r"(\d+):(\d{2}):(\d{2})(?:\.0+)?", text)
    if clock:
        return timedelta(hours=int(clock[1]), minutes=int(clock[2]), seconds=int(clock[3]))
    iso = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", text)
    if not iso or not any(iso.groups()):
        raise ValueError(f'"{text}" is no duration')
    return timedelta(
        days=int(iso[1] or 0), hours=int(iso[2] or 0), minutes=int(iso[3] or 0), seconds=float(iso[4] or 0)
    )


def step(length: timedelta) -> str:
    """Write a duration in the largest unit that divides it: ``1h``, ``15min``, ``1d``."""
    seconds = round(length.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _refuse_adjustments(entry: Entry, remarks: Remarks) -> None:
    leap = entry.get("leap_day_adjustment")
    if leap is not None and leap.value != "none":
        remarks.unsupported(leap, f'the leap day adjustment "{leap.value}"')
    localize = entry.get("localize_to_time_zone")
    if localize is not None and localize.value is False:
        remarks.unsupported(localize, "labels that are not localized to a zone")


def _label(entry: Entry, form: str) -> str:
    try:
        label = datetime.strptime(entry.text_value, form)  # noqa: DTZ007 - a wall clock in the zone beside it
    except ValueError:
        raise entry.error(f'"{entry.value}" is not written as "{form}"') from None
    return label.strftime("%Y-%m-%d %H:%M:%S" if label.second else "%Y-%m-%d %H:%M")


def _step(entry: Entry | None, place: Entry, remarks: Remarks) -> str:
    if entry is None:
        remarks.say("defaulted", place, 'no frequency is given; step = "1h"')
        return "1h"
    try:
        return step(duration(entry.text_value))
    except ValueError as error:
        raise entry.error(str(error)) from None


def _zone(entry: Entry, remarks: Remarks) -> str:
    layout = entry.get("time_zone_format")
    if layout is not None:
        form = layout.text("format_type")
        if form not in ("aligned_in_absolute_time", "aligned"):
            remarks.unsupported(layout["format_type"], f'time zones of the format "{form}"')
            return ""
        named = layout.get("time_zone", "timezone")
    else:
        named = entry.get("timezone", "time_zone")
    if named is None:
        raise entry.error("no time zone is given")
    if named.value == "LOCAL":
        remarks.unsupported(named, "a time dimension in the local time of each geography")
        return ""
    result = zone(named.text_value)
    if result != named.value:
        remarks.say("renamed", named, f'the zone "{named.value}" is "{result}" here')
    return result


def _measurement(entry: Entry, remarks: Remarks) -> str:
    found = entry.get("measurement_type")
    if found is None:
        remarks.say("defaulted", entry, 'no measurement_type is given; measurement = "total"')
        return "total"
    return found.text_value


def _column(entry: Entry, text_columns: dict[str, str] | None, remarks: Remarks) -> dict[str, str]:
    """Return `column` and `labels`, where they are not the defaults."""
    layout = entry.get("column_format") or Entry({}, entry.file, (*entry.path, "column_format"))
    kind = layout.text("dtype", default="TIMESTAMP_TZ").upper()
    column = layout.text("time_column") or entry.text("time_column", default="timestamp")
    if kind == "TIME_FORMAT_IN_PARTS":
        remarks.unsupported(layout["dtype"], "time in parts (columns of year, month, day, hour)")
    elif kind not in ("TIMESTAMP_TZ", "TIMESTAMP_NTZ"):
        raise layout["dtype"].error(f'there is no time column of the type "{layout["dtype"].value}"')
    labels = ""
    if text_columns is not None:
        kind = text_columns.get(column) or kind
        labels = "instants"
    if kind == "TIMESTAMP_NTZ":
        labels = "wall_clock"
    return {"column": "" if column == "timestamp" else column, "labels": labels}
