"""Random pairs of times of which one is of years, or of typical periods."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from dsgrid.time.dimension import GEOGRAPHY, AnnualTime, Calendar, DatetimeTime, IndexTime, RepresentativeTime, Span
from dsgrid.time.rules import TimeRules
from strategies.time_pairs import DAY, HOUR, MEASUREMENTS, ZONES, Pair, datasets, day, horizons, placed, projects

OF_YEARS = ("total", "mean", "min", "max")
SEASONS = (("warm", (4, 5, 6, 7, 8, 9)), ("cold", (1, 2, 3, 10, 11, 12)))
DAY_TYPES = (
    Calendar().day_types,
    (("workday", (0, 1, 2, 3, 4)), ("saturday", (5,)), ("sunday", (6,)), ("holiday", ())),
    (("holiday", ()), ("early", (0, 1, 2)), ("late", (3, 4, 5, 6))),
)
PARTS = ("month", "season", "day_type", "day_of_week", "hour")


def _twice(time: DatetimeTime | IndexTime) -> DatetimeTime | IndexTime:
    """Return a project with a second range, two years later."""
    if isinstance(time, IndexTime):
        return time
    span, later = time.ranges[0], timedelta(days=728)
    return replace(time, ranges=(span, Span(span.start + later, span.end + later)))


@st.composite
def spread(draw: st.DrawFn, measurements: tuple[str, ...] = OF_YEARS) -> Pair:
    """Annual values, and a project of some days, perhaps over New Year, perhaps in two years."""
    zone, first, days = draw(horizons())
    measurement = draw(st.sampled_from(measurements))
    target = draw(projects(first, days, zone, measurement))
    target = draw(st.sampled_from([target, target, _twice(target)]))
    years = draw(st.sampled_from([(2011, 2012, 2013), (2012,), (2017, 2018, 2019, 2020, 2021), (2018, 2019)]))
    rules = TimeRules(spread="flat" if measurement == "total" else "", trim=draw(st.integers(0, 3)) > 0)
    place = replace(placed(target, target, zone, zone), zone="")
    if draw(st.booleans()):
        own = AnnualTime("own", years, measurement, "model_year")
        return Pair(own, target, rules, replace(place, own=frozenset(map(str, years))))
    return Pair(AnnualTime("own", years, measurement), target, rules, place)


@st.composite
def typical(draw: st.DrawFn, zone: str, measurement: str) -> RepresentativeTime:
    """Typical periods in a zone."""
    asked = {draw(st.sampled_from([*some, ""])) for some in (("month", "season"), ("day_type", "day_of_week"))}
    asked.add(draw(st.sampled_from(["hour", "hour", ""])))
    by = tuple(part for part in PARTS if part in asked) or ("month",)
    step = HOUR if "hour" in by else draw(st.sampled_from([HOUR, DAY]))
    # On Lord Howe Island clocks change by half an hour: periods of an hour have no one end there.
    beginning = measurement == "measured" or step == DAY or zone == "Australia/Lord_Howe"
    interval = "period_beginning" if beginning else draw(st.sampled_from(["period_beginning", "period_ending"]))
    shown = draw(st.sampled_from([GEOGRAPHY, zone]))
    clock = draw(st.sampled_from(["prevailing", "prevailing", "standard"]))
    calendar = Calendar(draw(st.sampled_from([SEASONS, Calendar().seasons])), draw(st.sampled_from(DAY_TYPES)))
    interval = "instantaneous" if measurement == "measured" else interval
    return RepresentativeTime("t", by, step, shown, interval, measurement, clock=clock, calendar=calendar)


@st.composite
def typical_to_grids(draw: st.DrawFn, measurements: tuple[str, ...] = MEASUREMENTS) -> Pair:
    """Typical periods, and a project of some days, perhaps with holidays."""
    zone, first, days = draw(horizons())
    other = draw(st.sampled_from([zone, zone, *ZONES]))
    measurement = draw(st.sampled_from(measurements))
    own = draw(typical(other, measurement))
    target = draw(projects(first, days, zone, measurement))
    target = draw(st.sampled_from([target, target, _twice(target)]))
    names = [name for name, _ in own.calendar.day_types] if "day_type" in own.by else []
    names += ["sunday", "monday"] if "day_of_week" in own.by else []
    rule = draw(st.sampled_from(["", *(names if "holiday" not in names else [])]))
    if rule or draw(st.booleans()):
        dates = tuple((first + number * DAY).date() for number in range(0, days, 2))
        target = replace(target, calendar=Calendar(holidays=dates))
    rules = TimeRules(resample=draw(st.integers(0, 9)) > 0, holidays=rule)
    return Pair(own, target, rules, placed(own, target, other, zone))


@st.composite
def typical_to_years(draw: st.DrawFn) -> Pair:
    """Typical periods, and a project of years."""
    zone = draw(st.sampled_from(ZONES))
    measurement = draw(st.sampled_from(OF_YEARS))
    own = draw(typical(zone, measurement))
    years = draw(st.sampled_from([(2012,), (2018,)]))
    tied = draw(st.booleans())
    target = AnnualTime("present", years, measurement, "model_year" if tied else "")
    place = placed(own, target, zone, "")
    return Pair(own, target, TimeRules(), replace(place, record=str(years[0])) if tied else place)


@st.composite
def grids_to_typical(draw: st.DrawFn, measurements: tuple[str, ...] = MEASUREMENTS) -> Pair:
    """Some days, and a project of typical periods that these days may have."""
    zone, first, days = draw(horizons())
    other = draw(st.sampled_from([zone, zone, *ZONES]))
    measurement = draw(st.sampled_from(measurements))
    own = draw(datasets(first, days + draw(st.sampled_from([0, 7])), other, measurement))
    target = draw(typical(zone, measurement))
    if draw(st.integers(0, 3)):
        target = replace(target, by=("hour",), step=HOUR)
    return Pair(own, target, TimeRules(resample=True), placed(own, target, other, zone))


@st.composite
def grids_to_years(draw: st.DrawFn) -> Pair:
    """Whole years of slots, with a leap day or without, and a project of years."""
    zone = draw(st.sampled_from(ZONES))
    year = draw(st.sampled_from([2012, 2018]))
    measurement = draw(st.sampled_from(OF_YEARS))
    days = (day(f"{year + 1}-01-01") - day(f"{year}-01-01")) // DAY
    own = draw(datasets(day(f"{year}-01-01"), days, zone, measurement))
    tied = draw(st.booleans())
    target = AnnualTime("present", (year,), measurement, "weather_year" if tied else "")
    leap_day = draw(st.sampled_from(["", "drop_feb29", "drop_dec31", "drop_jan1", "repeat", "interpolate"]))
    place = placed(own, target, zone, "")
    rules = TimeRules(leap_day=leap_day, trim=draw(st.booleans()))
    return Pair(own, target, rules, replace(place, record=str(year)) if tied else place)
