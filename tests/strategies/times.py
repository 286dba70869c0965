"""Random time dimensions around a change of the clocks, and datasets' views of the same slots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from dsgrid.time.dimension import DatetimeTime

# Lord Howe Island changes its clocks by half an hour; India is half an hour off.
ZONES = ("America/Denver", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "-07:00", "+00:00", "-03:30")
# Midnights in UTC shortly before clocks change, and before a year ends.
STARTS = tuple(datetime.fromisoformat(day) for day in ("2018-03-10", "2018-11-03", "2018-12-30", "2018-04-01"))


@dataclass(frozen=True)
class Axis:
    """The slots of a project: the first beginning (UTC, naive), how long and how many."""

    first: datetime
    step: timedelta
    count: int


@st.composite
def project_times(draw: st.DrawFn) -> tuple[DatetimeTime, Axis]:
    """A project's time, and its axis of instants."""
    step = draw(st.sampled_from([timedelta(hours=1)] * 4 + [timedelta(minutes=30), timedelta(days=1)]))
    zone = draw(st.sampled_from(ZONES))
    if step == timedelta(days=1):
        zone = draw(st.sampled_from([name for name in ZONES if name[0] in "+-"]))
    count = draw(st.integers(2, 60))
    axis = Axis(draw(st.sampled_from(STARTS)) + timedelta(hours=draw(st.integers(0, 5))), step, count)
    interval = draw(st.sampled_from(["period_beginning", "period_ending"]))
    time = seen(axis, zone, interval, "present")
    return (time, axis) if time else (_fixed(axis, interval, "present"), axis)


@st.composite
def dataset_times(draw: st.DrawFn, axis: Axis) -> tuple[DatetimeTime, bool]:
    """A dataset's time that aligns with the axis, and whether it has to be wrapped."""
    shift = draw(st.sampled_from([0, 0, 0, 1, -1, 3]))
    shift = max(-axis.count + 1, min(axis.count - 1, shift))
    moved = Axis(axis.first + shift * axis.step, axis.step, axis.count)
    interval = draw(st.sampled_from(["period_beginning", "period_ending"]))
    zone = draw(st.sampled_from(ZONES)) if axis.step < timedelta(days=1) else "+00:00"
    return seen(moved, zone, interval, "own") or _fixed(moved, interval, "own"), shift != 0


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
    return DatetimeTime(name, start, end, axis.step, zone, interval, "total")


def _wall(moment: datetime, zone: str) -> datetime | None:
    clock: tzinfo = ZoneInfo(zone) if zone[0] not in "+-" else _offset(zone)
    local = moment.replace(tzinfo=UTC).astimezone(clock).replace(tzinfo=None)
    readings = {local.replace(tzinfo=clock, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return local if len(readings) == 1 else None


def _offset(zone: str) -> timezone:
    sign = -1 if zone[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6])))
