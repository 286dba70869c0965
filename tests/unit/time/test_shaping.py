"""Annual values that follow the course of another dataset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.time_cells import HOUR, NEW_YORK, grid, index, typical, years

from dsgrid.time.dimension import GEOGRAPHY, TimeDimension
from dsgrid.time.grid import count, slots
from dsgrid.time.rules import TimeRules
from dsgrid.time.shaping import check_shape, flat_rules, shape_time, whole_years
from dsgrid.time.zones import TimeError

SHAPE = TimeRules(shape="load_shapes@1")
YEAR = grid("-05:00", "2018-01-01 00:00 / 2018-12-31 23:00")


@pytest.mark.parametrize(
    ("target", "hours"),
    [
        (grid("-05:00", "2018-03-01 00:00 / 2018-03-31 23:00"), 8760),
        (grid(NEW_YORK, "2018-03-11 00:00 / 2018-03-12 23:00"), 8760),
        (grid(NEW_YORK, "2012-03-11 01:00 / 2012-03-12 00:00", interval="period_ending"), 8784),
        (grid(NEW_YORK, "2012-03-11 00:00 / 23:00", leap_days=False), 8760),
        (grid(GEOGRAPHY, "2018-03-11 00:00 / 23:00", clock="profile"), 8760),
        (index("-05:00", "2018-03-11 00:00", 24), 8760),
        (grid("UTC", "2018-12-31 22:00 / 2019-01-01 01:00"), 2 * 8760),
    ],
)
def test_a_part_of_a_year_is_completed_to_whole_years(target, hours):
    whole, year_of = whole_years(target)
    assert count(whole) == len(year_of) == hours
    assert (whole.zone, whole.clock, whole.interval, whole.leap_days) == (
        target.zone,
        target.clock,
        target.interval,
        target.leap_days,
    )
    assert set(np.unique(year_of, return_counts=True)[1].tolist()) == {hours // len(set(year_of.tolist()))}


def test_the_slots_of_whole_years_know_which_of_the_project_they_are():
    target = grid("-05:00", "2018-12-31 22:00 / 2019-01-01 01:00")
    found = shape_time(grid("-05:00", "2018-01-01 00:00 / 2019-12-31 23:00"), target, SHAPE)
    assert np.flatnonzero(found.projects >= 0).tolist() == [8758, 8759, 8760, 8761]
    assert found.projects[8758:8762].tolist() == [0, 1, 2, 3]
    assert found.years[8758:8762].tolist() == [2018, 2018, 2019, 2019]
    assert slots(found.whole)[found.projects >= 0].tolist() == slots(target).tolist()


def test_the_course_of_another_year_is_aligned_by_the_rules_of_the_submission():
    shape = grid("-05:00", "2012-01-01 00:00 / 2012-12-31 23:00")
    rules = replace(SHAPE, align="same_date", leap_day="drop_feb29")
    found = shape_time(shape, grid("-05:00", "2018-03-01 00:00 / 05:00"), rules)
    (course,) = found.course.classes
    assert len(course) == 8760
    assert course.source[59 * 24] == 60 * 24
    assert set(course.weight.tolist()) == {1.0}


def test_a_finer_shape_is_summed_to_the_slots_of_the_project():
    shape = grid("UTC", "2018-01-01 00:00 / 2018-12-31 23:30", step=HOUR / 2)
    found = shape_time(shape, grid("UTC", "2018-03-01 00:00 / 05:00"), replace(SHAPE, resample=True))
    (course,) = found.course.classes
    assert np.bincount(course.target).tolist() == [2] * 8760


@pytest.mark.parametrize(
    ("shape", "target", "expected"),
    [
        (years(2018), YEAR, "a shape has slots in one zone; this one has the years 2018"),
        (grid(GEOGRAPHY, "2018-01-01 00:00 / 05:00"), YEAR, "a shape has slots in one zone; this one has 2018-01-01"),
        (YEAR, typical("UTC", "month"), "a shape gives annual values the slots of a project in one zone; it has 1h by"),
        (
            YEAR,
            replace(YEAR, zone=GEOGRAPHY, clock="standard"),
            "a shape gives annual values the slots of a project in",
        ),
        (replace(YEAR, measurement="mean"), YEAR, 'its measurement is "total", not "mean"'),
        (replace(YEAR, year_of="weather_year"), YEAR, "a shape holds for all years; the ranges of this one belong to"),
        (
            grid("-05:00", "2018-01-01 00:00 / 2018-06-30 23:00"),
            grid("-05:00", "2018-03-01 00:00 / 2018-03-31 23:00"),
            "the shape: the data do not cover 4,416 slots of the project's time: 4,416 hours from 2018-07-01 00:00",
        ),
        (YEAR, grid("-05:00", "2018-03-01 00:30 / 05:30"), "years are no whole number of the project's slots"),
        (
            YEAR,
            grid("-05:00", "2018-03-01 00:00 / 07:00", step=7 * HOUR),
            "years are no whole number of the project's steps of 7h",
        ),
        (
            grid("-05:00", "2012-01-01 00:00 / 2012-12-31 23:00"),
            YEAR,
            "the shape: the dataset's time does not overlap the project's",
        ),
    ],
)
def test_what_is_no_shape_is_refused(shape, target, expected):
    with pytest.raises(TimeError) as error:
        shape_time(shape, target, SHAPE)
    assert expected in str(error.value)


def test_a_shape_divides_annual_totals_and_nothing_else():
    assert check_shape(years(2018), YEAR, YEAR, SHAPE) == TimeRules(spread="flat")
    assert check_shape(years(2018), YEAR, YEAR, replace(SHAPE, trim=True)) == TimeRules(spread="flat", trim=True)
    others: list[tuple[TimeDimension, TimeRules, str]] = [
        (YEAR, SHAPE, "`shape` means nothing from instants to instants"),
        (years(2018, measurement="mean"), SHAPE, "an annual mean holds for every hour: it is repeated, not spread"),
        (years(2018), replace(SHAPE, spread="flat"), "annual values are spread flat or by a shape, not both"),
    ]
    for own, rules, expected in others:
        target = replace(YEAR, measurement=own.measurement)
        with pytest.raises(TimeError) as error:
            check_shape(own, YEAR, target, rules)
        assert expected in str(error.value)


def test_means_are_repeated_where_totals_are_spread():
    assert flat_rules(years(2018), SHAPE) == TimeRules(spread="flat")
    assert flat_rules(years(2018, measurement="mean"), replace(SHAPE, trim=True)) == TimeRules(trim=True)


def test_a_shape_on_each_geographys_clock_has_no_instants_for_a_project_of_instants():
    shape = grid(GEOGRAPHY, "2018-01-01 00:00 / 2018-12-31 23:00", clock="profile")
    with pytest.raises(TimeError, match=r"shape: a shape has slots in one zone; this one has .* of each geography"):
        shape_time(shape, grid("-05:00", "2018-01-01 00:00 / 2018-12-31 23:00"), TimeRules())
    same = replace(shape, zone="-05:00")
    assert len(shape_time(shape, same, TimeRules()).projects) == 8760
