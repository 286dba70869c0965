"""Time zones: fixed offsets and IANA zones, the same on every host.

The IANA data come from the ``tzdata`` package (pandas brings it), so that the host's own copy has no say in a result;
only where the package is missing is the host's used. Offsets are looked up for whole arrays through the few
transitions that lie in their range.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
import numpy.typing as npt

from dsgrid.errors import Problem, SpecError, closest

Instants = npt.NDArray[np.int64]
SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR
EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - of a wall clock

_FIXED = re.compile(r"([+-])(\d{2}):(\d{2})")

# Names of older dsgrid configurations and bare abbreviations, which mean different things to different systems.
LEGACY: Final = {
    "EasternStandard": "-05:00",
    "CentralStandard": "-06:00",
    "MountainStandard": "-07:00",
    "PacificStandard": "-08:00",
    "AlaskaStandard": "-09:00",
    "HawaiiAleutianStandard": "-10:00",
    "ArizonaStandard": "America/Phoenix",
    "EasternPrevailing": "America/New_York",
    "CentralPrevailing": "America/Chicago",
    "MountainPrevailing": "America/Denver",
    "PacificPrevailing": "America/Los_Angeles",
    "AlaskaPrevailing": "America/Anchorage",
    "HawaiiAleutianPrevailing": "America/Adak",
    "EST": "-05:00",
    "CST": "-06:00",
    "MST": "-07:00",
    "PST": "-08:00",
    "AKST": "-09:00",
    "HST": "-10:00",
    "EDT": "America/New_York",
    "CDT": "America/Chicago",
    "MDT": "America/Denver",
    "PDT": "America/Los_Angeles",
    "EPT": "America/New_York",
    "CPT": "America/Chicago",
    "MPT": "America/Denver",
    "PPT": "America/Los_Angeles",
    "EST5EDT": "America/New_York",
    "CST6CDT": "America/Chicago",
    "MST7MDT": "America/Denver",
    "PST8PDT": "America/Los_Angeles",
}


class TimeError(SpecError):
    """A time dimension cannot be, or two of them do not fit."""


@cache
def zone(name: str) -> tzinfo:
    """Return the zone that a name means: a fixed offset such as ``-05:00``, ``UTC``, or an IANA zone.

    Raises
    ------
    TimeError
        If there is no such zone. Legacy names and abbreviations are refused with what to write instead.
    """
    fixed = _FIXED.fullmatch(name)
    if fixed:
        sign, hours, minutes = fixed.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        if int(minutes) > 59 or offset > timedelta(hours=18):
            raise TimeError(Problem(f'"{name}" is no offset from UTC'))
        return timezone(-offset if sign == "-" else offset)
    if name == "UTC":
        return UTC
    if name in LEGACY:
        raise TimeError(Problem(f'"{name}" is no IANA time zone; write "{LEGACY[name]}"'))
    found = _packaged(name)
    if found is None:
        near = closest(name, ["UTC", *sorted(_names())])
        hint = (
            f'did you mean "{near}"?' if near else 'write an offset such as "-05:00" or a name such as "America/Denver"'
        )
        raise TimeError(Problem(f'there is no time zone "{name}"; {hint}'))
    return found


def _packaged(name: str) -> ZoneInfo | None:
    parts = name.split("/")
    if not all(re.fullmatch(r"[A-Za-z0-9_+-]+", part) for part in parts):
        return None
    try:
        path = resources.files("tzdata").joinpath("zoneinfo", *parts)
        if not path.is_file():
            return None
        with path.open("rb") as stream:
            return ZoneInfo.from_file(stream, key=name)
    except ValueError:  # a file of the package that is no zone, such as tzdata.zi
        return None
    except ModuleNotFoundError:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            return None


def _names() -> set[str]:
    return {name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))}


def is_fixed(name: str) -> bool:
    """Tell whether a zone has one offset for all time."""
    return isinstance(zone(name), timezone)


def offsets(name: str, instants: Instants) -> Instants:
    """Return what a zone's wall clock is ahead of UTC at each instant, in microseconds.

    Parameters
    ----------
    instants
        UTC microseconds since 1970.
    """
    if len(instants) == 0:
        return np.zeros(0, np.int64)
    changes, values = transitions(name, int(instants.min()), int(instants.max()))
    return values[np.searchsorted(changes, instants, side="right") - 1]


def to_wall(name: str, instants: Instants) -> Instants:
    """Return the wall-clock reading at each instant, as microseconds since 1970-01-01 00:00 of that clock."""
    return instants + offsets(name, instants)


def to_instants(name: str, walls: Instants) -> Instants:
    """Return the instants of wall-clock readings.

    A reading that occurs twice means the first; one that does not occur means as long after midnight as if the clock
    had not been put forward (both as Python's ``fold=0``).
    """
    if len(walls) == 0:
        return np.zeros(0, np.int64)
    changes, values = transitions(name, int(walls.min()) - DAY, int(walls.max()) + DAY)
    # The offset before a transition holds until the wall clock of that offset reaches it, for gaps and overlaps alike.
    ends = changes[1:] + np.maximum(values[:-1], values[1:])
    before = values[np.searchsorted(ends, walls, side="right")]
    return walls - before


def standard_offsets(name: str, readings: Instants) -> Instants:
    """Return what a zone's standard time is ahead of UTC in the year of each reading, in microseconds.

    Standard time is the lesser of the offsets on 1 January and on 1 July, on either side of the equator.
    """
    if len(readings) == 0 or is_fixed(name):
        return np.full(len(readings), _first_offset(name), np.int64)
    years = readings.astype("datetime64[us]").astype("datetime64[Y]")
    unique, inverse = np.unique(years, return_inverse=True)
    months = unique.astype("datetime64[M]")
    halves = (first.astype("datetime64[us]").astype(np.int64) for first in (months, months + 6))
    return np.minimum(*(offsets(name, half) for half in halves))[inverse]


def january_offsets(name: str, readings: Instants) -> Instants:
    """Return what a zone's clock is ahead of UTC when the year of each reading begins, in microseconds.

    A clock with these offsets begins its years, and its March, when people's clocks do, on either side of the equator.
    """
    if len(readings) == 0 or is_fixed(name):
        return np.full(len(readings), _first_offset(name), np.int64)
    years = readings.astype("datetime64[us]").astype("datetime64[Y]")
    unique, inverse = np.unique(years, return_inverse=True)
    return offsets(name, unique.astype("datetime64[us]").astype(np.int64))[inverse]


def occurrences(name: str, wall: int) -> tuple[int, ...]:
    """Return the instants at which a wall clock shows a reading: none, one or two."""
    changes, values = transitions(name, wall - DAY, wall + DAY)
    candidates = np.unique(wall - np.unique(values))
    shown = candidates[candidates + values[np.searchsorted(changes, candidates, side="right") - 1] == wall]
    return tuple(int(instant) for instant in shown)


def _first_offset(name: str) -> int:
    return int(offsets(name, np.zeros(1, np.int64))[0])


def transitions(name: str, first: int, last: int) -> tuple[Instants, Instants]:
    """Return the instants from which a zone's offsets hold (the first at or before `first`), and those offsets.

    Parameters
    ----------
    first, last
        UTC microseconds; some more time before and after them is looked at.
    """
    years = range(_year(first - DAY), _year(last + DAY) + 1)
    pairs = [pair for year in years for pair in _transitions_of(name, year)]
    kept = [pair for index, pair in enumerate(pairs) if index == 0 or pair[1] != pairs[index - 1][1]]
    table = np.array(kept, np.int64)
    return table[:, 0], table[:, 1]


def _year(instant: int) -> int:
    return (EPOCH + timedelta(microseconds=instant)).year


@cache
def _transitions_of(name: str, year: int) -> tuple[tuple[int, int], ...]:
    """Return pairs of an instant and the offset from then on: the year's begin, and each change inside the year.

    The calendar is asked once a day, and a day with a change is bisected to the second.
    """
    found = zone(name)
    begin = datetime(year, 1, 1, tzinfo=UTC)
    start = int(begin.timestamp())

    def offset(second: int) -> int:
        value = datetime.fromtimestamp(second, UTC).astimezone(found).utcoffset()
        assert value is not None
        return value // timedelta(microseconds=1)

    pairs = [(start * SECOND, offset(start))]
    if isinstance(found, timezone):
        return tuple(pairs)
    days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    known = pairs[0][1]
    for day in range(days):
        low, high = start + day * 86400, start + (day + 1) * 86400
        after = offset(high)
        if after == known:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == known else (low, middle)
        pairs.append((high * SECOND, after))
        known = after
    return tuple(pairs)
