"""Clock-time profiles on clocks that change: where a reading lies that occurs twice, or never."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dsgrid.errors import Problem
from dsgrid.time.alignment import Readings
from dsgrid.time.dimension import Gridded
from dsgrid.time.grid import micros, moment
from dsgrid.time.pieces import AFTER_GAP, FIRST, SECOND, Int64, Pieces, Shown, days_shown_by, joined, shown_by
from dsgrid.time.rules import TimeRules
from dsgrid.time.zones import DAY, TimeError


@dataclass(frozen=True)
class Placed:
    """The pieces of a profile's readings, the slots that a rule leaves out, and what there is to say about it."""

    pieces: Pieces
    unused: Int64
    notes: tuple[str, ...] = ()


def by_clock_rules(readings: Readings, zone: str, own: Gridded, rules: TimeRules) -> Placed:
    """Place readings where the clock of a zone shows them.

    Parameters
    ----------
    zone
        ``UTC`` leaves readings as they are.

    Raises
    ------
    TimeError
        If a reading occurs twice or never, and no rule says what becomes of it.
    """
    step = micros(own.step)
    points = bool((readings.begin == readings.end).all())
    # An instant is a slot of no time; one of the shortest time says where it lies.
    end = readings.begin + 1 if points else readings.end
    order = np.arange(len(readings.begin))
    if step >= DAY:
        days = _named(days_shown_by(zone, readings.begin, end, order), readings)
        return Placed(replace(days, end=days.begin) if points else days, np.zeros(0, np.int64))
    if not len(order):
        return Placed(Pieces.of(end, end, order), np.zeros(0, np.int64))
    shown = shown_by(zone, readings.begin, end, order)
    _refuse_without_rules(readings, shown, zone, rules)
    pieces = _fallen_back(shown, rules)
    notes = []
    unused = np.zeros(0, np.int64)
    if len(shown.gaps):
        if rules.spring_forward == "shift":
            pieces = _shifted(pieces, shown, own)
        else:
            unused = readings.slot[shown.gaps.slot]
        first = moment(int(readings.begin[shown.gaps.slot[0]]))
        notes.append(f"{first:%Y-%m-%d %H:%M}, which {zone} has not: {rules.spring_forward}")
    twice = shown.pieces.at(shown.showing == SECOND)
    if len(twice):
        first = moment(int(readings.begin[twice.slot[0]]))
        notes.append(f"{first:%Y-%m-%d %H:%M}, which {zone} has twice: {rules.fall_back}")
    pieces = _named(pieces, readings)
    return Placed(replace(pieces, end=pieces.begin) if points else pieces, unused, tuple(notes))


def _named(pieces: Pieces, readings: Readings) -> Pieces:
    """Return pieces of rows of readings as pieces of their slots."""
    return replace(pieces, slot=readings.slot[pieces.slot], share=pieces.share * readings.share[pieces.slot])


def _refuse_without_rules(readings: Readings, shown: Shown, zone: str, rules: TimeRules) -> None:
    problems = []
    if len(shown.gaps) and not rules.spring_forward:
        reading = moment(int(readings.begin[shown.gaps.slot[0]]))
        problems.append(
            Problem(
                f"{reading:%Y-%m-%d %H:%M} does not occur in {zone}; spring_forward says what becomes of its value: "
                '"drop" or "shift"',
                key="spring_forward",
            )
        )
    twice = shown.pieces.at(shown.showing == SECOND)
    if len(twice) and not rules.fall_back:
        reading = moment(int(readings.begin[twice.slot[0]]))
        problems.append(
            Problem(
                f"{reading:%Y-%m-%d %H:%M} occurs twice in {zone}; fall_back says what both take: "
                '"duplicate", "interpolate" or "split"',
                key="fall_back",
            )
        )
    if problems:
        raise TimeError(problems)


def _fallen_back(shown: Shown, rules: TimeRules) -> Pieces:
    pieces, second = shown.pieces, shown.showing == SECOND
    if rules.fall_back == "split":
        halved = second | (shown.showing == FIRST)
        return replace(pieces, share=np.where(halved, 0.5, pieces.share))
    if rules.fall_back != "interpolate" or not second.any():
        return pieces
    # Each run of second showings is a ramp from the reading before it to the one after.
    places = np.flatnonzero(second)
    starts = np.flatnonzero(np.append(True, np.diff(places) > 1))
    parts = [pieces.at(~second)]
    for run in np.split(places, starts[1:]):
        before, after = run[0] - 1, run[-1] + 1
        along = np.arange(1, len(run) + 1) / (len(run) + 1)
        if after == len(pieces):
            along = np.zeros(len(run))
            after = before
        ramp = pieces.at(run)
        parts.append(replace(ramp, slot=np.full(len(run), pieces.slot[before]), share=1 - along))
        parts.append(replace(ramp, slot=np.full(len(run), pieces.slot[after]), share=along))
    return joined(parts)


def _shifted(pieces: Pieces, shown: Shown, own: Gridded) -> Pieces:
    """Return the pieces with what clocks leave out on the time after it: totals are added there, others averaged."""
    gaps = shown.gaps
    if own.measurement == "mean":
        after = shown.pieces.at(shown.showing == AFTER_GAP)
        meets = np.isin(pieces.begin, after.begin)
        pieces = replace(pieces, share=np.where(meets, pieces.share / 2, pieces.share))
        gaps = replace(gaps, share=gaps.share / 2)
    return joined([pieces, gaps])
