"""What every value of every rule does, with numbers that are worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.time_cells import DAY, HOUR, NEW_YORK, Case, grid, typical, years

from dsgrid.spec.schemas import words
from dsgrid.time.dimension import GEOGRAPHY, Calendar
from dsgrid.time.mapping import map_time
from dsgrid.time.places import Place
from dsgrid.time.rules import ALIGN, LEAP_DAY, RULES, SPREAD, TO_INSTANTS, TO_PROFILE, TimeRules

HALF = timedelta(minutes=30)
# Readings of New York on a day in March on which 02:00 is left out, and on one in November that has 01:00 twice.
SPRING, AUTUMN = "2018-03-11 01:00 / 03:00", "2018-11-04 00:00 / 02:00"
SPRING_IN_UTC, AUTUMN_IN_UTC = "2018-03-11 06:00 / 07:00", "2018-11-04 04:00 / 07:00"


def readings(text: str, measurement: str = "total", step: timedelta = HOUR, zone: str = NEW_YORK):
    return grid(zone, text, clock="profile", measurement=measurement, step=step)


def instants(text: str, measurement: str = "total", step: timedelta = HOUR):
    return grid("UTC", text, measurement=measurement, step=step)


KEPT = "03-11 01:00 -> 03-11 06:00; 03-11 03:00 -> 03-11 07:00"
MEANT = "03-11 02:00 -> 03-11 07:00 x 0.5; 03-11 03:00 -> 03-11 07:00 x 0.5"
SPRING_FORWARD = {
    ("drop", "total"): KEPT,
    ("drop", "measured"): KEPT,
    ("shift", "total"): f"{KEPT}; 03-11 02:00 -> 03-11 07:00",
    ("shift", "mean"): f"03-11 01:00 -> 03-11 06:00; {MEANT}",
    ("shift", "max"): f"{KEPT}; 03-11 02:00 -> 03-11 07:00",
}


@pytest.mark.parametrize(("rule", "measurement"), SPRING_FORWARD)
def test_the_hour_that_clocks_leave_out_goes_by_spring_forward(rule, measurement):
    own, target = readings(SPRING, measurement), instants(SPRING_IN_UTC, measurement)
    function = measurement if (rule, measurement) == ("shift", "max") else "sum"
    rules = TimeRules(spring_forward=rule)
    Case(own, target, SPRING_FORWARD[rule, measurement], rules, function=function).holds()


AROUND = "11-04 00:00 -> 11-04 04:00; 11-04 02:00 -> 11-04 07:00"
FALL_BACK = {
    ("duplicate", "mean"): f"{AROUND}; 11-04 01:00 -> 11-04 05:00; 11-04 01:00 -> 11-04 06:00",
    ("split", "total"): f"{AROUND}; 11-04 01:00 -> 11-04 05:00 x 0.5; 11-04 01:00 -> 11-04 06:00 x 0.5",
    ("interpolate", "total"): f"""
        {AROUND}; 11-04 01:00 -> 11-04 05:00; 11-04 01:00 -> 11-04 06:00 x 0.5; 11-04 02:00 -> 11-04 06:00 x 0.5
    """,
    ("interpolate", "measured"): f"""
        {AROUND}; 11-04 01:00 -> 11-04 05:00; 11-04 01:00 -> 11-04 06:00 x 0.5; 11-04 02:00 -> 11-04 06:00 x 0.5
    """,
}


@pytest.mark.parametrize(("rule", "measurement"), FALL_BACK)
def test_the_hour_that_clocks_repeat_goes_by_fall_back(rule, measurement):
    own, target = readings(AUTUMN, measurement), instants(AUTUMN_IN_UTC, measurement)
    Case(own, target, FALL_BACK[rule, measurement], TimeRules(fall_back=rule)).holds()


def test_shorter_steps_are_interpolated_along_the_line_over_the_hour():
    own = readings("2018-11-04 01:00 / 02:00", "mean", HALF)
    target = instants("2018-11-04 05:00 / 07:00", "mean", HALF)
    lines = """
        11-04 01:00 -> 11-04 05:00; 11-04 01:30 -> 11-04 05:30
        11-04 01:30 -> 11-04 06:00 x 2/3; 11-04 02:00 -> 11-04 06:00 x 1/3
        11-04 01:30 -> 11-04 06:30 x 1/3; 11-04 02:00 -> 11-04 06:30 x 2/3
        11-04 02:00 -> 11-04 07:00
    """
    Case(own, target, lines, TimeRules(fall_back="interpolate")).holds()


def test_a_clock_may_change_by_half_an_hour():
    # On Lord Howe Island 02:00 is followed by 02:30 in October, and 01:30 comes again in April.
    zone = "Australia/Lord_Howe"
    spring = readings("2018-10-07 01:00 / 03:00", zone=zone)
    lines = "10-07 01:00 -> 10-06 14:30; 10-07 02:00 -> 10-06 15:30 x 0.5; 10-07 03:00 -> 10-06 15:30 x 0.5"
    split = TimeRules(spring_forward="drop", resample=True, trim=True)
    Case(spring, instants("2018-10-06 14:30 / 15:30"), lines, split).holds()
    autumn = readings("2018-04-01 01:00 / 02:00", zone=zone)
    half = instants("2018-03-31 14:00 / 15:30", step=HALF)
    twice = """
        04-01 01:00 -> 03-31 14:00 x 0.5; 04-01 01:00 -> 03-31 14:30 x 0.25; 04-01 01:00 -> 03-31 15:00 x 0.25
        04-01 02:00 -> 03-31 15:30 x 0.5
    """
    Case(autumn, half, twice, TimeRules(fall_back="split", resample=True, trim=True)).holds()


EDGES = "03-11 06:00 -> 03-11 01:00; 03-11 07:00 -> 03-11 03:00"
OF_GAP = {
    ("interpolate", "total"): "03-11 06:00 -> 03-11 02:00 x 0.5; 03-11 07:00 -> 03-11 02:00 x 0.5",
    ("interpolate", "measured"): "03-11 06:00 -> 03-11 02:00 x 0.5; 03-11 07:00 -> 03-11 02:00 x 0.5",
    ("interpolate", "min"): "03-11 06:00 -> 03-11 02:00; 03-11 07:00 -> 03-11 02:00",
    ("repeat", "mean"): "03-11 06:00 -> 03-11 02:00",
    ("zero", "total"): "03-11 06:00 -> 03-11 02:00 x 0",
}


@pytest.mark.parametrize(("rule", "measurement"), OF_GAP)
def test_the_reading_that_is_never_shown_goes_by_spring_forward(rule, measurement):
    own, target = instants(SPRING_IN_UTC, measurement), readings(SPRING, measurement)
    function = "min" if measurement == "min" else "sum"
    lines = f"{EDGES}; {OF_GAP[rule, measurement]}"
    Case(own, target, lines, TimeRules(spring_forward=rule), function=function).holds()


SUMMED = "11-04 05:00 -> 11-04 01:00; 11-04 06:00 -> 11-04 01:00"
HALVED = "11-04 05:00 -> 11-04 01:00 x 0.5; 11-04 06:00 -> 11-04 01:00 x 0.5"
OF_TWO = {
    ("sum", "total"): SUMMED,
    ("mean", "total"): HALVED,
    ("mean", "mean"): HALVED,
    ("mean", "measured"): HALVED,
    ("mean", "max"): SUMMED,
}


@pytest.mark.parametrize(("rule", "measurement"), OF_TWO)
def test_the_reading_that_is_shown_twice_goes_by_fall_back(rule, measurement):
    own, target = instants(AUTUMN_IN_UTC, measurement), readings(AUTUMN, measurement)
    lines = f"11-04 04:00 -> 11-04 00:00; 11-04 07:00 -> 11-04 02:00; {OF_TWO[rule, measurement]}"
    function = "max" if measurement == "max" else "sum"
    Case(own, target, lines, TimeRules(fall_back=rule), function=function).holds()


def test_of_longer_slots_only_the_part_that_is_shown_twice_is_halved():
    own, target = instants(AUTUMN_IN_UTC), readings("2018-11-04 00:00 / 00:00", step=2 * HOUR)
    lines = "11-04 04:00 -> 11-04 00:00; 11-04 05:00 -> 11-04 00:00 x 0.5; 11-04 06:00 -> 11-04 00:00 x 0.5"
    Case(own, target, lines, TimeRules(fall_back="mean", resample=True, trim=True)).holds()


# Days: from 28 February to 1 March, and what the leap day of 2012 does to them.
def days(text: str, measurement: str = "total", **more: bool):
    return grid("-05:00", text, step=DAY, measurement=measurement, **more)


LEAP, PLAIN = "2012-02-28 / 2012-03-01", "2018-02-28 / 2018-03-01"
BOTH = "02-28 00:00 -> 02-28 00:00; 03-01 00:00 -> 03-01 00:00"
TO_LEAP_YEAR = {
    "drop_feb29": BOTH,
    "repeat": f"{BOTH}; 02-28 00:00 -> 02-29 00:00",
    "interpolate": f"{BOTH}; 02-28 00:00 -> 02-29 00:00 x 0.5; 03-01 00:00 -> 02-29 00:00 x 0.5",
}


@pytest.mark.parametrize("rule", TO_LEAP_YEAR)
def test_a_leap_day_that_the_data_lack_goes_by_leap_day(rule):
    Case(days(PLAIN), days(LEAP), TO_LEAP_YEAR[rule], TimeRules(align="same_date", leap_day=rule)).holds()


def test_a_leap_day_that_the_project_lacks_is_dropped():
    Case(days(LEAP), days(PLAIN), BOTH, TimeRules(align="same_date", leap_day="drop_feb29")).holds()


@pytest.mark.parametrize("rule", ["repeat", "interpolate"])
def test_an_extreme_of_a_leap_day_is_that_of_the_days_it_takes(rule):
    lines = f"{BOTH}; 02-28 00:00 -> 02-29 00:00" + ("; 03-01 00:00 -> 02-29 00:00" if rule == "interpolate" else "")
    rules = TimeRules(align="same_date", leap_day=rule)
    function = "min" if rule == "interpolate" else "sum"
    Case(days(PLAIN, "min"), days(LEAP, "min"), lines, rules, function=function).holds()


def test_the_last_day_or_the_first_is_dropped_and_the_days_between_are_counted():
    leap, plain = days("2012-01-01 / 2012-12-31"), days("2018-01-01 / 2018-12-31")
    at = [0, 1, 58, 59, 364, 365]  # 1 and 2 January, 28 and 29 February (or 1 March), 30 and 31 December
    for own, target, rule, expected in [
        (plain, leap, "drop_dec31", {0: 0, 1: 1, 58: 58, 59: 59, 364: 364}),
        (plain, leap, "drop_jan1", {0: 1, 1: 2, 58: 59, 59: 60, 364: 365}),
        (leap, plain, "drop_dec31", {0: 0, 1: 1, 58: 58, 59: 59, 364: 364}),
        (leap, plain, "drop_jan1", {1: 0, 58: 57, 59: 58, 364: 363, 365: 364}),
    ]:
        (entries,) = map_time(own, target, TimeRules(align="same_date", leap_day=rule)).classes
        assert (entries.weight == 1).all()
        assert len(entries) == 365
        found = dict(zip(entries.source.tolist(), entries.target.tolist(), strict=True))
        assert {source: found[source] for source in at if source in found} == expected


def test_a_calendar_without_leap_days_is_brought_to_one_with_them_in_the_same_year():
    Case(days(LEAP, leap_days=False), days(LEAP), TO_LEAP_YEAR["repeat"], TimeRules(leap_day="repeat")).holds()
    Case(days(LEAP), days(LEAP, leap_days=False), BOTH, TimeRules(leap_day="drop_feb29")).holds()


def test_hours_of_another_year_keep_their_order_when_clocks_change():
    # 2017 changed its clocks on 12 March, 2018 on 11 March: standard time is the same.
    own, target = grid(NEW_YORK, "2017-03-11 00:00 / 2017-03-13 00:00"), grid(NEW_YORK, "2018-03-11 00:00 / 04:00")
    lines = "03-11 00:00 -> 03-11 00:00; 03-11 01:00 -> 03-11 01:00; 03-11 02:00 -> 03-11 03:00; "
    Case(own, target, f"{lines}03-11 03:00 -> 03-11 04:00", TimeRules(align="same_date", trim=True)).holds()


def test_a_day_takes_the_nearest_that_is_the_same_day_of_the_week():
    # 1 June was a Friday in 2018 and in 2012; 1 January a Monday in 2018 and a Sunday in 2012, 29 February a Wednesday.
    same = TimeRules(align="same_weekday", trim=True)
    lines = "06-01 00:00 -> 06-01 00:00; 06-02 00:00 -> 06-02 00:00"
    Case(days("2012-05-20 / 2012-06-10"), days("2018-06-01 / 2018-06-02"), lines, same).holds()
    lines = "01-07 00:00 -> 01-01 00:00; 01-01 00:00 -> 01-02 00:00"
    Case(days("2018-01-01 / 2018-01-07"), days("2012-01-01 / 2012-01-02"), lines, same).holds()
    lines = "02-27 00:00 -> 02-28 00:00; 02-28 00:00 -> 02-29 00:00; 03-01 00:00 -> 03-01 00:00"
    Case(days("2018-02-20 / 2018-03-10"), days("2012-02-28 / 2012-03-01"), lines, same).holds()


def test_slots_beyond_one_end_are_wrapped_to_the_other():
    own, target = grid("-08:00", "2018-01-01 00:00 / 05:00"), grid("-05:00", "2018-01-01 00:00 / 05:00")
    lines = """
        01-01 00:00 -> 01-01 03:00; 01-01 01:00 -> 01-01 04:00; 01-01 02:00 -> 01-01 05:00
        01-01 03:00 -> 01-01 00:00; 01-01 04:00 -> 01-01 01:00; 01-01 05:00 -> 01-01 02:00
    """
    Case(own, target, lines, TimeRules(wrap=True)).holds()


def test_hour_ending_labels_of_another_year_are_aligned_and_wrapped():
    # The hour that 2012-01-01 00:00 ends is the last of the project's year.
    own = grid("-05:00", "2012-01-01 00:00 / 2012-12-31 23:00", interval="period_ending")
    target = grid("-05:00", "2018-01-01 00:00 / 2018-12-31 23:00")
    found = map_time(own, target, TimeRules(wrap=True, align="same_date", leap_day="drop_feb29"))
    (entries,) = found.classes
    pairs = dict(zip(entries.source.tolist(), entries.target.tolist(), strict=True))
    assert (pairs[0], pairs[1], pairs[8783]) == (8759, 0, 8758)
    assert len(entries) == 8760
    assert set(range(1 + 59 * 24, 1 + 60 * 24)).isdisjoint(pairs)


def test_a_project_without_leap_days_is_wrapped_like_another():
    own = grid("-05:00", "2012-02-28 00:00 / 2012-03-01 23:00", interval="period_ending", leap_days=False)
    target = grid("-05:00", "2012-02-28 00:00 / 2012-03-01 23:00", leap_days=False)
    (entries,) = map_time(own, target, TimeRules(wrap=True)).classes
    assert dict(zip(entries.source.tolist(), entries.target.tolist(), strict=True))[0] == 47


def test_readings_become_means_along_the_lines_and_back():
    means = instants("2018-01-01 00:00 / 01:00", "mean")
    own = instants("2018-01-01 00:00 / 02:00", "measured")
    lines = """
        01-01 00:00 -> 01-01 00:00 x 0.5; 01-01 01:00 -> 01-01 00:00 x 0.5
        01-01 01:00 -> 01-01 01:00 x 0.5; 01-01 02:00 -> 01-01 01:00 x 0.5
    """
    Case(own, means, lines, TimeRules(interpolate=True)).holds()
    back = "01-01 00:00 -> 01-01 01:00 x 0.5; 01-01 01:00 -> 01-01 01:00 x 0.5"
    Case(means, instants("2018-01-01 01:00 / 01:00", "measured"), back, TimeRules(interpolate=True)).holds()


def test_lines_go_on_over_the_ends_of_what_is_wrapped():
    own, target = instants("2018-01-01 00:00 / 01:00", "measured"), instants("2018-01-01 00:00 / 01:00", "mean")
    each = "01-01 00:00 -> 01-01 {0} x 0.5; 01-01 01:00 -> 01-01 {0} x 0.5; "
    rules = TimeRules(interpolate=True, wrap=True)
    Case(own, target, each.format("00:00") + each.format("01:00"), rules).holds()


def test_slots_are_split_and_joined_by_resample():
    coarse, fine = instants("2018-01-01 00:00 / 00:00"), instants("2018-01-01 00:00 / 00:30", step=HALF)
    split = TimeRules(resample=True)
    Case(coarse, fine, "01-01 00:00 -> 01-01 00:00 x 0.5; 01-01 00:00 -> 01-01 00:30 x 0.5", split).holds()
    Case(fine, coarse, "01-01 00:00 -> 01-01 00:00; 01-01 00:30 -> 01-01 00:00", split).holds()
    means = [replace(one, measurement="mean") for one in (coarse, fine)]
    Case(means[0], means[1], "01-01 00:00 -> 01-01 00:00; 01-01 00:00 -> 01-01 00:30", split).holds()
    Case(means[1], means[0], "01-01 00:00 -> 01-01 00:00 x 0.5; 01-01 00:30 -> 01-01 00:00 x 0.5", split).holds()
    largest = [replace(one, measurement="max") for one in (fine, coarse)]
    lines = "01-01 00:00 -> 01-01 00:00; 01-01 00:30 -> 01-01 00:00"
    Case(largest[0], largest[1], lines, split, function="max").holds()
    read = instants("2018-01-01 00:00 / 01:00", "measured"), instants("2018-01-01 00:15 / 00:15", "measured")
    Case(*read, "01-01 00:00 -> 01-01 00:15 x 0.75; 01-01 01:00 -> 01-01 00:15 x 0.25", split).holds()


def test_what_lies_outside_of_the_project_is_trimmed():
    own, target = instants("2018-01-01 00:00 / 03:00"), instants("2018-01-01 01:00 / 02:00")
    Case(own, target, "01-01 01:00 -> 01-01 01:00; 01-01 02:00 -> 01-01 02:00", TimeRules(trim=True)).holds()
    found = map_time(own, target, TimeRules(trim=True))
    assert found.notes == ("2 slots of the dataset outside of the project's time left out",)


def test_a_project_of_a_part_of_the_year_takes_its_part_of_the_flat_year():
    Case(years(2018), days("2018-02-28 / 2018-02-28"), "2018 -> 02-28 00:00 x 1/365", TimeRules(spread="flat")).holds()
    lines = "2012 -> 02-28 00:00 x 1/365; 2012 -> 03-01 00:00 x 1/365"
    Case(years(2012), days(LEAP, leap_days=False), lines, TimeRules(spread="flat")).holds()


def test_holidays_take_the_values_of_the_day_that_is_named():
    # 4 July 2018 was a Wednesday.
    target = replace(days("2018-07-03 / 2018-07-04"), calendar=Calendar(holidays=(date(2018, 7, 4),)))
    own = typical("-05:00", "day_type", step=DAY)
    Case(own, target, "weekday -> 07-03 00:00; weekday -> 07-04 00:00").holds()
    said = ("holidays of the project take the values of their day of the week",)
    assert map_time(own, target).notes == said
    assert map_time(own, target, TimeRules(holidays="weekend")).notes == ()
    Case(own, target, "weekday -> 07-03 00:00; weekend -> 07-04 00:00", TimeRules(holidays="weekend")).holds()
    own = typical("-05:00", "day_of_week", step=DAY)
    Case(own, target, "1 -> 07-03 00:00; 6 -> 07-04 00:00", TimeRules(holidays="sunday")).holds()
    types = (("weekday", (0, 1, 2, 3, 4)), ("weekend", (5, 6)), ("holiday", ()))
    own = typical("-05:00", "day_type", step=DAY, calendar=Calendar(day_types=types))
    Case(own, target, "weekday -> 07-03 00:00; holiday -> 07-04 00:00").holds()
    assert map_time(own, target).notes == ()


def test_an_annual_mean_is_repeated_in_each_geography():
    own, target = (
        years(2018, measurement="mean"),
        grid(GEOGRAPHY, "2018-02-28 00:00 / 01:00", clock="standard", measurement="mean"),
    )
    lines = "2018 -> 02-28 00:00; 2018 -> 02-28 01:00"
    Case(own, target, lines, place=Place(target_zone="Asia/Kolkata")).holds()


def test_the_values_of_rules_are_those_that_specs_may_have():
    assert tuple(words.ALIGN) == ALIGN
    assert tuple(words.LEAP_DAY) == LEAP_DAY
    assert tuple(words.SPREAD) == SPREAD
    for name, known in (("spring_forward", words.SPRING_FORWARD), ("fall_back", words.FALL_BACK)):
        assert set(known) == {*TO_INSTANTS[name], *TO_PROFILE[name]}
    assert TimeRules(align="same_date", trim=True).given == {"align": "same_date", "trim": True}
    assert set(TimeRules().given) < set(RULES)
