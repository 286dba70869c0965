import time as clock
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dsgrid.time.calendar import TIME_WORDS, calendar
from dsgrid.time.dimension import DatetimeTime
from dsgrid.time.grid import beginnings, count, labels, micros, shown_step, slots, wall, wall_clock_table
from dsgrid.time.zones import TimeError, to_instants, zone

ZONES = ["-05:00", "UTC", "America/New_York", "America/Los_Angeles", "Australia/Lord_Howe", "+05:45"]


def time(
    start: str, end: str, step: str = "1h", zone: str = "-05:00", interval: str = "period_beginning"
) -> DatetimeTime:
    lengths = {"5min": 300, "15min": 900, "30min": 1800, "1h": 3600, "3h": 10800, "1d": 86400}
    moments = datetime.fromisoformat(start), datetime.fromisoformat(end)
    return DatetimeTime("t", *moments, timedelta(seconds=lengths[step]), zone, interval, "total")


@st.composite
def times(draw, steps=("5min", "15min", "30min", "1h", "3h", "1d")) -> DatetimeTime:
    """Spans of some days around the days on which clocks change, and of other days."""
    step = draw(st.sampled_from(steps))
    start = draw(st.sampled_from(["2012-03-10", "2012-10-06", "2012-11-03", "2011-12-30", "2012-02-28", "2016-04-02"]))
    days = draw(st.integers(0, 4))
    end = datetime.fromisoformat(start) + timedelta(days=days)
    interval = draw(st.sampled_from(["period_beginning", "period_ending"]))
    one = time(start, end.isoformat(), step, draw(st.sampled_from(ZONES)), interval)
    # Over a change of clocks, the elapsed time between two midnights is no multiple of every step.
    first, last = to_instants(one.zone, np.array([wall(one.start), wall(one.end)]))
    assume(step == "1d" or (last - first) % micros(one.step) == 0)
    return one


@given(times(("5min", "15min", "30min", "1h")))
def test_slots_are_equal_steps_from_the_first_label_to_the_last(one):
    found = slots(one)
    assert set(np.diff(found)) <= {one.step // timedelta(microseconds=1)}
    walls = labels(one).astype("datetime64[us]").astype(datetime)
    assert (walls[0], walls[-1]) == (one.start, one.end)


@pytest.mark.parametrize(
    ("start", "end", "zone", "hours"),
    [
        ("2012-01-01", "2012-12-31 23:00", "-05:00", 8784),
        ("2018-01-01", "2018-12-31 23:00", "America/New_York", 8760),
        ("2012-01-01", "2018-12-31 23:00", "America/Los_Angeles", 24 * 2557),
        ("2012-03-11", "2012-03-11 23:00", "America/New_York", 23),
        ("2012-11-04", "2012-11-04 23:00", "America/New_York", 25),
    ],
)
def test_a_year_of_hours_counts_elapsed_hours(start, end, zone, hours):
    assert count(time(start, end, "1h", zone)) == hours


def test_days_in_a_prevailing_zone_begin_at_local_midnight():
    days = time("2012-01-01", "2012-12-31", "1d", "America/New_York")
    assert count(days) == 366
    assert set(labels(days) % 86_400_000_000) == {0}
    assert set(np.diff(slots(days)) // 3_600_000_000) == {23, 24, 25}


def test_a_day_that_ends_at_local_midnight_began_at_the_midnight_before():
    ending = time("2012-03-11", "2012-03-13", "1d", "America/New_York", "period_ending")
    assert beginnings(ending).tolist() == slots(time("2012-03-10", "2012-03-12", "1d", "America/New_York")).tolist()


@given(times())
def test_every_slot_begins_where_the_one_before_ends(one):
    ending = DatetimeTime(one.name, one.start, one.end, one.step, one.zone, "period_ending", one.measurement)
    assert np.array_equal(beginnings(ending)[1:], slots(ending)[:-1])
    instant = DatetimeTime(one.name, one.start, one.end, one.step, one.zone, "instantaneous", one.measurement)
    assert np.array_equal(beginnings(instant), slots(instant))


@given(times())
def test_the_wall_clock_table_inverts_the_zone_but_for_ambiguous_readings(one):
    table = wall_clock_table(one)
    clear = ~np.isin(table.labels, table.ambiguous)
    assert np.array_equal(to_instants(one.zone, table.labels[clear]), table.instants[clear])
    assert len(np.unique(table.labels)) == len(table.labels) - len(table.ambiguous)


def test_the_hour_that_november_repeats_is_ambiguous():
    table = wall_clock_table(time("2012-11-04", "2012-11-04 23:00", "30min", "America/New_York"))
    assert table.ambiguous.astype("datetime64[us]").astype("datetime64[m]").astype(str).tolist() == [
        "2012-11-04T01:00",
        "2012-11-04T01:30",
    ]
    assert len(wall_clock_table(time("2012-01-01", "2012-12-31", "1h")).ambiguous) == 0


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (time("2012-01-02", "2012-01-01"), "end: the end 2012-01-01 00:00 is before the start 2012-01-02 00:00"),
        (
            time("2012-01-01", "2012-01-01 00:30"),
            "is no whole number of steps of 1h; `end` is the label of the last slot",
        ),
        (time("2012-03-11 02:00", "2012-03-12", zone="America/New_York"), "does not occur in America/New_York"),
        (time("2012-11-03", "2012-11-04 01:00", zone="America/New_York"), "end: 2012-11-04 01:00 occurs twice in"),
    ],
)
def test_a_span_that_cannot_be_is_refused(one, message):
    with pytest.raises(TimeError) as error:
        slots(one)
    assert message in str(error.value)


def test_slots_are_shared_and_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        slots(time("2012-01-01", "2012-01-02"))[0] = 0


@pytest.mark.parametrize(("seconds", "shown"), [(300, "5min"), (3600, "1h"), (86400, "1d"), (5400, "90min"), (1, "1s")])
def test_a_step_is_shown_as_specs_write_it(seconds, shown):
    assert shown_step(timedelta(seconds=seconds)) == shown


# -- calendar


@given(times())
def test_the_calendar_is_what_zoneinfo_gives_for_each_beginning(one):
    found = calendar(one)
    assert tuple(found) == TIME_WORDS
    for row, instant in enumerate(beginnings(one).tolist()):
        local = datetime.fromtimestamp(instant / 1e6, UTC).astimezone(zone(one.zone))
        into = timedelta(minutes=local.minute, seconds=local.second)
        assert found["hourly"][row] == instant - into // timedelta(microseconds=1)
        assert found["daily"][row].astype(object) == local.date()
        assert found["monthly"][row].astype(object) == local.date().replace(day=1)
        assert found["annual"][row] == local.year
        assert found["hour_of_day"][row] == local.hour
        assert found["day_of_week"][row] == local.weekday()
        assert found["day_of_month"][row] == local.day
        assert found["day_of_year"][row] == local.timetuple().tm_yday
        assert found["month_of_year"][row] == local.month


def test_the_last_hour_of_a_year_ending_labels_belongs_to_that_year():
    ending = calendar(time("2012-01-01 01:00", "2013-01-01 00:00", interval="period_ending"))
    assert set(ending["annual"]) == {2012}


def test_years_of_hours_and_of_five_minutes_are_fast():
    slots(time("2012-01-01", "2012-01-02", "1h", "America/Denver"))
    begin = clock.process_time()
    calendar(time("2012-01-01", "2012-12-31 23:00", "1h", "America/New_York"))
    calendar(time("2012-01-01", "2012-12-31 23:00", "5min", "America/New_York"))
    assert clock.process_time() - begin < 0.3  # 0.03 s when nothing else runs
