"""Time dimensions as values: one frozen class per kind, without numpy, so that listings read them at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

# Instead of a zone: each geography's own. The records that have the zone are those of the dataset, or those of the
# project that they are mapped to.
GEOGRAPHY: Final = "geography"
PROJECT_GEOGRAPHY: Final = "project_geography"

CLOCKS: Final = ("prevailing", "standard", "profile")
PARTS: Final = ("month", "season", "day_type", "day_of_week", "hour")

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SEASONS: Final = (
    ("winter", (12, 1, 2)),
    ("spring", (3, 4, 5)),
    ("summer", (6, 7, 8)),
    ("autumn", (9, 10, 11)),
)
DAY_TYPES: Final = (("weekday", (0, 1, 2, 3, 4)), ("weekend", (5, 6)))
HOLIDAY: Final = "holiday"

Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Calendar:
    """What a time dimension calls the parts of a year that a clock does not name.

    Parameters
    ----------
    seasons
        Names, each with its months; every month is in one.
    day_types
        Names, each with its days of the week (0 is Monday); every day is in one. A type without days is that of
        holidays.
    holidays
        Dates that are of the day type ``holiday``.
    """

    seasons: tuple[tuple[str, tuple[int, ...]], ...] = SEASONS
    day_types: tuple[tuple[str, tuple[int, ...]], ...] = DAY_TYPES
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True)
class Span:
    """A run of slots: the labels of the first and of the last one, as a clock shows them.

    Parameters
    ----------
    record
        The weather year or model year that these slots belong to; empty when they belong to all.
    """

    start: datetime
    end: datetime
    record: str = ""


@dataclass(frozen=True)
class DatetimeTime:
    """Equally spaced slots on the axis of instants, or on the clock of each geography.

    Parameters
    ----------
    ranges
        The runs of slots, in order; labels are wall-clock times in `zone`, without tzinfo.
    step
        The length of a slot.
    zone
        A fixed offset (``-05:00``), an IANA name, or `GEOGRAPHY` or `PROJECT_GEOGRAPHY`.
    interval
        ``period_beginning``, ``period_ending`` or ``instantaneous``: what a label says about its slot.
    measurement
        ``total``, ``mean``, ``min``, ``max`` or ``measured``.
    clock
        ``prevailing``: slots are stepped in elapsed time, and labels are what clocks show, summer time included.
        ``standard``: labels are standard time all year. ``profile``: every reading of the calendar occurs once, as if
        clocks never changed; only rules make instants of it.
    leap_days
        Whether there are slots on 29 February; without them a year has 365 days.
    year_of
        The dimension type whose records `Span.record` names: ``weather_year``, ``model_year``, or empty.
    columns
        The columns in the files (datasets only), by what they hold: ``label``, or ``year``, ``month``, ``day``,
        ``hour`` and ``minute``; perhaps ``fold`` and ``offset``.
    labels
        How the files write a label (datasets only): ``instants`` (with an offset), ``wall_clock`` (in `zone`), or
        empty: the column's type says it.
    """

    name: str
    ranges: tuple[Span, ...]
    step: timedelta
    zone: str
    interval: str
    measurement: str
    clock: str = "prevailing"
    leap_days: bool = True
    year_of: str = ""
    description: str = ""
    columns: Columns = (("label", "timestamp"),)
    labels: str = ""
    calendar: Calendar = Calendar()
    id: str = ""
    version: str = ""

    kind = "datetime"

    @property
    def start(self) -> datetime:
        """The label of the first slot."""
        return self.ranges[0].start

    @property
    def end(self) -> datetime:
        """The label of the last slot."""
        return self.ranges[-1].end


@dataclass(frozen=True)
class IndexTime:
    """The slots of a datetime dimension, numbered: a label is a whole number.

    Parameters
    ----------
    start
        The reading of the clock that the label `first` stands for.
    first, last
        The first and the last number.

    See Also
    --------
    DatetimeTime : the meaning of the other parameters.
    """

    name: str
    start: datetime
    first: int
    last: int
    step: timedelta
    zone: str
    interval: str
    measurement: str
    clock: str = "prevailing"
    leap_days: bool = True
    description: str = ""
    columns: Columns = (("index", "time_index"),)
    calendar: Calendar = Calendar()
    id: str = ""
    version: str = ""

    kind = "index"
    year_of = ""
    labels = ""


@dataclass(frozen=True)
class AnnualTime:
    """One value per year.

    Parameters
    ----------
    years
        The years, in order.
    year_of
        The dimension type whose records are these years: a value of model year 2030 is that of the year 2030,
        whatever calendar the weather has. Empty: the years are calendar years of their own.
    columns
        The column of years in the files, by ``year``; the files may lack it when `year_of` says the same.
    """

    name: str
    years: tuple[int, ...]
    measurement: str
    year_of: str = ""
    description: str = ""
    columns: Columns = (("year", "year"),)
    id: str = ""
    version: str = ""

    kind = "annual"
    interval = "period_beginning"


@dataclass(frozen=True)
class RepresentativeTime:
    """Values of typical periods: of each hour of a week in each month, say.

    Parameters
    ----------
    by
        Which parts of a calendar tell the values apart, of `PARTS` and in their order.
    step
        The length of the period that one value is of: an hour where `by` has ``hour``, else an hour or days.
    zone
        Whose calendar and clock is meant: as for `DatetimeTime`.
    clock
        ``prevailing`` or ``standard``.
    columns
        The columns in the files, by part.
    """

    name: str
    by: tuple[str, ...]
    step: timedelta
    zone: str
    interval: str
    measurement: str
    clock: str = "prevailing"
    description: str = ""
    columns: Columns = ()
    calendar: Calendar = Calendar()
    id: str = ""
    version: str = ""

    kind = "representative"
    year_of = ""


@dataclass(frozen=True)
class NoTime:
    """No time at all: values that hold whenever, such as growth rates."""

    name: str
    description: str = ""
    id: str = ""
    version: str = ""

    kind = "none"
    interval = ""
    measurement = ""
    year_of = ""
    columns: Columns = ()


Gridded = DatetimeTime | IndexTime
TimeDimension = DatetimeTime | IndexTime | AnnualTime | RepresentativeTime | NoTime

KINDS: Final = tuple(one.kind for one in (DatetimeTime, AnnualTime, RepresentativeTime, IndexTime, NoTime))


def zone_of(time: TimeDimension) -> str:
    """Return the zone of a time dimension, `GEOGRAPHY` or `PROJECT_GEOGRAPHY`; empty where it has none."""
    return "" if isinstance(time, (AnnualTime, NoTime)) else time.zone


def is_local(time: TimeDimension) -> bool:
    """Tell whether each geography has its own clock."""
    return zone_of(time) in (GEOGRAPHY, PROJECT_GEOGRAPHY)


def step_of(time: TimeDimension) -> timedelta | None:
    """Return the length of a slot; None where slots have none, or not all the same."""
    return None if isinstance(time, (AnnualTime, NoTime)) else time.step


def calendar_of(time: TimeDimension) -> Calendar:
    """Return the calendar of a time dimension, the usual one where it has none."""
    return Calendar() if isinstance(time, (AnnualTime, NoTime)) else time.calendar


def column_of(time: TimeDimension, meaning: str) -> str:
    """Return the name of the column in the files with a meaning; empty where there is none."""
    return dict(time.columns).get(meaning, "")
