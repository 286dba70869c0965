"""Small cases of what becomes of one time in another, written by hand: a line for each pair of slots.

A line reads ``03-11 01:00 -> 03-11 06:00``, perhaps with ``x 0.5``; a semicolon divides lines, too. Slots are called by
what their clock shows (a second showing has a ``'``), by their number, year, or the parts of their typical period.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from reference.slots import at, shown

from dsgrid.time.dimension import (
    AnnualTime,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    Span,
    TimeDimension,
    is_local,
)
from dsgrid.time.labels import slot_keys
from dsgrid.time.mapping import map_time
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules
from dsgrid.time.stored import part_values

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NEW_YORK = "America/New_York"
ANYWHERE = Place()
NO_RULES = TimeRules()


@dataclass(frozen=True)
class Case:
    """A dataset's time, a project's, the rules, the place, and what has to come of it."""

    own: TimeDimension
    target: TimeDimension
    lines: str
    rules: TimeRules = NO_RULES
    place: Place = ANYWHERE
    function: str = "sum"

    def holds(self) -> None:
        """Compare what is found with what was written down."""
        found = map_time(self.own, self.target, self.rules, [self.place])
        names = [slot_names(self.own, self.place.zone), slot_names(self.target, self.place.target_zone)]
        pairs = {}
        for one in found.classes:
            rows = zip(one.source.tolist(), one.target.tolist(), one.weight.tolist(), strict=True)
            pairs = {f"{names[0][source]} -> {names[1][target]}": round(weight, 12) for source, target, weight in rows}
        assert pairs == _read(self.lines)
        assert found.function == self.function


def _read(lines: str) -> dict[str, float]:
    found = {}
    for line in filter(None, map(str.strip, lines.replace(";", "\n").splitlines())):
        pair, _, weight = line.partition(" x ")
        first, _, second = weight.partition("/")
        found[pair] = round(float(first or 1) / float(second or 1), 12)
    return found


def slot_names(time: TimeDimension, zone: str) -> list[str]:
    """Return what the slots of a time are called in these cases, in the order of their numbers."""
    if isinstance(time, NoTime) or (isinstance(time, AnnualTime) and time.year_of):
        return ["any"]
    if isinstance(time, AnnualTime):
        return [str(year) for year in time.years]
    if isinstance(time, RepresentativeTime):
        values = [part_values(time.calendar, part) for part in time.by]
        return [" ".join(map(str, each)) for each in product(*values)]
    keys = slot_keys(time, [zone])
    if isinstance(time, IndexTime):
        return [str(key) for key in keys]
    if is_local(time) or time.clock == "profile":
        return [f"{at(key // 1_000_000):%m-%d %H:%M}{chr(39) * (key % 1_000_000)}" for key in keys.tolist()]
    found: list[str] = []
    for key in keys.tolist():
        name = f"{at(shown(time.zone, key // 1_000_000, standard=time.clock == 'standard')):%m-%d %H:%M}"
        found.append(name + "'" if name in found[-2:] else name)
    return found


def spans(*texts: str) -> tuple[Span, ...]:
    """Return ranges written as ``2018-03-11 01:00 / 04:00``; the end may leave out the date."""
    found = []
    for text in texts:
        start, _, end = text.partition(" / ")
        end = end if "-" in end else f"{start[:10]} {end}"
        found.append(Span(datetime.fromisoformat(start), datetime.fromisoformat(end)))
    return tuple(found)


def grid(
    zone: str,
    *texts: str,
    clock: str = "prevailing",
    step: timedelta = HOUR,
    interval: str = "period_beginning",
    measurement: str = "total",
    leap_days: bool = True,
) -> DatetimeTime:
    """Return a datetime dimension with some ranges."""
    if measurement == "measured":
        interval = "instantaneous"
    return DatetimeTime("t", spans(*texts), step, zone, interval, measurement, clock=clock, leap_days=leap_days)


def index(
    zone: str,
    start: str,
    last: int,
    *,
    clock: str = "prevailing",
    step: timedelta = HOUR,
    interval: str = "period_beginning",
    measurement: str = "total",
) -> IndexTime:
    """Return an index from 1 on."""
    return IndexTime("t", datetime.fromisoformat(start), 1, last, step, zone, interval, measurement, clock=clock)


def typical(
    zone: str, *by: str, step: timedelta = HOUR, interval: str = "period_beginning", measurement: str = "total", **more
) -> RepresentativeTime:
    """Return typical periods."""
    return RepresentativeTime("t", by, step, zone, interval, measurement, **more)


def years(*years_: int, measurement: str = "total", year_of: str = "") -> AnnualTime:
    """Return annual values."""
    return AnnualTime("t", years_, measurement, year_of)
