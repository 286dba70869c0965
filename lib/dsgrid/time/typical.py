"""The periods of a real calendar that a representative dimension stands for."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from dsgrid.errors import Problem
from dsgrid.time.calendar import day_type_of, is_holiday, season_of
from dsgrid.time.dimension import HOLIDAY, WEEKDAYS, Calendar, RepresentativeTime, is_local
from dsgrid.time.grid import micros
from dsgrid.time.overlap import Entries
from dsgrid.time.pieces import Int64, Pieces, days_shown_by, shown_by
from dsgrid.time.places import Place
from dsgrid.time.stored import part_values
from dsgrid.time.written import shown_step
from dsgrid.time.zones import DAY, HOUR, Instants, TimeError, offsets, standard_offsets, to_wall

Flags = npt.NDArray[np.bool_]


def typical_pieces(
    time: RepresentativeTime, zone: str, first: int, last: int, holidays: Calendar, treated_as: str = ""
) -> Pieces:
    """Return the periods between two instants, each a piece of the slot whose value it takes.

    Parameters
    ----------
    zone
        Whose clock and calendar it is; readings are taken as they are in ``UTC``.
    first, last
        UTC microseconds.
    holidays
        The calendar that says which days are holidays: the project's.
    treated_as
        The day type or day of the week whose values holidays take.
    """
    step = micros(time.step)
    begin = _edges(time, zone, first, last, step)
    slot = np.arange(len(begin))
    if step >= DAY:
        pieces = days_shown_by(zone, begin, begin + step, slot)
        if time.clock == "standard":
            start, stop = (each - standard_offsets(zone, each) for each in (begin, begin + step))
            pieces = Pieces.of(start, stop, slot)
    elif time.clock == "standard":
        start = begin - standard_offsets(zone, begin)
        pieces = Pieces.of(start, start + step, slot)
    else:
        pieces = shown_by(zone, begin, begin + step, slot).pieces
    inside = (pieces.end > first) & (pieces.begin < last)
    pieces = pieces.at(inside)
    # A label is what the clock shows at its instant: at the end of a period that is labelled by its end.
    at = pieces.end if time.interval == "period_ending" and step < DAY else pieces.begin
    shown = at + (standard_offsets(zone, at) if time.clock == "standard" else offsets(zone, at))
    numbers = slot_numbers(time, shown, holidays, treated_as)
    return Pieces(pieces.begin, pieces.end, numbers, pieces.length, pieces.share)


def typical_instants(
    time: RepresentativeTime, zone: str, first: int, last: int, holidays: Calendar, treated_as: str = ""
) -> Pieces:
    """Return the instants between two at which a clock shows the labels of typical periods."""
    pieces = typical_pieces(time, zone, first, last, holidays, treated_as)
    at = pieces.begin
    shown = at + (standard_offsets(zone, at) if time.clock == "standard" else offsets(zone, at))
    labels = pieces.at((shown % DAY % micros(time.step) == 0) & (at >= first))
    return Pieces.of(labels.begin, labels.begin, labels.slot)


def same_periods(own: RepresentativeTime, target: RepresentativeTime, place: Place) -> Entries:
    """Return which of a project's periods each of a dataset's is: they have to be the same ones.

    Raises
    ------
    TimeError
        If they are not, with what differs.
    """
    zones = [zone if is_local(one) else one.zone for one, zone in ((own, place.zone), (target, place.target_zone))]
    pairs = {
        "by": (", ".join(own.by), ", ".join(target.by)),
        "step": (shown_step(own.step), shown_step(target.step)),
        "zone": (zones[0], zones[1]),
        "clock": (own.clock, target.clock),
        "interval": (own.interval, target.interval),
        "seasons": _used("season", own.calendar.seasons, target.calendar.seasons, own),
        "day_types": _used("day_type", own.calendar.day_types, target.calendar.day_types, own),
    }
    differing = [
        f'`{name}` is "{one}", the project\'s "{other}"' for name, (one, other) in pairs.items() if one != other
    ]
    if differing:
        raise TimeError(
            Problem(
                "typical periods are not brought to other ones, which would need a calendar: the dataset's "
                f"{'; its '.join(differing)}"
            )
        )
    keys, wanted = (list(product(*(part_values(one.calendar, part) for part in one.by))) for one in (own, target))
    number = {key: slot for slot, key in enumerate(wanted)}
    return Entries(np.arange(len(keys)), np.array([number[key] for key in keys], np.int64), np.ones(len(keys)))


Groups = tuple[tuple[str, tuple[int, ...]], ...]


def _used(part: str, own: Groups, target: Groups, time: RepresentativeTime) -> tuple[str, str]:
    """Return what two calendars call the parts of a year, in words, where periods go by it."""
    if part not in time.by:
        return "", ""
    return _named(own), _named(target)


def _named(groups: Groups) -> str:
    return "; ".join(f"{name}: {' '.join(map(str, sorted(members)))}" for name, members in sorted(groups))


def _edges(time: RepresentativeTime, zone: str, first: int, last: int, step: int) -> Instants:
    """Return readings a step apart, on whole steps of the day, that begin before and end after two instants."""
    ends = to_wall(zone, np.array([first, last])) if time.clock != "standard" else np.array([first, last])
    low = (int(ends[0]) // DAY - 2) * DAY
    high = (int(ends[1]) // DAY + 3) * DAY
    return np.arange(low, high, step, dtype=np.int64)


def slot_numbers(time: RepresentativeTime, readings: Int64, holidays: Calendar, treated_as: str = "") -> Int64:
    """Return the number of the slot that each reading of a clock is in."""
    day = readings // DAY
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    weekday = (day + 3) % 7
    holiday = is_holiday(holidays, day)
    numbers = np.zeros(len(readings), np.int64)
    for part in time.by:
        size = len(part_values(time.calendar, part))
        values = {
            "month": month - 1,
            "season": season_of(time.calendar, month),
            "day_type": _day_type(time.calendar, weekday, holiday, treated_as),
            "day_of_week": _weekday(weekday, holiday, treated_as),
            "hour": readings % DAY // HOUR,
        }
        numbers = numbers * size + values[part]
    return numbers


def _day_type(calendar: Calendar, weekday: Int64, holiday: Flags, treated_as: str) -> Int64:
    names = [name for name, _ in calendar.day_types]
    none = np.zeros(len(holiday), bool)
    if treated_as in names:
        return np.where(holiday, names.index(treated_as), day_type_of(calendar, weekday, none))
    return day_type_of(calendar, weekday, holiday if HOLIDAY in names else none)


def _weekday(weekday: Int64, holiday: Flags, treated_as: str) -> Int64:
    return np.where(holiday, WEEKDAYS.index(treated_as), weekday) if treated_as in WEEKDAYS else weekday
