# ruff: noqa: DTZ001 - wall-clock times have no zone

"""The slots of datetimes and indices."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reference.slots import grid as expected_grid

from dsgrid.time.dimension import GEOGRAPHY, DatetimeTime, IndexTime, Span
from dsgrid.time.grid import (
    beginnings,
    count,
    labels,
    micros,
    moment,
    readings,
    slots,
    slots_in,
    wall,
    wall_clock_table,
)
from dsgrid.time.written import shown_step
from dsgrid.time.zones import TimeError, to_instants

ZONES = ["-05:00", "UTC", "America/New_York", "America/Los_Angeles", "Australia/Lord_Howe", "+05:45"]


def time(
    start: str, end: str, step: str = "1h", zone: str = "-05:00", interval: str = "period_beginning"
) -> DatetimeTime:
    lengths = {"5min": 300, "15min": 900, "30min": 1800, "1h": 3600, "3h": 10800, "1d": 86400}
    moments = datetime.fromisoformat(start), datetime.fromisoformat(end)
    return DatetimeTime("t", (Span(*moments),), timedelta(seconds=lengths[step]), zone, interval, "total")


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
    ending = replace(one, interval="period_ending")
    assert np.array_equal(beginnings(ending)[1:], slots(ending)[:-1])
    instant = replace(one, interval="instantaneous", measurement="measured")
    assert np.array_equal(beginnings(instant), slots(instant))
    for found in (one, ending):
        slots_ = slots_in(found, found.zone)
        assert np.array_equal(slots_.end[:-1], slots_.begin[1:])


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


def test_slots_that_somebody_changes_are_not_those_of_others():
    days = time("2012-01-01", "2012-01-02")
    first = int(slots(days)[0])
    slots(days)[0] = 0
    assert slots(days)[0] == first


@pytest.mark.parametrize(("seconds", "shown"), [(300, "5min"), (3600, "1h"), (86400, "1d"), (5400, "90min"), (1, "1s")])
def test_a_step_is_shown_as_specs_write_it(seconds, shown):
    assert shown_step(timedelta(seconds=seconds)) == shown


# Other clocks, several ranges, years without leap days


@given(times(), st.sampled_from(["prevailing", "standard", "profile"]), st.booleans())
def test_slots_are_those_that_a_naive_count_finds(one, clock, leap_days):
    time = replace(one, clock=clock, leap_days=leap_days)
    found = readings(time) if clock == "profile" else slots_in(time, time.zone)
    expected = expected_grid(time, time.zone)
    assert [(begin * 1_000_000, end * 1_000_000) for _, begin, end, _ in expected] == list(
        zip(found.begin.tolist(), found.end.tolist(), strict=True)
    )
    assert [label * 1_000_000 for label, *_ in expected] == found.labels.tolist()


def test_standard_time_has_24_hours_on_every_day_and_is_an_hour_behind_in_summer():
    march = replace(time("2012-03-11", "2012-03-11 23:00", zone="America/New_York"), clock="standard")
    found = slots_in(march, march.zone)
    assert len(found) == 24
    assert moment(found.labels[0]) == datetime(2012, 3, 11, 5)
    assert moment(found.labels[-1]) == datetime(2012, 3, 12, 4)
    sydney = replace(march, zone="Australia/Sydney")
    assert moment(slots(sydney)[0]) == datetime(2012, 3, 10, 14)  # +10:00, though clocks show +11:00


def test_a_profile_has_every_reading_once():
    days = replace(time("2012-03-11", "2012-11-04 23:00", zone="America/New_York"), clock="profile")
    found = readings(days)
    assert len(found) == count(days) == 239 * 24
    assert set(np.diff(found.begin)) == {micros(timedelta(hours=1))}


def test_several_ranges_are_one_after_another():
    spans = (
        Span(datetime(2007, 12, 31, 22), datetime(2007, 12, 31, 23), "2007"),
        Span(datetime(2012, 1, 1), datetime(2012, 1, 1, 1), "2012"),
    )
    both = replace(time("2012-01-01", "2012-01-01"), ranges=spans, year_of="weather_year")
    found = slots_in(both, both.zone)
    assert found.range.tolist() == [0, 0, 1, 1]
    assert [moment(label) for label in found.labels] == [
        datetime(2008, 1, 1, 3),
        datetime(2008, 1, 1, 4),
        datetime(2012, 1, 1, 5),
        datetime(2012, 1, 1, 6),
    ]
    assert (both.start, both.end) == (datetime(2007, 12, 31, 22), datetime(2012, 1, 1, 1))


@pytest.mark.parametrize("clock", ["prevailing", "standard", "profile"])
def test_a_leap_year_without_leap_days_has_8760_hours(clock):
    year = replace(time("2012-01-01", "2012-12-31 23:00", zone="America/New_York"), clock=clock, leap_days=False)
    assert count(year) == 8760
    ending = replace(year, interval="period_ending", ranges=(Span(datetime(2012, 1, 1, 1), datetime(2013, 1, 1)),))
    assert count(ending) == 8760


@pytest.mark.parametrize("clock", ["prevailing", "standard", "profile"])
def test_an_index_has_the_slots_of_its_numbers_in_any_calendar(clock):
    start, hour = datetime(2012, 1, 1), timedelta(hours=1)
    index = IndexTime("t", start, 1, 8760, hour, "+00:00", "period_beginning", "total", clock=clock)
    for leap_days, last in ((True, datetime(2012, 12, 30, 23)), (False, datetime(2012, 12, 31, 23))):
        one = replace(index, leap_days=leap_days)
        assert count(one) == 8760
        found = readings(one) if clock == "profile" else slots_in(one, one.zone)
        assert moment(found.begin[-1]) == last


def test_slots_of_a_geography_are_those_of_its_zone():
    local = time("2012-03-10 12:00", "2012-03-11 12:00", zone=GEOGRAPHY)
    assert len(slots_in(local, "America/New_York")) == 24
    assert len(slots_in(local, "America/Phoenix")) == 25
    table = wall_clock_table(time("2012-11-04", "2012-11-04 02:00", zone=GEOGRAPHY), "America/New_York")
    assert table.folds.tolist() == [0, 0, 1, 0]
    assert [moment(label).hour for label in table.labels] == [0, 1, 1, 2]


def test_a_standard_clock_shows_no_reading_twice():
    table = wall_clock_table(replace(time("2012-11-04", "2012-11-04 03:00", zone="America/New_York"), clock="standard"))
    assert len(table.ambiguous) == 0
    assert table.folds.tolist() == [0, 0, 0, 0]


def test_readings_are_moments_and_back():
    assert moment(wall(datetime(2012, 2, 29, 23, 30))) == datetime(2012, 2, 29, 23, 30)
