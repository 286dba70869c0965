"""Calendars: what a query may group by, and what tells representative periods apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.dimension import HOLIDAY, Calendar
from dsgrid.time.pieces import Int64
from dsgrid.time.zones import DAY, HOUR, Instants

# What each part of a representative period is called in a query.
WORD_OF_PART = {
    "month": "month_of_year",
    "season": "season",
    "day_type": "day_type",
    "day_of_week": "day_of_week",
    "hour": "hour_of_day",
}


def words(readings: Instants, instants: Instants | None, calendar: Calendar) -> dict[str, npt.NDArray[Any]]:
    """Return one column per time word, for some readings of a clock.

    Parameters
    ----------
    readings
        Microseconds of that clock: of the beginnings of slots.
    instants
        Their instants; where there are none (a clock that each geography has for itself), ``hourly`` is a reading.

    Returns
    -------
    dict
        ``hourly``: the instant (or the reading, int64 microseconds) of the begin of the clock hour; ``daily`` and
        ``monthly``: dates (datetime64[D]), the latter the first day; ``annual``: the year; ``hour_of_day`` 0-23;
        ``day_of_week`` 0 (Monday) to 6; ``day_of_month`` from 1; ``day_of_year`` from 1; ``month_of_year`` from 1;
        ``season`` and ``day_type``: the calendar's names. The numbers are int32.
    """
    day_number = readings // DAY
    days = day_number.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    into = readings % HOUR
    month, weekday = months.astype(np.int64) % 12 + 1, (day_number + 3) % 7  # 1970-01-01 was a Thursday
    numbers = {
        "annual": years.astype(np.int64) + 1970,
        "hour_of_day": readings % DAY // HOUR,
        "day_of_week": weekday,
        "day_of_month": (days - months.astype("datetime64[D]")).astype(np.int64) + 1,
        "day_of_year": (days - years.astype("datetime64[D]")).astype(np.int64) + 1,
        "month_of_year": month,
    }
    columns: dict[str, npt.NDArray[Any]] = {
        "hourly": (readings if instants is None else instants) - into,
        "daily": days,
        "monthly": months.astype("datetime64[D]"),
        **{word: values.astype(np.int32) for word, values in numbers.items()},
        "season": _names([name for name, _ in calendar.seasons])[season_of(calendar, month)],
        "day_type": _names([name for name, _ in calendar.day_types] + [HOLIDAY])[
            day_type_of(calendar, weekday, is_holiday(calendar, day_number))
        ],
    }
    return {word: columns[word] for word in TIME_WORDS}


def season_of(calendar: Calendar, month: Int64) -> Int64:
    """Return the position of the season of each month (1 to 12)."""
    table = np.zeros(13, np.int64)
    for number, (_, months) in enumerate(calendar.seasons):
        table[list(months)] = number
    return table[month]


def day_type_of(calendar: Calendar, weekday: Int64, holiday: npt.NDArray[np.bool_]) -> Int64:
    """Return the position of the day type of each day; of a holiday that of the type without days, or the last and one.

    Parameters
    ----------
    weekday
        0 (Monday) to 6.
    """
    table = np.zeros(7, np.int64)
    for number, (_, days) in enumerate(calendar.day_types):
        table[list(days)] = number
    names = [name for name, _ in calendar.day_types]
    own = names.index(HOLIDAY) if HOLIDAY in names else len(names)
    return np.where(holiday, own, table[weekday])


def is_holiday(calendar: Calendar, day_number: Int64) -> npt.NDArray[np.bool_]:
    """Tell which days since 1970 are holidays."""
    dates = np.array(calendar.holidays, "datetime64[D]").astype(np.int64)
    return np.isin(day_number, dates)


def _names(names: list[str]) -> npt.NDArray[Any]:
    return np.array(names, dtype=object)
