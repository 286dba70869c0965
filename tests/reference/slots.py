"""Clocks and calendars for the reference of time: one moment at a time, by `zoneinfo` alone.

Moments are whole seconds since 1970: of UTC (instants), or of a clock on a wall (readings).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from dsgrid.time.dimension import (
    HOLIDAY,
    WEEKDAYS,
    AnnualTime,
    Calendar,
    IndexTime,
    NoTime,
    RepresentativeTime,
    TimeDimension,
    is_local,
)
from dsgrid.time.labels import slot_keys
from dsgrid.time.stored import part_values

DAY = 86_400
EPOCH = datetime.fromisoformat("1970-01-01")


@cache
def zone_of_name(name: str) -> tzinfo:
    """Return a zone, or the fixed offset that a name such as ``-05:00`` says."""
    if name[0] not in "+-":
        return ZoneInfo(name)
    ahead = timedelta(hours=int(name[1:3]), minutes=int(name[4:6]))
    return timezone(-ahead if name[0] == "-" else ahead)


def seconds(moment: datetime) -> int:
    """Return a reading as seconds."""
    return round((moment - EPOCH).total_seconds())


def at(reading: int) -> datetime:
    """Return a reading as a moment without a zone."""
    return EPOCH + timedelta(seconds=reading)


def offset(zone: str, instant: int) -> int:
    """Return how much the clock of a zone is ahead of UTC."""
    ahead = datetime.fromtimestamp(instant, UTC).astimezone(zone_of_name(zone)).utcoffset()
    assert ahead is not None
    return round(ahead.total_seconds())


@cache
def standard_offset(zone: str, year: int) -> int:
    """Return how much a zone's standard time is ahead of UTC in a year, north or south of the equator."""
    return min(offset(zone, seconds(datetime(year, month, 1))) for month in (1, 7))  # noqa: DTZ001 - of UTC


def shown(zone: str, instant: int, *, standard: bool = False) -> int:
    """Return what a clock shows at an instant."""
    if standard:
        return instant + standard_offset(zone, at(instant + offset(zone, instant)).year)
    return instant + offset(zone, instant)


def instant_of(zone: str, reading: int, *, standard: bool = False) -> int:
    """Return when a clock shows a reading: for the first time; if never, as if it had not been put forward."""
    if standard:
        return reading - standard_offset(zone, at(reading).year)
    return round(at(reading).replace(tzinfo=zone_of_name(zone)).timestamp())


def showings(zone: str, reading: int) -> list[int]:
    """Return all instants at which a zone's clock shows a reading: none, one or two."""
    moment = at(reading)
    found = {round(moment.replace(tzinfo=zone_of_name(zone), fold=fold).timestamp()) for fold in (0, 1)}
    return sorted(instant for instant in found if shown(zone, instant) == reading)


# Slots ---------------------------------------------------------------------------------------------------------------


def grid(time: TimeDimension, zone: str, record: str | None = None) -> list[tuple[int, int, int, int]]:
    """Return the slots of a datetime or index dimension: label, begin, end, and the second showing of the label (0, 1).

    Moments are readings of a clock that never changes, where that is the dimension's clock; instants otherwise.

    Parameters
    ----------
    record
        The record whose ranges alone are meant.
    """
    assert not isinstance(time, (AnnualTime, RepresentativeTime, NoTime))
    found = []
    for label, fold in _labels(time, zone, record):
        if time.interval == "instantaneous":
            begin = end = label
        elif time.interval == "period_ending":
            begin, end = _next(time, zone, label, -1), label
        else:
            begin, end = label, _next(time, zone, label, 1)
        on_clock = begin if time.clock == "profile" else shown(zone, begin, standard=time.clock == "standard")
        if time.leap_days or (at(on_clock).month, at(on_clock).day) != (2, 29):
            found.append((label, begin, end, fold))
    return found[: time.last - time.first + 1] if isinstance(time, IndexTime) else found


def _labels(time: TimeDimension, zone: str, record: str | None) -> Iterator[tuple[int, int]]:
    assert not isinstance(time, (AnnualTime, RepresentativeTime, NoTime))
    if isinstance(time, IndexTime):
        # Some more: those of leap days may be left out.
        step = round(time.step.total_seconds())
        number = time.last - time.first + 1
        number += (DAY // step + 1) * (number * step // DAY // 365 + 2)
        spans = [(seconds(time.start), number)]
    else:
        spans = []
        for one in time.ranges:
            if record is None or one.record == record:
                first, last = seconds(one.start), seconds(one.end)
                spans.append((first, _number(time, zone, first, last)))
    for first, number in spans:
        label = first if time.clock == "profile" else instant_of(zone, first, standard=time.clock == "standard")
        for _ in range(number):
            reading = label if time.clock == "profile" else shown(zone, label)
            fold = int(time.clock == "prevailing" and instant_of(zone, reading) != label)
            yield label, fold
            label = _next(time, zone, label, 1)


def _number(time: TimeDimension, zone: str, first: int, last: int) -> int:
    assert not isinstance(time, (AnnualTime, NoTime))
    step = round(time.step.total_seconds())
    if time.clock == "prevailing" and step < DAY:
        first, last = instant_of(zone, first), instant_of(zone, last)
    assert (last - first) % step == 0
    return (last - first) // step + 1


def _next(time: TimeDimension, zone: str, label: int, count: int) -> int:
    assert not isinstance(time, (AnnualTime, NoTime))
    step = round(time.step.total_seconds()) * count
    if time.clock == "profile" or (time.clock == "prevailing" and abs(step) < DAY):
        return label + step
    standard = time.clock == "standard"
    return instant_of(zone, shown(zone, label, standard=standard) + step, standard=standard)


def numbered(time: TimeDimension, zone: str, zones: list[str], record: str | None) -> list[tuple[int, int, int]]:
    """Return the slots of a datetime or index dimension in one zone: number (as `slot_keys` counts), begin, end."""
    cells = grid(time, zone, record)
    if isinstance(time, IndexTime):
        return [(number, begin, end) for number, (_, begin, end, _) in enumerate(cells)]
    number_of = {key: number for number, key in enumerate(slot_keys(time, zones).tolist())}
    found = []
    for label, begin, end, fold in cells:
        key = label
        if is_local(time) and time.clock != "profile":
            key = shown(zone, label, standard=time.clock == "standard")
        found.append((number_of[key * 1_000_000 + (fold if is_local(time) else 0)], begin, end))
    return found


# Calendars -----------------------------------------------------------------------------------------------------------


def typical(time: RepresentativeTime, reading: int, holidays: Calendar, treated_as: str = "") -> int:
    """Return the number of the typical period that has a label.

    Parameters
    ----------
    holidays
        The calendar whose holidays count.
    treated_as
        The day type or day of the week whose values holidays take.
    """
    moment = at(reading)
    weekday, is_holiday = moment.weekday(), moment.date() in holidays.holidays
    if is_holiday and treated_as in WEEKDAYS:
        weekday = WEEKDAYS.index(treated_as)
    values: dict[str, int | str] = {"month": moment.month, "day_of_week": weekday, "hour": moment.hour}
    values["season"] = next(name for name, months in time.calendar.seasons if moment.month in months)
    types = [name for name, _ in time.calendar.day_types]
    values["day_type"] = next(name for name, days in time.calendar.day_types if weekday in days)
    if is_holiday and HOLIDAY in types:
        values["day_type"] = HOLIDAY
    elif is_holiday and treated_as in types:
        values["day_type"] = treated_as
    number = 0
    for part in time.by:
        known = part_values(time.calendar, part)
        number = number * len(known) + known.index(values[part])
    return number


def period_of(time: RepresentativeTime, zone: str | None, moment: int, holidays: Calendar, treated_as: str = "") -> int:
    """Return the number of the typical period that an instant lies in; without a zone it is a reading."""
    step = round(time.step.total_seconds())

    def reading(one: int) -> int:
        return one if zone is None else shown(zone, one, standard=time.clock == "standard")

    label = reading(moment)
    if time.interval == "period_ending":
        # The label is what the clock shows when the period ends.
        label = reading(moment + step - label % DAY % step)
    return typical(time, label, holidays, treated_as)


def day_of(reading: int) -> date:
    """Return the day of a reading."""
    return at(reading).date()


def new_year(year: int, zone: str | None, *, standard: bool) -> int:
    """Return when a year begins on the clock of a zone; without a zone, as a reading."""
    reading = (date(year, 1, 1) - EPOCH.date()).days * DAY
    return reading if zone is None else instant_of(zone, reading, standard=standard)
