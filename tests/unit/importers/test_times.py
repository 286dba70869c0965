"""Time dimensions of dsgrid-toolkit as tables that our specs take, with the same meaning."""

from __future__ import annotations

from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.times import Owner
from dsgrid.importers.translation import Remarks

from .conftest import TIME
from .translating import ANNUAL, CLOCK, INDEX, PARTS, TYPICAL, datetime_of, loaded, said, table_of


def test_the_old_form_with_keys_at_the_top_says_the_same_as_the_new_one() -> None:
    new = {
        "timezone": None,
        "str_format": None,
        "frequency": None,
        "time_zone_format": {"format_type": "aligned_in_absolute_time", "time_zone": "Etc/GMT+5"},
        "ranges": [
            {
                "start": "2012-01-01 00:00:00",
                "end": "2012-12-31 23:00:00",
                "str_format": "%Y-%m-%d %H:%M:%S",
                "frequency": "01:00:00",
            }
        ],
        "column_format": {"dtype": "TIMESTAMP_TZ", "time_column": "timestamp"},
    }
    old = {"timezone": None, "datetime_format": {"format_type": "aligned", "timezone": "Etc/GMT+5"}}
    assert datetime_of(**new) == datetime_of() == datetime_of(**old)
    assert datetime_of() == {
        "name": "time_est",
        "kind": "datetime",
        "start": "2012-01-01 00:00",
        "end": "2012-12-31 23:00",
        "step": "1h",
        "zone": "-05:00",
        "interval": "period_beginning",
        "measurement": "total",
    }
    assert loaded(datetime_of()).kind == "datetime"


def test_what_is_defaulted_is_remarked() -> None:
    remarks = Remarks()
    table = datetime_of(remarks, frequency=None, measurement_type=None)
    assert (table["step"], table["measurement"]) == ("1h", "total")
    assert said(remarks, "defaulted") == [
        'no frequency is given; step = "1h"',
        'no measurement_type is given; measurement = "total"',
    ]


@pytest.mark.parametrize(
    ("declared", "dtype", "labels"),
    [
        (None, "TIMESTAMP_TZ", None),
        (None, "TIMESTAMP_NTZ", "wall_clock"),
        ({}, "TIMESTAMP_TZ", "instants"),
        ({"hour": "TIMESTAMP_NTZ"}, "TIMESTAMP_TZ", "wall_clock"),
        ({"hour": ""}, "TIMESTAMP_NTZ", "wall_clock"),
    ],
)
def test_labels_are_said_where_the_file_does_not(
    declared: dict[str, str] | None, dtype: str, labels: str | None
) -> None:
    table = datetime_of(owner=Owner(declared), column_format={"dtype": dtype, "time_column": "hour"})
    assert table["column"] == "hour"
    assert table.get("labels") == labels
    loaded(table)


def test_a_project_has_no_columns_of_files() -> None:
    column = {"column_format": {"dtype": "TIMESTAMP_NTZ", "time_column": "hour"}}
    assert not {"column", "labels"} & set(table_of(TIME | column, owner=None))
    assert "columns" not in table_of(TIME | {"column_format": PARTS}, owner=None)


def test_several_ranges_stay_several() -> None:
    ranges = [
        {"start": f"{year}-01-01 00:00:00", "end": f"{year}-12-31 23:00:00", "frequency": "P0DT1H"}
        for year in (2007, 2012)
    ]
    table = datetime_of(frequency=None, ranges=ranges)
    assert table["ranges"] == [
        {"start": "2007-01-01 00:00", "end": "2007-12-31 23:00"},
        {"start": "2012-01-01 00:00", "end": "2012-12-31 23:00"},
    ]
    assert "start" not in table
    assert [span.start.year for span in loaded(table).ranges] == [2007, 2012]
    ranges[1]["frequency"] = "P1D"
    with pytest.raises(SpecError, match="ranges: not supported: ranges of several frequencies"):
        datetime_of(frequency=None, ranges=ranges)


def test_clock_time_is_that_of_each_geography() -> None:
    remarks = Remarks()
    table = datetime_of(remarks, column_format={"dtype": "TIMESTAMP_NTZ"}, **CLOCK)
    assert (table["zone"], table["clock"]) == ("geography", "prevailing")
    assert "labels" not in table
    assert loaded(table).clock == "prevailing"
    # dsgrid-toolkit cannot tell the two showings of an hour apart, and does not ask.
    assert len(said(remarks, "decide")) == 1
    assert "shows twice" in said(remarks, "decide")[0]


def test_clock_time_that_seems_to_be_instants_is_asked_about() -> None:
    remarks = Remarks()
    datetime_of(remarks, **CLOCK)
    assert any("without an offset" in message for message in said(remarks, "decide"))


@pytest.mark.parametrize("how", [CLOCK, {"timezone": "LOCAL"}])
def test_clocks_that_change_need_zones_of_the_datasets_own_records(how: dict[str, Any]) -> None:
    remarks = Remarks()
    table = datetime_of(remarks, Owner(zones="project_geography"), **how)
    assert table["zone"] == "geography"
    assert any("the dataset's own records need a time_zone" in message for message in said(remarks, "decide"))
    loaded(table)


def test_labels_in_parts_name_their_columns() -> None:
    remarks = Remarks()
    table = datetime_of(remarks, Owner({}), column_format=PARTS)
    assert table["columns"] == {"year": "y", "month": "m", "day": "d", "hour": "h"}
    assert not {"column", "labels"} & set(table)
    assert dict(loaded(table).columns)["hour"] == "h"
    assert said(remarks, "changed") == ["parts are read in the zone -05:00, not in that of each geography"]
    # Where the parts say the zone themselves, there is nothing to remark on.
    quiet = Remarks()
    assert datetime_of(quiet, column_format={**PARTS, "time_zone": "EasternStandard"}) == table
    assert said(quiet, "changed") == []


def test_parts_without_an_hour_are_days() -> None:
    remarks = Remarks()
    days = {"ranges": [{"start": "2012-01-01 00:00:00", "end": "2012-12-31 00:00:00"}]}
    table = datetime_of(remarks, column_format={**PARTS, "hour_column": None}, **days)
    assert (table["step"], list(table["columns"])) == ("1d", ["year", "month", "day"])
    assert 'without a column of hours, step = "1d"' in said(remarks, "changed")
    loaded(table)
    daily = Remarks()
    assert datetime_of(daily, frequency="P1D", column_format={**PARTS, "hour_column": None}, **days) == table
    assert len(said(daily, "changed")) == 1  # of the zone


@pytest.mark.parametrize(
    ("interval", "measurement", "asked"),
    [("instantaneous", "measured", 0), ("instantaneous", "total", 1), ("period_ending", "measured", 1)],
)
def test_what_is_read_at_instants_is_both_instantaneous_and_measured(
    interval: str, measurement: str, asked: int
) -> None:
    remarks = Remarks()
    table = datetime_of(remarks, time_interval_type=interval, measurement_type=measurement)
    assert (table["interval"], table["measurement"]) == ("instantaneous", "measured")
    assert len(said(remarks, "decide")) == asked
    loaded(table)


# What is refused


@pytest.mark.parametrize(
    ("changes", "place", "what"),
    [
        ({"time_type": "datetime_external_tz"}, "time_type", 'time of the type "datetime_external_tz"'),
        ({"leap_day_adjustment": "drop_dec31"}, "leap_day_adjustment", 'the leap day adjustment "drop_dec31"'),
        ({"localize_to_time_zone": False}, "localize_to_time_zone", "not localized"),
        (
            {"time_zone_format": {"format_type": "local_as_strings"}},
            "time_zone_format.format_type",
            'time zones of the format "local_as_strings"',
        ),
        (
            {"column_format": {**PARTS, "time_zone": "Etc/GMT+6"}},
            "column_format.time_zone",
            'labels in another zone than "-05:00"',
        ),
        (
            ANNUAL | {"frequency": 1, "ranges": [{"start": "2010", "end": "2011"}] * 2},
            "ranges",
            "annual time with several ranges",
        ),
        (INDEX | {"ranges": INDEX["ranges"] * 2}, "ranges", "an index with several ranges"),
        (
            TYPICAL | {"format": "one_week_per_month_by_hour", "ranges": [{"start": 1, "end": 6}]},
            "ranges",
            "typical periods of some months only",
        ),
    ],
)
def test_what_cannot_be_said_yet_names_its_key(changes: dict[str, Any], place: str, what: str) -> None:
    with pytest.raises(SpecError, match=f"^dataset.json5: {place}: not supported: .*{what}"):
        datetime_of(**changes)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        (
            {"ranges": [{"start": "1/1/2012", "end": "2012-12-31 23:00:00"}]},
            r'ranges\[0\].start: "1/1/2012" is not written as',
        ),
        ({"timezone": None}, "no time zone is given"),
        ({"frequency": "hourly"}, 'frequency: "hourly" is no duration'),
        ({"column_format": {"dtype": "DATE"}}, 'column_format.dtype: there is no time column of the type "DATE"'),
        (
            {"column_format": {"dtype": "time_format_in_parts", "year_column": "y"}},
            'column_format: the key "month_column" is missing',
        ),
        (TYPICAL | {"format": "fortnights"}, 'format: there is no format of typical periods "fortnights"; there are:'),
        (ANNUAL | {"ranges": [{"start": "soon", "end": "2020"}]}, '"soon" is not written as "%Y"'),
        (
            ANNUAL | {"ranges": [{"start": "2010", "end": "2020"}]},
            'frequency: "P0DT1H0M0.000000S" is no number of years',
        ),
    ],
)
def test_what_contradicts_itself_is_an_error(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(SpecError, match=what):
        datetime_of(**changes)
