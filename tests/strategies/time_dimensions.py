"""Time dimensions of every kind, as a spec may say them: `load_time` takes each of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import assume
from hypothesis import strategies as st

from dsgrid.time.dimension import (
    CLOCKS,
    GEOGRAPHY,
    KINDS,
    PARTS,
    PROJECT_GEOGRAPHY,
    WEEKDAYS,
    AnnualTime,
    Calendar,
    Columns,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    Span,
    TimeDimension,
)

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
FIXED: Final = ("-05:00", "+05:30", "+00:00", "UTC")
# Lord Howe Island changes its clocks by half an hour, and in the other direction than the north.
CHANGING: Final = ("America/Denver", "America/New_York", "Australia/Lord_Howe")
LOCAL: Final = (GEOGRAPHY, PROJECT_GEOGRAPHY)
# In an order that seasons and day types may be told in, which is not that of the alphabet.
WORDS: Final = ("weekday", "dry", "Wet", "winter", "x_2")

descriptions = st.sampled_from(["", "Eastern Standard Time", 'all "year"\nround', "é€"])
column_names = st.sampled_from(["timestamp", "ts", "time index", "Größe", "a,b"])
steps = st.sampled_from([timedelta(seconds=1), timedelta(minutes=15), HOUR, 6 * HOUR, DAY, 7 * DAY])
years = st.integers(1990, 2045)


@st.composite
def time_dimensions(
    draw: st.DrawFn, kinds: tuple[str, ...] = KINDS, name: str = "time", *, of_dataset: bool = True
) -> TimeDimension:
    """Return a time dimension of one of the kinds.

    Parameters
    ----------
    of_dataset
        Whether it is a dataset's, which has columns in files and may go by the zones of the project's geographies.
    """
    maker = {
        "datetime": _datetime,
        "index": _index,
        "annual": _annual,
        "representative": _representative,
        "none": _none,
    }[draw(st.sampled_from(kinds))]
    return draw(maker(name, of_dataset))


@st.composite
def calendars(draw: st.DrawFn, holidays: bool = True) -> Calendar:
    """Return the usual calendar, or one with seasons, day types and holidays of its own."""
    usual = Calendar()
    seasons = draw(st.just(usual.seasons) | _groups(range(1, 13)))
    day_types = draw(st.just(usual.day_types) | _groups(range(len(WEEKDAYS))))
    if draw(st.booleans()) and day_types != usual.day_types:
        place = draw(st.integers(0, len(day_types)))
        day_types = (*day_types[:place], ("holiday", ()), *day_types[place:])
    days = st.sets(st.dates(date(1990, 1, 1), date(2045, 12, 31)), max_size=3) if holidays else st.just(set())
    return Calendar(seasons, day_types, tuple(sorted(draw(days))))


@st.composite
def _groups(draw: st.DrawFn, members: range) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return names, each with some of the members in any order; every member has one."""
    names = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True))
    groups: dict[str, list[int]] = {name: [] for name in names}
    for member in draw(st.permutations(members)):
        groups[draw(st.sampled_from(names))].append(member)
    return tuple((name, tuple(each)) for name, each in groups.items() if each)


@st.composite
def _none(draw: st.DrawFn, name: str, of_dataset: bool) -> NoTime:
    return NoTime(name, draw(descriptions))


@st.composite
def _annual(draw: st.DrawFn, name: str, of_dataset: bool) -> AnnualTime:
    return AnnualTime(
        name,
        tuple(sorted(draw(st.sets(years, min_size=1, max_size=5) | years.map(lambda one: {one, one + 1, one + 2})))),
        draw(st.sampled_from(["total", "mean", "min", "max"])),
        draw(st.sampled_from(["", "model_year", "weather_year"])),
        draw(descriptions),
        (("year", draw(column_names) if of_dataset else "year"),),
    )


@st.composite
def _representative(draw: st.DrawFn, name: str, of_dataset: bool) -> RepresentativeTime:
    season = draw(st.sampled_from([{"month"}, {"season"}, set()]))
    day = draw(st.sampled_from([{"day_type"}, {"day_of_week"}, set()]))
    hour = draw(st.sampled_from([{"hour"}, set()]) if season or day else st.just({"hour"}))
    by = tuple(part for part in PARTS if part in season | day | hour)
    step = HOUR if hour else draw(st.sampled_from([HOUR, 6 * HOUR, DAY]))
    interval, measurement = draw(_meanings())
    return RepresentativeTime(
        name,
        by,
        step,
        draw(st.sampled_from([*FIXED, *CHANGING, *(LOCAL if of_dataset else (GEOGRAPHY,))])),
        interval if step < DAY else "period_beginning",
        measurement if step < DAY or measurement != "measured" else "total",
        draw(st.sampled_from(["prevailing", "standard"])),
        draw(descriptions),
        tuple((part, f"is {part}" if of_dataset and draw(st.booleans()) else part) for part in by),
        draw(calendars(holidays=False)),
    )


@st.composite
def _index(draw: st.DrawFn, name: str, of_dataset: bool) -> IndexTime:
    zone, clock, step = draw(_clocks(of_dataset, "index"))
    interval, measurement = draw(_meanings())
    start = draw(_moments())
    assume(clock != "prevailing" or zone in LOCAL or _once(start, zone))
    first = draw(st.integers(-3, 5))
    return IndexTime(
        name,
        start,
        first,
        first + draw(st.integers(0, 400)),
        step,
        zone,
        interval,
        measurement,
        clock,
        draw(st.booleans()),
        draw(descriptions),
        (("index", draw(column_names) if of_dataset else "time_index"),),
    )


@st.composite
def _datetime(draw: st.DrawFn, name: str, of_dataset: bool) -> DatetimeTime:
    zone, clock, step = draw(_clocks(of_dataset, "datetime"))
    interval, measurement = draw(_meanings())
    year_of = draw(st.sampled_from(["", "weather_year", "model_year"]))
    spans: list[Span] = []
    for number in range(draw(st.integers(1, 3))):
        start = draw(_moments())
        if spans:
            start = max(start, spans[-1].end + step + draw(st.integers(0, 500)) * HOUR)
        end = _stepped(start, draw(st.integers(0, 400)), step, zone if clock == "prevailing" else "UTC")
        assume(clock != "prevailing" or zone in LOCAL or (_once(start, zone) and _once(end, zone)))
        spans.append(Span(start, end, f"{year_of} {number // 2}" if year_of else ""))
    leap_days = draw(st.booleans())
    # A year without them has slots on other days, too.
    assume(leap_days or any(one.end - one.start > 3 * DAY or one.start.month > 3 for one in spans))
    return DatetimeTime(
        name,
        tuple(spans),
        step,
        zone,
        interval,
        measurement,
        clock,
        leap_days,
        year_of,
        draw(descriptions),
        draw(_columns(step)) if of_dataset else (("label", "timestamp"),),
        draw(st.sampled_from(["", "instants", "wall_clock"])) if of_dataset else "",
        draw(calendars()),
    )


def _moments() -> st.SearchStrategy[datetime]:
    first = datetime(1990, 1, 1)  # noqa: DTZ001 - of a clock
    return st.integers(0, 55 * 365 * 86400).map(lambda seconds: first + timedelta(seconds=seconds)) | st.builds(
        lambda year, hour: datetime(year, 1, 1, hour),  # noqa: DTZ001
        years,
        st.integers(0, 1),
    )


def _meanings() -> st.SearchStrategy[tuple[str, str]]:
    """Draw an interval and a measurement: what is measured, and nothing else, has no length."""
    of_periods = st.tuples(
        st.sampled_from(["period_beginning", "period_ending"]), st.sampled_from(["total", "mean", "min", "max"])
    )
    return of_periods | st.just(("instantaneous", "measured"))


@st.composite
def _clocks(draw: st.DrawFn, of_dataset: bool, kind: str) -> tuple[str, str, timedelta]:
    zone = draw(st.sampled_from([*FIXED, *CHANGING, *(LOCAL if of_dataset else (GEOGRAPHY,))]))
    # Which labels the clock of another's geography shows cannot be known; numbers can.
    clocks = [clock for clock in CLOCKS if zone != PROJECT_GEOGRAPHY or kind == "index" or clock != "prevailing"]
    return zone, draw(st.sampled_from(clocks)), draw(steps)


@st.composite
def _columns(draw: st.DrawFn, step: timedelta) -> Columns:
    twice = draw(st.sampled_from([(), (("fold", "is_second"),), (("offset", "utc offset"),)]))
    if draw(st.booleans()):
        return (("label", draw(column_names)), *twice)
    hours = draw(st.sampled_from([("hour",), ("hour", "minute")])) if step < DAY else ()
    return (*((part, f"the {part}") for part in ("year", "month", "day", *hours)), *twice)


def _stepped(start: datetime, count: int, step: timedelta, zone: str) -> datetime:
    """Return the label so many steps later: of elapsed time, but for steps of days."""
    if step >= DAY or zone in (*FIXED, *LOCAL):
        return start + count * step
    instant = start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) + count * step
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def _once(shown: datetime, zone: str) -> bool:
    """Tell whether a zone's clock shows a reading exactly once."""
    if zone in FIXED:
        return True
    first, second = (shown.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1))
    return first == second
