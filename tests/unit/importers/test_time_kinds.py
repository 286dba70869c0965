"""Years, typical periods, numbers and no time of dsgrid-toolkit keep their meaning."""

# ruff: noqa: DTZ001 - wall-clock times have no zone

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dsgrid.importers.adjustments import Adjustments
from dsgrid.importers.document import Entry
from dsgrid.importers.times import Owner, referenced_time
from dsgrid.importers.translation import Remarks
from dsgrid.time.grid import labels, moment, wall
from dsgrid.time.mapping import map_time
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules

from .translating import ANNUAL, CLOCK_HOURS, INDEX, NO_ADJUSTMENT, TYPICAL, datetime_of, loaded, said, table_of

# Years


def test_years_are_those_of_the_model_years_where_both_are_the_same() -> None:
    values = ANNUAL | {"ranges": [{"start": "2018", "end": "2020"}]}
    table = table_of(values, owner=Owner(model_years=frozenset({"2018", "2019", "2020"})))
    assert table == {
        "name": "years",
        "kind": "annual",
        "start": "2018",
        "end": "2020",
        "measurement": "total",
        "year_of": "model_year",
        "column": "time_year",
    }
    assert loaded(table).years == (2018, 2019, 2020)


def test_the_existing_system_checks_years_of_history_itself() -> None:
    assert table_of(ANNUAL | {"ranges": [{"start": 2018, "end": 2018}]}, owner=Owner(historical=True))["year_of"] == (
        "model_year"
    )


@pytest.mark.parametrize("known", [frozenset(), frozenset({"2018_to_2020"})])
def test_other_years_are_calendar_years_and_somebody_should_look(known: frozenset[str]) -> None:
    remarks = Remarks()
    table = table_of(ANNUAL | {"ranges": [{"start": "2018", "end": "2020"}]}, remarks, Owner(model_years=known))
    assert "year_of" not in table
    assert len(said(remarks, "decide")) == 1
    loaded(table)


def test_every_tenth_year_is_written_out() -> None:
    ranges = [{"start": "01/2010", "end": "01/2030", "str_format": "%m/%Y", "frequency": 10}]
    table = table_of(ANNUAL | {"ranges": ranges})
    assert table["years"] == ["2010", "2020", "2030"]
    assert not {"start", "end"} & set(table)
    assert loaded(table).years == (2010, 2020, 2030)


def test_a_total_without_a_leap_day_is_no_larger_in_leap_years() -> None:
    remarks = Remarks()
    table_of(ANNUAL | {"include_leap_day": False, "ranges": [{"start": "2018", "end": "2020"}]}, remarks)
    assert "a total stays what it is in leap years, too: no day is added to it" in said(remarks, "changed")


# Typical periods


def test_a_week_of_each_month_is_told_by_month_day_and_hour() -> None:
    values = TYPICAL | {"format": "one_week_per_month_by_hour"}
    table = table_of(values, owner=Owner(zones="project_geography"))
    assert table == {
        "name": "typical",
        "kind": "representative",
        "by": ["month", "day_of_week", "hour"],
        "step": "1h",
        "zone": "project_geography",
        "interval": "period_ending",
        "measurement": "total",
    }
    assert dict(loaded(table).columns) == {"month": "month", "day_of_week": "day_of_week", "hour": "hour"}


def test_a_weekday_and_a_weekend_day_are_day_types_from_a_column_of_truths() -> None:
    table = table_of(TYPICAL | {"format": "one_weekday_day_and_one_weekend_day_per_month_by_hour"})
    assert (table["by"], table["columns"]) == (["month", "day_type", "hour"], {"day_type": "is_weekday"})
    assert table["zone"] == "geography"
    assert dict(loaded(table).columns) == {"month": "month", "day_type": "is_weekday", "hour": "hour"}


# Numbers


@pytest.mark.parametrize(
    ("adjusted", "clock"), [(None, "prevailing"), (NO_ADJUSTMENT, "prevailing"), (CLOCK_HOURS, "profile")]
)
def test_numbers_count_elapsed_time_unless_a_project_adjusts_them(adjusted: Adjustments | None, clock: str) -> None:
    remarks = Remarks()
    table = table_of(INDEX, remarks, Owner(zones="project_geography", adjusted=adjusted))
    assert table == {
        "name": "hours",
        "kind": "index",
        "start": "2012-01-01 00:00",
        "last": 8759,
        "step": "1h",
        "zone": "project_geography",
        "clock": clock,
        "interval": "period_beginning",
        "measurement": "total",
    }
    assert loaded(table).kind == "index"
    assert len(said(remarks, "decide")) == (adjusted is None)


def test_numbers_lack_the_day_that_a_project_leaves_out() -> None:
    adjusted = Adjustments({"leap_day": "drop_dec31"})
    table = table_of(INDEX, owner=Owner(adjusted=adjusted))
    assert table["leap_days"] is False
    assert len(_all_numbers(table)) == 8760
    # Of a whole leap year it is not certain.
    remarks = Remarks()
    leap = INDEX | {"ranges": [INDEX["ranges"][0] | {"start": 1, "end": 8784}]}
    table = table_of(leap, remarks, Owner(adjusted=adjusted))
    assert "leap_days" not in table
    assert (table["first"], table["last"]) == (1, 8784)
    assert len(said(remarks, "decide")) == 1


def _all_numbers(table: dict[str, Any]) -> range:
    time = loaded(table)
    return range(time.first, time.last + 1)


def test_another_column_of_numbers_is_named() -> None:
    assert table_of(INDEX | {"time_column": "slot"})["column"] == "slot"
    assert "column" not in table_of(INDEX | {"time_column": "time_index"})


def test_no_time_is_no_time() -> None:
    table = table_of({"class": "NoOpTime", "name": "no_op_time", "time_type": "noop", "description": "None"})
    assert table == {"name": "no_op_time", "kind": "none", "description": "None"}
    assert loaded(table).kind == "none"


def test_a_registered_time_dimension_is_used_by_its_name() -> None:
    entry = Entry({"name": "time_est", "type": "time", "version": "1.0.0"}, Path("dataset.json5"))
    table = referenced_time(entry, None, Remarks(), {"hour": "TIMESTAMP_NTZ", "value": "DOUBLE"})
    assert table == {"use": "time_est", "column": "hour", "labels": "wall_clock"}
    assert referenced_time(entry, None, Remarks(), {"timestamp": "TIMESTAMP_TZ"}) == {
        "use": "time_est",
        "labels": "instants",
    }
    assert referenced_time(entry, None, Remarks()) == {"use": "time_est"}


# What a translation means ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("leap_day", "shown", "lacking"),
    [
        ("drop_feb29", {1415: "2012-02-28 23:00", 1416: "2012-03-01 00:00", 8759: "2012-12-31 23:00"}, "2012-02-29"),
        ("drop_dec31", {1415: "2012-02-28 23:00", 1416: "2012-02-29 00:00", 8759: "2012-12-30 23:00"}, "2012-12-31"),
        ("drop_jan1", {0: "2012-01-02 00:00", 1392: "2012-02-29 00:00", 8759: "2012-12-31 23:00"}, "2012-01-01"),
    ],
)
def test_numbers_lie_where_the_existing_system_puts_them(leap_day: str, shown: dict[int, str], lacking: str) -> None:
    adjusted = Adjustments({"leap_day": leap_day, **CLOCK_HOURS.rules})
    own = loaded(table_of(INDEX, owner=Owner(adjusted=adjusted)))
    project = loaded(datetime_of(timezone="America/New_York"))
    mapped = map_time(own, project, TimeRules(**adjusted.rules), [Place("America/New_York")])
    (entries,) = mapped.classes
    clock = labels(project)
    of_number = dict(zip(entries.source.tolist(), entries.target.tolist(), strict=True))  # the last of two
    assert {number: f"{moment(clock[of_number[number]]):%Y-%m-%d %H:%M}" for number in shown} == shown
    # The hour that clocks leave out is dropped, the one that they repeat is there twice; one day has no values.
    assert len(entries) == 8760
    assert (entries.weight == 1).all()
    without = sorted(set(range(8784)) - set(entries.target.tolist()))
    assert {f"{moment(clock[slot]):%Y-%m-%d}" for slot in without} == {lacking}
    assert len(without) == 24
    spring = clock.tolist().index(wall(datetime(2012, 3, 11, 1)))
    by_target = dict(zip(entries.target.tolist(), entries.source.tolist(), strict=True))
    assert by_target[spring + 1] - by_target[spring] == 2
    autumn = clock.tolist().index(wall(datetime(2012, 11, 4, 1)))
    assert by_target[autumn + 1] == by_target[autumn]
