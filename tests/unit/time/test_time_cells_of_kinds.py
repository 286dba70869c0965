"""The cells of the closed table with years, typical periods or no time, with numbers that are worked out by hand."""

from __future__ import annotations

import pytest
from tests.time_cells import DAY, NEW_YORK, Case, grid, index, typical, years

from dsgrid.time.dimension import GEOGRAPHY, PROJECT_GEOGRAPHY, Calendar, NoTime
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules
from dsgrid.time.table import form_of

OF_NEW_YORK = Place(zone=NEW_YORK)
FOR_NEW_YORK = Place(target_zone=NEW_YORK)
BOTH = Place(NEW_YORK, NEW_YORK)
OF_KOLKATA = Place(zone="Asia/Kolkata")
FLAT = TimeRules(spread="flat")
RESAMPLED = TimeRules(resample=True)
TRIMMED = TimeRules(trim=True)

# Six times 61 days are the 366 of 2012. In New York the second part lacks an hour of March, the last one has an hour
# of November twice.
SIXTHS = "2012-01-01 / 2012-11-01"
SUMS = "01-01 00:00 -> 2012; 03-02 00:00 -> 2012; 05-02 00:00 -> 2012; 07-02 00:00 -> 2012; 09-01 00:00 -> 2012; "
SUMS += "11-01 00:00 -> 2012"
HOURS = """
    01-01 00:00 -> 2012 x 1464/8784; 03-02 00:00 -> 2012 x 1463/8784; 05-02 00:00 -> 2012 x 1464/8784
    07-02 00:00 -> 2012 x 1464/8784; 09-01 00:00 -> 2012 x 1464/8784; 11-01 00:00 -> 2012 x 1465/8784
"""
EQUAL = """
    01-01 00:00 -> 2012 x 1/6; 03-02 00:00 -> 2012 x 1/6; 05-02 00:00 -> 2012 x 1/6
    07-02 00:00 -> 2012 x 1/6; 09-01 00:00 -> 2012 x 1/6; 11-01 00:00 -> 2012 x 1/6
"""
# A day of the 61 lies in 2011 at one end, and 60 in 2013 at the other.
STRADDLING = "2011-12-31 / 2012-12-31"
PARTS = """
    12-31 00:00 -> 2012 x 60/61; 03-01 00:00 -> 2012; 05-01 00:00 -> 2012; 07-01 00:00 -> 2012
    08-31 00:00 -> 2012; 10-31 00:00 -> 2012; 12-31 00:00 -> 2012 x 1/61
"""
LONG = 61 * DAY

# Saturdays to Mondays on which clocks change: the Sunday has 23 hours, or 25.
SPRING = "2018-03-10 / 2018-03-12"
AUTUMN = "2018-11-03 / 2018-11-05"
# A part of the year that a leap day is in, and one that New Year is in.
SEASONS = Calendar(seasons=(("winter", (1, 2)), ("rest", (3, 4, 5, 6, 7, 8, 9, 10, 11, 12))))
LEAP = "2012-02-28 / 2012-03-01"
NEW_YEAR = "2018-12-31 / 2019-01-01"
SPRING_HOURS = "03-10 00:00 -> weekend x 1/47; 03-11 00:00 -> weekend x 1/47; 03-12 00:00 -> weekday x 1/24"
AUTUMN_HOURS = "11-03 00:00 -> weekend x 1/49; 11-04 00:00 -> weekend x 1/49; 11-05 00:00 -> weekday x 1/24"
AUTUMN_MEANS = "11-03 00:00 -> weekend x 24/49; 11-04 00:00 -> weekend x 25/49; 11-05 00:00 -> weekday"
PROFILE_HOURS = "11-03 00:00 -> weekend x 1/48; 11-04 00:00 -> weekend x 1/48; 11-05 00:00 -> weekday x 1/24"
LEAP_HOURS = "02-28 00:00 -> winter x 1/48; 02-29 00:00 -> winter x 1/48; 03-01 00:00 -> rest x 1/24"
NEW_YEAR_DAYS = "12-31 00:00 -> rest; 01-01 00:00 -> winter"
# Saturday begins in Kolkata half an hour after this one in UTC.
FRIDAY = "2018-03-09 18:00 / 19:00"
FRIDAY_HOURS = "03-09 18:00 -> weekday; 03-09 18:00 -> weekend x 1/3; 03-09 19:00 -> weekend x 2/3"

# Some hours in New York: before and on a leap day, on both changes of clocks, and at New Year.
SOME = (
    "2012-02-28 23:00 / 2012-02-29 00:00",
    "2018-03-11 01:00 / 03:00",
    "2018-11-04 00:00 / 02:00",
    "2018-12-31 23:00 / 2019-01-01 00:00",
)
# The first year has 8784 hours, the others 8760. Which are used:
YEARS = (2012, 2018, 2019)
PARTS_OF_YEARS = """
    2012 -> 02-28 23:00 x 1/8784; 2012 -> 02-29 00:00 x 1/8784
    2018 -> 03-11 01:00 x 1/8760; 2018 -> 03-11 03:00 x 1/8760
    2018 -> 11-04 00:00 x 1/8760; 2018 -> 11-04 01:00 x 1/8760
    2018 -> 11-04 01:00' x 1/8760; 2018 -> 11-04 02:00 x 1/8760
    2018 -> 12-31 23:00 x 1/8760; 2019 -> 01-01 00:00 x 1/8760
"""
REPEATED_YEARS = """
    2012 -> 02-28 23:00; 2012 -> 02-29 00:00; 2018 -> 03-11 01:00; 2018 -> 03-11 02:00; 2018 -> 03-11 03:00
    2018 -> 11-04 00:00; 2018 -> 11-04 01:00; 2018 -> 11-04 02:00; 2018 -> 12-31 23:00; 2019 -> 01-01 00:00
"""
# The same on the standard clock: the second hour of the autumn's change is 01:00.
SOME_STANDARD = (
    "2012-02-28 23:00 / 2012-02-29 00:00",
    "2018-03-11 01:00 / 02:00",
    "2018-11-04 00:00 / 02:00",
    "2018-12-31 23:00 / 2019-01-01 00:00",
)
TYPICAL = ("day_type", "hour")
WEEK = """
    weekday 23 -> 02-28 23:00; weekday 0 -> 02-29 00:00
    weekend 1 -> 03-11 01:00; weekend 3 -> 03-11 03:00
    weekend 0 -> 11-04 00:00; weekend 1 -> 11-04 01:00; weekend 1 -> 11-04 01:00'; weekend 2 -> 11-04 02:00
    weekday 23 -> 12-31 23:00; weekday 0 -> 01-01 00:00
"""
WEEK_STANDARD = """
    weekday 23 -> 02-28 23:00; weekday 0 -> 02-29 00:00
    weekend 1 -> 03-11 01:00; weekend 3 -> 03-11 02:00
    weekend 1 -> 11-04 00:00; weekend 1 -> 11-04 01:00; weekend 2 -> 11-04 02:00
    weekday 23 -> 12-31 23:00; weekday 0 -> 01-01 00:00
"""
WEEK_OF_READINGS = """
    weekday 23 -> 02-28 23:00; weekday 0 -> 02-29 00:00
    weekend 1 -> 03-11 01:00; weekend 2 -> 03-11 02:00; weekend 3 -> 03-11 03:00
    weekend 0 -> 11-04 00:00; weekend 1 -> 11-04 01:00; weekend 2 -> 11-04 02:00
    weekday 23 -> 12-31 23:00; weekday 0 -> 01-01 00:00
"""
# From Friday to Saturday in Kolkata.
HALVES = "weekday 23 -> 03-09 18:00 x 0.5; weekend 0 -> 03-09 18:00 x 0.5; weekend 0 -> 03-09 19:00 x 0.5; "
HALVES += "weekend 1 -> 03-09 19:00 x 0.5"

NONE = NoTime("t")
CELLS = {
    ("instants", "annual"): [
        Case(grid(NEW_YORK, SIXTHS, step=LONG), years(2012), SUMS),
        Case(grid(NEW_YORK, SIXTHS, step=LONG, measurement="mean"), years(2012, measurement="mean"), HOURS),
        Case(grid("+05:30", SIXTHS, step=LONG, measurement="mean"), years(2012, measurement="mean"), EQUAL),
        Case(grid("-05:00", STRADDLING, step=LONG), years(2012), PARTS, TRIMMED),
    ],
    ("local", "annual"): [
        Case(grid(GEOGRAPHY, SIXTHS, step=LONG), years(2012), SUMS, place=OF_NEW_YORK),
        Case(
            grid(GEOGRAPHY, SIXTHS, step=LONG, measurement="mean"),
            years(2012, measurement="mean"),
            HOURS,
            place=OF_NEW_YORK,
        ),
        Case(
            grid(GEOGRAPHY, SIXTHS, step=LONG, measurement="max", clock="standard"),
            years(2012, measurement="max"),
            SUMS,
            place=Place("Australia/Sydney"),
            function="max",
        ),
        Case(grid(GEOGRAPHY, STRADDLING, step=LONG), years(2012), PARTS, TRIMMED, OF_KOLKATA),
    ],
    ("profile", "annual"): [
        Case(
            grid(GEOGRAPHY, SIXTHS, step=LONG, measurement="mean", clock="profile"),
            years(2012, measurement="mean"),
            EQUAL,
            place=OF_NEW_YORK,
        ),
        Case(grid(NEW_YORK, STRADDLING, step=LONG, clock="profile"), years(2012), PARTS, TRIMMED),
    ],
    ("index", "annual"): [
        Case(
            index(GEOGRAPHY, "2012-01-01", 6, step=LONG, measurement="mean"),
            years(2012, measurement="mean"),
            """
            1 -> 2012 x 1464/8784; 2 -> 2012 x 1463/8784; 3 -> 2012 x 1464/8784
            4 -> 2012 x 1464/8784; 5 -> 2012 x 1464/8784; 6 -> 2012 x 1465/8784
            """,
            place=OF_NEW_YORK,
        ),
        Case(
            index("+05:30", "2011-12-31", 7, step=LONG),
            years(2012),
            "1 -> 2012 x 60/61; 2 -> 2012; 3 -> 2012; 4 -> 2012; 5 -> 2012; 6 -> 2012; 7 -> 2012 x 1/61",
            TRIMMED,
        ),
    ],
    ("instants", "representative"): [
        Case(grid(NEW_YORK, SPRING, step=DAY), typical(NEW_YORK, "day_type"), SPRING_HOURS, RESAMPLED),
        Case(grid(NEW_YORK, AUTUMN, step=DAY), typical(NEW_YORK, "day_type"), AUTUMN_HOURS, RESAMPLED),
        Case(
            grid(NEW_YORK, AUTUMN, step=DAY),
            typical(NEW_YORK, "day_type", step=DAY),
            "11-03 00:00 -> weekend x 1/2; 11-04 00:00 -> weekend x 1/2; 11-05 00:00 -> weekday",
        ),
        Case(
            grid(NEW_YORK, AUTUMN, step=DAY, measurement="mean"),
            typical(NEW_YORK, "day_type", measurement="mean"),
            AUTUMN_MEANS,
            RESAMPLED,
        ),
        Case(grid("-05:00", LEAP, step=DAY), typical("-05:00", "season", calendar=SEASONS), LEAP_HOURS, RESAMPLED),
        Case(
            grid("-05:00", NEW_YEAR, step=DAY), typical("-05:00", "season", step=DAY, calendar=SEASONS), NEW_YEAR_DAYS
        ),
        Case(grid("UTC", FRIDAY), typical("Asia/Kolkata", "day_type"), FRIDAY_HOURS, RESAMPLED),
    ],
    ("local", "representative"): [
        Case(grid(GEOGRAPHY, SPRING, step=DAY), typical(GEOGRAPHY, "day_type"), SPRING_HOURS, RESAMPLED, BOTH),
        Case(grid(GEOGRAPHY, AUTUMN, step=DAY), typical(GEOGRAPHY, "day_type"), AUTUMN_HOURS, RESAMPLED, BOTH),
        Case(
            grid(GEOGRAPHY, LEAP, step=DAY),
            typical(NEW_YORK, "season", calendar=SEASONS),
            LEAP_HOURS,
            RESAMPLED,
            OF_NEW_YORK,
        ),
        Case(
            grid(GEOGRAPHY, NEW_YEAR, step=DAY),
            typical(GEOGRAPHY, "season", step=DAY, calendar=SEASONS),
            NEW_YEAR_DAYS,
            place=BOTH,
        ),
        Case(
            grid(GEOGRAPHY, FRIDAY, clock="standard"),
            typical(GEOGRAPHY, "day_type"),
            FRIDAY_HOURS,
            RESAMPLED,
            Place("+00:00", "Asia/Kolkata"),
        ),
    ],
    ("profile", "representative"): [
        Case(
            grid(NEW_YORK, AUTUMN, step=DAY, clock="profile"),
            typical(GEOGRAPHY, "day_type"),
            PROFILE_HOURS,
            RESAMPLED,
            FOR_NEW_YORK,
        ),
        Case(
            grid(NEW_YORK, LEAP, step=DAY, clock="profile"),
            typical("Asia/Kolkata", "season", calendar=SEASONS),
            LEAP_HOURS,
            RESAMPLED,
        ),
        Case(
            grid(GEOGRAPHY, NEW_YEAR, step=DAY, clock="profile"),
            typical(GEOGRAPHY, "season", step=DAY, calendar=SEASONS),
            NEW_YEAR_DAYS,
            place=BOTH,
        ),
    ],
    ("index", "representative"): [
        Case(
            index(NEW_YORK, "2018-11-03", 3, step=DAY, measurement="mean"),
            typical(NEW_YORK, "day_type", measurement="mean"),
            "1 -> weekend x 24/49; 2 -> weekend x 25/49; 3 -> weekday",
            RESAMPLED,
        ),
        Case(
            index(NEW_YORK, "2018-03-10", 3, step=DAY),
            typical(NEW_YORK, "day_type"),
            "1 -> weekend x 1/47; 2 -> weekend x 1/47; 3 -> weekday x 1/24",
            RESAMPLED,
        ),
        Case(
            index("-05:00", "2012-02-28", 3, step=DAY),
            typical("-05:00", "season", calendar=SEASONS),
            "1 -> winter x 1/48; 2 -> winter x 1/48; 3 -> rest x 1/24",
            RESAMPLED,
        ),
        Case(
            index("-05:00", "2018-12-31", 2, step=DAY),
            typical("-05:00", "season", step=DAY, calendar=SEASONS),
            "1 -> rest; 2 -> winter",
        ),
        Case(
            index("UTC", "2018-03-09 18:00", 2),
            typical("Asia/Kolkata", "day_type"),
            "1 -> weekday; 1 -> weekend x 1/3; 2 -> weekend x 2/3",
            RESAMPLED,
        ),
    ],
    ("annual", "instants"): [
        Case(years(*YEARS), grid(NEW_YORK, *SOME), PARTS_OF_YEARS, FLAT),
        # An hour that is half of one year and half of the next.
        Case(
            years(2018, 2019),
            grid("Asia/Kolkata", "2018-12-31 23:30 / 23:30"),
            "2018 -> 12-31 23:30 x 0.5/8760; 2019 -> 12-31 23:30 x 0.5/8760",
            FLAT,
        ),
    ],
    ("annual", "local"): [
        Case(
            years(*YEARS),
            grid(GEOGRAPHY, *SOME_STANDARD, clock="standard"),
            """
            2012 -> 02-28 23:00 x 1/8784; 2012 -> 02-29 00:00 x 1/8784
            2018 -> 03-11 01:00 x 1/8760; 2018 -> 03-11 02:00 x 1/8760
            2018 -> 11-04 00:00 x 1/8760; 2018 -> 11-04 01:00 x 1/8760; 2018 -> 11-04 02:00 x 1/8760
            2018 -> 12-31 23:00 x 1/8760; 2019 -> 01-01 00:00 x 1/8760
            """,
            FLAT,
            FOR_NEW_YORK,
        ),
        # By standard time the year begins in Sydney an hour later than by the clock of its summer.
        Case(
            years(2018, 2019, measurement="min"),
            grid(GEOGRAPHY, "2018-12-31 23:00 / 2019-01-01 00:00", clock="standard", measurement="min"),
            "2018 -> 12-31 23:00; 2019 -> 01-01 00:00",
            place=Place(target_zone="Australia/Sydney"),
        ),
    ],
    ("annual", "profile"): [
        Case(
            years(*YEARS, measurement="mean"),
            grid(NEW_YORK, *SOME, clock="profile", measurement="mean"),
            REPEATED_YEARS,
        ),
        Case(
            years(2018),
            grid(GEOGRAPHY, SOME[1], clock="profile"),
            "2018 -> 03-11 01:00 x 1/8760; 2018 -> 03-11 02:00 x 1/8760; 2018 -> 03-11 03:00 x 1/8760",
            FLAT,
            Place(target_zone="Asia/Kolkata"),
        ),
    ],
    ("annual", "index"): [
        Case(
            years(2012, 2018),
            index(NEW_YORK, "2012-02-28 23:00", 2),
            "2012 -> 1 x 1/8784; 2012 -> 2 x 1/8784",
            TimeRules(spread="flat", trim=True),
        ),
        Case(years(2018, 2019), index("+05:30", "2018-12-31 23:00", 2), "2018 -> 1 x 1/8760; 2019 -> 2 x 1/8760", FLAT),
    ],
    ("representative", "instants"): [
        Case(typical(NEW_YORK, *TYPICAL), grid(NEW_YORK, *SOME), WEEK),
        Case(typical("Asia/Kolkata", *TYPICAL), grid("UTC", FRIDAY), HALVES, RESAMPLED),
    ],
    ("representative", "local"): [
        Case(
            typical(PROJECT_GEOGRAPHY, *TYPICAL),
            grid(GEOGRAPHY, *SOME_STANDARD, clock="standard"),
            WEEK_STANDARD,
            place=BOTH,
        ),
        Case(
            typical("Asia/Kolkata", *TYPICAL),
            grid(GEOGRAPHY, FRIDAY, clock="standard"),
            HALVES,
            RESAMPLED,
            Place(target_zone="+00:00"),
        ),
    ],
    ("representative", "profile"): [
        Case(typical(GEOGRAPHY, *TYPICAL), grid(GEOGRAPHY, *SOME, clock="profile"), WEEK_OF_READINGS, place=BOTH),
        Case(
            typical("Asia/Kolkata", *TYPICAL),
            grid("UTC", FRIDAY, clock="profile"),
            "weekday 18 -> 03-09 18:00; weekday 19 -> 03-09 19:00",
        ),
    ],
    ("representative", "index"): [
        Case(
            typical(NEW_YORK, *TYPICAL),
            index(NEW_YORK, "2018-11-04 00:00", 4),
            "weekend 0 -> 1; weekend 1 -> 2; weekend 1 -> 3; weekend 2 -> 4",
        ),
        Case(typical(NEW_YORK, *TYPICAL), index("-05:00", "2018-03-11 01:00", 2), "weekend 1 -> 1; weekend 3 -> 2"),
        Case(typical(NEW_YORK, *TYPICAL), index(NEW_YORK, "2012-02-28 23:00", 2), "weekday 23 -> 1; weekday 0 -> 2"),
        Case(
            typical("Asia/Kolkata", *TYPICAL),
            index("UTC", "2018-03-09 18:00", 2),
            "weekday 23 -> 1 x 0.5; weekend 0 -> 1 x 0.5; weekend 0 -> 2 x 0.5; weekend 1 -> 2 x 0.5",
            RESAMPLED,
        ),
    ],
    # 2012 began on a Sunday and had 366 days, 2018 on a Monday. Both clocks change on Sundays.
    ("representative", "annual"): [
        Case(
            typical(NEW_YORK, "day_type", step=DAY),
            years(2012, 2018),
            "weekday -> 2012 x 261; weekend -> 2012 x 105; weekday -> 2018 x 261; weekend -> 2018 x 104",
        ),
        Case(typical(GEOGRAPHY, "day_type"), years(2018), "weekday -> 2018 x 6264; weekend -> 2018 x 2496", place=BOTH),
        Case(
            typical("+05:30", "season", measurement="mean", calendar=SEASONS),
            years(2012, measurement="mean"),
            "winter -> 2012 x 60/366; rest -> 2012 x 306/366",
        ),
        Case(
            typical(NEW_YORK, "season", step=DAY, calendar=SEASONS),
            years(2020, year_of="model_year"),
            "winter -> any x 60; rest -> any x 306",
            place=Place(record="2020"),
        ),
    ],
    ("representative", "representative"): [
        Case(
            typical(PROJECT_GEOGRAPHY, "day_type"),
            typical(GEOGRAPHY, "day_type"),
            "weekday -> weekday; weekend -> weekend",
            place=BOTH,
        ),
    ],
    ("annual", "annual"): [
        Case(years(2012, 2018, 2019), years(2018, 2019), "2018 -> 2018; 2019 -> 2019", TRIMMED),
        Case(years(2030, year_of="model_year"), years(2030, 2040, year_of="model_year"), "any -> any"),
    ],
    ("none", "none"): [Case(NONE, NONE, "any -> any")],
    ("none", "instants"): [Case(NONE, grid(NEW_YORK, *SOME), "")],
    ("none", "local"): [Case(NONE, grid(GEOGRAPHY, *SOME_STANDARD, clock="standard"), "", place=FOR_NEW_YORK)],
    ("none", "profile"): [Case(NONE, grid(GEOGRAPHY, *SOME, clock="profile"), "", place=FOR_NEW_YORK)],
    ("none", "annual"): [Case(NONE, years(2012), "")],
    ("none", "representative"): [Case(NONE, typical(NEW_YORK, *TYPICAL), "")],
    ("none", "index"): [Case(NONE, index(NEW_YORK, "2018-11-04 00:00", 4), "")],
}


@pytest.mark.parametrize("cell", CELLS, ids=" to ".join)
def test_the_values_of_a_cell_go_where_they_were_worked_out_by_hand(cell):
    for case in CELLS[cell]:
        assert (form_of(case.own), form_of(case.target)) == cell
        case.holds()
