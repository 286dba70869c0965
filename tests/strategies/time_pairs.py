"""Random pairs of a dataset's time and a project's, some days around what makes time hard, with rules between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from dsgrid.time.dimension import GEOGRAPHY, DatetimeTime, IndexTime, Span, TimeDimension, is_local
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MEASUREMENTS = ("total", "mean", "min", "max", "measured")
ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "Europe/Berlin",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "America/Phoenix",
    "Asia/Kolkata",
    "-05:00",
    "+00:00",
    "+05:45",
)
# Days on which clocks change; then leap days, others at the end of February, New Year, and a summer's day.
CHANGES = {
    "America/New_York": ("2018-03-11", "2018-11-04"),
    "America/Los_Angeles": ("2012-03-11", "2012-11-04"),
    "Europe/Berlin": ("2018-03-25", "2018-10-28"),
    "Australia/Sydney": ("2018-10-07", "2018-04-01"),
    "Australia/Lord_Howe": ("2018-10-07", "2018-04-01"),
}
OTHERS = ("2012-02-29", "2018-02-28", "2018-12-31", "2018-07-04")
STEPS = (timedelta(minutes=15), timedelta(minutes=30), HOUR, HOUR, 2 * HOUR, DAY)
CLOCKS = ("prevailing", "standard", "profile")


def day(text: str) -> datetime:
    """Return the midnight at which a day begins."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class Pair:
    """A dataset's time, a project's, and how the one becomes the other."""

    own: TimeDimension
    target: TimeDimension
    rules: TimeRules
    place: Place


def placed(own: TimeDimension, target: TimeDimension, own_zone: str, target_zone: str) -> Place:
    """Return a place with the zones that are asked of it."""
    return Place(own_zone if is_local(own) else "", target_zone if is_local(target) else "")


@st.composite
def horizons(draw: st.DrawFn) -> tuple[str, datetime, int]:
    """A zone, a first day and a number of days, so that something happens in between."""
    zone = draw(st.sampled_from(ZONES))
    middle = draw(st.sampled_from([*CHANGES.get(zone, ()), *CHANGES.get(zone, ()), *OTHERS]))
    before, after = draw(st.integers(0, 2)), draw(st.integers(1, 2))
    return zone, day(middle) - before * DAY, before + after


@st.composite
def datasets(
    draw: st.DrawFn, first: datetime, days: int, zone: str, measurement: str, clocks: tuple[str, ...] = CLOCKS
) -> DatetimeTime | IndexTime:
    """A datetime or an index of some days, that begins and ends at midnight, in a zone or in that of a place."""
    step = draw(st.sampled_from(STEPS))
    clock = draw(st.sampled_from(clocks))
    interval = "instantaneous"
    if measurement != "measured":
        interval = draw(st.sampled_from(["period_beginning", "period_ending"]))
    lag = step if interval == "period_ending" else timedelta(0)
    start, end = first + lag, first + days * DAY - step + lag
    shown = draw(st.sampled_from([GEOGRAPHY, zone]))
    leap_days = draw(st.sampled_from([True, True, True, False])) or days == 1
    more = {"clock": clock, "leap_days": leap_days}
    if draw(st.integers(0, 3)) == 0 and clock != "prevailing":
        return IndexTime("t", start, 1, 1 + (end - start) // step, step, shown, interval, measurement, **more)
    return DatetimeTime("t", (Span(start, end),), step, shown, interval, measurement, **more)


@st.composite
def projects(draw: st.DrawFn, first: datetime, days: int, zone: str, measurement: str) -> DatetimeTime | IndexTime:
    """The same as a project may have it: if each geography has a clock, then one that never changes."""
    target = draw(datasets(first, days, zone, measurement))
    if is_local(target) and target.clock == "prevailing":
        target = replace(target, clock=draw(st.sampled_from(["standard", "profile"])))
    return target


@st.composite
def rules(draw: st.DrawFn, own: TimeDimension, target: TimeDimension) -> TimeRules:
    """Rules that mean something between two grids."""
    of_own, of_target = (getattr(one, "clock", "") == "profile" for one in (own, target))
    forward = fall = ""
    if of_own and not of_target:
        forward = draw(st.sampled_from(["drop"] if own.measurement == "measured" else ["drop", "shift"]))
        fall = draw(st.sampled_from(["duplicate", "interpolate", *(["split"] if own.measurement == "total" else [])]))
    if of_target and not of_own:
        total = target.measurement == "total"
        forward = draw(st.sampled_from(["interpolate", "repeat", *(["zero"] if total else [])]))
        fall = draw(st.sampled_from(["mean", *(["sum"] if total else [])]))
    return TimeRules(
        wrap=draw(st.integers(0, 4)) == 0,
        spring_forward=forward,
        fall_back=fall,
        resample=draw(st.integers(0, 9)) > 0,
        trim=draw(st.integers(0, 3)) > 0,
    )


@st.composite
def grids(draw: st.DrawFn, measurements: tuple[str, ...] = MEASUREMENTS) -> Pair:
    """Two grids of the same days, or the dataset's a day longer at both ends; in the same zone or in two."""
    zone, first, days = draw(horizons())
    other = draw(st.sampled_from([zone, zone, *ZONES]))
    measurement = draw(st.sampled_from(measurements))
    more = draw(st.sampled_from([0, 1]))
    own = draw(datasets(first - more * DAY, days + 2 * more, other, measurement))
    target = draw(projects(first, days, zone, measurement))
    return Pair(own, target, draw(rules(own, target)), placed(own, target, other, zone))


@st.composite
def readings_and_means(draw: st.DrawFn) -> Pair:
    """Readings that become means, or means that become readings."""
    zone, first, days = draw(horizons())
    other = draw(st.sampled_from([zone, zone, *ZONES]))
    before, after = draw(st.sampled_from([("measured", "mean"), ("mean", "measured")]))
    more = draw(st.sampled_from([0, 1, 1]))
    own = draw(datasets(first - more * DAY, days + 2 * more, other, before))
    target = draw(projects(first, days, zone, after))
    wrap = not more and target.step < DAY
    found = replace(draw(rules(own, target)), interpolate=True, trim=True, wrap=wrap)
    return Pair(own, target, found, placed(own, target, other, zone))
