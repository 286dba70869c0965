"""Slots that do not fit each other: what is refused, and with which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.time_cells import DAY, HOUR, NEW_YORK, grid, typical, years
from time_refused import message, refusal

from dsgrid.time.dimension import Calendar
from dsgrid.time.mapping import map_time
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules

WITH_HOLIDAYS = Calendar(day_types=(("weekday", (0, 1, 2, 3, 4)), ("weekend", (5, 6)), ("holiday", ())))

# Slots that do not fit

YEAR = grid("-05:00", "2012-01-01 00:00 / 2012-12-31 23:00")


def test_another_step_suggests_to_resample():
    for step, words in ((HOUR / 2, "step is 30min, the project's 1h; resample = true sums totals"),):
        finer = replace(YEAR, step=step)
        found = refusal(finer, YEAR)
        assert words in str(found)
        assert found.problems[0].key == "resample"
    days = grid("-05:00", "2012-01-01 / 2012-12-31", step=DAY)
    assert "step is 1d, the project's 1h; resample = true splits totals" in message(days, YEAR)
    means = [replace(one, measurement="mean") for one in (days, YEAR)]
    assert message(*means).endswith("resample = true repeats means")
    least = [replace(one, measurement="min") for one in (YEAR, days)]
    assert message(*least).endswith("resample = true takes the min of what meets")


def test_half_an_hour_off_suggests_to_resample():
    half = grid("-05:30", "2012-01-01 00:00 / 2012-12-31 23:00")
    found = refusal(half, YEAR)
    assert "lie between the project's, not a whole number of steps apart: dataset 2012-01-01 00:00" in str(found)
    assert found.problems[0].key == "resample"


def test_labels_at_the_other_end_are_told_by_how_much_they_are_shifted():
    text = message(replace(YEAR, interval="period_ending"), YEAR)
    assert text.startswith("wrap: the dataset begins 1 step of 1h earlier than the project")
    assert "dataset 2012-01-01 00:00 to 2012-12-31 23:00 -05:00 (period_ending, 8,784 steps of 1h)" in text
    assert "project 2012-01-01 00:00 to 2012-12-31 23:00 -05:00 (period_beginning, 8,784 steps of 1h)" in text
    assert text.endswith("wrap_time = true would move 1 of its 8,784 slots to the other end")


def test_another_zone_is_told_by_how_much_it_is_shifted():
    text = message(replace(YEAR, zone="-08:00"), YEAR)
    assert "begins 3 steps of 1h later than the project" in text
    assert "would move 3 of its 8,784 slots" in text


@pytest.mark.parametrize("wrap", [False, True])
def test_another_year_suggests_to_align(wrap):
    found = refusal(grid("-05:00", "2016-01-01 00:00 / 2016-12-31 23:00"), YEAR, wrap=wrap)
    assert found.problems[0].key == "align"
    assert "the dataset's time does not overlap the project's" in str(found)
    assert 'align = "same_date" or align = "same_weekday"' in str(found)


def test_what_the_data_lack_is_told_as_ranges():
    parts = grid("-05:00", "2012-01-01 00:00 / 2012-03-10 23:00", "2012-03-11 02:00 / 2012-12-31 20:00")
    text = message(parts, YEAR)
    assert text.startswith(
        "the data do not cover 5 slots of the project's time: 2 hours from 2012-03-11 00:00 -05:00, "
        "3 hours from 2012-12-31 21:00 -05:00; dataset 2012-01-01 00:00 to 2012-03-10 23:00"
    )


def test_what_the_data_lack_is_told_on_the_clock_that_the_slots_are_of():
    own = grid(NEW_YORK, "2018-03-11 00:00 / 2018-03-11 20:00", clock="profile")
    target = grid(NEW_YORK, "2018-03-11 00:00 / 2018-03-11 23:00", clock="profile")
    assert "3 hours from 2018-03-11 21:00;" in message(own, target)
    most = grid(NEW_YORK, "2018-01-01 / 2018-12-30", step=DAY)
    assert message(most, years(2018)).startswith("the data do not cover the whole of the project's years 2018: dataset")
    tied = message(most, years(2030, year_of="model_year"))
    assert tied.startswith("the data do not cover the whole of the year: dataset 2018-01-01 00:00 to 2018-12-30 00:00")


def test_years_that_the_data_lack_are_told():
    target = grid("-05:00", "2011-12-31 22:00 / 2012-01-01 03:00")
    text = message(years(2012, 2013), target, spread="flat", trim=True)
    assert text == "the data do not cover the project's years 2011: they are of the years 2012, 2013"
    assert message(years(2012), years(2012, 2013, 2014)) == "the data do not cover the project's years 2013, 2014"


def test_slots_that_would_be_lost_suggest_to_trim():
    found = refusal(YEAR, grid("-05:00", "2012-01-01 00:00 / 2012-06-30 23:00"))
    assert "4,416 slots of the dataset lie outside of the project's time; trim = true leaves them out" in str(found)
    assert found.problems[0].key == "trim"
    text = message(years(2011, 2012), years(2012))
    assert text.startswith("the data have the years 2011, which the project has not; trim = true leaves them")


def test_readings_that_would_be_lost_suggest_to_trim_where_lines_are_drawn_too():
    read = grid("UTC", "2018-01-01 00:00 / 2018-01-02 00:00", measurement="measured")
    target = grid("UTC", "2018-01-01 00:00 / 02:30", measurement="measured", step=HOUR / 2)
    assert "21 slots of the dataset lie outside" in message(read, target, resample=True)


def test_another_length_is_not_wrapped():
    longer = grid("-05:00", "2011-12-31 23:00 / 2013-01-01 00:00")
    text = message(longer, YEAR, wrap=True)
    assert text.startswith(
        "wrap: the dataset is 8,786 steps long, the project 8,784 steps, so that it cannot be wrapped"
    )


def test_other_ranges_are_not_wrapped_into_each_other():
    own = grid("UTC", "2018-01-01 00:00 / 01:00", "2018-01-02 00:00 / 01:00", "2018-01-03 00:00 / 01:00")
    target = grid("UTC", "2018-01-01 01:00 / 02:00", "2018-01-03 00:00 / 01:00")
    assert "the data have 3 ranges, the project's time 2" in message(own, target, wrap=True)


# Leap days


@pytest.mark.parametrize("reach", ["2012-02-29", "2012-03-01"])
def test_a_leap_day_that_the_data_lack_needs_a_rule(reach):
    own = grid("-05:00", "2011-02-20 / 2011-03-05", step=DAY)
    target = grid("-05:00", f"2012-02-27 / {reach}", step=DAY)
    found = refusal(own, target, align="same_date", trim=True)
    assert found.problems[0].key == "leap_day"
    assert "the project has a 29 February and the data have none" in str(found)
    assert "drop_feb29, drop_dec31 or drop_jan1, repeat or interpolate" in str(found)


def test_a_leap_day_that_the_project_lacks_needs_a_rule_that_leaves_it_out():
    own, target = (grid("-05:00", f"{year}-02-27 / {year}-03-01", step=DAY) for year in (2012, 2018))
    text = message(own, target, align="same_date")
    assert "the data have a 29 February and the project has none" in text
    assert "repeat" not in text
    assert "drop_feb29, drop_dec31 or drop_jan1 leaves a day out" in message(
        own, target, align="same_date", leap_day="repeat"
    )


def test_a_mean_of_two_days_needs_both():
    own = grid("-05:00", "2011-02-27 / 2011-02-28", step=DAY)
    target = grid("-05:00", "2012-02-27 / 2012-02-29", step=DAY)
    text = message(own, target, align="same_date", leap_day="interpolate")
    assert text.startswith("the data do not cover 1 slot of the project's time: 1 day from 2012-02-29 00:00")


# Clocks


@pytest.mark.parametrize(
    ("day", "key", "expected"),
    [
        ("03-11", "spring_forward", "2018-03-11 02:00 does not occur in America/New_York; spring_forward says what"),
        ("11-04", "fall_back", "2018-11-04 01:00 occurs twice in America/New_York; fall_back says what both take"),
    ],
)
def test_readings_that_a_clock_shows_never_or_twice_need_a_rule(day, key, expected):
    own = grid(NEW_YORK, f"2018-{day} 00:00 / 04:00", clock="profile")
    found = refusal(own, grid("-05:00", f"2018-{day} 00:00 / 03:00"), trim=True)
    assert found.problems[0].key == key
    assert expected in str(found)


@pytest.mark.parametrize(
    ("day", "key", "expected"),
    [
        ("03-11", "spring_forward", "the clock never shows 2018-03-11 02:00; spring_forward says what it takes"),
        ("11-04", "fall_back", "the clock shows 2018-11-04 01:00 twice; fall_back says what it takes"),
    ],
)
def test_a_profile_of_instants_needs_a_rule_for_the_same(day, key, expected):
    own = grid(NEW_YORK, f"2018-{day} 00:00 / 04:00")
    found = refusal(own, grid(NEW_YORK, f"2018-{day} 00:00 / 04:00", clock="profile"))
    assert found.problems[0].key == key
    assert expected in str(found)


def test_readings_at_whole_hours_need_no_rule_where_a_clock_changes_by_half_an_hour():
    # On Lord Howe Island 02:00 is left out in October; but in April 01:30 comes twice, and no whole hour.
    zone = "Australia/Lord_Howe"
    own = grid(zone, "2018-04-01 00:00 / 03:00", clock="profile", measurement="measured")
    target = grid("UTC", "2018-03-31 13:00 / 14:00", measurement="measured")
    assert len(map_time(own, target, TimeRules(trim=True)).classes[0]) == 2
    spring = grid(zone, "2018-10-07 00:00 / 03:00", clock="profile", measurement="measured")
    assert "2018-10-07 02:00 does not occur" in message(spring, target, trim=True)


# Lines between readings


def test_lines_are_not_drawn_over_time_without_readings():
    read = grid("UTC", "2018-01-01 00:00 / 03:00", "2018-01-01 08:00 / 12:00", measurement="measured")
    target = grid("UTC", "2018-01-01 00:00 / 2018-01-01 12:00", measurement="measured")
    text = message(read, target, resample=True)
    assert text.startswith("the data do not cover 4 slots of the project's time: 4 hours from 2018-01-01 04:00")


def test_the_last_hour_has_no_line_unless_it_is_wrapped():
    read, mean = (grid("UTC", "2018-01-01 00:00 / 03:00", measurement=one) for one in ("measured", "mean"))
    assert "1 hour from 2018-01-01 03:00" in message(read, mean, interpolate=True)
    assert "1 hour from 2018-01-01 00:00" in message(mean, read, interpolate=True)


# Typical periods and years


def test_data_without_some_of_the_typical_periods_are_refused():
    own = grid("-05:00", "2018-01-01 00:00 / 2018-01-31 23:00")
    text = message(own, typical("-05:00", "month", "day_type", "hour"))
    assert text.startswith(
        "the data do not cover 528 of the project's 576 typical periods, the first is month 2, day_type weekday, hour 0"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"by": ("month",)}, '`by` is "month", the project\'s "day_type, hour"'),
        ({"zone": "-08:00"}, '`zone` is "-08:00", the project\'s "-05:00"'),
        ({"interval": "period_ending"}, '`interval` is "period_ending", the project\'s "period_beginning"'),
        ({"calendar": WITH_HOLIDAYS}, '`day_types` is "holiday: ; weekday: 0 1 2 3 4; weekend: 5 6", the project\'s'),
    ],
)
def test_other_typical_periods_are_refused(changes, expected):
    target = typical("-05:00", "day_type", "hour")
    text = message(replace(target, **changes), target)
    assert text.startswith("typical periods are not brought to other ones")
    assert expected in text


def test_day_types_in_another_order_are_the_same_periods():
    target = typical("-05:00", "day_type")
    own = replace(target, calendar=Calendar(day_types=(("weekend", (5, 6)), ("weekday", (0, 1, 2, 3, 4)))))
    assert map_time(own, target).classes[0].target.tolist() == [1, 0]


def test_years_of_records_are_not_years_of_their_own():
    text = message(years(2030, year_of="model_year"), years(2030))
    assert text == "the years of the dataset are those of its model_year, the project's stand for themselves"


def test_data_of_two_years_are_not_those_of_one_record():
    own = grid("-05:00", "2011-01-01 / 2012-12-31", step=timedelta(days=1))
    text = message(own, years(2030, year_of="model_year"))
    assert text.startswith("the data span 2 calendar years, and each value of the project is that of one model_year")


def test_typical_periods_of_a_record_that_is_no_year_have_no_calendar():
    target = years(2030, year_of="model_year")
    assert '"base case" is needed, and it is no year' in message(
        typical("-05:00", "month"), target, Place(record="base case")
    )
