"""Time dimensions, instants and stretches of time in messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from dsgrid.time.dimension import (
    GEOGRAPHY,
    PROJECT_GEOGRAPHY,
    AnnualTime,
    DatetimeTime,
    NoTime,
    RepresentativeTime,
    TimeDimension,
)
from dsgrid.time.grid import count, moment
from dsgrid.time.stored import part_values
from dsgrid.time.written import shown_amount, shown_step
from dsgrid.time.zones import to_wall

_ZONES = {GEOGRAPHY: "the zone of each geography", PROJECT_GEOGRAPHY: "the zone of each geography of the project"}
MOST_RANGES = 3


def shown_zone(zone: str) -> str:
    """Return a zone in words."""
    return _ZONES.get(zone, zone)


def shown_span(time: TimeDimension) -> str:
    """Return a dimension for messages: what it spans, on which clock, in which steps."""
    if isinstance(time, NoTime):
        return "no time"
    if isinstance(time, AnnualTime):
        return f"the years {shown_years(time.years)}" + (f" (of each {time.year_of})" if time.year_of else "")
    clock = "" if time.clock == "prevailing" else f", {time.clock} clock"
    place = f"{shown_zone(time.zone)}{clock}"
    of = " in " if time.zone in _ZONES else " "
    if isinstance(time, RepresentativeTime):
        return f"{shown_step(time.step)} by {', '.join(time.by)} in {place} ({time.interval})"
    number = count(time)
    steps = f"{time.interval}, {number:,} step{'s' if number != 1 else ''} of {shown_step(time.step)}"
    if isinstance(time, DatetimeTime):
        spans = [f"{one.start:%Y-%m-%d %H:%M} to {one.end:%Y-%m-%d %H:%M}" for one in time.ranges]
        more = f" and {len(spans) - 2} more ranges" if len(spans) > 2 else ""
        return f"{', '.join(spans[:2])}{more}{of}{place} ({steps})"
    return f"{time.first} to {time.last} from {time.start:%Y-%m-%d %H:%M}{of}{place} ({steps})"


def shown_period(time: RepresentativeTime, number: int) -> str:
    """Return one of the typical periods in words: ``month 2, day_type weekend, hour 3``."""
    values: list[str] = []
    for part in reversed(time.by):
        known = part_values(time.calendar, part)
        number, position = divmod(number, len(known))
        values.append(f"{part} {known[position]}")
    return ", ".join(reversed(values))


def shown_years(years: Sequence[int]) -> str:
    """Return years shortly: ``2010 to 2020, 2030``."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def shown_stretches(begins: Sequence[int], step: timedelta, zone: str = "", what: str = "") -> str:
    """Return where slots are, as ranges: ``2 hours from 2012-03-11 02:00``; the longest first, three at most.

    Parameters
    ----------
    begins
        Where they begin, sorted: UTC microseconds, or readings of a clock when `zone` is empty.
    what
        What they are: ``missing``.
    """
    length = step // timedelta(microseconds=1)
    runs: list[list[int]] = []
    for begin in begins:
        if runs and begin - runs[-1][-1] == length:
            runs[-1].append(begin)
        else:
            runs.append([begin])
    ordered = sorted(runs, key=len, reverse=True)[:MOST_RANGES]
    middle = f" {what}" if what else ""
    texts = [f"{shown_amount(len(run), step)}{middle} from {_at(run[0], zone)}" for run in sorted(ordered)]
    more = f" and {len(runs) - MOST_RANGES:,} more stretches" if len(runs) > MOST_RANGES else ""
    return f"{', '.join(texts)}{more}"


def _at(micros: int, zone: str) -> str:
    if not zone:
        return f"{moment(micros):%Y-%m-%d %H:%M}"
    return f"{moment(int(to_wall(zone, np.array([micros]))[0])):%Y-%m-%d %H:%M} {zone}"
