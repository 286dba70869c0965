"""Rules that mean nothing between two times, cells of the table that are refused, and values of another kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from tests.time_cells import NEW_YORK, grid, index, typical, years
from time_refused import message, refusal

from dsgrid.time.dimension import GEOGRAPHY, Calendar, NoTime
from dsgrid.time.table import FORMS, TABLE

FORM = {
    "instants": grid(NEW_YORK, "2018-03-11 00:00 / 04:00"),
    "local": grid(GEOGRAPHY, "2018-03-11 00:00 / 04:00", clock="standard"),
    "profile": grid(NEW_YORK, "2018-03-11 00:00 / 04:00", clock="profile"),
    "annual": years(2018),
    "representative": typical(NEW_YORK, "month", "hour"),
    "index": index("-05:00", "2018-03-11 00:00", 4),
    "none": NoTime("t"),
}
REFUSED = [pair for pair, cell in TABLE.items() if cell.refusal]

# The table


def test_only_a_project_without_time_and_years_as_typical_periods_are_refused_altogether():
    expected = {(form, "none") for form in FORMS if form != "none"} | {("annual", "representative")}
    assert set(REFUSED) == expected


@pytest.mark.parametrize("pair", REFUSED, ids=" to ".join)
def test_a_cell_that_is_refused_says_why(pair):
    own, target = pair
    text = message(FORM[own], FORM[target], spread="flat", trim=True)
    said = {
        "none": "to no time: a project without time takes only datasets without time; give it an annual time",
        "representative": "how much of a year a typical period is depends on a calendar, and neither side has one",
    }
    assert text.startswith("time cannot be mapped from ")
    assert text.endswith(said[target])


def test_a_project_with_a_prevailing_clock_of_its_own_in_each_geography_is_refused():
    target = grid(GEOGRAPHY, "2018-03-11 00:00 / 04:00")
    assert 'its clock is "standard" or "profile"' in message(FORM["instants"], target)


# Rules that mean nothing


@pytest.mark.parametrize(
    ("own", "target", "rules", "expected"),
    [
        ("instants", "local", {"spread": "flat"}, "`spread` means nothing from instants to local time; there are "),
        (
            "annual",
            "annual",
            {"wrap": True},
            '`wrap_time` means nothing from annual values to annual values; there is "trim"',
        ),
        ("representative", "representative", {"trim": True}, "`trim` means nothing from representative periods to "),
        ("none", "instants", {"align": "same_date"}, "`align` means nothing from no time to instants"),
        (
            "profile",
            "profile",
            {"fall_back": "split"},
            "`fall_back` means nothing from a clock-time profile to a clock-",
        ),
        ("index", "annual", {"resample": True}, "`resample` means nothing from an index to annual values; there are "),
        (
            "representative",
            "annual",
            {"holidays": "weekend"},
            "`holidays` means nothing from representative periods to ",
        ),
    ],
)
def test_a_rule_that_means_nothing_there_is_told_with_those_that_do(own, target, rules, expected):
    found = refusal(FORM[own], FORM[target], **rules)
    assert str(found.problems[0].message).startswith(expected)
    assert found.problems[0].key in rules


@pytest.mark.parametrize(
    ("own", "target", "rules", "expected"),
    [
        (
            "profile",
            "instants",
            {"spring_forward": "zero", "fall_back": "sum"},
            'spring_forward = "zero" means nothing where a profile becomes instants; there are: "drop", "shift"',
        ),
        (
            "instants",
            "profile",
            {"spring_forward": "drop"},
            'spring_forward = "drop" means nothing where instants become a profile; there are: "interpolate", "repeat"',
        ),
        ("instants", "local", {"align": "same_weekday", "leap_day": "repeat"}, 'leap_day means nothing with align = "'),
        ("annual", "instants", {"spread": "flat", "shape": "other@1"}, "spread flat or by a shape, not both"),
        ("annual", "instants", {}, 'annual totals are spread over the hours of the project: say spread = "flat", or'),
        (
            "instants",
            "local",
            {"interpolate": True},
            "`interpolate` turns readings into means and means into readings; both",
        ),
        ("representative", "instants", {"holidays": "weekend"}, "but the project's time has no holidays"),
    ],
)
def test_a_value_that_means_nothing_there_is_told(own, target, rules, expected):
    assert expected in message(FORM[own], FORM[target], **rules)


@pytest.mark.parametrize(
    ("measurement", "rules", "expected"),
    [
        ("mean", {"fall_back": "split"}, 'fall_back = "split" divides totals; a mean is no part of anything'),
        ("measured", {"spring_forward": "shift"}, 'spring_forward = "shift" would make two readings of one instant'),
    ],
)
def test_a_rule_for_totals_is_refused_for_other_measurements_of_a_profile(measurement, rules, expected):
    own = grid(NEW_YORK, "2018-03-11 00:00 / 04:00", clock="profile", measurement=measurement)
    assert expected in message(own, grid("UTC", "2018-03-11 05:00 / 08:00", measurement=measurement), **rules)


@pytest.mark.parametrize(
    ("day", "rules", "expected"),
    [
        ("03-11", {"spring_forward": "zero"}, 'spring_forward = "zero" is for totals; 0 is no mean'),
        ("11-04", {"fall_back": "sum"}, 'fall_back = "sum" adds totals; of a mean say "mean"'),
    ],
)
def test_a_rule_for_totals_is_refused_for_means_that_become_a_profile(day, rules, expected):
    own = grid(NEW_YORK, f"2018-{day} 00:00 / 04:00", measurement="mean")
    target = grid(NEW_YORK, f"2018-{day} 00:00 / 04:00", clock="profile", measurement="mean")
    assert expected in message(own, target, **rules)


def test_a_mean_of_a_year_is_not_spread():
    target = grid(NEW_YORK, "2018-03-11 00:00 / 04:00", measurement="mean")
    assert "an annual mean holds for every hour" in message(years(2018, measurement="mean"), target, spread="flat")


HOLIDAY = Calendar(holidays=(date(2018, 7, 4),))
WITH_HOLIDAYS = Calendar(day_types=(("weekday", (0, 1, 2, 3, 4)), ("weekend", (5, 6)), ("holiday", ())))


@pytest.mark.parametrize(
    ("own", "rule", "expected"),
    [
        (typical("-05:00", "day_type"), "sunday", 'no day "sunday" in the data; there are: "weekday", "weekend"'),
        (typical("-05:00", "month"), "weekend", 'no day "weekend" in the data; the data do not tell days apart'),
        (
            typical("-05:00", "day_type", calendar=WITH_HOLIDAYS),
            "weekend",
            "the data have values of their own for them",
        ),
    ],
)
def test_a_day_that_holidays_cannot_take_is_refused(own, rule, expected):
    target = replace(grid("-05:00", "2018-07-04 00:00 / 04:00"), calendar=HOLIDAY)
    assert expected in message(own, target, holidays=rule)


# Values of another kind


def test_other_measurements_are_refused_but_for_readings_and_means_with_a_rule():
    hours = grid("UTC", "2018-01-01 00:00 / 03:00")
    text = message(replace(hours, measurement="mean"), hours)
    assert text == 'the dataset\'s measurement is "mean", the project\'s "total"'
    read, mean = (grid("UTC", "2018-01-01 00:00 / 03:00", measurement=one) for one in ("measured", "mean"))
    assert message(read, mean).endswith(
        'the project\'s "mean"; interpolate = true takes them along the lines between them'
    )


def test_all_that_is_wrong_is_told_at_once():
    found = refusal(FORM["profile"], FORM["instants"], spread="flat", holidays="weekend", fall_back="sum")
    assert [problem.key for problem in found.problems] == ["spread", "holidays", "fall_back"]
