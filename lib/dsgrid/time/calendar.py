"""The calendar of a time dimension: what a query may group by."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.dimension import DatetimeTime
from dsgrid.time.grid import beginnings
from dsgrid.time.zones import DAY, HOUR, offsets


def calendar(time: DatetimeTime) -> dict[str, npt.NDArray[Any]]:
    """Return one column per time word, for the beginning of each slot in the dimension's zone.

    Returns
    -------
    dict
        ``hourly``: the instant (UTC microseconds, int64) of the begin of the zone's clock hour; ``daily`` and
        ``monthly``: dates (datetime64[D]), the latter the first day; ``annual``: the year; ``hour_of_day`` 0-23;
        ``day_of_week`` 0 (Monday) to 6; ``day_of_month`` from 1; ``day_of_year`` from 1; ``month_of_year`` from 1. The
        numbers are int32.
    """
    instants = beginnings(time)
    readings = instants + offsets(time.zone, instants)
    day_number = readings // DAY
    days = day_number.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    numbers = {
        "annual": years.astype(np.int64) + 1970,
        "hour_of_day": readings % DAY // HOUR,
        "day_of_week": (day_number + 3) % 7,  # 1970-01-01 was a Thursday
        "day_of_month": (days - months.astype("datetime64[D]")).astype(np.int64) + 1,
        "day_of_year": (days - years.astype("datetime64[D]")).astype(np.int64) + 1,
        "month_of_year": months.astype(np.int64) % 12 + 1,
    }
    columns: dict[str, npt.NDArray[Any]] = {
        "hourly": instants - readings % HOUR,
        "daily": days,
        "monthly": months.astype("datetime64[D]"),
        **{word: values.astype(np.int32) for word, values in numbers.items()},
    }
    return {word: columns[word] for word in TIME_WORDS}
