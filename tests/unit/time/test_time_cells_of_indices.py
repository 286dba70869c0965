"""The cells of the closed table with an index on one side or both, with numbers that are worked out by hand.

An index has one range, so there are some hours around each of a leap day, both changes of clocks and New Year in New
York, and some of Kolkata.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.time_cells import NEW_YORK, Case, grid, index

from dsgrid.time.dimension import GEOGRAPHY, DatetimeTime, IndexTime
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules
from dsgrid.time.table import form_of

PREVAILING = PROFILE = (
    "2012-02-28 23:00 / 2012-02-29 00:00",
    "2018-03-11 01:00 / 04:00",
    "2018-11-04 00:00 / 02:00",
    "2018-12-31 23:00 / 2019-01-01 00:00",
)
STANDARD = (
    "2012-02-28 23:00 / 2012-02-29 00:00",
    "2018-03-11 01:00 / 03:00",
    "2018-11-03 23:00 / 2018-11-04 02:00",
    "2018-12-31 23:00 / 2019-01-01 00:00",
)
OF_NEW_YORK = Place(zone=NEW_YORK)
FOR_NEW_YORK = Place(target_zone=NEW_YORK)
SPLIT = TimeRules(resample=True, trim=True)
SHIFTED_MEANS = TimeRules(spring_forward="shift", fall_back="duplicate")

# The hours of Kolkata begin at half past in UTC.
IN_KOLKATA = "2018-12-31 23:00 / 2019-01-01 01:00"
UTC_OF_KOLKATA = "2018-12-31 18:00 / 19:00"
IN_UTC = "2018-12-31 18:00 / 20:00"
KOLKATA_OF_UTC = "2019-01-01 00:00 / 01:00"
OF_KOLKATA = Place(zone="Asia/Kolkata")
FOR_KOLKATA = Place(target_zone="Asia/Kolkata")

# Indices have one range: the first hour in New York, how many there are, and the same in UTC.
NUMBERED = (
    ("2012-02-28 23:00", 2, "2012-02-29 04:00 / 05:00"),
    ("2018-03-11 01:00", 3, "2018-03-11 06:00 / 08:00"),
    ("2018-11-04 00:00", 4, "2018-11-04 04:00 / 07:00"),
    ("2018-12-31 23:00", 2, "2019-01-01 04:00 / 05:00"),
)
LEAP, SPRING, AUTUMN, NEW_YEAR = range(4)


def numbered(window: int, zone: str = NEW_YORK) -> IndexTime:
    """Return some of the hours as an index on the prevailing clock."""
    start, last, _ = NUMBERED[window]
    return index(zone, start, last)


def in_utc(window: int) -> DatetimeTime:
    """Return the same in UTC."""
    return grid("UTC", NUMBERED[window][2])


def in_utc_numbered(window: int) -> IndexTime:
    """Return the same in UTC as an index."""
    return index("UTC", NUMBERED[window][2][:16], NUMBERED[window][1])


KOLKATA_NUMBERED = index("Asia/Kolkata", "2018-12-31 23:00", 3)
CELLS = {
    ("instants", "index"): [
        Case(in_utc(LEAP), numbered(LEAP), "02-29 04:00 -> 1; 02-29 05:00 -> 2"),
        Case(in_utc(SPRING), numbered(SPRING), "03-11 06:00 -> 1; 03-11 07:00 -> 2; 03-11 08:00 -> 3"),
        Case(
            in_utc(AUTUMN),
            numbered(AUTUMN),
            "11-04 04:00 -> 1; 11-04 05:00 -> 2; 11-04 06:00 -> 3; 11-04 07:00 -> 4",
        ),
        Case(in_utc(NEW_YEAR), numbered(NEW_YEAR), "01-01 04:00 -> 1; 01-01 05:00 -> 2"),
        Case(
            grid("UTC", IN_UTC),
            index("Asia/Kolkata", "2019-01-01 00:00", 2),
            "12-31 18:00 -> 1 x 0.5; 12-31 19:00 -> 1 x 0.5; 12-31 19:00 -> 2 x 0.5; 12-31 20:00 -> 2 x 0.5",
            SPLIT,
        ),
    ],
    ("local", "index"): [
        Case(
            grid(GEOGRAPHY, PREVAILING[LEAP]),
            in_utc_numbered(LEAP),
            "02-28 23:00 -> 1; 02-29 00:00 -> 2",
            place=OF_NEW_YORK,
        ),
        Case(
            grid(GEOGRAPHY, PREVAILING[SPRING]),
            in_utc_numbered(SPRING),
            "03-11 01:00 -> 1; 03-11 03:00 -> 2; 03-11 04:00 -> 3",
            place=OF_NEW_YORK,
        ),
        Case(
            grid(GEOGRAPHY, PREVAILING[AUTUMN]),
            in_utc_numbered(AUTUMN),
            "11-04 00:00 -> 1; 11-04 01:00 -> 2; 11-04 01:00' -> 3; 11-04 02:00 -> 4",
            place=OF_NEW_YORK,
        ),
        Case(
            grid(GEOGRAPHY, PREVAILING[NEW_YEAR]),
            in_utc_numbered(NEW_YEAR),
            "12-31 23:00 -> 1; 01-01 00:00 -> 2",
            place=OF_NEW_YORK,
        ),
        Case(
            grid(GEOGRAPHY, IN_KOLKATA),
            index("UTC", "2018-12-31 18:00", 2),
            "12-31 23:00 -> 1 x 0.5; 01-01 00:00 -> 1 x 0.5; 01-01 00:00 -> 2 x 0.5; 01-01 01:00 -> 2 x 0.5",
            SPLIT,
            OF_KOLKATA,
        ),
    ],
    ("index", "instants"): [
        Case(numbered(LEAP), in_utc(LEAP), "1 -> 02-29 04:00; 2 -> 02-29 05:00"),
        Case(numbered(SPRING), in_utc(SPRING), "1 -> 03-11 06:00; 2 -> 03-11 07:00; 3 -> 03-11 08:00"),
        Case(
            numbered(AUTUMN),
            in_utc(AUTUMN),
            "1 -> 11-04 04:00; 2 -> 11-04 05:00; 3 -> 11-04 06:00; 4 -> 11-04 07:00",
        ),
        Case(numbered(NEW_YEAR), in_utc(NEW_YEAR), "1 -> 01-01 04:00; 2 -> 01-01 05:00"),
        Case(
            KOLKATA_NUMBERED,
            grid("UTC", UTC_OF_KOLKATA),
            "1 -> 12-31 18:00 x 0.5; 2 -> 12-31 18:00 x 0.5; 2 -> 12-31 19:00 x 0.5; 3 -> 12-31 19:00 x 0.5",
            SPLIT,
        ),
    ],
    ("index", "local"): [
        Case(
            numbered(LEAP),
            grid(GEOGRAPHY, STANDARD[LEAP], clock="standard"),
            "1 -> 02-28 23:00; 2 -> 02-29 00:00",
            place=FOR_NEW_YORK,
        ),
        Case(
            numbered(SPRING),
            grid(GEOGRAPHY, STANDARD[SPRING], clock="standard"),
            "1 -> 03-11 01:00; 2 -> 03-11 02:00; 3 -> 03-11 03:00",
            place=FOR_NEW_YORK,
        ),
        Case(
            numbered(AUTUMN),
            grid(GEOGRAPHY, STANDARD[AUTUMN], clock="standard"),
            "1 -> 11-03 23:00; 2 -> 11-04 00:00; 3 -> 11-04 01:00; 4 -> 11-04 02:00",
            place=FOR_NEW_YORK,
        ),
        Case(
            numbered(NEW_YEAR),
            grid(GEOGRAPHY, STANDARD[NEW_YEAR], clock="standard"),
            "1 -> 12-31 23:00; 2 -> 01-01 00:00",
            place=FOR_NEW_YORK,
        ),
        Case(
            index("UTC", "2018-12-31 18:00", 3),
            grid(GEOGRAPHY, KOLKATA_OF_UTC, clock="standard"),
            "1 -> 01-01 00:00 x 0.5; 2 -> 01-01 00:00 x 0.5; 2 -> 01-01 01:00 x 0.5; 3 -> 01-01 01:00 x 0.5",
            SPLIT,
            FOR_KOLKATA,
        ),
    ],
    ("index", "index"): [
        Case(numbered(LEAP, GEOGRAPHY), in_utc_numbered(LEAP), "1 -> 1; 2 -> 2", place=OF_NEW_YORK),
        Case(numbered(SPRING, GEOGRAPHY), in_utc_numbered(SPRING), "1 -> 1; 2 -> 2; 3 -> 3", place=OF_NEW_YORK),
        Case(numbered(AUTUMN, GEOGRAPHY), in_utc_numbered(AUTUMN), "1 -> 1; 2 -> 2; 3 -> 3; 4 -> 4", place=OF_NEW_YORK),
        Case(numbered(NEW_YEAR, GEOGRAPHY), in_utc_numbered(NEW_YEAR), "1 -> 1; 2 -> 2", place=OF_NEW_YORK),
        Case(
            KOLKATA_NUMBERED,
            index("UTC", "2018-12-31 18:00", 2),
            "1 -> 1 x 0.5; 2 -> 1 x 0.5; 2 -> 2 x 0.5; 3 -> 2 x 0.5",
            SPLIT,
        ),
    ],
    ("index", "profile"): [
        Case(numbered(LEAP), grid(NEW_YORK, PROFILE[LEAP], clock="profile"), "1 -> 02-28 23:00; 2 -> 02-29 00:00"),
        Case(
            numbered(SPRING),
            grid(NEW_YORK, PROFILE[SPRING], clock="profile"),
            "1 -> 03-11 01:00; 1 -> 03-11 02:00; 2 -> 03-11 03:00; 3 -> 03-11 04:00",
            TimeRules(spring_forward="repeat"),
        ),
        Case(
            numbered(AUTUMN),
            grid(NEW_YORK, PROFILE[AUTUMN], clock="profile"),
            "1 -> 11-04 00:00; 2 -> 11-04 01:00 x 0.5; 3 -> 11-04 01:00 x 0.5; 4 -> 11-04 02:00",
            TimeRules(fall_back="mean"),
        ),
        Case(
            numbered(NEW_YEAR),
            grid(NEW_YORK, PROFILE[NEW_YEAR], clock="profile"),
            "1 -> 12-31 23:00; 2 -> 01-01 00:00",
        ),
        Case(
            KOLKATA_NUMBERED,
            grid("UTC", UTC_OF_KOLKATA, clock="profile"),
            "1 -> 12-31 18:00 x 0.5; 2 -> 12-31 18:00 x 0.5; 2 -> 12-31 19:00 x 0.5; 3 -> 12-31 19:00 x 0.5",
            SPLIT,
        ),
    ],
    ("profile", "index"): [
        Case(grid(NEW_YORK, PROFILE[LEAP], clock="profile"), numbered(LEAP), "02-28 23:00 -> 1; 02-29 00:00 -> 2"),
        Case(
            grid(NEW_YORK, PROFILE[SPRING], clock="profile", measurement="mean"),
            replace(numbered(SPRING), measurement="mean"),
            "03-11 01:00 -> 1; 03-11 02:00 -> 2 x 0.5; 03-11 03:00 -> 2 x 0.5; 03-11 04:00 -> 3",
            SHIFTED_MEANS,
        ),
        Case(
            grid(NEW_YORK, PROFILE[AUTUMN], clock="profile"),
            numbered(AUTUMN),
            "11-04 00:00 -> 1; 11-04 01:00 -> 2; 11-04 01:00 -> 3 x 0.5; 11-04 02:00 -> 3 x 0.5; 11-04 02:00 -> 4",
            TimeRules(fall_back="interpolate"),
        ),
        Case(
            grid(NEW_YORK, PROFILE[NEW_YEAR], clock="profile"),
            numbered(NEW_YEAR),
            "12-31 23:00 -> 1; 01-01 00:00 -> 2",
        ),
        Case(
            grid("Asia/Kolkata", IN_KOLKATA, clock="profile"),
            index("UTC", "2018-12-31 18:00", 2),
            "12-31 23:00 -> 1 x 0.5; 01-01 00:00 -> 1 x 0.5; 01-01 00:00 -> 2 x 0.5; 01-01 01:00 -> 2 x 0.5",
            SPLIT,
        ),
    ],
}


@pytest.mark.parametrize("cell", CELLS, ids=" to ".join)
def test_the_hours_of_a_cell_go_where_they_were_worked_out_by_hand(cell):
    for case in CELLS[cell]:
        assert (form_of(case.own), form_of(case.target)) == cell
        case.holds()
