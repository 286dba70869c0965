"""The cells of the closed table between datetimes and indices, with numbers that are worked out by hand.

The hours are those around a leap day, both changes of clocks and New Year in New York; and some of Kolkata, where it is
half past when it is the full hour in UTC.
"""

from __future__ import annotations

import pytest
from tests.time_cells import NEW_YORK, Case, grid

from dsgrid.time.dimension import GEOGRAPHY
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules
from dsgrid.time.table import form_of

# The same eleven hours on the prevailing clock of New York, in UTC (labelled at both ends), and on New York's standard
# clock; then twelve readings of a clock that never changes.
PREVAILING = (
    "2012-02-28 23:00 / 2012-02-29 00:00",
    "2018-03-11 01:00 / 04:00",
    "2018-11-04 00:00 / 02:00",
    "2018-12-31 23:00 / 2019-01-01 00:00",
)
UTC = (
    "2012-02-29 04:00 / 05:00",
    "2018-03-11 06:00 / 08:00",
    "2018-11-04 04:00 / 07:00",
    "2019-01-01 04:00 / 05:00",
)
UTC_ENDING = (
    "2012-02-29 05:00 / 06:00",
    "2018-03-11 07:00 / 09:00",
    "2018-11-04 05:00 / 08:00",
    "2019-01-01 05:00 / 06:00",
)
STANDARD = (
    "2012-02-28 23:00 / 2012-02-29 00:00",
    "2018-03-11 01:00 / 03:00",
    "2018-11-03 23:00 / 2018-11-04 02:00",
    "2018-12-31 23:00 / 2019-01-01 00:00",
)
PROFILE = PREVAILING

OF_NEW_YORK = Place(zone=NEW_YORK)
FOR_NEW_YORK = Place(target_zone=NEW_YORK)
BOTH = Place(NEW_YORK, NEW_YORK)
SPLIT = TimeRules(resample=True, trim=True)
DROPPED = TimeRules(spring_forward="drop", fall_back="duplicate")
SHIFTED = TimeRules(spring_forward="shift", fall_back="split")
SHIFTED_MEANS = TimeRules(spring_forward="shift", fall_back="duplicate")
SUMMED = TimeRules(spring_forward="zero", fall_back="sum")
FILLED = TimeRules(spring_forward="interpolate", fall_back="mean")

TO_UTC = """
    02-28 23:00 -> 02-29 04:00; 02-29 00:00 -> 02-29 05:00
    03-11 01:00 -> 03-11 06:00; 03-11 03:00 -> 03-11 07:00; 03-11 04:00 -> 03-11 08:00
    11-04 00:00 -> 11-04 04:00; 11-04 01:00 -> 11-04 05:00; 11-04 01:00' -> 11-04 06:00; 11-04 02:00 -> 11-04 07:00
    12-31 23:00 -> 01-01 04:00; 01-01 00:00 -> 01-01 05:00
"""
TO_UTC_ENDING = """
    02-28 23:00 -> 02-29 05:00; 02-29 00:00 -> 02-29 06:00
    03-11 01:00 -> 03-11 07:00; 03-11 03:00 -> 03-11 08:00; 03-11 04:00 -> 03-11 09:00
    11-04 00:00 -> 11-04 05:00; 11-04 01:00 -> 11-04 06:00; 11-04 01:00' -> 11-04 07:00; 11-04 02:00 -> 11-04 08:00
    12-31 23:00 -> 01-01 05:00; 01-01 00:00 -> 01-01 06:00
"""
TO_STANDARD = """
    02-28 23:00 -> 02-28 23:00; 02-29 00:00 -> 02-29 00:00
    03-11 01:00 -> 03-11 01:00; 03-11 03:00 -> 03-11 02:00; 03-11 04:00 -> 03-11 03:00
    11-04 00:00 -> 11-03 23:00; 11-04 01:00 -> 11-04 00:00; 11-04 01:00' -> 11-04 01:00; 11-04 02:00 -> 11-04 02:00
    12-31 23:00 -> 12-31 23:00; 01-01 00:00 -> 01-01 00:00
"""
# The reading 02:00 of 11 March is never shown, that of 01:00 on 4 November twice.
TO_PROFILE = """
    02-28 23:00 -> 02-28 23:00; 02-29 00:00 -> 02-29 00:00
    03-11 01:00 -> 03-11 01:00; 03-11 01:00 -> 03-11 02:00 x 0; 03-11 03:00 -> 03-11 03:00; 03-11 04:00 -> 03-11 04:00
    11-04 00:00 -> 11-04 00:00; 11-04 01:00 -> 11-04 01:00; 11-04 01:00' -> 11-04 01:00; 11-04 02:00 -> 11-04 02:00
    12-31 23:00 -> 12-31 23:00; 01-01 00:00 -> 01-01 00:00
"""
TO_FILLED_PROFILE = """
    02-28 23:00 -> 02-28 23:00; 02-29 00:00 -> 02-29 00:00
    03-11 01:00 -> 03-11 01:00; 03-11 03:00 -> 03-11 03:00; 03-11 04:00 -> 03-11 04:00
    03-11 01:00 -> 03-11 02:00 x 0.5; 03-11 03:00 -> 03-11 02:00 x 0.5
    11-04 00:00 -> 11-04 00:00; 11-04 02:00 -> 11-04 02:00
    11-04 01:00 -> 11-04 01:00 x 0.5; 11-04 01:00' -> 11-04 01:00 x 0.5
    12-31 23:00 -> 12-31 23:00; 01-01 00:00 -> 01-01 00:00
"""
DROPPED_TO_UTC = """
    02-28 23:00 -> 02-29 04:00; 02-29 00:00 -> 02-29 05:00
    03-11 01:00 -> 03-11 06:00; 03-11 03:00 -> 03-11 07:00; 03-11 04:00 -> 03-11 08:00
    11-04 00:00 -> 11-04 04:00; 11-04 01:00 -> 11-04 05:00; 11-04 01:00 -> 11-04 06:00; 11-04 02:00 -> 11-04 07:00
    12-31 23:00 -> 01-01 04:00; 01-01 00:00 -> 01-01 05:00
"""
SHIFTED_TO_STANDARD = """
    02-28 23:00 -> 02-28 23:00; 02-29 00:00 -> 02-29 00:00
    03-11 01:00 -> 03-11 01:00; 03-11 02:00 -> 03-11 02:00; 03-11 03:00 -> 03-11 02:00; 03-11 04:00 -> 03-11 03:00
    11-04 00:00 -> 11-03 23:00; 11-04 02:00 -> 11-04 02:00
    11-04 01:00 -> 11-04 00:00 x 0.5; 11-04 01:00 -> 11-04 01:00 x 0.5
    12-31 23:00 -> 12-31 23:00; 01-01 00:00 -> 01-01 00:00
"""

# The hours of Kolkata begin at half past in UTC.
IN_KOLKATA = "2018-12-31 23:00 / 2019-01-01 01:00"
UTC_OF_KOLKATA = "2018-12-31 18:00 / 19:00"
HALVES = """
    12-31 23:00 -> 12-31 18:00 x 0.5; 01-01 00:00 -> 12-31 18:00 x 0.5
    01-01 00:00 -> 12-31 19:00 x 0.5; 01-01 01:00 -> 12-31 19:00 x 0.5
"""
IN_UTC = "2018-12-31 18:00 / 20:00"
KOLKATA_OF_UTC = "2019-01-01 00:00 / 01:00"
HALVES_BACK = """
    12-31 18:00 -> 01-01 00:00 x 0.5; 12-31 19:00 -> 01-01 00:00 x 0.5
    12-31 19:00 -> 01-01 01:00 x 0.5; 12-31 20:00 -> 01-01 01:00 x 0.5
"""
OF_KOLKATA = Place(zone="Asia/Kolkata")
FOR_KOLKATA = Place(target_zone="Asia/Kolkata")


HOURS = grid(NEW_YORK, *PREVAILING)
LOCAL = grid(GEOGRAPHY, *PREVAILING)
LOCAL_STANDARD = grid(GEOGRAPHY, *STANDARD, clock="standard")
READINGS = grid(NEW_YORK, *PROFILE, clock="profile")
LOCAL_READINGS = grid(GEOGRAPHY, *PROFILE, clock="profile")

CELLS = {
    ("instants", "instants"): [
        Case(HOURS, grid("UTC", *UTC), TO_UTC),
        Case(HOURS, grid("UTC", *UTC_ENDING, interval="period_ending"), TO_UTC_ENDING),
        Case(grid("Asia/Kolkata", IN_KOLKATA), grid("UTC", UTC_OF_KOLKATA), HALVES, SPLIT),
    ],
    ("instants", "local"): [
        Case(HOURS, LOCAL_STANDARD, TO_STANDARD, place=FOR_NEW_YORK),
        Case(grid("UTC", IN_UTC), grid(GEOGRAPHY, KOLKATA_OF_UTC, clock="standard"), HALVES_BACK, SPLIT, FOR_KOLKATA),
    ],
    ("local", "instants"): [
        Case(LOCAL, grid("UTC", *UTC), TO_UTC, place=OF_NEW_YORK),
        Case(grid(GEOGRAPHY, IN_KOLKATA), grid("UTC", UTC_OF_KOLKATA), HALVES, SPLIT, OF_KOLKATA),
    ],
    ("local", "local"): [
        Case(LOCAL, LOCAL_STANDARD, TO_STANDARD, place=BOTH),
        Case(
            grid(GEOGRAPHY, IN_KOLKATA),
            grid(GEOGRAPHY, "2018-12-31 13:00 / 14:00", clock="standard"),
            """
            12-31 23:00 -> 12-31 13:00 x 0.5; 01-01 00:00 -> 12-31 13:00 x 0.5
            01-01 00:00 -> 12-31 14:00 x 0.5; 01-01 01:00 -> 12-31 14:00 x 0.5
            """,
            SPLIT,
            Place("Asia/Kolkata", NEW_YORK),
        ),
    ],
    ("instants", "profile"): [
        Case(HOURS, READINGS, TO_PROFILE, SUMMED),
        Case(
            grid(NEW_YORK, *PREVAILING, measurement="mean"),
            grid(NEW_YORK, *PROFILE, clock="profile", measurement="mean"),
            TO_FILLED_PROFILE,
            FILLED,
        ),
        Case(grid("UTC", IN_UTC), grid("Asia/Kolkata", KOLKATA_OF_UTC, clock="profile"), HALVES_BACK, SPLIT),
    ],
    ("local", "profile"): [
        Case(LOCAL, LOCAL_READINGS, TO_PROFILE, SUMMED, BOTH),
        Case(
            grid(GEOGRAPHY, *PREVAILING, measurement="measured"),
            grid(GEOGRAPHY, *PROFILE, clock="profile", measurement="measured"),
            TO_FILLED_PROFILE,
            FILLED,
            BOTH,
        ),
        Case(grid(GEOGRAPHY, IN_KOLKATA), grid("UTC", UTC_OF_KOLKATA, clock="profile"), HALVES, SPLIT, OF_KOLKATA),
    ],
    ("profile", "instants"): [
        Case(READINGS, grid("UTC", *UTC), DROPPED_TO_UTC, DROPPED),
        Case(grid("Asia/Kolkata", IN_KOLKATA, clock="profile"), grid("UTC", UTC_OF_KOLKATA), HALVES, SPLIT),
    ],
    ("profile", "local"): [
        Case(LOCAL_READINGS, LOCAL_STANDARD, SHIFTED_TO_STANDARD, SHIFTED, BOTH),
        Case(
            grid("UTC", IN_UTC, clock="profile"),
            grid(GEOGRAPHY, KOLKATA_OF_UTC, clock="standard"),
            HALVES_BACK,
            SPLIT,
            FOR_KOLKATA,
        ),
    ],
    ("profile", "profile"): [
        Case(
            READINGS,
            grid(
                GEOGRAPHY,
                "2012-02-29 00:00 / 01:00",
                "2018-03-11 02:00 / 05:00",
                "2018-11-04 01:00 / 03:00",
                "2019-01-01 00:00 / 01:00",
                clock="profile",
                interval="period_ending",
            ),
            """
            02-28 23:00 -> 02-29 00:00; 02-29 00:00 -> 02-29 01:00
            03-11 01:00 -> 03-11 02:00; 03-11 02:00 -> 03-11 03:00; 03-11 03:00 -> 03-11 04:00
            03-11 04:00 -> 03-11 05:00
            11-04 00:00 -> 11-04 01:00; 11-04 01:00 -> 11-04 02:00; 11-04 02:00 -> 11-04 03:00
            12-31 23:00 -> 01-01 00:00; 01-01 00:00 -> 01-01 01:00
            """,
            place=Place(target_zone="America/Los_Angeles"),
        ),
        Case(
            grid("Asia/Kolkata", IN_UTC, clock="profile"),
            grid("UTC", IN_UTC, clock="profile"),
            "12-31 18:00 -> 12-31 18:00; 12-31 19:00 -> 12-31 19:00; 12-31 20:00 -> 12-31 20:00",
        ),
    ],
}


@pytest.mark.parametrize("cell", CELLS, ids=" to ".join)
def test_the_hours_of_a_cell_go_where_they_were_worked_out_by_hand(cell):
    for case in CELLS[cell]:
        assert (form_of(case.own), form_of(case.target)) == cell
        case.holds()
