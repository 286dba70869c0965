"""Random times of projects around a change of the clocks, and datasets of every kind that become them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from dsgrid.time.dimension import (
    GEOGRAPHY,
    PROJECT_GEOGRAPHY,
    AnnualTime,
    Calendar,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    Span,
    TimeDimension,
    is_local,
)
from dsgrid.time.rules import TimeRules

# Lord Howe Island changes its clocks by half an hour; India is half an hour off.
ZONES = ("America/Denver", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "-07:00", "+00:00", "-03:30")
# Those of geographies; Arizona has no summer time.
PLACES = ("America/Denver", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Phoenix")
# Midnights in UTC shortly before clocks change, and before a year ends.
STARTS = tuple(datetime.fromisoformat(day) for day in ("2018-03-10", "2018-11-03", "2018-12-30", "2018-04-01"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PROJECTS = ("instants",) * 8 + ("index", "standard", "profile", "annual", "of_model_years", "representative", "tied")
DATASETS = (
    ("seen",) * 4
    + (
        "same",
        "coarser",
        "finer",
        "halves",
        "other_year",
        "prevailing",
        "standard",
        "profile",
        "representative",
        "annual",
    )
    + ("index", "none")
)


@dataclass(frozen=True)
class Axis:
    """The slots of a project: the first beginning (UTC, naive), how long and how many."""

    first: datetime
    step: timedelta
    count: int

    @property
    def last(self) -> datetime:
        """The end of the last slot."""
        return self.first + self.count * self.step


@st.composite
def project_times(draw: st.DrawFn) -> tuple[TimeDimension, Axis]:
    """A project's time, and the axis of instants that it is about."""
    axis = Axis(
        draw(st.sampled_from(STARTS)) + timedelta(hours=draw(st.integers(0, 5))), HOUR, draw(st.integers(2, 60))
    )
    kind = draw(st.sampled_from(PROJECTS))
    interval = draw(st.sampled_from(["period_beginning", "period_ending"]))
    measurement = draw(st.sampled_from(["total"] * 7 + ["mean", "min", "max"]))
    if kind == "instants":
        return _instants(draw, axis, interval, measurement)
    if kind == "index":
        first = axis.first + timedelta(hours=2)
        return IndexTime("present", first, 5, 4 + axis.count, HOUR, "UTC", interval, measurement), axis
    if kind in ("standard", "profile"):
        span = Span(axis.first, axis.first + (axis.count - 1) * HOUR)
        return DatetimeTime("present", (span,), HOUR, GEOGRAPHY, interval, measurement, clock=kind), axis
    if kind == "annual":
        return AnnualTime("present", draw(st.sampled_from([(2018,), (2018, 2019)])), measurement), axis
    if kind == "of_model_years":
        return AnnualTime("present", (2020, 2021), "total", year_of="model_year"), axis
    if kind == "representative":
        by = draw(st.sampled_from([("day_type", "hour"), ("hour",), ("day_of_week", "hour")]))
        return RepresentativeTime("present", by, HOUR, GEOGRAPHY, interval, measurement), axis
    spans = tuple(Span(first, first + 5 * HOUR, year) for year, first in _of_weather_years())
    return DatetimeTime("present", spans, HOUR, "-07:00", interval, measurement, year_of="weather_year"), axis


def _of_weather_years() -> list[tuple[str, datetime]]:
    return [(year, datetime.fromisoformat(f"{year}-03-10 06:00")) for year in ("2010", "2011")]


def _instants(draw: st.DrawFn, axis: Axis, interval: str, measurement: str) -> tuple[TimeDimension, Axis]:
    step = draw(st.sampled_from([HOUR] * 4 + [timedelta(minutes=30), DAY]))
    zone = draw(st.sampled_from(ZONES))
    if step == DAY:
        zone = draw(st.sampled_from([name for name in ZONES if name[0] in "+-"]))
    axis = replace(axis, step=step)
    time = seen(axis, zone, interval, "present") or _fixed(axis, interval, "present")
    return replace(time, measurement=measurement), axis


@st.composite
def dataset_times(draw: st.DrawFn, project: TimeDimension, axis: Axis) -> tuple[TimeDimension, TimeRules]:
    """A dataset's time, and rules by which it may become the project's; `plain` does so for certain."""
    if isinstance(project, (AnnualTime, RepresentativeTime)):
        return draw(_to_periods(project))
    kind = draw(st.sampled_from(DATASETS))
    if project.year_of or kind == "same":  # type: ignore[union-attr]
        return plain(project)
    time, rules = _of_kind(draw, kind, project, axis)
    if not isinstance(time, NoTime):
        time = replace(time, measurement=project.measurement)  # type: ignore[union-attr]
    if project.measurement != "total":  # type: ignore[union-attr]
        rules = replace(rules, spread="", fall_back=rules.fall_back.replace("split", "duplicate"))
    return time, rules


def plain(project: TimeDimension) -> tuple[TimeDimension, TimeRules]:
    """Return a dataset's time that is the project's."""
    time = replace(project, name="own")
    if is_local(time):
        time = replace(time, zone=PROJECT_GEOGRAPHY)  # type: ignore[call-arg]
    return time, TimeRules()


def _of_kind(draw: st.DrawFn, kind: str, project: TimeDimension, axis: Axis) -> tuple[TimeDimension, TimeRules]:
    interval = draw(st.sampled_from(["period_beginning", "period_ending"]))
    local = draw(st.sampled_from([GEOGRAPHY, PROJECT_GEOGRAPHY]))
    # From a day before to a day after: clocks of all places show the project's time in between.
    whole = Axis(_midnight(axis.first) - DAY, HOUR, (_midnight(axis.last) - _midnight(axis.first)) // HOUR + 72)
    if kind == "seen":
        return _shifted(draw, axis, interval)
    if kind in ("coarser", "finer"):
        step = draw(
            st.sampled_from([timedelta(minutes=one) for one in (10, 30, 40)] if kind == "finer" else [3 * HOUR])
        )
        moved = Axis(whole.first, step, (whole.last - whole.first) // step)
        return _fixed(moved, interval, "own"), TimeRules(resample=True, trim=True)
    if kind == "halves":
        # Of the project's time alone: nothing is trimmed.
        halves = Axis(axis.first, axis.step / 2, 2 * axis.count)
        return _fixed(halves, interval, "own"), TimeRules(resample=True)
    if kind == "other_year":
        rules = TimeRules(align=draw(st.sampled_from(["same_date", "same_weekday"])), trim=True)
        first = whole.first.replace(year=whole.first.year - 1) - 7 * DAY
        return _fixed(Axis(first, HOUR, whole.count + 14 * 24), interval, "own"), rules
    if kind in ("prevailing", "standard", "profile"):
        zone = GEOGRAPHY if kind == "prevailing" else local
        span = Span(whole.first, whole.last - HOUR)
        rules = TimeRules(trim=True, resample=draw(st.booleans()))
        if kind == "profile":
            rules = replace(
                rules,
                spring_forward=draw(st.sampled_from(["drop", "shift"])),
                fall_back=draw(st.sampled_from(["duplicate", "interpolate", "split"])),
            )
        return DatetimeTime("own", (span,), HOUR, zone, interval, "total", clock=kind), rules
    if kind == "representative":
        return _typical(draw, local, interval), TimeRules(resample=draw(st.booleans()))
    if kind == "annual":
        return AnnualTime("own", (2017, 2018, 2019), "total"), TimeRules(spread="flat", trim=True)
    if kind == "index":
        time = IndexTime("own", whole.first, 1, whole.count, HOUR, local, interval, "total", clock="standard")
        return time, TimeRules(trim=True, resample=draw(st.booleans()))
    return NoTime("own"), TimeRules()


def _typical(draw: st.DrawFn, zone: str, interval: str) -> RepresentativeTime:
    by = draw(st.sampled_from([("day_type", "hour"), ("hour",), ("season", "hour"), ("day_of_week", "hour")]))
    days = (("workday", (0, 1, 2, 3, 4)), ("sunday", (6,)), ("saturday", (5,)))
    calendar = Calendar(day_types=days) if draw(st.booleans()) else Calendar()
    clock = draw(st.sampled_from(["prevailing", "standard"]))
    return RepresentativeTime("own", by, HOUR, zone, interval, "total", clock=clock, calendar=calendar)


@st.composite
def _to_periods(draw: st.DrawFn, project: AnnualTime | RepresentativeTime) -> tuple[TimeDimension, TimeRules]:
    """What becomes of years: days, months of typical days; of typical days: a week of hours."""
    measurement = project.measurement
    kind = draw(st.sampled_from(["same", "days", "typical"]))
    if kind == "same" or (kind == "typical" and isinstance(project, RepresentativeTime)):
        return plain(project)
    if isinstance(project, RepresentativeTime):
        span = Span(datetime.fromisoformat("2018-03-05"), datetime.fromisoformat("2018-03-13 23:00"))
        zone = draw(st.sampled_from(["-07:00", "+00:00"]))
        return DatetimeTime("own", (span,), HOUR, zone, "period_beginning", measurement), TimeRules()
    first, last = (2018, 2018) if project.year_of else (project.years[0], project.years[-1])
    if kind == "typical":
        calendar = RepresentativeTime(
            "own", ("month", "day_type"), DAY, PROJECT_GEOGRAPHY, "period_beginning", measurement
        )
        return calendar, TimeRules()
    clock = draw(st.sampled_from(["standard", "profile"]))
    return days_of_years(first, last, measurement, clock), TimeRules()


def days_of_years(first: int, last: int, measurement: str, clock: str = "profile") -> DatetimeTime:
    """Return the days of some years, on the clock of each geography."""
    span = Span(datetime.fromisoformat(f"{first}-01-01"), datetime.fromisoformat(f"{last}-12-31"))
    return DatetimeTime("own", (span,), DAY, GEOGRAPHY, "period_beginning", measurement, clock=clock)


def _shifted(draw: st.DrawFn, axis: Axis, interval: str) -> tuple[DatetimeTime, TimeRules]:
    """The axis as another zone labels it, perhaps some slots later: it has to be wrapped then."""
    shift = draw(st.sampled_from([0, 0, 0, 1, -1, 3]))
    shift = max(-axis.count + 1, min(axis.count - 1, shift))
    moved = Axis(axis.first + shift * axis.step, axis.step, axis.count)
    zone = draw(st.sampled_from(ZONES)) if axis.step < DAY else "+00:00"
    time = seen(moved, zone, interval, "own") or _fixed(moved, interval, "own")
    return time, TimeRules(wrap=shift != 0)


def _midnight(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - of any clock


def _fixed(axis: Axis, interval: str, name: str) -> DatetimeTime:
    time = seen(axis, "-07:00", interval, name)
    assert time is not None
    return time


def seen(axis: Axis, zone: str, interval: str, name: str) -> DatetimeTime | None:
    """Return the axis as a zone labels it; None where a boundary is a label that occurs twice."""
    lag = axis.step if interval == "period_ending" else timedelta(0)
    first = axis.first + lag
    last = first + (axis.count - 1) * axis.step
    labels = [_wall(moment, zone) for moment in (first, last)]
    if None in labels:
        return None
    start, end = labels
    assert start is not None
    assert end is not None
    return DatetimeTime(name, (Span(start, end),), axis.step, zone, interval, "total")


def _wall(moment: datetime, zone: str) -> datetime | None:
    clock: tzinfo = ZoneInfo(zone) if zone[0] not in "+-" else _offset(zone)
    local = moment.replace(tzinfo=UTC).astimezone(clock).replace(tzinfo=None)
    readings = {local.replace(tzinfo=clock, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return local if len(readings) == 1 else None


def _offset(zone: str) -> timezone:
    sign = -1 if zone[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6])))
