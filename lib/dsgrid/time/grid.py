"""The slots of a time dimension on the axis of instants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from dsgrid.errors import Problem
from dsgrid.time.dimension import DatetimeTime
from dsgrid.time.zones import DAY, EPOCH, Instants, TimeError, occurrences, to_instants, to_wall

INTERVALS: Final = ("period_beginning", "period_ending", "instantaneous")
MEASUREMENTS: Final = ("total", "mean", "min", "max", "measured")
LABELS: Final = ("instants", "wall_clock")


def micros(span: timedelta) -> int:
    """Return a duration in microseconds."""
    return span // timedelta(microseconds=1)


def wall(moment: datetime) -> int:
    """Return a wall-clock reading as microseconds since 1970-01-01 00:00 of the same clock."""
    return micros(moment - EPOCH)


def moment(reading: int) -> datetime:
    """Return the wall-clock reading of microseconds; the inverse of `wall`."""
    return EPOCH + timedelta(microseconds=int(reading))


def slots(time: DatetimeTime) -> Instants:
    """Return the labels of all slots as UTC microseconds since 1970, in order.

    Slots are stepped in elapsed time: an 8760-hour year in a prevailing zone misses a wall-clock hour in March and has
    one twice in November. Steps of a day or more keep the local clock instead, so that days begin at local midnight.

    Raises
    ------
    TimeError
        If the end is before the start, or is not a whole number of steps away, or a boundary is a reading that the
        zone's clock never shows, or shows twice.
    """
    return _slots(time.start, time.end, time.step, time.zone)


@lru_cache(maxsize=32)
def _slots(start: datetime, end: datetime, step: timedelta, zone: str) -> Instants:
    length = micros(step)
    if length <= 0:
        raise TimeError(Problem("a step is longer than nothing", key="step"))
    first, last = _instant(start, zone, "start"), _instant(end, zone, "end")
    by_clock = length >= DAY
    span = wall(end) - wall(start) if by_clock else last - first
    if span < 0:
        raise TimeError(Problem(f"the end {end:%Y-%m-%d %H:%M} is before the start {start:%Y-%m-%d %H:%M}", key="end"))
    if span % length:
        raise TimeError(
            Problem(
                f"from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} is no whole number of steps of "
                f"{shown_step(step)}; `end` is the label of the last slot",
                key="end",
            )
        )
    count = span // length + 1
    if by_clock:
        result = to_instants(zone, wall(start) + length * np.arange(count, dtype=np.int64))
    else:
        result = first + length * np.arange(count, dtype=np.int64)
    result.flags.writeable = False  # it is shared through the cache
    return result


def _instant(moment_: datetime, zone: str, key: str) -> int:
    shown = occurrences(zone, wall(moment_))
    if len(shown) == 1:
        return shown[0]
    often = "does not occur" if not shown else "occurs twice"
    raise TimeError(
        Problem(f"{moment_:%Y-%m-%d %H:%M} {often} in {zone}; use a fixed offset, or another boundary", key=key)
    )


def count(time: DatetimeTime) -> int:
    """Return the number of slots."""
    return len(slots(time))


def beginnings(time: DatetimeTime) -> Instants:
    """Return the instants at which the slots begin, as UTC microseconds; an instantaneous slot is its label."""
    labels_ = slots(time)
    if time.interval != "period_ending":
        return labels_
    length = micros(time.step)
    if length < DAY:
        return labels_ - length
    return to_instants(time.zone, wall(time.start) + length * np.arange(-1, len(labels_) - 1, dtype=np.int64))


def labels(time: DatetimeTime) -> Instants:
    """Return the wall-clock readings of all labels in the dimension's zone, as microseconds of that clock."""
    return to_wall(time.zone, slots(time))


@dataclass(frozen=True)
class WallClock:
    """What the wall clock of a zone shows at each slot.

    Parameters
    ----------
    labels
        Wall-clock readings, int64 microseconds of that clock, in the slots' order.
    instants
        The instants, UTC microseconds.
    ambiguous
        The readings that occur twice (the hour that November repeats), sorted.
    """

    labels: Instants
    instants: Instants
    ambiguous: Instants


def wall_clock_table(time: DatetimeTime) -> WallClock:
    """Return the table that turns wall-clock labels of files into instants.

    Where `ambiguous` is not empty, a file needs a fold or an offset to say which of the two slots a row means.
    """
    readings = labels(time)
    unique, counts = np.unique(readings, return_counts=True)
    return WallClock(readings, slots(time), unique[counts > 1])


def shown_step(step: timedelta) -> str:
    """Return a step as specs write it: ``1h``, ``15min``, ``1d``."""
    length = micros(step)
    for unit, name in ((DAY, "d"), (3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s")):
        if length % unit == 0:
            return f"{length // unit}{name}"
    return f"{length}us"


def shown_span(time: DatetimeTime) -> str:
    """Return the span of a dimension for messages: first and last label, zone, interval, step and count."""
    return (
        f"{time.start:%Y-%m-%d %H:%M} to {time.end:%Y-%m-%d %H:%M} {time.zone} "
        f"({time.interval}, {count(time):,} steps of {shown_step(time.step)})"
    )
