"""The clock that a plot's axis of time is told on.

An axis has one length for every hour, which a clock with daylight saving does not. So instants are drawn on the
standard time of the result's zone; what clocks of several places show is drawn on the standard time of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from dsgrid.errors import SpecError
from dsgrid.query.plots.columns import Column
from dsgrid.query.plots.condition import micros
from dsgrid.time.zones import HOUR, is_fixed, offsets, standard_offsets

if TYPE_CHECKING:
    import pyarrow as pa

_ENDS: Final = {
    "period_beginning": "beginning",
    "period_ending": "ending",
    "instantaneous": "",
}
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Clock:
    """What timestamps of a table become on an axis.

    Parameters
    ----------
    shift
        What is added to them, in microseconds.
    zone
        The result's zone; empty where it has none.
    name
        The clock in words: ``UTC-07:00``.
    note
        What has to be known about it, where it is not the zone's own clock all year.
    by_place
        Whether each row has a clock of its own.
    """

    shift: int = 0
    zone: str = ""
    name: str = ""
    note: str = ""
    by_place: bool = False


def clock_of(manifest: Mapping[str, Any], column: Column, first: int, last: int) -> Clock:
    """Return the clock for the instants of a column, which lie between `first` and `last` (microseconds)."""
    time = manifest.get("time") or {}
    entry = _entry(manifest, column)
    zone = str(entry.get("calendar_zone") or time.get("calendar_zone") or "")
    if column.holds == "wall":
        note = "on the standard time of each place" if time.get("clock") != "standard" else ""
        return Clock(0, "", "local time of each place", note, by_place=True)
    if column.holds == "date":
        return Clock(0, zone, _zone_name(zone, time))
    if not zone or zone.startswith("that of"):
        zone = "UTC"
    try:
        fixed = is_fixed(zone)
        changes = not fixed and len(np.unique(offsets(zone, np.arange(first, last + HOUR, 6 * HOUR)))) > 1
        # Where nothing changes in these instants, the zone's own clock is even, in summer too.
        told = offsets if fixed or (not changes and time.get("clock") != "standard") else standard_offsets
        shift = int(told(zone, np.array([first]))[0])
    except SpecError:
        return Clock(0, "UTC", "UTC")
    name = _offset(shift)
    if fixed:
        return Clock(shift, zone, name)
    if not changes:
        return Clock(shift, zone, f"{zone}, {name}")
    return Clock(shift, zone, f"{zone} standard time, {name}", "without daylight saving")


def _entry(manifest: Mapping[str, Any], column: Column) -> Mapping[str, Any]:
    return next((one for one in manifest["columns"] if one["name"] == column.name), {})


def _zone_name(zone: str, time: Mapping[str, Any]) -> str:
    if not zone:
        return ""
    if zone.startswith("that of"):
        return "local time of each place"
    fixed = zone[0] in "+-"
    standard = " standard time" if time.get("clock") == "standard" and not fixed else ""
    return f"UTC{zone}" if fixed else f"{zone}{standard}"


def _offset(micros_: int) -> str:
    if not micros_:
        return "UTC"
    hours, rest = divmod(abs(micros_), HOUR)
    return f"UTC{'-' if micros_ < 0 else '+'}{hours:02}:{rest * 60 // HOUR:02}"


def cycle_clock(manifest: Mapping[str, Any], column: Column) -> str:
    """Return on whose clock hours of the day, months or years are those of, in words; empty where that is not said."""
    time = manifest.get("time") or {}
    entry = _entry(manifest, column)
    return _zone_name(str(entry.get("calendar_zone") or ""), time)


def convention(column: Column) -> str:
    """Return which end of an interval a label is: ``hour beginning``."""
    end = _ENDS.get(column.interval, "")
    if column.interval == "instantaneous":
        return "at the instant"
    if not end:
        return ""
    word = {"daily": "day", "monthly": "month"}.get(column.name) or {"1h": "hour", "1d": "day"}.get(column.step, "")
    return f"{word or 'interval'} {end}"


def drawn(table: pa.Table, column: Column, clock: Clock) -> Int64:
    """Return where the rows of a table are on the axis, as microseconds of the clock that is drawn.

    Where each row has its own clock, and the table tells what that is ahead of UTC, readings are those of standard
    time: the hour that a clock shows twice is two.
    """
    found = np.array(micros(table.column(column.name)).to_numpy(zero_copy_only=False), np.int64)
    if not clock.by_place or not {"utc_offset", "time_zone"} <= set(table.column_names):
        return found + clock.shift
    ahead = np.array([_micros(text) for text in _texts(table, "utc_offset")], np.int64)
    zones = np.array(_texts(table, "time_zone"))
    for zone in np.unique(zones):
        rows = zones == zone
        try:
            standard = standard_offsets(str(zone), found[rows])
        except SpecError:
            continue
        known = np.array([bool(text) for text in np.array(_texts(table, "utc_offset"))[rows]])
        found[rows] = np.where(known, found[rows] - ahead[rows] + standard, found[rows])
    return found


def _texts(table: pa.Table, name: str) -> list[str]:
    return [str(one or "") for one in table.column(name).to_pylist()]


def _micros(offset: str) -> int:
    if not offset:
        return 0
    hours, minutes = offset[1:].split(":")
    return (-1 if offset[0] == "-" else 1) * (int(hours) * HOUR + int(minutes) * HOUR // 60)
