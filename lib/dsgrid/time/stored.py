"""The columns that stored facts have for time."""

from __future__ import annotations

from typing import Final

from dsgrid.time.dimension import (
    AnnualTime,
    Calendar,
    DatetimeTime,
    IndexTime,
    RepresentativeTime,
    TimeDimension,
    is_local,
)

FOLD: Final = "fold"
INDEX: Final = "time_index"
TIMESTAMP: Final = "timestamp"
YEAR: Final = "year"

INSTANTS, READINGS, NUMBERS, NOTHING = "instants", "readings", "numbers", "nothing"


def label_form(time: TimeDimension) -> str:
    """Return what labels are: ``instants``, ``readings`` of a clock, ``numbers``, or ``nothing``."""
    if isinstance(time, DatetimeTime):
        return READINGS if is_local(time) or time.clock == "profile" else INSTANTS
    return NOTHING if not stored_columns(time) else NUMBERS


def has_fold(time: TimeDimension) -> bool:
    """Tell whether readings may occur twice, so that a second column says which of the two is meant."""
    return isinstance(time, DatetimeTime) and is_local(time) and time.clock == "prevailing"


def stored_columns(time: TimeDimension) -> dict[str, str]:
    """Return the columns of time in stored facts, with the engines' types.

    Instants and readings are one column ``timestamp``, of the types with and without a zone. Other labels are numbers
    (day types and seasons are texts), a column for each part.
    """
    if isinstance(time, DatetimeTime):
        if label_form(time) == INSTANTS:
            return {TIMESTAMP: "timestamp"}
        return {TIMESTAMP: "timestamp_ntz", **({FOLD: "int"} if has_fold(time) else {})}
    if isinstance(time, IndexTime):
        return {INDEX: "bigint"}
    if isinstance(time, RepresentativeTime):
        return {part: "string" if part in ("season", "day_type") else "int" for part in time.by}
    if isinstance(time, AnnualTime) and not time.year_of:
        return {YEAR: "int"}
    return {}


def part_values(calendar: Calendar, part: str) -> tuple[int | str, ...]:
    """Return the values of a part of a representative period, in order."""
    names = {"season": calendar.seasons, "day_type": calendar.day_types}
    if part in names:
        return tuple(name for name, _ in names[part])
    return tuple({"month": range(1, 13), "day_of_week": range(7), "hour": range(24)}[part])
