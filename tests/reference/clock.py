"""What clocks show at the project's slots: one by one, with datetime and zoneinfo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from dsgrid.time.dimension import (
    GEOGRAPHY,
    AnnualTime,
    Calendar,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    TimeDimension,
)

DAY = timedelta(days=1)
WORDS = {
    "daily": lambda at: at.date(),
    "monthly": lambda at: at.date().replace(day=1),
    "annual": lambda at: at.year,
    "hour_of_day": lambda at: at.hour,
    "day_of_week": lambda at: at.weekday(),
    "day_of_month": lambda at: at.day,
    "day_of_year": lambda at: at.timetuple().tm_yday,
    "month_of_year": lambda at: at.month,
}
PARTS = {
    "month": "month_of_year",
    "season": "season",
    "day_type": "day_type",
    "day_of_week": "day_of_week",
    "hour": "hour_of_day",
}


@dataclass(frozen=True)
class Slot:
    """A slot of the project: its label and beginning as its own clock shows them, and (if it has) as instants."""

    label: datetime
    begin: datetime
    label_instant: datetime | None
    begin_instant: datetime | None


def zone_named(name: str) -> tzinfo:
    if name[0] in "+-":
        sign = -1 if name[0] == "-" else 1
        return timezone(sign * timedelta(hours=int(name[1:3]), minutes=int(name[4:6])))
    return ZoneInfo(name)


def standard_offset(zone: str, year: int) -> timedelta:
    clock = zone_named(zone)
    offsets = [datetime(year, month, 1, tzinfo=UTC).astimezone(clock).utcoffset() for month in (1, 7)]
    return min(offset for offset in offsets if offset is not None)


def project_slots(time: DatetimeTime | IndexTime, zone: str) -> list[Slot]:
    """Return the slots of a project in order; `zone` is that of a geography, where each has its own."""
    own = zone if time.zone == GEOGRAPHY else time.zone
    found = [slot for first, count in _runs(time, own) for slot in _run(time, own, first, count)]
    if not time.leap_days:
        found = [slot for slot in found if (slot.begin.month, slot.begin.day) != (2, 29)]
    return found[: time.last - time.first + 1] if isinstance(time, IndexTime) else found


def _runs(time: DatetimeTime | IndexTime, zone: str) -> Iterator[tuple[datetime, int]]:
    if isinstance(time, IndexTime):
        spare = 0 if time.leap_days else 10 * DAY // time.step
        yield time.start, time.last - time.first + 1 + spare
        return
    for span in time.ranges:
        length = span.end - span.start
        if time.clock == "prevailing" and time.step < DAY:
            length = _instant(span.end, zone) - _instant(span.start, zone)
        yield span.start, length // time.step + 1


def _run(time: DatetimeTime | IndexTime, zone: str, first: datetime, count: int) -> Iterator[Slot]:
    lag = time.step if time.interval == "period_ending" else timedelta(0)
    for number in range(count):
        if time.clock == "prevailing" and time.step < DAY:
            label = _instant(first, zone) + number * time.step
            yield Slot(_shown(label, zone), _shown(label - lag, zone), label, label - lag)
            continue
        shown = first + number * time.step
        begin = shown - lag
        if time.clock == "profile":
            yield Slot(shown, begin, None, None)
        elif time.clock == "standard":
            instants = [(at - standard_offset(zone, at.year)).replace(tzinfo=UTC) for at in (shown, begin)]
            yield Slot(shown, begin, *instants)
        else:
            yield Slot(shown, begin, _instant(shown, zone), _instant(begin, zone))


def _instant(shown: datetime, zone: str) -> datetime:
    return shown.replace(tzinfo=zone_named(zone)).astimezone(UTC)


def _shown(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(zone_named(zone)).replace(tzinfo=None)


def told(time: TimeDimension, asked: str | None, zone: str, record: str, hourly: bool) -> list[dict[str, Any]]:
    """Return the value of each word for each slot of the project.

    Parameters
    ----------
    asked
        The zone that the query asks for.
    zone
        That of the geography.
    record
        The base record whose year it is.
    hourly
        Whether `hourly` is a column, whose offset from UTC stands beside it.
    """
    if isinstance(time, NoTime):
        return [{}]
    if isinstance(time, AnnualTime):
        years = [int(record)] if time.year_of else time.years
        return [{"slot": year, "annual": year} for year in years]
    if isinstance(time, RepresentativeTime):
        return list(_typical(time))
    return [
        _values(time, slot, asked, zone, hourly, number)
        for number, slot in enumerate(project_slots(time, zone), start=0)
    ]


def _values(
    time: DatetimeTime | IndexTime, slot: Slot, asked: str | None, zone: str, hourly: bool, number: int
) -> dict[str, Any]:
    own = zone if time.zone == GEOGRAPHY else time.zone
    clock = own if asked is None else zone if asked == GEOGRAPHY else asked
    wall = is_wall(time, asked)
    label, begin = slot.label, slot.begin
    if asked is not None and slot.label_instant is not None and slot.begin_instant is not None:
        label, begin = _shown(slot.label_instant, clock), _shown(slot.begin_instant, clock)
    into = timedelta(minutes=begin.minute, seconds=begin.second)
    values: dict[str, Any] = {word: tell(begin) for word, tell in WORDS.items()}
    values["season"] = _member(time.calendar.seasons, begin.month)
    values["day_type"] = day_type(time.calendar, begin)
    values["hourly"] = begin - into if wall else (slot.begin_instant or begin) - into
    values["slot"] = label if wall else slot.label_instant
    if isinstance(time, IndexTime):
        values["slot"] = time.first + number
    values["time_zone"] = clock
    if slot.label_instant is not None and slot.begin_instant is not None:
        ahead = begin - _naive(slot.begin_instant) if hourly else label - _naive(slot.label_instant)
        minutes = ahead // timedelta(minutes=1)
        values["utc_offset"] = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    return values


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def is_wall(time: TimeDimension, asked: str | None) -> bool:
    """Tell whether timestamps of a result are readings."""
    if asked is not None:
        return asked == GEOGRAPHY
    if not isinstance(time, (DatetimeTime, IndexTime)):
        return False
    return time.zone == GEOGRAPHY or time.clock == "profile"


def day_type(calendar: Calendar, at: datetime) -> str:
    if at.date() in calendar.holidays:
        return "holiday"
    return _member(calendar.day_types, at.weekday())


def _member(groups: tuple[tuple[str, tuple[int, ...]], ...], number: int) -> str:
    return next(name for name, members in groups if number in members)


def part_values(time: RepresentativeTime, part: str) -> list[Any]:
    """Return what a part of a typical period may be, in order."""
    names = {"season": time.calendar.seasons, "day_type": time.calendar.day_types}
    if part in names:
        return [name for name, _ in names[part]]
    return list({"month": range(1, 13), "day_of_week": range(7), "hour": range(24)}[part])


def _typical(time: RepresentativeTime) -> Iterator[dict[str, Any]]:
    for combination in product(*(part_values(time, part) for part in time.by)):
        parts = dict(zip(time.by, combination, strict=True))
        values = {PARTS[part]: value for part, value in parts.items()}
        if "month" in parts and "season" not in parts:
            values["season"] = _member(time.calendar.seasons, parts["month"])
        if "day_of_week" in parts and "day_type" not in parts and not time.calendar.holidays:
            values["day_type"] = _member(time.calendar.day_types, parts["day_of_week"])
        yield values
