"""What stands for a slot in stored facts, and what the columns of files hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.time_cells import DAY, NEW_YORK, grid, index, typical, years

from dsgrid.spec.node import Node, Source
from dsgrid.time.dimension import (
    GEOGRAPHY,
    AnnualTime,
    Calendar,
    DatetimeTime,
    NoTime,
    calendar_of,
    column_of,
    is_local,
    step_of,
    zone_of,
)
from dsgrid.time.files import as_stored, default_columns, in_files, like_files_of
from dsgrid.time.labels import slot_keys
from dsgrid.time.stored import has_fold, label_form, part_values, stored_columns

SPRING, AUTUMN = "2018-03-11 01:00 / 04:00", "2018-11-04 00:00 / 02:00"
MICROS = 1_000_000
AT_MIDNIGHT = 1_541_289_600 * MICROS  # 2018-11-04 00:00 of a clock
HOUR = 3600 * MICROS

INSTANTS = grid(NEW_YORK, AUTUMN)
LOCAL = grid(GEOGRAPHY, AUTUMN)
STANDARD = grid(GEOGRAPHY, AUTUMN, clock="standard")
PROFILE = grid(NEW_YORK, AUTUMN, clock="profile")
NUMBERS = index(NEW_YORK, "2018-11-04 00:00", 4)
TYPICAL = typical(NEW_YORK, "month", "day_type", "hour")


def test_instants_are_known_by_the_instant_of_their_label():
    assert slot_keys(INSTANTS).tolist() == [AT_MIDNIGHT + hour * HOUR for hour in (4, 5, 6, 7)]
    ending = replace(INSTANTS, interval="period_ending")
    assert slot_keys(ending).tolist() == slot_keys(INSTANTS).tolist()


def test_readings_of_a_geography_are_known_by_what_its_clock_shows_and_the_second_one_by_its_fold():
    assert slot_keys(LOCAL, [NEW_YORK]).tolist() == [AT_MIDNIGHT + one for one in (0, HOUR, HOUR + 1, 2 * HOUR)]
    assert slot_keys(LOCAL, ["America/Phoenix"]).tolist() == [AT_MIDNIGHT + one for one in (0, HOUR, 2 * HOUR)]
    assert slot_keys(LOCAL, []).tolist() == []


@pytest.mark.parametrize("time", [STANDARD, PROFILE])
def test_clocks_that_never_change_have_every_reading_once(time):
    assert slot_keys(time).tolist() == [AT_MIDNIGHT + hour * HOUR for hour in (0, 1, 2)]


def test_other_labels_are_numbers():
    assert slot_keys(NUMBERS).tolist() == [1, 2, 3, 4]
    assert slot_keys(years(2018, 2030)).tolist() == [2018, 2030]
    assert slot_keys(years(2018, 2030, year_of="model_year")).tolist() == [0]
    assert slot_keys(NoTime("t")).tolist() == [0]
    assert slot_keys(TYPICAL).tolist() == list(range(12 * 2 * 24))


@pytest.mark.parametrize(
    ("time", "form", "columns"),
    [
        (INSTANTS, "instants", {"timestamp": "timestamp"}),
        (replace(INSTANTS, clock="standard"), "instants", {"timestamp": "timestamp"}),
        (LOCAL, "readings", {"timestamp": "timestamp_ntz", "fold": "int"}),
        (STANDARD, "readings", {"timestamp": "timestamp_ntz"}),
        (PROFILE, "readings", {"timestamp": "timestamp_ntz"}),
        (NUMBERS, "numbers", {"time_index": "bigint"}),
        (TYPICAL, "numbers", {"month": "int", "day_type": "string", "hour": "int"}),
        (typical("UTC", "season", "day_of_week"), "numbers", {"season": "string", "day_of_week": "int"}),
        (years(2018), "numbers", {"year": "int"}),
        (years(2018, year_of="model_year"), "nothing", {}),
        (NoTime("t"), "nothing", {}),
    ],
)
def test_stored_columns_are_those_of_the_labels(time, form, columns):
    assert label_form(time) == form
    assert stored_columns(time) == columns
    assert has_fold(time) == ("fold" in columns)


def test_parts_have_the_values_of_the_calendar_in_order():
    assert part_values(Calendar(), "season") == ("winter", "spring", "summer", "autumn")
    assert part_values(Calendar(), "day_type") == ("weekday", "weekend")
    assert part_values(Calendar(), "month") == tuple(range(1, 13))
    assert part_values(Calendar(), "day_of_week") == tuple(range(7))
    assert part_values(Calendar(), "hour") == tuple(range(24))


def test_what_a_time_has_not_is_said_to_be_absent():
    for time in (years(2018), NoTime("t")):
        assert (zone_of(time), step_of(time), is_local(time), calendar_of(time)) == ("", None, False, Calendar())
    assert (zone_of(TYPICAL), step_of(STANDARD), is_local(STANDARD)) == (NEW_YORK, DAY / 24, True)
    assert (column_of(INSTANTS, "label"), column_of(INSTANTS, "fold")) == ("timestamp", "")


# Files


def table(tmp_path, **values) -> Node:
    return Node({"time": values}, (), Source(None, "", tmp_path))["time"]


def test_files_have_the_usual_columns_unless_a_spec_says_otherwise():
    assert default_columns(INSTANTS) == (("label", "timestamp"),)
    assert default_columns(NUMBERS) == (("index", "time_index"),)
    assert default_columns(years(2018)) == (("year", "year"),)
    assert default_columns(TYPICAL) == (("month", "month"), ("day_type", "day_type"), ("hour", "hour"))
    assert default_columns(NoTime("t")) == ()


def test_a_dataset_says_how_its_files_write_a_registered_time(tmp_path):
    plain = in_files(table(tmp_path, use="time_est"), INSTANTS)
    assert plain == INSTANTS
    named = in_files(table(tmp_path, use="time_est", column="ts", labels="wall_clock"), INSTANTS)
    assert isinstance(named, DatetimeTime)
    assert (named.columns, named.labels) == ((("label", "ts"),), "wall_clock")
    parts = in_files(table(tmp_path, columns={"hour": "h", "day": "d", "month": "m", "year": "y"}), INSTANTS)
    assert parts.columns == (("year", "y"), ("month", "m"), ("day", "d"), ("hour", "h"))
    folded = in_files(table(tmp_path, columns={"fold": "f"}), INSTANTS)
    assert folded.columns == (("label", "timestamp"), ("fold", "f"))
    assert in_files(table(tmp_path, column="y"), years(2018)).columns == (("year", "y"),)
    assert in_files(table(tmp_path, column="i"), NUMBERS).columns == (("index", "i"),)
    typical_ = in_files(
        table(tmp_path, columns={"day_type": "is_weekday"}), replace(TYPICAL, columns=default_columns(TYPICAL))
    )
    assert typical_.columns == (("month", "month"), ("day_type", "is_weekday"), ("hour", "hour"))
    assert in_files(table(tmp_path, use="none"), NoTime("t")) == NoTime("t")


def test_stored_facts_have_columns_of_their_own():
    parts = (("year", "y"), ("month", "m"), ("day", "d"), ("hour", "h"))
    assert as_stored(replace(INSTANTS, columns=parts)).columns == (("label", "timestamp"),)
    assert as_stored(replace(INSTANTS, labels="wall_clock")) == replace(INSTANTS, labels="instants")
    stored = as_stored(replace(LOCAL, columns=(("label", "ts"), ("offset", "utc"))))
    assert isinstance(stored, DatetimeTime)
    assert (stored.columns, stored.labels) == ((("label", "timestamp"), ("fold", "fold")), "wall_clock")
    assert as_stored(replace(years(2018), columns=(("year", "y"),))) == years(2018)
    assert as_stored(NoTime("t")) == NoTime("t")
    assert {name for _, name in stored.columns} == set(stored_columns(LOCAL))


def test_a_time_is_written_like_the_files_of_another_one_of_its_kind():
    other = replace(LOCAL, columns=(("label", "ts"),), labels="wall_clock")
    found = like_files_of(other, INSTANTS)
    assert isinstance(found, DatetimeTime)
    assert (found.columns, found.labels, found.ranges) == (other.columns, "wall_clock", INSTANTS.ranges)
    assert like_files_of(years(2018), INSTANTS) == INSTANTS
    renamed = replace(years(2018), columns=(("year", "y"),))
    assert like_files_of(renamed, AnnualTime("a", (2020,), "total")).columns == (("year", "y"),)
