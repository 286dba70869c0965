"""What files say about a label, worked out once for each that occurs: readings of a clock, and their instants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from dsgrid.datasets.offenders import LIMIT, counted
from dsgrid.errors import DataError, Problem
from dsgrid.time.grid import wall
from dsgrid.time.zones import DAY, offsets, standard_offsets, to_instants, to_wall

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsgrid.time.dimension import DatetimeTime

    Int64 = NDArray[np.int64]

PARTS = ("year", "month", "day", "hour", "minute")
# What clocks show beyond these years nobody knows.
_FIRST_YEAR, _LAST_YEAR = 1800, 2400
_FIRST, _LAST = (wall(datetime.fromisoformat(f"{year}-01-01")) for year in (_FIRST_YEAR, _LAST_YEAR + 1))


def readings_of_parts(parts: Mapping[str, Sequence[Any]], rows: Sequence[int], name: str) -> Int64:
    """Return the readings that parts stand for; hour 24 is 0 of the next day.

    Parameters
    ----------
    parts
        By part one cell for each combination: numbers, or texts of numbers.
    rows
        In how many rows each combination occurs.
    name
        What the user calls the files.

    Raises
    ------
    DataError
        With the combinations that are no date and time.
    """
    found = [_reading(dict(zip(parts, cells, strict=True))) for cells in zip(*parts.values(), strict=True)]
    wrong = [number for number, reading in enumerate(found) if reading is None]
    if wrong:
        shown = [", ".join(f"{part} {_cell(cells[number])}" for part, cells in parts.items()) for number in wrong]
        raise DataError(Problem(f"{_rows(rows, wrong)} no date and time: {_first(shown, '; ')}", name))
    return np.array(found, np.int64)


def _reading(parts: Mapping[str, Any]) -> int | None:
    try:
        numbers = {part: int(cell) for part, cell in parts.items()}
        hour, minute = numbers.get("hour", 0), numbers.get("minute", 0)
        start = datetime(numbers["year"], numbers["month"], numbers["day"], 0, minute)  # noqa: DTZ001 - a wall clock
        if not 0 <= hour <= 24 or (hour == 24 and minute):
            return None
        return wall(start + timedelta(hours=hour))
    except (TypeError, ValueError, OverflowError):
        return None


def behind_utc(texts: Sequence[Any], rows: Sequence[int], name: str) -> Int64:
    """Return how far ahead of UTC offsets are, such as ``-05:00``, in microseconds.

    Raises
    ------
    DataError
        With the texts that are no offset.
    """
    found = [_offset(text) for text in texts]
    wrong = [number for number, offset in enumerate(found) if offset is None]
    if wrong:
        shown = list(dict.fromkeys(f'"{texts[number]}"' if texts[number] is not None else "NULL" for number in wrong))
        raise DataError(Problem(f"{_rows(rows, wrong)} no offset from UTC such as -05:00: {_first(shown)}", name))
    return np.array(found, np.int64)


def _offset(text: Any) -> int | None:
    try:
        found = datetime.fromisoformat(f"2000-01-01T00:00{text}").utcoffset() if text else None
    except ValueError:
        return None
    return None if found is None else found // timedelta(microseconds=1)


def instants_of(time: DatetimeTime, readings: Int64, folds: Int64 | None, rows: Sequence[int], name: str) -> Int64:
    """Return the instants at which the clock of a dimension in one zone shows readings.

    Labels that are no slots have instants, too: the check of time arrays says where they are.

    Parameters
    ----------
    folds
        1 for the second showing of a reading, else 0; without them a reading is shown once, or is no slot.

    Raises
    ------
    DataError
        With the readings that the clock never shows, and with those that it does not show a second time.
    """
    second = np.zeros(len(readings), bool) if folds is None else folds == 1
    _refuse(time, readings, (readings < _FIRST) | (readings >= _LAST), rows, name, _BEYOND)
    if time.clock == "standard":
        found = readings - standard_offsets(time.zone, readings)
        _refuse(time, readings, second, rows, name, _NOT_TWICE)
        return found
    first, second_at = _showings(time.zone, readings)
    _refuse(time, readings, to_wall(time.zone, first) != readings, rows, name, _NEVER)
    _refuse(time, readings, second & (second_at == first), rows, name, _NOT_TWICE)
    return np.where(second, second_at, first)


def _showings(zone: str, readings: Int64) -> tuple[Int64, Int64]:
    """Return the instants at which a clock first and last shows readings: the same where it shows them once."""
    first = to_instants(zone, readings)
    later = readings - offsets(zone, first + DAY)
    return first, np.where((later > first) & (to_wall(zone, later) == readings), later, first)


def along_the_clock(zone: str, keys: Int64) -> Int64:
    """Return the keys of readings in one line: as the instants at which the clock of a zone shows them.

    A reading that it never shows lies as long after midnight as if the clock had not been put forward.
    """
    if not len(keys) or not (is_date(int(keys.min())) and is_date(int(keys.max()))):
        return keys
    second = is_second(keys)
    return np.where(second, *reversed(_showings(zone, keys - second)))


def is_second(keys: Int64) -> NDArray[np.bool_]:
    """Tell which keys of readings say that these are shown for the second time."""
    return np.asarray(keys % 1_000_000 == 1)


_NEVER = (
    "labels that the clock of {zone} never shows",
    '; labels of standard time all year have clock = "standard", and those of days that always have 24 hours '
    'clock = "profile"',
)
_BEYOND = (f"labels beyond the years {_FIRST_YEAR} to {_LAST_YEAR}", "")
_NOT_TWICE = ("fold 1 at labels that the clock of {zone} shows once", "")


def _refuse(
    time: DatetimeTime,
    readings: Int64,
    wrong: NDArray[np.bool_],
    rows: Sequence[int],
    name: str,
    why: tuple[str, str],
) -> None:
    if wrong.any():
        shown = [shown_reading(reading) for reading in np.unique(readings[wrong]).tolist()]
        what, hint = why[0].format(zone=time.zone), why[1]
        problem = f"{_rows(rows, np.flatnonzero(wrong).tolist())} {what}: {_first(shown)}{hint}"
        raise DataError(Problem(problem, name))


def _rows(rows: Sequence[int], wrong: Sequence[int]) -> str:
    number = sum(rows[place] for place in wrong)
    return f"{counted(number, 'row')} {'has' if number == 1 else 'have'}"


def is_date(micros: int) -> bool:
    """Tell whether microseconds are of a year that zones are known for."""
    return _FIRST <= micros < _LAST


def shown_reading(reading: int) -> str:
    """Return microseconds of a clock as a text, of any year."""
    text = str(np.datetime64(reading, "us")).replace("T", " ")
    return text.removesuffix(".000000").removesuffix(":00")


def _first(shown: Sequence[str], between: str = ", ") -> str:
    more = f" and {len(shown) - LIMIT:,} more" if len(shown) > LIMIT else ""
    return f"{between.join(shown[:LIMIT])}{more}"


def _cell(value: Any) -> str:
    return "NULL" if value is None else str(value)
