"""Where the project's slots lie: the pieces that a dataset's are laid over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dsgrid.errors import Problem
from dsgrid.time.dimension import (
    AnnualTime,
    DatetimeTime,
    Gridded,
    IndexTime,
    NoTime,
    RepresentativeTime,
    TimeDimension,
    is_local,
    zone_of,
)
from dsgrid.time.grid import Slots, micros, readings, slots_in
from dsgrid.time.labels import slot_keys
from dsgrid.time.overlap import is_points, union
from dsgrid.time.pieces import FIRST, SECOND, Int64, Pieces, days_shown_by, joined, shown_by
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules
from dsgrid.time.table import INSTANTS, LOCAL, PROFILE, grid_form_of
from dsgrid.time.typical import typical_instants, typical_pieces
from dsgrid.time.zones import DAY, TimeError, standard_offsets, to_wall


def target_slots(target: TimeDimension) -> int:
    """Return the number of slots of a project's time."""
    return len(slot_keys(target))


def target_pieces(target: TimeDimension, own: TimeDimension, place: Place, rules: TimeRules) -> Pieces:
    """Return the pieces of the project's slots in a place, sorted and disjoint.

    What has no calendar of its own (annual and representative periods) goes by that of the dataset.
    """
    if isinstance(target, AnnualTime):
        return _years(target, own, place)
    if isinstance(target, RepresentativeTime):
        return _typical(target, own, place)
    assert not isinstance(target, NoTime)
    found = target_grid(target, place)
    if grid_form_of(target) == PROFILE and not on_readings(own, target):
        return readings_as_pieces(found, own_zone(target, place.target_zone), halved=rules.fall_back == "mean")
    return Pieces.of(found.begin, found.end, found.range)


def target_grid(target: DatetimeTime | IndexTime, place: Place) -> Slots:
    """Return the slots of a project that count in a place, with their numbers as `range`: instants, or readings."""
    if grid_form_of(target) == PROFILE:
        return _of_record(readings(target), target, place)
    return _of_record(slots_in(target, own_zone(target, place.target_zone)), target, place)


def target_runs(target: TimeDimension, place: Place, aims: Pieces) -> list[tuple[int, int]]:
    """Return from where to where the runs of a project's slots go, in the terms of their pieces."""
    if not isinstance(target, (DatetimeTime, IndexTime)):
        blocks = union(aims)
        return list(zip(blocks.begin.tolist(), blocks.end.tolist(), strict=True))
    profile = grid_form_of(target) == PROFILE
    ranges = (readings(target) if profile else slots_in(target, own_zone(target, place.target_zone))).range
    return runs(aims, ranges[aims.slot], micros(target.step))


def runs(pieces: Pieces, groups: Int64, step: int) -> list[tuple[int, int]]:
    """Return from where to where groups of pieces go; those that follow each other are one.

    Parameters
    ----------
    step
        How long an instant stands for.
    """
    more = step if is_points(pieces) else 0
    found: list[tuple[int, int]] = []
    for group in np.unique(groups):
        part = pieces.at(groups == group)
        low, high = int(part.begin.min()), int(part.end.max()) + more
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def own_zone(time: TimeDimension, zone: str) -> str:
    """Return the zone of a dimension in a place: its own, or that of the geography."""
    return zone if is_local(time) else zone_of(time)


def on_readings(own: TimeDimension, target: TimeDimension) -> bool:
    """Tell whether clocks do not come into it: a profile meets a profile, or what has no instants of its own."""
    forms = [grid_form_of(one) for one in (own, target)]
    return PROFILE in forms and not any(form in (INSTANTS, LOCAL) for form in forms)


def laid_in(own: TimeDimension, target: TimeDimension, place: Place) -> str:
    """Return the zone that a dataset's slots are placed with; ``UTC`` where readings are compared as they are."""
    return "UTC" if on_readings(own, target) else own_zone(own, place.zone)


def own_slots(own: Gridded, place: Place) -> Slots:
    """Return a dataset's slots in a place, as instants; those of a profile as readings."""
    return readings(own) if own.clock == "profile" else slots_in(own, own_zone(own, place.zone))


def in_ranges(time: Gridded, records: frozenset[str]) -> tuple[int, ...]:
    """Return the positions of the ranges that count for some records: those of the records, and those of none."""
    if isinstance(time, IndexTime) or not records or not time.year_of:
        return tuple(range(1 if isinstance(time, IndexTime) else len(time.ranges)))
    return tuple(number for number, one in enumerate(time.ranges) if one.record in records or not one.record)


def readings_as_pieces(found: Slots, zone: str, *, halved: bool = False) -> Pieces:
    """Return where a clock shows readings; `range` of the slots holds their numbers.

    Parameters
    ----------
    halved
        Whether both showings of what is shown twice count half.
    """
    points = bool(len(found)) and bool((found.begin == found.end).all())
    if len(found) and not points and int(found.end[0] - found.begin[0]) >= DAY:
        return days_shown_by(zone, found.begin, found.end, found.range)
    # An instant is a slot of no time; one of the shortest time says where it lies.
    shown = shown_by(zone, found.begin, found.end + int(points), found.range)
    twice = np.isin(shown.showing, (FIRST, SECOND))
    pieces = replace(shown.pieces, share=np.where(twice & halved, 0.5, 1.0))
    return replace(pieces, end=pieces.begin) if points else pieces


def _of_record(found: Slots, time: DatetimeTime | IndexTime, place: Place) -> Slots:
    """Return the slots of the ranges that belong to a place's record; `range` becomes their numbers."""
    numbers = np.arange(len(found))
    wanted = in_ranges(time, frozenset({place.record}) if place.record else frozenset())
    kept = np.isin(found.range, wanted)
    return Slots(found.labels[kept], found.begin[kept], found.end[kept], numbers[kept])


def _span(own: TimeDimension, place: Place) -> tuple[Int64, Int64]:
    """Return where the slots of a gridded dataset begin and end."""
    assert isinstance(own, (DatetimeTime, IndexTime))
    found = own_slots(own, place)
    kept = np.isin(found.range, in_ranges(own, place.own))
    return found.begin[kept], found.end[kept]


def _years(target: AnnualTime, own: TimeDimension, place: Place) -> Pieces:
    """Return the calendar years, on the clock of the dataset."""
    zone = laid_in(own, target, place)
    if not target.year_of:
        years = np.array(target.years, np.int64)
        slot = np.arange(len(years))
    elif isinstance(own, RepresentativeTime):
        years, slot = np.array([_as_year(place.record)], np.int64), np.zeros(1, np.int64)
    else:
        years, slot = np.array([_year_of_data(target, own, place)], np.int64), np.zeros(1, np.int64)
    return year_pieces(years, slot, zone, standard=by_standard(own))


def _year_of_data(target: AnnualTime, own: TimeDimension, place: Place) -> int:
    """Return the calendar year that a dataset is of: that of its middle, as labels may reach over New Year."""
    begin, end = _span(own, place)
    low, high = int(begin.min()), int(end.max())
    lasts = round((high - low) / (365 * DAY))
    if lasts > 1:
        raise TimeError(
            Problem(
                f"the data span {lasts} calendar years, and each value of the project is that of one "
                f"{target.year_of}: their ranges have to say which {target.year_of} they belong to"
            )
        )
    return int(_year_of(to_wall(laid_in(own, target, place), np.array([(low + high) // 2])))[0])


def by_standard(time: TimeDimension) -> bool:
    """Tell whether a dimension goes by standard time."""
    return not isinstance(time, (AnnualTime, NoTime)) and time.clock == "standard"


def year_pieces(years: Int64, slot: Int64, zone: str, *, standard: bool) -> Pieces:
    """Return calendar years on the clock of a zone."""
    starts, stops = (
        (years - 1970 + more).astype("datetime64[Y]").astype("datetime64[us]").astype(np.int64) for more in (0, 1)
    )
    if standard:
        first, last = (each - standard_offsets(zone, each) for each in (starts, stops))
        return Pieces.of(first, last, slot)
    return days_shown_by(zone, starts, stops, slot)


def _as_year(record: str) -> int:
    try:
        return int(record)
    except ValueError:
        raise TimeError(Problem(f'the calendar of "{record}" is needed, and it is no year')) from None


def _year_of(reading: Int64) -> Int64:
    return reading.astype("datetime64[us]").astype("datetime64[Y]").astype(np.int64) + 1970


def _typical(target: RepresentativeTime, own: TimeDimension, place: Place) -> Pieces:
    """Return the periods in the time that a dataset has; of readings the instants at which they begin."""
    begin, end = _span(own, place)
    zone = "UTC" if on_readings(own, target) else own_zone(target, place.target_zone)
    points = bool(len(begin)) and bool((begin == end).all())
    until = end + micros(own.step) if points else end  # type: ignore[union-attr]
    parts = []
    # Ranges that do not touch are windows of their own.
    edges = np.flatnonzero(begin[1:] > until[:-1]) + 1
    for first, last in zip(np.split(begin, edges), np.split(end, edges), strict=True):
        low, high = int(first[0]), int(last[-1])
        if points:
            parts.append(typical_instants(target, zone, low, high + 1, target.calendar))
        else:
            pieces = typical_pieces(target, zone, low, high, target.calendar)
            parts.append(replace(pieces, begin=np.maximum(pieces.begin, low), end=np.minimum(pieces.end, high)))
    found = joined(parts)
    return replace(found, share=1 / np.bincount(found.slot)[found.slot]) if points else found
