# ruff: noqa: DTZ001 - wall-clock times have no zone
"""What a query may group by, and what tells typical periods apart."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strategies.time_pairs import ZONES, day
from tests.time_cells import grid

from dsgrid.spec.schemas.words import PARTS, TIME_WORDS
from dsgrid.time.calendar import WORD_OF_PART, day_type_of, is_holiday, season_of, words
from dsgrid.time.dimension import PARTS as KNOWN_PARTS
from dsgrid.time.dimension import Calendar
from dsgrid.time.grid import readings, wall
from dsgrid.time.zones import to_wall, zone

FIRST = st.sampled_from(["2012-02-28", "2018-03-10", "2018-11-03", "2018-12-31", "2018-10-06"])


def shown(*moments: datetime) -> np.ndarray:
    return np.array([wall(one) for one in moments], np.int64)


@given(FIRST, st.sampled_from(ZONES), st.sampled_from([5, 30, 60, 120]))
def test_words_are_what_zoneinfo_gives_for_each_beginning(first, zone_, minutes):
    begin = wall(day(first)) + np.arange(0, 2 * 1440, minutes) * 60_000_000
    found = words(to_wall(zone_, begin), begin, Calendar())
    assert tuple(found) == TIME_WORDS
    for row, instant in enumerate(begin.tolist()):
        local = datetime.fromtimestamp(instant / 1e6, UTC).astimezone(zone(zone_))
        into = timedelta(minutes=local.minute, seconds=local.second)
        assert found["hourly"][row] == instant - into // timedelta(microseconds=1)
        assert found["daily"][row].astype(object) == local.date()
        assert found["monthly"][row].astype(object) == local.date().replace(day=1)
        numbers = {
            "annual": local.year,
            "hour_of_day": local.hour,
            "day_of_week": local.weekday(),
            "day_of_month": local.day,
            "day_of_year": local.timetuple().tm_yday,
            "month_of_year": local.month,
        }
        assert {word: found[word][row] for word in numbers} == numbers
        assert all(found[word].dtype == np.int32 for word in numbers)
        seasons = {12: "winter", 1: "winter", 2: "winter", 3: "spring", 7: "summer", 10: "autumn", 11: "autumn"}
        assert found["season"][row] == seasons[local.month]
        assert found["day_type"][row] == ("weekend" if local.weekday() > 4 else "weekday")


def test_hours_of_a_clock_without_instants_are_readings():
    at = shown(datetime(2018, 3, 11, 2, 30))
    assert words(at, None, Calendar())["hourly"].tolist() == shown(datetime(2018, 3, 11, 2)).tolist()


def test_the_last_hour_of_a_year_of_ending_labels_belongs_to_that_year():
    ending = grid("-05:00", "2012-01-01 01:00 / 2013-01-01 00:00", clock="profile", interval="period_ending")
    assert set(words(readings(ending).begin, None, Calendar())["annual"]) == {2012}


def test_holidays_are_days_of_their_own_type():
    christmas = Calendar(holidays=(date(2018, 12, 25), date(2018, 12, 29)))
    at = shown(datetime(2018, 12, 24, 23), datetime(2018, 12, 25), datetime(2018, 12, 25, 23), datetime(2018, 12, 29))
    assert words(at, None, christmas)["day_type"].tolist() == ["weekday", "holiday", "holiday", "holiday"]


def test_a_calendar_may_have_other_seasons_and_day_types():
    calendar = Calendar(
        seasons=(("heating", (10, 11, 12, 1, 2, 3)), ("cooling", (4, 5, 6, 7, 8, 9))),
        day_types=(("holiday", ()), ("work", (0, 1, 2, 3, 4)), ("free", (5, 6))),
        holidays=(date(2018, 12, 25),),
    )
    at = shown(datetime(2018, 9, 30, 23), datetime(2018, 10, 1), datetime(2018, 12, 25), datetime(2018, 12, 30))
    found = words(at, None, calendar)
    assert found["season"].tolist() == ["cooling", "heating", "heating", "heating"]
    assert found["day_type"].tolist() == ["free", "work", "holiday", "free"]


def test_seasons_and_day_types_are_positions_in_the_calendar():
    assert season_of(Calendar(), np.arange(1, 13)).tolist() == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0]
    none, all_ = np.zeros(7, bool), np.ones(7, bool)
    assert day_type_of(Calendar(), np.arange(7), none).tolist() == [0, 0, 0, 0, 0, 1, 1]
    # Without a type for holidays, they are one more.
    assert day_type_of(Calendar(), np.arange(7), all_).tolist() == [2] * 7
    own = Calendar(day_types=(("holiday", ()), *Calendar().day_types))
    assert day_type_of(own, np.arange(7), all_).tolist() == [0] * 7


def test_days_are_told_to_be_holidays_by_their_date():
    number = (date(2018, 7, 4) - date(1970, 1, 1)).days
    assert is_holiday(Calendar(holidays=(date(2018, 7, 4),)), np.arange(number - 1, number + 2)).tolist() == [
        False,
        True,
        False,
    ]
    assert not is_holiday(Calendar(), np.arange(number, number + 1)).any()


def test_the_parts_of_typical_periods_are_words_of_queries():
    assert tuple(WORD_OF_PART) == KNOWN_PARTS == PARTS
    assert set(WORD_OF_PART.values()) <= set(TIME_WORDS)
