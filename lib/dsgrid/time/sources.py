"""Where a dataset's slots lie once its rules are applied: the pieces that are laid over the project's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from dsgrid.errors import Problem
from dsgrid.time.alignment import Readings, align_days, is_leap
from dsgrid.time.clocks import by_clock_rules
from dsgrid.time.day_clock import DayClock
from dsgrid.time.dimension import (
    HOLIDAY,
    AnnualTime,
    DatetimeTime,
    Gridded,
    IndexTime,
    RepresentativeTime,
    TimeDimension,
    calendar_of,
)
from dsgrid.time.grid import micros
from dsgrid.time.labels import keys_in
from dsgrid.time.overlap import union
from dsgrid.time.pieces import Int64, Pieces, joined
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules
from dsgrid.time.shown import shown_span, shown_years
from dsgrid.time.stored import has_fold
from dsgrid.time.targets import (
    by_standard,
    in_ranges,
    laid_in,
    on_readings,
    own_slots,
    own_zone,
    target_runs,
    year_pieces,
)
from dsgrid.time.typical import typical_instants, typical_pieces
from dsgrid.time.wrapping import turned, whole_days, wrapped
from dsgrid.time.zones import DAY, TimeError, standard_offsets, to_wall

NOTHING: Int64 = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Source:
    """A dataset's pieces in a place.

    Parameters
    ----------
    left_out
        Stretches of the project's time that a rule leaves without values.
    unused
        The numbers of slots that a rule leaves out.
    all_slots
        The numbers of all slots of the ranges that count here.
    ranges
        For each slot, by its number, the position of its range.
    notes
        What was moved, left out, filled in.
    """

    pieces: Pieces
    left_out: Pieces | None = None
    unused: Int64 = field(default_factory=lambda: NOTHING)
    all_slots: Int64 = field(default_factory=lambda: NOTHING)
    ranges: Int64 = field(default_factory=lambda: NOTHING)
    notes: tuple[str, ...] = ()


def source_pieces(
    own: TimeDimension, target: TimeDimension, rules: TimeRules, place: Place, keys: Int64, aims: Pieces
) -> Source:
    """Return where a dataset's slots lie.

    Parameters
    ----------
    keys
        The keys of all slots, by which they are numbered.
    aims
        The project's pieces: values are needed there and nowhere else.
    """
    if isinstance(own, AnnualTime):
        return Source(_years(own, target, place, aims))
    if isinstance(own, RepresentativeTime):
        return Source(_periods(own, target, rules, place, aims), notes=_ordinary_holidays(own, target, rules))
    assert isinstance(own, (DatetimeTime, IndexTime))
    source = _gridded(own, target, rules, place, keys, aims)
    if own.measurement == "mean" and target.measurement == "measured":
        middle = (source.pieces.begin + source.pieces.end) // 2
        source = replace(source, pieces=replace(source.pieces, begin=middle, end=middle))
    if rules.wrap and rules.align != "same_weekday":
        blocks = target_runs(target, place, aims)
        pieces, moved = wrapped(source.pieces, source.ranges[source.pieces.slot], own, target, rules, blocks)
        notes = (f"{moved:,} slot{'s' if moved != 1 else ''} wrapped to the other end",) if moved else ()
        left_out = None if source.left_out is None else turned(source.left_out, blocks)
        return replace(source, pieces=pieces, left_out=left_out, notes=(*source.notes, *notes))
    return source


def _ordinary_holidays(own: RepresentativeTime, target: TimeDimension, rules: TimeRules) -> tuple[str, ...]:
    """Say so where holidays of the project take the values of ordinary days, as nothing else is known of them."""
    tells_days = bool({"day_type", "day_of_week"} & set(own.by))
    knows_holidays = HOLIDAY in [name for name, _ in own.calendar.day_types] and "day_type" in own.by
    if not calendar_of(target).holidays or rules.holidays or knows_holidays or not tells_days:
        return ()
    return ("holidays of the project take the values of their day of the week",)


def _years(own: AnnualTime, target: TimeDimension, place: Place, aims: Pieces) -> Pieces:
    """Return the calendar years of the project's clock, each a piece of the slot whose value it takes."""
    clock, standard = "UTC" if on_readings(own, target) else own_zone(target, place.target_zone), by_standard(target)
    years = _touched(union(aims), clock, standard=standard)
    lacking = [year for year in years.tolist() if not own.year_of and year not in own.years]
    if lacking:
        raise TimeError(
            Problem(f"the data do not cover the project's years {shown_years(lacking)}: they are of {shown_span(own)}")
        )
    slot = np.array([0 if own.year_of else own.years.index(year) for year in years.tolist()], np.int64)
    pieces = year_pieces(years, slot, clock, standard=standard)
    if isinstance(target, (DatetimeTime, IndexTime)) and not target.leap_days:
        pieces = replace(pieces, length=pieces.length - is_leap(years) * DAY)
    return pieces


def _touched(blocks: Pieces, clock: str, *, standard: bool) -> Int64:
    """Return the calendar years of a clock that stretches of time touch."""
    found = []
    for moments in (blocks.begin, np.maximum(blocks.end - 1, blocks.begin)):
        shown = moments + standard_offsets(clock, moments) if standard else to_wall(clock, moments)
        found.append(shown.astype("datetime64[us]").astype("datetime64[Y]").astype(np.int64) + 1970)
    ends = zip(found[0].tolist(), found[1].tolist(), strict=True)
    return np.unique(np.concatenate([np.arange(first, last + 1) for first, last in ends]))


def _periods(own: RepresentativeTime, target: TimeDimension, rules: TimeRules, place: Place, aims: Pieces) -> Pieces:
    """Return the typical periods in the project's time; of readings the instants at which they begin."""
    zone, holidays = laid_in(own, target, place), calendar_of(target)
    make, blocks = typical_pieces, union(aims)
    if own.measurement == "measured":
        # Readings on both sides are needed of what lies between two of them.
        step = micros(own.step)
        make, blocks = typical_instants, union(replace(aims, begin=aims.begin - step, end=aims.end + step + 1))
    ends = zip(blocks.begin.tolist(), blocks.end.tolist(), strict=True)
    found = joined([make(own, zone, first, last, holidays, rules.holidays) for first, last in ends])
    # A period that reaches over a part of the year that the project has not is there twice.
    return found.at(np.unique(found.begin, return_index=True)[1])


def _gridded(own: Gridded, target: TimeDimension, rules: TimeRules, place: Place, keys: Int64, aims: Pieces) -> Source:
    found = own_slots(own, place)
    numbers = np.arange(len(found))
    if isinstance(own, DatetimeTime) and has_fold(own):
        numbers = np.searchsorted(keys, keys_in(own, place.zone))
    ranges = np.zeros(len(keys), np.int64)
    ranges[numbers] = found.range
    kept = np.isin(found.range, in_ranges(own, place.own))
    begin, end, numbers = found.begin[kept], found.end[kept], numbers[kept]
    clock = DayClock.of(own, laid_in(own, target, place))
    shown = Readings(clock.shown(begin), clock.shown(end), numbers, np.ones(len(begin)))
    if not rules.align and not rules.leap_day:
        if clock.kind == "profile":
            return replace(_placed(shown, own, rules, clock), all_slots=numbers, ranges=ranges)
        return Source(Pieces.of(begin, end, numbers), all_slots=numbers, ranges=ranges)
    moved = 0
    if rules.wrap:
        shown, moved = whole_days(shown, ranges[numbers], micros(own.step))
    aligned = align_days(_ordered(shown), clock.days_of(union(aims)), rules, (own.leap_days, _has_leap_days(target)))
    source = _placed(aligned.readings, own, rules, clock)
    first, last = (clock.instants((aligned.left_out + more) * DAY) for more in (0, 1))
    return replace(
        source,
        left_out=Pieces.of(first, last, aligned.left_out),
        unused=np.union1d(source.unused, _slots_on(shown, aligned.unused)),
        all_slots=numbers,
        ranges=ranges,
        notes=(*_notes(aligned.left_out, moved), *source.notes),
    )


def _has_leap_days(target: TimeDimension) -> bool:
    return not isinstance(target, (DatetimeTime, IndexTime)) or target.leap_days


def _placed(readings: Readings, own: Gridded, rules: TimeRules, clock: DayClock) -> Source:
    """Return where a clock shows readings."""
    if clock.kind == "profile":
        placed = by_clock_rules(readings, clock.zone, own, rules)
        return Source(placed.pieces, unused=placed.unused, notes=placed.notes)
    start, stop = clock.instants(readings.begin), clock.instants(readings.end)
    return Source(Pieces(start, stop, readings.slot, stop - start, readings.share))


def _ordered(readings: Readings) -> Readings:
    return readings.at(np.argsort(readings.begin, kind="stable"))


def _slots_on(readings: Readings, days: Int64) -> Int64:
    return readings.slot[np.isin(readings.begin // DAY, days)]


def _notes(left_out: Int64, moved: int) -> tuple[str, ...]:
    shown = ", ".join(str(day.astype("datetime64[D]")) for day in left_out[:3])
    return (
        *((f"{shown} left without values",) if len(left_out) else ()),
        *((f"{moved:,} slot{'s' if moved != 1 else ''} wrapped to the other end of the data",) if moved else ()),
    )
