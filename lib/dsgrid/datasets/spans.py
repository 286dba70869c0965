"""What labels say about time: first, last, step, the runs that they are in, and what is missing in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from dsgrid.time.grid import moment

MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Span:
    """Equally spaced labels, as far as they are.

    Parameters
    ----------
    start, end
        The first and the last label, as readings of one clock.
    step
        The distance that occurs most often; None for a single label.
    count
        The number of distinct labels.
    missing
        How many labels a complete series would have besides.
    first_missing
        The first of them.
    odd
        How many labels are no whole number of steps after the first.
    """

    start: datetime
    end: datetime
    step: timedelta | None
    count: int
    missing: int = 0
    first_missing: datetime | None = None
    odd: int = 0


def span(readings: Sequence[int]) -> Span:
    """Return what sorted, distinct readings (microseconds) have in common; there is at least one.

    Examples
    --------
    >>> hours = span([0, 3_600_000_000, 3 * 3_600_000_000])
    >>> hours.step, hours.missing, hours.first_missing
    (datetime.timedelta(seconds=3600), 1, datetime.datetime(1970, 1, 1, 2, 0))
    """
    first, last = readings[0], readings[-1]
    distances = Counter(after - before for before, after in pairwise(readings))
    if not distances:
        return Span(moment(first), moment(last), None, 1)
    # Of distances that are as frequent the shortest: a gap is never shorter than the step.
    step = min(distances, key=lambda distance: (-distances[distance], distance))
    odd = sum((reading - first) % step != 0 for reading in readings)
    missing = max((last - first) // step + 1 - (len(readings) - odd), 0)
    gap = next((before + step for before, after in pairwise(readings) if after - before > step), None)
    return Span(
        moment(first),
        moment(last),
        step * MICROSECOND,
        len(readings),
        missing,
        moment(gap) if gap is not None and missing else None,
        odd,
    )


@dataclass(frozen=True)
class Gap:
    """Labels that a complete series would have, one after the other.

    Parameters
    ----------
    first
        The first of them.
    count
        How many there are.
    """

    first: datetime
    count: int


def gaps(readings: Sequence[int], step: timedelta) -> list[Gap]:
    """Return where sorted readings are further apart than a step.

    Examples
    --------
    >>> gaps([0, 3_600_000_000, 4 * 3_600_000_000], timedelta(hours=1))
    [Gap(first=datetime.datetime(1970, 1, 1, 2, 0), count=2)]
    """
    length = step // MICROSECOND
    return [
        Gap(moment(before + length), (after - before - 1) // length)
        for before, after in pairwise(readings)
        if after - before > length
    ]


def runs(readings: Sequence[int], least: timedelta) -> list[Sequence[int]]:
    """Return sorted readings in pieces that are apart from each other by at least so much."""
    length = least // MICROSECOND
    cuts = [0, *(number for number, (a, b) in enumerate(pairwise(readings), start=1) if b - a >= length), len(readings)]
    return [readings[first:last] for first, last in pairwise(cuts)]
