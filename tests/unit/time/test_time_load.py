# ruff: noqa: DTZ001 - wall-clock times have no zone
"""Time dimensions from the tables of specs, and what is wrong with them at its place."""

from datetime import date, datetime, timedelta

import pytest

from dsgrid.dimensions.records import Record, Records
from dsgrid.spec.node import Node, Source
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
)
from dsgrid.time.load import load_time
from dsgrid.time.load_rules import load_rules, rule_node
from dsgrid.time.record_zones import check_record_zones
from dsgrid.time.rules import TimeRules
from dsgrid.time.zones import TimeError

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PERIOD = {"step": "1h", "zone": "-05:00", "interval": "period_beginning", "measurement": "total"}
DATETIME = {
    "name": "time_est",
    "kind": "datetime",
    "start": "2012-01-01 00:00",
    "end": "2012-12-31 23:00",
    **PERIOD,
}
INDEX = {"kind": "index", "start": "2012-01-01 00:00", "last": 8783, **PERIOD}
ANNUAL = {"kind": "annual", "start": "2018", "end": "2020", "measurement": "total"}
TYPICAL = {"kind": "representative", "by": ["month", "day_type", "hour"], **PERIOD}
RANGES = [
    {"start": "2007-01-01 00:00", "end": "2007-12-31 23:00", "weather_year": "2007"},
    {"start": "2012-01-01 00:00", "end": "2012-12-31 23:00", "weather_year": "2012"},
]


@pytest.fixture
def node(tmp_path):
    def make(table, **changes):
        values = {key: value for key, value in {**table, **changes}.items() if value is not None}
        return Node({"time": values}, (), Source(None, "", tmp_path))["time"]

    return make


@pytest.fixture
def load(node):
    def read(table, *, of_dataset=True, **changes):
        return load_time(node(table, **changes), "unnamed", of_dataset=of_dataset)

    return read


# The kinds


def test_a_datetime_is_read(load):
    time = load(DATETIME, column="ts", labels="wall_clock", description="hours")
    assert time == DatetimeTime(
        "time_est",
        (Span(datetime(2012, 1, 1), datetime(2012, 12, 31, 23)),),
        HOUR,
        "-05:00",
        "period_beginning",
        "total",
        description="hours",
        columns=(("label", "ts"),),
        labels="wall_clock",
    )


def test_what_a_datetime_does_not_say_is_usual(load):
    time = load(DATETIME, name=None)
    assert (time.name, time.columns, time.labels, time.description) == ("unnamed", (("label", "timestamp"),), "", "")
    assert (time.clock, time.leap_days, time.year_of, time.calendar) == ("prevailing", True, "", Calendar())


def test_several_ranges_belong_to_weather_years(load):
    time = load(DATETIME, start=None, end=None, ranges=RANGES)
    assert time.year_of == "weather_year"
    assert [one.record for one in time.ranges] == ["2007", "2012"]
    assert (time.start, time.end) == (datetime(2007, 1, 1), datetime(2012, 12, 31, 23))


def test_a_calendar_without_leap_days_and_another_clock_are_read(load):
    time = load(DATETIME, clock="profile", leap_days=False, zone=GEOGRAPHY)
    assert (time.clock, time.leap_days, time.zone) == ("profile", False, GEOGRAPHY)


def test_labels_in_parts_and_a_fold_are_read(load):
    parts = {"hour": "h", "year": "y", "month": "m", "day": "d"}
    assert load(DATETIME, columns=parts).columns == (("year", "y"), ("month", "m"), ("day", "d"), ("hour", "h"))
    assert load(DATETIME, columns={"fold": "f"}, column="ts").columns == (("label", "ts"), ("fold", "f"))
    days = {"year": "y", "month": "m", "day": "d"}
    assert load(DATETIME, columns=days, step="1d", end="2012-12-31 00:00").step == DAY


def test_an_index_is_read(load):
    time = load(INDEX, first=1, last=8784, clock="standard", zone=PROJECT_GEOGRAPHY, column="i")
    assert time == IndexTime(
        "unnamed", datetime(2012, 1, 1), 1, 8784, HOUR, PROJECT_GEOGRAPHY, "period_beginning", "total",
        clock="standard", columns=(("index", "i"),),
    )  # fmt: skip
    assert load(INDEX).first == 0


def test_years_are_read_as_a_range_or_one_by_one(load):
    assert load(ANNUAL) == AnnualTime("unnamed", (2018, 2019, 2020), "total")
    some = load(ANNUAL, start=None, end=None, years=["2030", "2020"], year_of="model_year", column="y")
    assert some == AnnualTime("unnamed", (2020, 2030), "total", "model_year", columns=(("year", "y"),))


def test_typical_periods_are_read_in_the_order_of_parts(load):
    time = load(TYPICAL, by=["hour", "month", "day_type"], columns={"day_type": "is_weekday"}, zone=PROJECT_GEOGRAPHY)
    assert isinstance(time, RepresentativeTime)
    assert time.by == ("month", "day_type", "hour")
    assert time.columns == (("month", "month"), ("day_type", "is_weekday"), ("hour", "hour"))
    assert (time.zone, time.clock) == (PROJECT_GEOGRAPHY, "prevailing")
    assert load(TYPICAL, by=["month"], step="1d").step == DAY


def test_no_time_is_read(load):
    assert load({"kind": "none", "description": "rates"}) == NoTime("unnamed", "rates")


# Values


@pytest.mark.parametrize(
    ("text", "step"), [("5min", timedelta(minutes=5)), ("1d", DAY), ("24h", DAY), ("30s", HOUR / 120)]
)
def test_steps_from_seconds_to_days_are_read(load, text, step):
    assert load(DATETIME, step=text, end="2012-12-31 00:00").step == step


@pytest.mark.parametrize("start", ["2012-01-01", "2012-01-01T00:00", "2012-01-01 00:00:00"])
def test_a_moment_may_be_written_shorter_or_longer(load, start):
    assert load(DATETIME, start=start).start == datetime(2012, 1, 1)


# What is wrong


def refused(load, table, changes, **more):
    with pytest.raises(TimeError) as error:
        load(table, **changes, **more)
    return str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "datetimes"}, 'time.kind: there is no kind "datetimes"; did you mean "datetime"?'),
        ({"kind": None}, "time: `kind` is missing"),
        (
            {"interval": "period-ending"},
            'time.interval: there is no interval "period-ending"; did you mean "period_ending"?',
        ),
        ({"measurement": None}, "time: `measurement` is missing"),
        ({"measurement": "measured"}, 'time.measurement: what is measured at instants has interval = "instantaneous"'),
        ({"interval": "instantaneous"}, "time.measurement: what is measured at instants has"),
        ({"labels": "utc"}, 'time.labels: there is no labels "utc"; there are: "instants", "wall_clock"'),
        ({"clock": "summer"}, 'time.clock: there is no clock "summer"; there are: "prevailing", "standard", "profile"'),
        ({"zone": "EST"}, 'time.zone: "EST" is no IANA time zone; write "-05:00"'),
        ({"zone": None}, "time: `zone` is missing"),
        ({"zone": GEOGRAPHY}, "time.zone: `clock` says what labels in the zone of each geography are read off"),
        (
            {"zone": PROJECT_GEOGRAPHY, "clock": "prevailing"},
            "time.clock: which labels a prevailing clock shows depends on the zone, so the dataset's own records",
        ),
        ({"start": "2012-01-01 00:00-05:00"}, "time.start: a time is written"),
        ({"start": "2011-02-29"}, 'time.start: "2011-02-29" is no time: day is out of range for month'),
        ({"step": "hourly"}, 'time.step: a step is written "1h", "15min" or "1d", not "hourly"'),
        ({"step": "0h"}, "time.step: a step is longer than nothing"),
        ({"step": "365d"}, "time.step: a step of 365d is a year or more"),
        ({"end": "2011-12-31"}, "time.end: the end 2011-12-31 00:00 is before the start"),
        (
            {"end": "2012-12-31 23:30"},
            "time.end: from 2012-01-01 00:00 to 2012-12-31 23:30 is no whole number of steps",
        ),
        (
            {"start": "2012-02-29 00:00", "end": "2012-02-29 23:00", "leap_days": False},
            "time.leap_days: without the slots on 29 February there are none",
        ),
        (
            {"columns": {"year": "y", "month": "m", "day": "d"}, "column": "ts"},
            "time.column: `columns` says already where labels are; leave one of both out",
        ),
        ({"columns": {"year": "y", "day": "d"}}, "time.columns: a time in parts has the columns year, month and day"),
        (
            {"columns": {"year": "y", "month": "m", "day": "d"}},
            "time.columns: a time in parts with steps of 1h has a column of hours",
        ),
    ],
)
def test_what_is_wrong_with_a_datetime_is_told_at_its_key(load, changes, message):
    assert refused(load, DATETIME, changes).startswith(message)


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        (
            [RANGES[0], {"start": "2012-01-01 00:00", "end": "2012-12-31 23:00"}],
            'time.ranges: either every range says to which "weather_year" it belongs, or none',
        ),
        (RANGES[::-1], "time.ranges[1]: ranges follow each other in time"),
        (
            [
                {"start": "2012-01-01 00:00", "end": "2012-01-01 05:00"},
                {"start": "2012-01-01 05:00", "end": "2012-01-02"},
            ],
            "time.ranges[1]: ranges follow each other in time",
        ),
        ([{"start": "2012-01-01 00:00"}], "time.ranges[0]: `end` is missing"),
    ],
)
def test_ranges_that_do_not_follow_each_other_are_refused(load, ranges, message):
    assert refused(load, DATETIME, {"start": None, "end": None, "ranges": ranges}).startswith(message)


@pytest.mark.parametrize(
    ("table", "changes", "message"),
    [
        (INDEX, {"last": -1}, "time.last: the last number -1 is before the first 0"),
        (INDEX, {"start": "noon"}, "time.start: a time is written"),
        (ANNUAL, {"end": "2017"}, "time.end: the last year 2017 is before the first 2018"),
        (ANNUAL, {"measurement": "measured"}, "time.measurement: a year is no instant"),
        (TYPICAL, {"by": ["month", "weekday"]}, 'time.by: there is no part "weekday"; there are: "month", "season"'),
        (TYPICAL, {"by": None}, "time: `by` is missing; there are:"),
        (TYPICAL, {"by": ["season", "month"]}, 'time.by: "month" says more than "season": one of them is enough'),
        (TYPICAL, {"by": ["day_type", "day_of_week"]}, 'time.by: "day_of_week" says more than "day_type"'),
        (TYPICAL, {"step": "30min"}, 'time.step: values by hour are of an hour: step = "1h", not "30min"'),
        (TYPICAL, {"by": ["month"], "step": "7h"}, "time.step: a typical period is a day or a part of it, not 7h"),
        (TYPICAL, {"by": ["month"], "step": "2d"}, "time.step: a typical period is a day or a part of it, not 2d"),
        (
            TYPICAL,
            {"by": ["month"], "step": "1d", "interval": "period_ending"},
            'time.interval: a typical day is labelled by itself: interval = "period_beginning"',
        ),
        (TYPICAL, {"clock": "profile"}, 'time.clock: there is no clock "profile"; there are: "prevailing", "standard"'),
        (TYPICAL, {"columns": {"season": "s"}}, 'time.columns.season: "season" is not in `by`'),
    ],
)
def test_what_is_wrong_with_other_kinds_is_told_at_its_key(load, table, changes, message):
    assert refused(load, table, changes).startswith(message)


def test_a_project_goes_by_the_zones_of_its_own_geography(load):
    message = refused(load, TYPICAL, {"zone": PROJECT_GEOGRAPHY}, of_dataset=False)
    assert message == 'time.zone: the zones of a project are those of its own geography: zone = "geography"'


def test_all_problems_are_told_at_once(load):
    with pytest.raises(TimeError) as error:
        load(DATETIME, zone="Mars/Olympus", step="1y", interval="x")
    assert [problem.key for problem in error.value.problems] == ["time.step", "time.zone", "time.interval"]


# Calendars


def test_seasons_day_types_and_holidays_are_read(load):
    days = ["monday", "tuesday", "wednesday", "thursday", "friday"]
    time = load(
        DATETIME,
        seasons={"heating": [10, 11, 12, 1, 2, 3], "cooling": [4, 5, 6, 7, 8, 9]},
        day_types={"work": days, "free": ["saturday", "sunday"], "holiday": []},
        holidays=["2012-12-25", "2012-07-04", "2012-07-04"],
    )
    assert time.calendar == Calendar(
        (("heating", (10, 11, 12, 1, 2, 3)), ("cooling", (4, 5, 6, 7, 8, 9))),
        (("work", (0, 1, 2, 3, 4)), ("free", (5, 6)), ("holiday", ())),
        (date(2012, 7, 4), date(2012, 12, 25)),
    )


def test_holidays_are_read_from_a_file(load, tmp_path):
    (tmp_path / "holidays.csv").write_text("date,name\n2012-07-04,Independence Day\n2012-01-01,New Year\n")
    assert load(DATETIME, holidays="holidays.csv").calendar.holidays == (date(2012, 1, 1), date(2012, 7, 4))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seasons": {"cold": [11, 12, 1, 2, 3]}}, "time.seasons: every month is in one season; in none is "),
        (
            {"seasons": {"cold": [10, 11, 12, 1, 2, 3], "warm": [3, 4, 5, 6, 7, 8, 9]}},
            'time.seasons: every month is in one season; in several is "3"',
        ),
        ({"day_types": {"work": ["monday"]}}, "time.day_types: every day of the week is in one day type; in none is"),
        (
            {
                "day_types": {
                    "all": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
                    "x": [],
                }
            },
            'time.day_types.x: a day type without days is that of holidays: "holiday"',
        ),
        ({"holidays": ["2011-02-29"]}, '"2011-02-29" is no date such as 2012-07-04'),
    ],
)
def test_what_is_wrong_with_a_calendar_is_told(load, changes, message):
    assert message in refused(load, DATETIME, changes)


def test_a_date_that_is_none_is_told_with_its_line(load, tmp_path):
    (tmp_path / "holidays.csv").write_text("date\n2012-07-04\n4 July\n")
    message = refused(load, DATETIME, {"holidays": "holidays.csv"})
    assert "holidays.csv" in message
    assert '"4 July" is no date such as 2012-07-04' in message


# Rules, and records


def test_rules_are_read_from_a_submission(node, tmp_path):
    submission = Node(
        {"wrap_time": True, "mapping": {"time": {"align": "same_date", "trim": True}}}, (), Source(None, "", tmp_path)
    )
    assert load_rules(submission) == TimeRules(wrap=True, align="same_date", trim=True)
    assert load_rules(Node({}, (), Source(None, "", tmp_path))) == TimeRules()
    assert rule_node(submission, "wrap").key == "wrap_time"
    assert rule_node(submission, "align").key == "mapping.time.align"
    assert rule_node(submission, "resample").key == "mapping.time"
    assert rule_node(Node({}, (), Source(None, "", tmp_path)), "align") is None


def test_zones_of_records_are_checked_once_each():
    rows = (
        Record("06037", "", {"time_zone": "America/Los_Angeles"}),
        Record("36005", "", {"time_zone": "EasternPrevailing"}),
        Record("36061", "", {"time_zone": "EasternPrevailing"}),
        Record("02001", "", {"time_zone": None}),
    )
    (problem,) = check_record_zones(Records(rows), "counties.csv")
    assert str(problem) == (
        'counties.csv: id "36005": "EasternPrevailing" is no IANA time zone; write "America/New_York"'
    )
