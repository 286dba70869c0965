"""Lay a dataset's pieces over the project's by its measurement, and refuse what does not fit."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from dsgrid.errors import Problem
from dsgrid.time import overlap
from dsgrid.time.dimension import (
    AnnualTime,
    DatetimeTime,
    IndexTime,
    RepresentativeTime,
    TimeDimension,
    step_of,
)
from dsgrid.time.filling import fill_gaps
from dsgrid.time.grid import micros
from dsgrid.time.overlap import Entries
from dsgrid.time.pieces import Int64, Pieces, joined
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules
from dsgrid.time.shown import shown_period, shown_span, shown_stretches, shown_years
from dsgrid.time.sources import Source
from dsgrid.time.table import PROFILE, grid_form_of
from dsgrid.time.targets import on_readings, own_zone, target_slots
from dsgrid.time.written import shown_step
from dsgrid.time.zones import TimeError


def lay(
    own: TimeDimension, target: TimeDimension, rules: TimeRules, source: Source, aims: Pieces, place: Place
) -> tuple[Entries, tuple[str, ...]]:
    """Return the matrix, and notes about it.

    Raises
    ------
    TimeError
        If the slots lie between the project's without the rule `resample`, do not cover them, or lie outside of them
        without the rule `trim`.
    """
    pieces = source.pieces
    _refuse_other_grid(own, target, rules, pieces, aims)
    longest = _longest_line(own, rules)
    _refuse_gaps(own, target, rules, source, aims, place, longest)
    entries = _by_measurement(own, target, pieces, aims, longest)
    notes = _unused(own, target, rules, source, entries, aims)
    if grid_form_of(target) == PROFILE and not on_readings(own, target):
        assert isinstance(target, (DatetimeTime, IndexTime))
        entries, more = fill_gaps(target, rules, entries, aims, place, own.measurement)
        notes = (*notes, *more)
    return entries, notes


def _longest_line(own: TimeDimension, rules: TimeRules) -> int:
    """Return how far apart two readings may be that have a line between them: neighbours, of days of 25 hours too."""
    step = step_of(own)
    if step is None or not (rules.resample or rules.interpolate):
        return 0
    return 2 * micros(step) - 1


def _by_measurement(own: TimeDimension, target: TimeDimension, pieces: Pieces, aims: Pieces, longest: int) -> Entries:
    kind = own.measurement
    if (kind, target.measurement) == ("measured", "mean"):
        return overlap.means_of_readings(pieces, aims, longest)
    if target.measurement == "measured":
        return overlap.readings(pieces, aims, longest)
    if kind == "total":
        entries = overlap.totals(pieces, aims)
        return _per_period(target, entries, aims) if isinstance(target, RepresentativeTime) else entries
    return overlap.means(pieces, aims) if kind == "mean" else overlap.members(pieces, aims)


def _per_period(target: RepresentativeTime, entries: Entries, aims: Pieces) -> Entries:
    """Return the mean total of the periods of one kind: the sum over all of them, divided by their number."""
    part = (aims.end - aims.begin) / aims.length
    number = np.bincount(aims.slot, weights=part, minlength=target_slots(target))
    return Entries(entries.source, entries.target, entries.weight / number[entries.target])


# Refusals ------------------------------------------------------------------------------------------------------------


def _refuse_other_grid(
    own: TimeDimension, target: TimeDimension, rules: TimeRules, pieces: Pieces, aims: Pieces
) -> None:
    """Refuse slots of another length, or between the project's, unless they are to be resampled."""
    given, wanted = step_of(own), step_of(target)
    if rules.resample or rules.interpolate or given is None or wanted is None or own.measurement == "measured":
        return
    if given != wanted:
        raise TimeError(
            Problem(
                f"the dataset's step is {shown_step(given)}, the project's {shown_step(wanted)}; resample = true "
                f"{_resampled(own.measurement, given, wanted)}",
                key="resample",
            )
        )
    met = overlap.meet(pieces, aims)
    length = np.minimum(pieces.end - pieces.begin, micros(given))
    apart = met.overlap < np.minimum(length[met.source], (aims.end - aims.begin)[met.target])
    if apart.any():
        raise TimeError(
            Problem(
                "the dataset's slots lie between the project's, not a whole number of steps apart: "
                f"{_both(own, target)}; resample = true {_resampled(own.measurement, given, wanted)}",
                key="resample",
            )
        )


def _resampled(measurement: str, given: timedelta, wanted: timedelta) -> str:
    finer = given > wanted
    words = {
        "total": "splits totals by the time that they share" if finer else "sums totals by the time that they share",
        "mean": "repeats means" if finer else "averages means by the time that they share",
    }
    return words.get(measurement, f"repeats each {measurement}" if finer else f"takes the {measurement} of what meets")


def _refuse_gaps(
    own: TimeDimension,
    target: TimeDimension,
    rules: TimeRules,
    source: Source,
    aims: Pieces,
    place: Place,
    longest: int,
) -> None:
    """Refuse a dataset that does not cover the project's time, unless a rule leaves those slots without values."""
    cover = overlap.covered(source.pieces, aims, longest)
    known = np.zeros(len(cover), bool)
    known[aims.slot] = True
    lacking = known & (cover < 1 - overlap.ROUNDING)
    if lacking.any() and source.left_out is not None and len(source.left_out):
        lacking &= overlap.covered(joined([source.pieces, source.left_out]), aims, longest) < 1 - overlap.ROUNDING
    if lacking.any():
        raise TimeError(_lacking(own, target, rules, source, aims, place, np.flatnonzero(lacking)))
    if isinstance(target, RepresentativeTime):
        _refuse_missing_periods(own, target, aims)


def _refuse_missing_periods(own: TimeDimension, target: RepresentativeTime, aims: Pieces) -> None:
    """Refuse data that have none of some of the project's typical periods."""
    lacking = np.setdiff1d(np.arange(target_slots(target)), aims.slot)
    if len(lacking):
        raise TimeError(
            Problem(
                f"the data do not cover {len(lacking):,} of the project's {target_slots(target):,} typical periods, "
                f"the first is {shown_period(target, int(lacking[0]))}: {_both(own, target)}"
            )
        )


def _lacking(
    own: TimeDimension,
    target: TimeDimension,
    rules: TimeRules,
    source: Source,
    aims: Pieces,
    place: Place,
    slots: Int64,
) -> Problem:
    pieces = source.pieces
    both = _both(own, target)
    gridded = isinstance(own, (DatetimeTime, IndexTime))
    over = _thick(aims, target)
    if gridded and not overlap.meet(_thick(pieces, own), over).source.size:
        return Problem(
            f"the dataset's time does not overlap the project's: {both}; data of another year are brought to it by "
            'align = "same_date" or align = "same_weekday"',
            key="align",
        )
    remedy, key = "", ""
    if isinstance(own, (DatetimeTime, IndexTime)) and not own.leap_days and not rules.leap_day:
        remedy, key = "; the data have no 29 February, and leap_day says what becomes of that", "leap_day"
    beyond = np.unique(pieces.slot[overlap.outside(pieces, over)])
    if gridded and not rules.wrap and len(beyond) == len(slots) and _as_long(pieces, aims):
        return _shifted(own, both, pieces, aims, len(beyond))
    if isinstance(target, AnnualTime):
        years = "the year" if target.year_of else f"the project's years {shown_years([target.years[n] for n in slots])}"
        return Problem(f"the data do not cover the whole of {years}: {both}{remedy}", key=key)
    step = step_of(target)
    assert step is not None
    begins = np.sort(aims.begin[np.isin(aims.slot, slots)]).tolist()
    # What has no clock of its own goes by that of the data.
    zone = own_zone(target, place.target_zone) or own_zone(own, place.zone)
    where = shown_stretches(begins, step, "" if on_readings(own, target) else zone)
    return Problem(
        f"the data do not cover {_slots(len(slots))} of the project's time: {where}; {both}{remedy}", key=key
    )


def _thick(pieces: Pieces, time: TimeDimension) -> Pieces:
    """Return pieces with a length: an instant stands for the step that it begins."""
    step = step_of(time)
    if step is None or not overlap.is_points(pieces):
        return pieces
    return Pieces.of(pieces.begin, pieces.begin + micros(step), pieces.slot)


def _slots(number: int) -> str:
    return f"{number:,} slot{'s' if number != 1 else ''}"


def _as_long(pieces: Pieces, aims: Pieces) -> bool:
    return int(pieces.end.max() - pieces.begin.min()) == int(aims.end.max() - aims.begin.min())


def _shifted(own: TimeDimension, both: str, pieces: Pieces, aims: Pieces, count: int) -> Problem:
    shift = int(pieces.begin.min() - aims.begin.min())
    step = step_of(own)
    assert step is not None
    number = abs(shift) / micros(step)
    steps = f"{number:,.6g} step{'s' if number != 1 else ''} of {shown_step(step)}"
    direction = "later" if shift > 0 else "earlier"
    return Problem(
        f"the dataset begins {steps} {direction} than the project: {both}; wrap_time = true would move {count:,} of "
        f"its {len(np.unique(pieces.slot)):,} slots to the other end",
        key="wrap",
    )


def _unused(
    own: TimeDimension, target: TimeDimension, rules: TimeRules, source: Source, entries: Entries, aims: Pieces
) -> tuple[str, ...]:
    """Refuse slots of the dataset that reach nothing, unless a rule leaves them out; return what is to be said."""
    if isinstance(own, AnnualTime):
        every = NOTHING if own.year_of else np.arange(len(own.years))
        slots = np.setdiff1d(every, entries.source)
    elif isinstance(own, (DatetimeTime, IndexTime)):
        slots = np.setdiff1d(_outside(own, rules, source, entries, aims), source.unused)
    else:
        return ()
    step = step_of(own)
    if rules.align == "same_weekday" and step is not None and len(slots) * step <= _WEEK_AND_A_DAY:
        return ()
    if not len(slots):
        return ()
    if not rules.trim:
        raise TimeError(
            Problem(
                f"{_slots(len(slots))} of the dataset lie{'s' if len(slots) == 1 else ''} outside of the project's "
                f"time; trim = true leaves them out: {_both(own, target)}",
                key="trim",
            )
        )
    return (f"{_slots(len(slots))} of the dataset outside of the project's time left out",)


NOTHING: Int64 = np.zeros(0, np.int64)
# A week is what the days of the week cost at the ends of a year, and a part of a day what another zone does.
_WEEK_AND_A_DAY = timedelta(days=8)


def _outside(own: TimeDimension, rules: TimeRules, source: Source, entries: Entries, aims: Pieces) -> Int64:
    """Return the slots that reach nothing, or not with all of their time."""
    pieces = source.pieces
    if overlap.is_points(pieces):
        if not rules.resample and not rules.interpolate:
            return np.setdiff1d(source.all_slots, entries.source)
        # Readings between the project's need not be used.
        ends = (pieces.begin < aims.begin.min()) | (pieces.begin >= max(aims.end.max(), aims.begin.max() + 1))
        lost = np.setdiff1d(source.all_slots, pieces.slot)
        return np.union1d(lost, np.setdiff1d(pieces.slot[ends], entries.source))
    if rules.align or rules.leap_day:
        return np.setdiff1d(source.all_slots, entries.source)
    return np.union1d(np.setdiff1d(pieces.slot, entries.source), pieces.slot[overlap.outside(pieces, aims)])


def _both(own: TimeDimension, target: TimeDimension) -> str:
    return f"dataset {shown_span(own)}, project {shown_span(target)}"
