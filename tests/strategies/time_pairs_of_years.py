"""Random pairs of times in different years: aligned, wrapped, or of several weather years."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from dsgrid.time.dimension import DatetimeTime, IndexTime, Span
from strategies.time_pairs import DAY, HOUR, MEASUREMENTS, ZONES, Pair, datasets, day, placed, projects, rules

LEAP_DAYS = ("", "drop_feb29", "drop_dec31", "drop_jan1", "repeat", "interpolate")
# Some days before a leap day, New Year, and the changes of clocks.
DAYS = ("02-26", "02-26", "12-29", "03-09", "10-05", "11-02", "03-30")


@st.composite
def aligned(draw: st.DrawFn, measurements: tuple[str, ...] = MEASUREMENTS) -> Pair:
    """Some days of one year, and a project of the same days of another year (or a calendar without leap days)."""
    zone = draw(st.sampled_from(ZONES))
    other = draw(st.sampled_from([zone, zone, zone, *ZONES]))
    measurement = draw(st.sampled_from(measurements))
    of_own, of_target = draw(
        st.sampled_from([(2012, 2018), (2018, 2012), (2012, 2016), (2018, 2019), (2018, 2018), (2012, 2012)])
    )
    first, days = draw(st.sampled_from(DAYS)), draw(st.integers(4, 8))
    more = draw(st.sampled_from([0, 1, 4]))
    own = draw(datasets(day(f"{of_own}-{first}") - more * DAY, days + 2 * more, other, measurement))
    target = draw(projects(day(f"{of_target}-{first}"), days, zone, measurement))
    aligns = ["same_date", "same_date", "same_weekday", *([""] if of_own == of_target else [])]
    align = draw(st.sampled_from(aligns))
    leap_day = "" if align == "same_weekday" else draw(st.sampled_from(LEAP_DAYS))
    found = replace(draw(rules(own, target)), align=align, leap_day=leap_day, wrap=False, trim=True)
    return Pair(own, target, found, placed(own, target, other, zone))


@st.composite
def whole_years(draw: st.DrawFn) -> Pair:
    """Whole years of slots that are brought to another year, and wrapped where zones or labels differ."""
    zone = draw(st.sampled_from(ZONES))
    other = draw(st.sampled_from([zone, zone, *ZONES]))
    measurement = draw(st.sampled_from(["total", "mean", "measured"]))
    years = draw(st.sampled_from([(2012, 2018), (2018, 2012), (2012, 2016), (2018, 2019), (2018, 2018)]))
    step = draw(st.sampled_from([2 * HOUR, 2 * HOUR, DAY]))
    own = _year(draw(datasets(day("2018-01-01"), 2, other, measurement)), years[0], step)
    target = _year(draw(projects(day("2018-01-01"), 2, zone, measurement)), years[1], step)
    lag = draw(st.sampled_from([0, 1])) * step
    if isinstance(own, DatetimeTime):
        # Labels of the ends of slots that begin as those of beginnings do.
        span = own.ranges[0]
        own = replace(own, ranges=(Span(span.start - lag, span.end - lag),))
    align = draw(st.sampled_from(["same_date", "same_date", "same_weekday"]))
    leap_day = "" if align == "same_weekday" else draw(st.sampled_from(LEAP_DAYS))
    found = replace(draw(rules(own, target)), align=align, leap_day=leap_day, wrap=True)
    return Pair(own, target, found, placed(own, target, other, zone))


def _year(time: DatetimeTime | IndexTime, year: int, step: timedelta) -> DatetimeTime | IndexTime:
    """Return a grid that is like another one, of a whole year."""
    begin, end = day(f"{year}-01-01"), day(f"{year + 1}-01-01")
    lag = step if time.interval == "period_ending" else timedelta(0)
    if isinstance(time, IndexTime):
        return replace(time, start=begin + lag, last=(end - begin) // step, step=step)
    return replace(time, ranges=(Span(begin + lag, end - step + lag),), step=step)


@st.composite
def weather_years(draw: st.DrawFn) -> Pair:
    """Ranges that belong to weather years: in the data, or in the project, or in both."""
    zone = draw(st.sampled_from(ZONES))
    other = draw(st.sampled_from([zone, zone, *ZONES]))
    measurement = draw(st.sampled_from(["total", "mean", "min"]))
    first = draw(st.sampled_from(["02-26", "12-29", "03-09", "11-02"]))
    tied = draw(st.sampled_from([(True, True), (True, True), (True, False), (False, True)]))
    own, target = (
        _of_weather_years(draw(projects(day(f"2012-{first}"), 5, place, measurement)), tied=one)
        for place, one in zip((other, zone), tied, strict=True)
    )
    owns = draw(st.sampled_from([{"2012"}, {"2018"}, {"2012", "2018"}])) if tied[0] else set()
    record = draw(st.sampled_from(["2012", "2018"])) if tied[1] else ""
    align, leap_day = draw(st.sampled_from(["same_date", ""])), draw(st.sampled_from(["", "drop_feb29"]))
    found = replace(draw(rules(own, target)), align=align, leap_day=leap_day, trim=True, wrap=False)
    return Pair(own, target, found, replace(placed(own, target, other, zone), own=frozenset(owns), record=record))


def _of_weather_years(time: DatetimeTime | IndexTime, *, tied: bool) -> DatetimeTime | IndexTime:
    if isinstance(time, IndexTime) or not tied:
        return time
    span = time.ranges[0]
    later = timedelta(days=6 * 365 + 2)  # the same dates of 2018, or one day later after a leap day
    spans = (replace(span, record="2012"), Span(span.start + later, span.end + later, "2018"))
    return replace(time, ranges=spans, year_of="weather_year")
