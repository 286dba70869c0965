"""The slots of a datetime or index dimension: on the axis of instants, or as readings of a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from dsgrid.errors import Problem
from dsgrid.time.dimension import Gridded, IndexTime, is_local
from dsgrid.time.written import shown_step
from dsgrid.time.zones import DAY, EPOCH, Instants, TimeError, occurrences, standard_offsets, to_instants, to_wall

INTERVALS: Final = ("period_beginning", "period_ending", "instantaneous")
MEASUREMENTS: Final = ("total", "mean", "min", "max", "measured")
LABELS: Final = ("instants", "wall_clock")

MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Slots:
    """The slots of one clock, in order.

    Parameters
    ----------
    labels
        int64 microseconds: UTC instants, or (`begin` of `readings`) readings of a clock.
    begin, end
        Where each slot begins and ends, in the same terms; the same for instantaneous slots.
    range
        The position in `ranges` of the range that each slot is of.
    """

    labels: Instants
    begin: Instants
    end: Instants
    range: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


def micros(span: timedelta) -> int:
    """Return a duration in microseconds."""
    return span // MICROSECOND


def wall(moment: datetime) -> int:
    """Return a wall-clock reading as microseconds since 1970-01-01 00:00 of the same clock."""
    return micros(moment - EPOCH)


def moment(reading: int) -> datetime:
    """Return the wall-clock reading of microseconds; the inverse of `wall`."""
    return EPOCH + timedelta(microseconds=int(reading))


def slots(time: Gridded) -> Instants:
    """Return the labels of all slots as UTC microseconds since 1970, in order: of a dimension in one zone.

    See Also
    --------
    slots_in : slots in the zone of a geography.
    """
    return slots_in(time, time.zone).labels


def beginnings(time: Gridded) -> Instants:
    """Return the instants at which the slots begin, as UTC microseconds; an instantaneous slot is its label."""
    return slots_in(time, time.zone).begin


def slots_in(time: Gridded, zone: str) -> Slots:
    """Return the slots of a dimension whose labels are instants in a zone: its own, or that of a geography.

    Slots of a prevailing clock are stepped in elapsed time: an 8760-hour year misses a wall-clock hour in March and
    has one twice in November. Steps of a day or more keep the local clock instead, so that days begin at local
    midnight. Those of a standard clock follow the zone's standard time all year.

    Raises
    ------
    TimeError
        If the end is before the start, or is not a whole number of steps away, or a boundary is a reading that the
        zone's clock never shows, or shows twice.
    """
    assert time.clock != "profile", "only rules make instants of clock readings"
    if time.clock == "standard":
        found = readings(time)
        labels_, begin, end = (each - standard_offsets(zone, each) for each in (found.labels, found.begin, found.end))
        return Slots(labels_, begin, end, found.range)
    parts = [_elapsed(one, time.step, zone, time.interval) for one in _runs(time)]
    return _without_leap_days(time, _joined(parts), zone)


def readings(time: Gridded) -> Slots:
    """Return the slots as readings of a clock that never changes, which is the same in every zone.

    Raises
    ------
    TimeError
        If the end is before the start, or is not a whole number of steps away.
    """
    assert time.clock != "prevailing", "a prevailing clock's readings depend on the zone"
    parts = [_uniform(one, time.step, time.interval) for one in _runs(time)]
    return _without_leap_days(time, _joined(parts), None)


def count(time: Gridded) -> int:
    """Return the number of slots; of a prevailing local clock, in a zone whose clocks never change."""
    if time.clock == "profile" or (is_local(time) and time.clock == "standard"):
        return len(readings(time))
    return len(slots_in(time, "UTC" if is_local(time) else time.zone))


def labels(time: Gridded) -> Instants:
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
    folds
        1 where a reading is shown for the second time (the hour that November repeats), else 0.
    ambiguous
        The readings that occur twice, sorted.
    """

    labels: Instants
    instants: Instants
    folds: npt.NDArray[np.int64]
    ambiguous: Instants


def wall_clock_table(time: Gridded, zone: str = "") -> WallClock:
    """Return the table that turns wall-clock labels of files into instants.

    Where `ambiguous` is not empty, a file needs a fold or an offset to say which of the two slots a row means.
    """
    zone = zone or time.zone
    instants = slots_in(time, zone).labels
    if time.clock == "standard":
        shown, folds = readings(time).labels, np.zeros(len(instants), np.int64)
    else:
        shown = to_wall(zone, instants)
        folds = (to_instants(zone, shown) != instants).astype(np.int64)
    unique, counts = np.unique(shown, return_counts=True)
    return WallClock(shown, instants, folds, unique[counts > 1])


# The making of slots -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Run:
    """A range, or the first label and the number of slots of an index."""

    start: datetime
    end: datetime | None
    count: int | None = None


def _runs(time: Gridded) -> tuple[_Run, ...]:
    if isinstance(time, IndexTime):
        # Leap days are left out afterwards, so there have to be a few slots more.
        spare = (
            0 if time.leap_days else (_years(time) // 4 + 2) * max(micros(timedelta(days=1)) // micros(time.step), 1)
        )
        return (_Run(time.start, None, time.last - time.first + 1 + spare),)
    return tuple(_Run(one.start, one.end) for one in time.ranges)


def _years(time: IndexTime) -> int:
    return int((time.last - time.first + 1) * time.step / timedelta(days=365)) + 1


def _joined(parts: list[Slots]) -> Slots:
    return Slots(
        np.concatenate([one.labels for one in parts]),
        np.concatenate([one.begin for one in parts]),
        np.concatenate([one.end for one in parts]),
        np.concatenate([np.full(len(one), number, np.int64) for number, one in enumerate(parts)]),
    )


def _without_leap_days(time: Gridded, found: Slots, zone: str | None) -> Slots:
    """Leave out the slots that begin on 29 February, where the dimension has none; cut an index to its length."""
    if not time.leap_days:
        shown = found.begin if zone is None else to_wall(zone, found.begin)
        days = shown.astype("datetime64[us]").astype("datetime64[D]")
        months = days.astype("datetime64[M]")
        leap = (months.astype(np.int64) % 12 == 1) & ((days - months.astype("datetime64[D]")).astype(np.int64) == 28)
        found = Slots(found.labels[~leap], found.begin[~leap], found.end[~leap], found.range[~leap])
        if isinstance(time, IndexTime):
            keep = slice(0, time.last - time.first + 1)
            found = Slots(found.labels[keep], found.begin[keep], found.end[keep], found.range[keep])
    return found


@lru_cache(maxsize=64)
def _elapsed(run: _Run, step: timedelta, zone: str, interval: str) -> Slots:
    """Return the slots of a prevailing clock."""
    length = micros(step)
    if length <= 0:
        raise TimeError(Problem("a step is longer than nothing", key="step"))
    first = _instant(run.start, zone, "start")
    by_clock = length >= DAY
    if run.count is not None:
        number = run.count
    else:
        assert run.end is not None
        last = _instant(run.end, zone, "end")
        number = _steps(run, wall(run.end) - wall(run.start) if by_clock else last - first, step)
    lag = int(interval == "period_ending")
    if by_clock:
        shown = wall(run.start) + length * np.arange(-1, number + 1, dtype=np.int64)
        edges = to_instants(zone, shown)
    else:
        edges = first + length * np.arange(-1, number + 1, dtype=np.int64)
    labels_, begin = edges[1:-1], edges[1 - lag : number + 1 - lag]
    end = labels_ if interval == "instantaneous" else edges[2 - lag : number + 2 - lag]
    return _shared(labels_, begin, end)


@lru_cache(maxsize=64)
def _uniform(run: _Run, step: timedelta, interval: str) -> Slots:
    """Return the slots of a clock that never changes."""
    length = micros(step)
    if length <= 0:
        raise TimeError(Problem("a step is longer than nothing", key="step"))
    if run.count is not None:
        number = run.count
    else:
        assert run.end is not None
        number = _steps(run, wall(run.end) - wall(run.start), step)
    labels_ = wall(run.start) + length * np.arange(number, dtype=np.int64)
    begin = labels_ - length if interval == "period_ending" else labels_
    return _shared(labels_, begin, labels_ if interval == "instantaneous" else begin + length)


def _shared(labels_: Instants, begin: Instants, end: Instants) -> Slots:
    for array in (labels_, begin, end):
        array.flags.writeable = False  # they are shared through the caches
    return Slots(labels_, begin, end, np.zeros(len(labels_), np.int64))


def _steps(run: _Run, span: int, step: timedelta) -> int:
    """Return how many slots there are from the first label to the last."""
    assert run.end is not None
    start, end = run.start, run.end
    if span < 0:
        raise TimeError(Problem(f"the end {end:%Y-%m-%d %H:%M} is before the start {start:%Y-%m-%d %H:%M}", key="end"))
    if span % micros(step):
        raise TimeError(
            Problem(
                f"from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} is no whole number of steps of "
                f"{shown_step(step)}; `end` is the label of the last slot",
                key="end",
            )
        )
    return span // micros(step) + 1


def _instant(moment_: datetime, zone: str, key: str) -> int:
    shown = occurrences(zone, wall(moment_))
    if len(shown) == 1:
        return shown[0]
    often = "does not occur" if not shown else "occurs twice"
    raise TimeError(
        Problem(f"{moment_:%Y-%m-%d %H:%M} {often} in {zone}; use a fixed offset, or another boundary", key=key)
    )
