"""Wrap time at its ends: what lies beyond one end of the project's time is moved to the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dsgrid.errors import Problem
from dsgrid.time.alignment import Readings
from dsgrid.time.dimension import Gridded, TimeDimension
from dsgrid.time.grid import micros
from dsgrid.time.overlap import is_points
from dsgrid.time.pieces import Int64, Pieces, joined
from dsgrid.time.rules import TimeRules
from dsgrid.time.shown import shown_span
from dsgrid.time.targets import runs
from dsgrid.time.zones import DAY, TimeError


def wrapped(
    pieces: Pieces, groups: Int64, own: Gridded, target: TimeDimension, rules: TimeRules, blocks: list[tuple[int, int]]
) -> tuple[Pieces, int]:
    """Return pieces moved into the project's time, run by run, and how many slots were moved.

    Parameters
    ----------
    groups
        The number of the range that each piece is of.
    blocks
        From where to where the runs of the project's time go.

    Raises
    ------
    TimeError
        If something lies beyond an end, but a run is not as long as the project's.
    """
    step = micros(own.step)
    points = is_points(pieces)
    found = runs(pieces, groups, step)
    begins = np.array([low for low, _ in found])
    run = np.searchsorted(begins, pieces.begin, side="right") - 1
    if len(found) != len(blocks):
        raise TimeError(
            Problem(
                f"the data have {len(found)} ranges, the project's time {len(blocks)}: they cannot be wrapped into "
                f"each other; {_both(own, target)}",
                key="wrap",
            )
        )
    parts, moved = [], 0
    for number, ((first, last), (low, high)) in enumerate(zip(found, blocks, strict=True)):
        part = pieces.at(run == number)
        apart = last <= low or first >= high  # told as what it is: another time
        if not apart and (first < low or last > high):
            if last - first != high - low:
                lengths = [f"{length / step:,.10g} steps" for length in (last - first, high - low)]
                raise TimeError(
                    Problem(
                        f"the dataset is {lengths[0]} long, the project {lengths[1]}, so that it cannot be wrapped: "
                        f"{_both(own, target)}",
                        key="wrap",
                    )
                )
            moved += len(np.unique(part.slot[(part.begin < low) | (part.end > high)]))
            part = _turned(part, low, high)
        # Lines between readings go on over the ends.
        parts.append(_around(part, high - low) if points and not apart and _draws_lines(rules) else part)
    return joined(parts), moved


def turned(stretches: Pieces, blocks: list[tuple[int, int]]) -> Pieces:
    """Return stretches of time, each moved into the run of the project's time that it begins in or comes after."""
    lows = np.array([low for low, _ in blocks])
    run = np.maximum(np.searchsorted(lows, stretches.begin, side="right") - 1, 0)
    parts = [_turned(stretches.at(run == number), *block) for number, block in enumerate(blocks)]
    return joined(parts) if parts else stretches


def _draws_lines(rules: TimeRules) -> bool:
    return rules.resample or rules.interpolate


def _turned(part: Pieces, low: int, high: int) -> Pieces:
    """Return pieces moved around a circle; those that reach over its seam are cut there."""
    start = low + (part.begin - low) % (high - low)
    moved = replace(part, begin=start, end=start + (part.end - part.begin))
    over = moved.end > high
    if not over.any():
        return moved
    head = replace(moved.at(over), end=np.full(int(over.sum()), high))
    tail = moved.at(over)
    tail = replace(tail, begin=np.full(len(tail), low), end=low + tail.end - high)
    return joined([moved.at(~over), head, tail])


def _around(part: Pieces, length: int) -> Pieces:
    """Return readings with the last of the turn before, and the first of the turn after."""
    last, first = part.at(part.begin == part.begin.max()), part.at(part.begin == part.begin.min())
    return joined([last.moved(-length), part, first.moved(length)])


def whole_days(shown: Readings, groups: Int64, step: int) -> tuple[Readings, int]:
    """Return readings of whole days: where a run begins in the middle of a day, that part goes to the other end.

    Parameters
    ----------
    groups
        The number of the range that each reading is of.
    step
        How long an instant stands for.
    """
    begin = shown.begin.copy()
    more = step if len(begin) and (shown.begin == shown.end).all() else 0
    for group in np.unique(groups):
        chosen = groups == group
        low, high = int(begin[chosen].min()), int(shown.end[chosen].max()) + more
        into = low % DAY
        if not into or (high - low) % DAY:
            continue
        if into >= DAY // 2:
            begin[chosen & (begin < low - into + DAY)] += high - low
        else:
            begin[chosen & (begin >= high - into)] -= high - low
    moved = begin != shown.begin
    return replace(shown, begin=begin, end=begin + (shown.end - shown.begin)), int(moved.sum())


def _both(own: TimeDimension, target: TimeDimension) -> str:
    return f"dataset {shown_span(own)}, project {shown_span(target)}"
