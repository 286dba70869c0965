"""Two times, or two submissions' rules: nothing about time can be added, so all but the description is major."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.time_cells import index, typical, years

from dsgrid.time.comparison import compare_rules, compare_times
from dsgrid.time.dimension import Calendar, DatetimeTime, NoTime, Span, TimeDimension
from dsgrid.time.rules import RULES, TimeRules

TIME = DatetimeTime(
    name="time",
    ranges=(Span(datetime.fromisoformat("2018-01-01"), datetime.fromisoformat("2018-12-31 23:00")),),
    step=timedelta(hours=1),
    zone="-05:00",
    interval="period_beginning",
    measurement="total",
)
TIMES: list[TimeDimension] = [
    TIME,
    index("-05:00", "2018-01-01", 8760),
    years(2018, 2020),
    typical("-05:00", "month", "hour"),
    NoTime("time"),
]
OTHER: dict[type, Any] = {
    str: "other",
    bool: False,
    int: 7,
    datetime: datetime.fromisoformat("2017-01-01"),
    timedelta: timedelta(minutes=15),
    Calendar: Calendar(holidays=(date(2018, 7, 4),)),
}
OF_TUPLES: dict[str, Any] = {
    "ranges": (Span(datetime.fromisoformat("2017-01-01"), datetime.fromisoformat("2017-12-31 23:00"), "2012"),),
    "columns": (("label", "time"), ("fold", "f")),
    "years": (2018, 2030),
    "by": ("month", "day_type"),
}


def changed(time: TimeDimension, name: str) -> TimeDimension:
    value = getattr(time, name)
    return replace(time, **{name: OF_TUPLES[name] if isinstance(value, tuple) else OTHER[type(value)]})


def names_of(time: TimeDimension) -> list[str]:
    return [each.name for each in fields(time) if each.name not in ("id", "version")]


@pytest.mark.parametrize(("time", "name"), [(time, name) for time in TIMES for name in names_of(time)])
def test_every_field_of_a_time_is_compared(time: TimeDimension, name: str) -> None:
    changes = compare_times(time, changed(time, name), "time")
    assert {(change.action, change.where) for change in changes} == {("changed", "time")}
    # Runs of slots and calendars are told by the keys that say them in specs.
    keys = {"ranges": ["end", "ranges", "start"], "calendar": ["holidays"]}.get(name, [name])
    assert sorted(change.key for change in changes) == keys
    for change in changes:
        assert change.level == ("patch" if name == "description" else "major")
        assert change.old != change.new


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("step", "1h", "15min"),
        ("zone", "-05:00", "other"),
        ("columns", "label: timestamp", "label: time, fold: f"),
    ],
)
def test_what_differs_is_told_in_words(name, old, new):
    (change,) = compare_times(TIME, changed(TIME, name))
    assert (change.old, change.new) == (old, new)


def test_one_run_of_slots_is_told_by_its_ends_and_several_as_ranges():
    later = replace(TIME, ranges=(replace(TIME.ranges[0], end=datetime.fromisoformat("2018-06-30 23:00")),))
    (change,) = compare_times(TIME, later)
    assert (change.key, change.old, change.new) == ("end", "2018-12-31 23:00", "2018-06-30 23:00")
    found = {change.key: change.new for change in compare_times(TIME, changed(TIME, "ranges"))}
    assert found == {"start": "", "end": "", "ranges": "2017-01-01 00:00 to 2017-12-31 23:00 (2012)"}


def test_a_calendar_is_told_by_its_seasons_day_types_and_holidays():
    seasons = (("cold", (10, 11, 12, 1, 2, 3)), ("warm", (4, 5, 6, 7, 8, 9)))
    types = (("work", (0, 1, 2, 3, 4)), ("free", (5, 6)))
    other = Calendar(seasons, types, (date(2018, 7, 4), date(2018, 12, 25)))
    found = {change.key: change.new for change in compare_times(TIME, replace(TIME, calendar=other))}
    assert found == {
        "seasons": "cold: 10 11 12 1 2 3, warm: 4 5 6 7 8 9",
        "day_types": "work: monday tuesday wednesday thursday friday, free: saturday sunday",
        "holidays": "2018-07-04, 2018-12-25",
    }


def test_another_kind_differs_in_what_both_do_not_share():
    changes = compare_times(TIME, replace(years(2018), name="time"))
    assert {"kind", "start", "end", "years", "step", "zone"} <= {change.key for change in changes}
    assert "measurement" not in {change.key for change in changes}


@pytest.mark.parametrize("time", TIMES)
def test_ids_and_versions_of_times_are_not_compared(time: TimeDimension) -> None:
    assert compare_times(time, replace(time, id="conus/time", version="2.0.0")) == ()


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_compared(name: str) -> None:
    value = not getattr(TimeRules(), name) if isinstance(getattr(TimeRules(), name), bool) else "other"
    (change,) = compare_rules(TimeRules(), replace(TimeRules(), **{name: value}))
    assert change.level == "major"
    assert (change.where, change.key) == (("", "wrap_time") if name == "wrap" else ("mapping.time", name))
