"""Moments and steps as specs write them, and so messages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(:\d{2})?)?")
_STEP = re.compile(r"(\d+) ?(s|min|h|d)")
UNITS: Final = {"d": timedelta(days=1), "h": timedelta(hours=1), "min": timedelta(minutes=1), "s": timedelta(seconds=1)}
_LONGEST_STEP = timedelta(days=364)
# Zones have had rules for some of these years; a calendar that ends in 9999 has no day after it.
FIRST_YEAR, LAST_YEAR = 1800, 2500


def parse_moment(text: str) -> datetime:
    """Return a wall-clock time written as ``2012-01-01``, ``2012-01-01 00:00`` or ``2012-01-01 00:00:00``."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError(f'a time is written "2012-01-01 00:00", without an offset (`zone` says it), not "{text}"')
    day, clock, seconds = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day} {clock or '00:00'}{seconds or ''}")
    except ValueError as error:
        raise ValueError(f'"{text}" is no time: {error}') from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"the year {moment.year} is not one of {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def parse_step(text: str) -> timedelta:
    """Return a duration written as ``5min``, ``1h`` or ``1d``."""
    match = _STEP.fullmatch(text)
    if match is None:
        raise ValueError(f'a step is written "1h", "15min" or "1d", not "{text}"')
    step = int(match[1]) * UNITS[match[2]]
    if not step:
        raise ValueError("a step is longer than nothing")
    if step > _LONGEST_STEP:
        raise ValueError(f'a step of {text} is a year or more, which has a time dimension of its own: kind = "annual"')
    return step


def shown_moment(moment: datetime) -> str:
    """Return a wall-clock time as specs write it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")


def shown_step(step: timedelta) -> str:
    """Return a step as specs write it: ``1h``, ``15min``, ``1d``; one that no spec can say as Python does."""
    unit = next((unit for unit, length in UNITS.items() if not step % length), None)
    return f"{step // UNITS[unit]}{unit}" if unit else str(step)


def shown_amount(number: int, step: timedelta) -> str:
    """Return a number of steps: ``2 hours``, ``1 day``, ``3 steps of 15min``."""
    word = {"1h": "hour", "1d": "day"}.get(shown_step(step))
    of = "" if word else f" of {shown_step(step)}"
    return f"{number:,} {word or 'step'}{'s' if number != 1 else ''}{of}"
