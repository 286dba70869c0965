"""The slots of a result's time: which there are, in how many runs, and whether longer ones are whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from dsgrid.errors import listing
from dsgrid.operations.derived_form import Form
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.dimension import Gridded, is_local
from dsgrid.time.grid import micros, moment, readings, slots_in
from dsgrid.time.written import shown_moment
from dsgrid.time.zones import DAY, HOUR, standard_offsets, to_wall

if TYPE_CHECKING:
    import pyarrow as pa

Int64 = npt.NDArray[np.int64]

_MOST_RANGES: Final = 400
_EPOCH: Final = date(1970, 1, 1).toordinal()
_LEAP_YEAR: Final = 366


@dataclass(frozen=True)
class Longer:
    """Pieces of time that several slots become.

    Parameters
    ----------
    word
        By which a query asks for them.
    name
        What one is called.
    numbered
        Returns the number of the piece that each reading of a clock is in.
    length
        How long the piece of a number is, where there are leap days or none.
    shown
        Returns how a number is written.
    slack
        How much one may be shorter: a day on which clocks go forward is, and a year in which they change for good.
    broken_by
        By which filters it may lose a part, besides one on the labels of slots.
    instead
        What to ask by where it has lost a part.
    unit
        What no slot may lie in two of.
    """

    word: str
    name: str
    numbered: Callable[[Int64], Int64]
    length: Callable[[int, bool], int]
    shown: Callable[[int], str]
    slack: int
    broken_by: frozenset[str]
    instead: str
    unit: int = DAY


def _years(walls: Int64) -> Int64:
    return np.asarray(walls.astype("datetime64[us]").astype("datetime64[Y]").astype(np.int64) + 1970, np.int64)


def _year_length(year: int, leap_days: bool) -> int:
    days = date(year, 12, 31).timetuple().tm_yday
    return (days - 1 if days == _LEAP_YEAR and not leap_days else days) * DAY


_WORDS: Final = frozenset(TIME_WORDS)
HOURS: Final = Longer(
    "hourly",
    "hour",
    lambda walls: walls - walls % HOUR,
    lambda _, __: HOUR,
    lambda number: shown_moment(moment(number)),
    slack=0,
    broken_by=frozenset(),
    instead="the slots of the project",
    unit=HOUR,
)
DAYS: Final = Longer(
    "daily",
    "day",
    lambda walls: walls - walls % DAY,
    lambda _, __: DAY,
    lambda number: date.fromordinal(_EPOCH + number // DAY).isoformat(),
    slack=HOUR,
    broken_by=_WORDS,
    instead="hourly",
)
YEARS: Final = Longer("annual", "year", _years, _year_length, str, HOUR, _WORDS, "hourly or daily")


def refuse_parts(form: Form, time: Gridded, found: Int64, zone: str, longer: Longer) -> None:
    """Refuse values of days or years of which the project's time, or a filter, has only a part.

    Parameters
    ----------
    time
        The project's time.
    found
        The numbers of the days or years in the result.
    zone
        The zone on whose clock they begin.
    """
    of_time = {*longer.broken_by, time.name} & form.filters
    if of_time:
        raise form.error(
            f"a filter on {listing(sorted(of_time))} leaves parts of time, so a value is not that of a whole "
            f"{longer.name}; leave the filter out, or ask by {longer.instead}"
        )
    begin = _beginnings(time, zone)
    if (begin % longer.unit + micros(time.step) > max(longer.unit, micros(time.step))).any():
        raise form.error(
            f"slots of the project's time are in two {longer.name}s of the clock of {zone} at once, so {longer.word} "
            f"values are not those of whole {longer.name}s; ask by {longer.instead}, or without another zone"
        )
    numbers_, counts = np.unique(longer.numbered(begin), return_counts=True)
    covered = {int(number): int(slots) * micros(time.step) for number, slots in zip(numbers_, counts, strict=True)}
    leap_days = time.leap_days
    short = [each for each in found.tolist() if covered.get(each, 0) + longer.slack < longer.length(each, leap_days)]
    if short:
        raise form.error(
            f"the project's time has only a part of the {longer.name} {longer.shown(short[0])}, so {longer.word} "
            f"values are not those of whole {longer.name}s; ask by {longer.instead}"
        )


def _beginnings(time: Gridded, zone: str) -> Int64:
    """Return what a clock shows when the project's slots begin; of local clocks any will do."""
    if time.clock != "prevailing":
        return readings(time).begin
    if is_local(time):
        return slots_in(time, "UTC").begin
    return to_wall(zone, slots_in(time, time.zone).begin)


def readings_of(time: Gridded, found: Int64, zone: str) -> Int64:
    """Return what the clock that hours are told on shows at some instants."""
    return found + standard_offsets(time.zone, found) if time.clock == "standard" else to_wall(zone, found)


def spans_of(form: Form, found: Int64, step: int, shown: Callable[[Int64], Int64] = np.asarray) -> dict[str, Any]:
    """Return the runs of slots as a spec says them: ``start`` and ``end``, or ``ranges`` where there are several.

    Parameters
    ----------
    found
        The labels of all slots, in order.
    step
        How far neighbours are apart.
    shown
        Makes readings of a clock of labels.
    """
    apart = np.diff(found)
    if (apart % step).any():
        raise form.error("the times of the result are not a whole number of steps apart")
    starts = np.concatenate([[0], np.flatnonzero(apart != step) + 1])
    ends = np.append(starts[1:] - 1, len(found) - 1)
    if len(starts) > _MOST_RANGES:
        raise form.error(
            f"the times of the result are {len(starts):,} stretches, as a filter on time leaves them; leave it out, "
            "and filter when the dataset is asked"
        )
    runs = [
        {"start": shown_moment(moment(first)), "end": shown_moment(moment(last))}
        for first, last in zip(shown(found[starts]).tolist(), shown(found[ends]).tolist(), strict=True)
    ]
    return runs[0] if len(runs) == 1 else {"ranges": runs}


def numbers(column: pa.ChunkedArray) -> Int64:
    """Return the different values of a column: microseconds of timestamps, days of dates, numbers as they are."""
    import pyarrow as pa

    values = column.unique()
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us", values.type.tz)).cast(pa.int64())
    elif pa.types.is_date(values.type):
        values = values.cast(pa.date32()).cast(pa.int32())
    return np.asarray(values.to_numpy(zero_copy_only=False), np.int64)
