"""The labels of a table's rows: timestamps, hours of the year, or dates with hours, on a clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dsgrid.query.handoff.calendar import Laid, lay
from dsgrid.query.handoff.clock import PROFILE, Clock
from dsgrid.query.handoff.model import DATE_AND_HOUR, HOUR_ENDING, HOUR_OF_YEAR, TIMESTAMP, Export
from dsgrid.query.handoff.source import Stamp
from dsgrid.query.time_columns import TIME_ZONE, UTC_OFFSET, shown_offsets
from dsgrid.time.pieces import Int64
from dsgrid.time.zones import DAY, HOUR

if TYPE_CHECKING:
    import pyarrow as pa

# What the columns of labels are called, by the option that asks for them.
COLUMNS = {TIMESTAMP: ("time",), HOUR_OF_YEAR: ("year", "hour_of_year"), DATE_AND_HOUR: ("date", "hour")}


@dataclass(frozen=True)
class Labels:
    """The labels of slots.

    Parameters
    ----------
    columns
        By the name of a column the label of each slot.
    keys
        Slots with the same key have the same labels; rows stand in the order of keys.
    kept
        Whether a slot is written.
    """

    columns: dict[str, pa.Array]
    keys: Int64
    kept: npt.NDArray[np.bool_]
    notes: tuple[str, ...] = ()


def labels_of(
    begins: Int64,
    zones: list[str] | None,
    clock: Clock,
    stamp: Stamp,
    asked: Export,
    year: int | None,
    texts: bool,
    offsets: bool,
) -> Labels:
    """Return the labels of slots.

    Parameters
    ----------
    begins
        The instants at which the slots begin.
    zones
        The zone of each slot, where labels are told on the clocks of geographies; None where all are on one clock.
    year
        The year that labels say; None for their own.
    texts
        Whether timestamps and dates are texts, as CSV and HDF5 have them.
    offsets
        Whether there is a column of what the clock is ahead of UTC.

    Raises
    ------
    CalendarError
        If the slots do not fit the calendar that is asked for.
    """
    import pyarrow as pa

    if zones is None:
        clocks, which = [clock], np.zeros(len(begins), np.int64)
    else:
        names, which = np.unique(np.array(zones, dtype=object), return_inverse=True)
        clocks = [Clock.of(str(name), stamp.standard) for name in names]
    count = len(begins)
    parts = {name: np.zeros(count, np.int64) for name in ("label", "begin", "years", "hours", "ahead")}
    moved, kept = begins.copy(), np.ones(count, bool)
    notes: dict[str, None] = {}
    for number, one in enumerate(clocks):
        mine = which == number
        laid = _laid(begins[mine], one, stamp, asked, year)
        ends = laid.begins + stamp.step if asked.label == HOUR_ENDING else laid.begins
        # An hour of a day is named by its beginning: the last one of a day is 24 of that day.
        at = laid.begins if asked.time == DATE_AND_HOUR else ends
        parts["label"][mine] = one.readings(at)
        parts["begin"][mine] = one.readings(laid.begins)
        parts["ahead"][mine] = one.ahead(at)
        parts["years"][mine], parts["hours"][mine] = laid.years, laid.hours
        moved[mine], kept[mine] = laid.begins, laid.kept
        notes.update(dict.fromkeys(laid.notes))
    columns = _columns(parts, asked, texts)
    keys = moved if len(clocks) == 1 else _keys(parts, asked)
    if zones is not None and asked.shape == "long":
        columns[TIME_ZONE] = pa.array([zone.removeprefix(PROFILE) for zone in zones], pa.string())
    if offsets:
        columns[UTC_OFFSET] = pa.array(shown_offsets(parts["ahead"]).tolist(), pa.string())
    return Labels(columns, keys, kept, tuple(notes))


def _laid(begins: Int64, clock: Clock, stamp: Stamp, asked: Export, year: int | None) -> Laid:
    hourly = asked.whole_years or year is not None or asked.time in (HOUR_OF_YEAR, DATE_AND_HOUR)
    if hourly:
        return lay(begins, clock, asked, year)
    nothing = np.zeros(len(begins), np.int64)
    return Laid(begins, nothing, nothing, np.ones(len(begins), bool))


def _keys(parts: dict[str, Int64], asked: Export) -> Int64:
    """Return keys of labels of several clocks."""
    if asked.time == HOUR_OF_YEAR:
        return parts["years"] * 10_000 + parts["hours"]
    return parts["label"]


def _columns(parts: dict[str, Int64], asked: Export, texts: bool) -> dict[str, pa.Array]:
    import pyarrow as pa

    if asked.time == HOUR_OF_YEAR:
        return {"year": pa.array(parts["years"], pa.int32()), "hour_of_year": pa.array(parts["hours"], pa.int32())}
    if asked.time == DATE_AND_HOUR:
        hours = parts["begin"] % DAY // HOUR + (1 if asked.label == HOUR_ENDING else 0)
        days = (parts["begin"] // DAY).astype(np.int32)
        dates = pa.array(days, pa.int32()).cast(pa.date32())
        return {"date": dates.cast(pa.string()) if texts else dates, "hour": pa.array(hours, pa.int32())}
    if not texts:
        return {"time": pa.array(parts["label"], pa.int64()).cast(pa.timestamp("us"))}
    return {"time": pa.array(written(parts["label"]), pa.string())}


def written(readings: Int64) -> list[str]:
    """Return readings of a clock as text, to the minute, or to the second where that is needed.

    Examples
    --------
    >>> written(np.array([0, 3_600_000_000]))
    ['1970-01-01 00:00', '1970-01-01 01:00']
    """
    unit = "m" if not (readings % (HOUR // 60)).any() else "s"
    texts = readings.astype("datetime64[us]").astype(f"datetime64[{unit}]").astype(str)
    return [text.replace("T", " ") for text in texts.tolist()]
