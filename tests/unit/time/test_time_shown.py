"""Times, years and stretches of time in messages."""

from __future__ import annotations

import pytest
from tests.time_cells import DAY, HOUR, NEW_YORK, grid, index, typical, years

from dsgrid.time.dimension import GEOGRAPHY, PROJECT_GEOGRAPHY, NoTime
from dsgrid.time.grid import slots, wall
from dsgrid.time.shown import shown_period, shown_span, shown_stretches, shown_years, shown_zone


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (
            grid("-05:00", "2012-01-01 00:00 / 2012-12-31 23:00"),
            "2012-01-01 00:00 to 2012-12-31 23:00 -05:00 (period_beginning, 8,784 steps of 1h)",
        ),
        (
            grid(GEOGRAPHY, "2012-01-01 00:00 / 03:00", clock="standard", interval="period_ending"),
            "2012-01-01 00:00 to 2012-01-01 03:00 in the zone of each geography, standard clock "
            "(period_ending, 4 steps of 1h)",
        ),
        (
            grid("UTC", *(f"20{year}-01-01 / 20{year}-12-31" for year in ("07", "09", 11, 13)), step=DAY),
            "2007-01-01 00:00 to 2007-12-31 00:00, 2009-01-01 00:00 to 2009-12-31 00:00 and 2 more ranges UTC "
            "(period_beginning, 1,460 steps of 1d)",
        ),
        (
            index(PROJECT_GEOGRAPHY, "2012-01-01", 8784, clock="profile"),
            "1 to 8784 from 2012-01-01 00:00 in the zone of each geography of the project, profile clock "
            "(period_beginning, 8,784 steps of 1h)",
        ),
        (years(2018, 2019, 2020, 2030), "the years 2018 to 2020, 2030"),
        (years(2030, year_of="model_year"), "the years 2030 (of each model_year)"),
        (typical(NEW_YORK, "month", "hour"), "1h by month, hour in America/New_York (period_beginning)"),
        (NoTime("t"), "no time"),
    ],
)
def test_a_time_is_shown_by_what_it_spans(time, text):
    assert shown_span(time) == text


def test_zones_of_geographies_are_shown_in_words():
    assert shown_zone("America/Denver") == "America/Denver"
    assert shown_zone(GEOGRAPHY) == "the zone of each geography"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ((2010,), "2010"),
        ((2010, 2011), "2010, 2011"),
        ((2010, 2011, 2012), "2010 to 2012"),
        ((2010, 2012), "2010, 2012"),
    ],
)
def test_years_are_shown_as_runs(given, text):
    assert shown_years(given) == text


def test_slots_that_follow_each_other_are_one_stretch():
    begins = slots(grid("UTC", "2012-03-11 02:00 / 03:00")).tolist()
    assert shown_stretches(begins, HOUR, what="missing") == "2 hours missing from 2012-03-11 02:00"
    assert shown_stretches(begins[:1], HOUR, "-05:00") == "1 hour from 2012-03-10 21:00 -05:00"
    half = slots(grid("UTC", "2012-03-11 02:00 / 03:00", step=HOUR / 2)).tolist()
    assert shown_stretches(half, HOUR / 2) == "3 steps of 30min from 2012-03-11 02:00"


def test_the_longest_stretches_are_shown_in_the_order_of_time():
    single = [f"2012-01-0{day} 00:00 / 00:00" for day in range(1, 6)]
    begins = [wall(one.start) for one in grid("UTC", *single).ranges]
    begins.append(begins[-1] + 3_600_000_000)
    text = shown_stretches(begins, HOUR)
    assert text == (
        "1 hour from 2012-01-01 00:00, 1 hour from 2012-01-02 00:00, 2 hours from 2012-01-05 00:00 and 2 more stretches"
    )


def test_a_typical_period_is_shown_by_its_parts():
    time = typical(NEW_YORK, "season", "day_type", "hour")
    assert shown_period(time, 0) == "season winter, day_type weekday, hour 0"
    assert shown_period(time, 4 * 2 * 24 - 1) == "season autumn, day_type weekend, hour 23"
    assert shown_period(time, 24) == "season winter, day_type weekend, hour 0"
