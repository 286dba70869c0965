# ruff: noqa: DTZ001 - wall-clock times have no zone

from datetime import datetime, timedelta

import pytest

from dsgrid.dimensions.records import Record, Records
from dsgrid.spec.node import Node, Source
from dsgrid.time.load import check_record_zones, load_time
from dsgrid.time.zones import TimeError

GOOD = {
    "name": "time_est",
    "kind": "datetime",
    "start": "2012-01-01 00:00",
    "end": "2012-12-31 23:00",
    "step": "1h",
    "zone": "-05:00",
    "interval": "period_beginning",
    "measurement": "total",
}


def load(tmp_path, **changes):
    values = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return load_time(Node({"time": values}, (), Source(None, "", tmp_path))["time"], "unnamed")


def test_a_time_dimension_is_read(tmp_path):
    time = load(tmp_path, column="ts", labels="wall_clock")
    assert (time.start, time.end, time.step) == (
        datetime(2012, 1, 1),
        datetime(2012, 12, 31, 23),
        timedelta(hours=1),
    )
    assert (time.name, time.zone, time.interval, time.measurement) == (
        "time_est",
        "-05:00",
        "period_beginning",
        "total",
    )
    assert (time.column, time.labels) == ("ts", "wall_clock")


def test_defaults_are_the_given_name_and_the_column_timestamp(tmp_path):
    time = load(tmp_path, name=None)
    assert (time.name, time.column, time.labels, time.description) == ("unnamed", "timestamp", "", "")


@pytest.mark.parametrize(
    ("text", "step"), [("5min", timedelta(minutes=5)), ("1d", timedelta(days=1)), ("24h", timedelta(days=1))]
)
def test_steps_from_minutes_to_days_are_read(tmp_path, text, step):
    assert load(tmp_path, step=text, end="2012-12-31 00:00").step == step


@pytest.mark.parametrize("start", ["2012-01-01", "2012-01-01T00:00", "2012-01-01 00:00:00"])
def test_a_moment_may_be_written_shorter_or_longer(tmp_path, start):
    assert load(tmp_path, start=start).start == datetime(2012, 1, 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "datetimes"}, 'time.kind: there is no kind "datetimes"; did you mean "datetime"?'),
        (
            {"interval": "period-ending"},
            'time.interval: there is no interval "period-ending"; did you mean "period_ending"?',
        ),
        ({"measurement": None}, "time: `measurement` is missing"),
        ({"labels": "utc"}, 'time.labels: there is no labels "utc"; there are: "instants", "wall_clock"'),
        ({"zone": "EST"}, 'time.zone: "EST" is no IANA time zone; write "-05:00"'),
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
    ],
)
def test_what_is_wrong_is_told_at_its_key(tmp_path, changes, message):
    with pytest.raises(TimeError) as error:
        load(tmp_path, **changes)
    assert str(error.value).startswith(message)


def test_all_problems_are_told_at_once(tmp_path):
    with pytest.raises(TimeError) as error:
        load(tmp_path, zone="Mars/Olympus", step="1y", interval="x")
    assert [problem.key for problem in error.value.problems] == ["time.step", "time.zone", "time.interval"]


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
