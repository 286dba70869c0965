"""Moments and steps, as specs write them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(:\d{2})?)?")
_STEP = re.compile(r"(\d+) ?(s|min|h|d)")
_UNITS: Final = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
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
    step = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not step:
        raise ValueError("a step is longer than nothing")
    if step > _LONGEST_STEP:
        raise ValueError(f'a step of {text} is a year or more, which has a time dimension of its own: kind = "annual"')
    return step
