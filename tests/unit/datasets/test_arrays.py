"""What is wrong with a time array is told by how much, from where on, and by what all its labels have in common."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.small_dataset import spanning
from tests.timed_datasets import typical

from dsgrid.datasets.arrays import Array, time_problem
from dsgrid.datasets.expected import own_keys, own_zone
from dsgrid.datasets.shifts import fault_of_all
from dsgrid.time.dimension import AnnualTime, DatetimeTime, NoTime, TimeDimension
from dsgrid.time.labels import slot_keys

HOURS = spanning("2012-03-10 12:00", "2012-03-12 11:00", zone="America/Denver")
AXES = {
    "hours": HOURS,
    "hours of each geography in spring": replace(HOURS, zone="geography"),
    "hours of each geography in autumn": spanning("2012-11-03 12:00", "2012-11-05 11:00", zone="geography"),
    "quarters": replace(spanning("2012-11-04 00:00", "2012-11-04 05:45", zone="geography"), step=timedelta(minutes=15)),
    "days": replace(spanning("2012-03-01 00:00", "2012-03-31 00:00", zone="America/Denver"), step=timedelta(days=1)),
    "no leap day": replace(spanning("2012-02-28 12:00", "2012-03-01 11:00", zone="UTC"), leap_days=False),
    "profile": spanning("2012-03-10 12:00", "2012-03-12 11:00", zone="geography", clock="profile"),
}
every_axis = pytest.mark.parametrize("axis", AXES)


def keys(time: DatetimeTime) -> np.ndarray:
    """Return the keys of slots, of a geography in Denver."""
    return own_keys(time, "America/Denver" if time.zone == "geography" and time.clock == "prevailing" else "", "")


def array(time: TimeDimension, labels: np.ndarray, wanted: np.ndarray, times: np.ndarray | None = None) -> Array:
    zone = own_zone(time) or ("America/Denver" if isinstance(time, DatetimeTime) and time.clock == "prevailing" else "")
    counts = np.ones(len(labels), np.int64) if times is None else times
    return Array({"geography": "06037"}, labels, counts, 0, wanted, zone)


def said(time: TimeDimension, one: Array) -> str:
    """Return what is said of an array."""
    return time_problem(time, [one], 1, 12, "data").message.split("; 06037: ")[1]


@every_axis
@given(data=st.data())
def test_ranges_have_as_many_slots_as_are_missing(axis: str, data: st.DataObject):
    time = AXES[axis]
    wanted = keys(time)  # in the order of time
    gone = data.draw(st.sets(st.sampled_from(range(len(wanted))), min_size=1, max_size=3))
    labels = np.sort(np.delete(wanted, sorted(gone)))
    wanted = np.sort(wanted)
    text = said(time, array(time, labels, wanted))
    assume("apart" not in text)
    amounts = [int(number) for number in re.findall(r"(\d+) (?:hour|day|step)s?(?: of 15min)? missing from", text)]
    runs = 1 + sum(after - before > 1 for before, after in zip(sorted(gone), sorted(gone)[1:], strict=False))
    assert sum(amounts) == len(gone)
    assert len(amounts) == runs


@every_axis
@given(data=st.data())
def test_labels_that_are_some_steps_later_are_told_as_a_shift(axis: str, data: st.DataObject):
    time = AXES[axis]
    longer = replace(time, ranges=(replace(time.ranges[0], end=time.end + 12 * time.step),))
    axis_keys = keys(longer)
    number = len(keys(time))
    by = data.draw(st.integers(1, min(12, number // 2, len(axis_keys) - number)))
    steps = f"{by} {'day' if time.step == timedelta(days=1) else 'hour'}{'s' if by > 1 else ''}"
    if time.step == timedelta(minutes=15):
        steps = f"{by} step{'s' if by > 1 else ''} of 15min"
    first, second = (np.sort(axis_keys[begin : number + begin]) for begin in (0, by))
    assert f"seem shifted by +{steps} against" in fault_of_all(time, array(time, second, first), naive=False)
    assert f"seem shifted by -{steps} against" in fault_of_all(time, array(time, first, second), naive=False)


@every_axis
@given(data=st.data())
def test_one_label_in_another_place_is_no_shift(axis: str, data: st.DataObject):
    time = AXES[axis]
    wanted = np.sort(keys(time))
    place = data.draw(st.integers(1, len(wanted) - 2))
    labels = np.append(np.delete(wanted, place), wanted[-1] + 1000 * (wanted[-1] - wanted[-2]))
    assert fault_of_all(time, array(time, labels, wanted), naive=False) == ""


def test_a_gap_goes_on_over_a_change_of_the_clocks():
    time = AXES["hours of each geography in autumn"]
    wanted = keys(time)
    first = int(np.searchsorted(wanted, np.datetime64("2012-11-04T00:00", "us").astype(np.int64)))
    labels = np.delete(wanted, range(first, first + 4))
    assert said(time, array(time, labels, wanted)).startswith("4 hours missing from 2012-11-04 00:00")
    second = np.delete(wanted, first + 2)
    assert said(time, array(time, second, wanted)).startswith("1 hour missing from 2012-11-04 01:00 (fold 1)")


def test_a_gap_does_not_go_on_from_one_range_to_the_next():
    ends = (("2007-12-31 20:00", "2007-12-31 23:00"), ("2012-01-01 00:00", "2012-01-01 03:00"))
    ranges = tuple(spanning(start, end).ranges[0] for start, end in ends)
    time = replace(spanning(*ends[0], zone="UTC"), ranges=ranges)
    wanted = slot_keys(time)
    text = said(time, array(time, wanted[[0, 1, 2, 5, 6, 7]], wanted))
    assert text == "1 hour missing from 2007-12-31 23:00 UTC, 1 hour missing from 2012-01-01 00:00 UTC"


@pytest.mark.parametrize("axis", ["UTC", "America/Denver", "geography"])
def test_a_leap_day_is_told_from_a_gap(axis: str):
    time = spanning("2012-02-01 00:00", "2012-03-20 23:00", zone=axis)
    without = replace(time, leap_days=False)
    full, short = np.sort(keys(time)), np.sort(keys(without))
    assert len(full) == len(short) + 24
    lacking = said(time, array(time, short, full))
    assert lacking == "it has no slots on 29 February; leap_days = false says so"
    assert said(without, array(without, full, short)) == "it has slots on 29 February; leap_days = true says so"
    assert said(time, array(time, short[1:], full)).startswith("1 hour missing from 2012-02-01 00:00")


def test_many_stretches_are_the_longest_three():
    wanted = keys(HOURS)
    labels = np.delete(wanted, [0, 2, 3, 6, 8, 9, 10, 20])
    assert said(HOURS, array(HOURS, labels, wanted)) == (
        "1 hour missing from 2012-03-10 12:00 America/Denver, 2 hours missing from 2012-03-10 14:00 America/Denver, "
        "3 hours missing from 2012-03-10 20:00 America/Denver and 2 more stretches"
    )


def test_other_kinds_of_labels_have_their_own_words():
    years = AnnualTime("years", (2018, 2019, 2020, 2030), "total")
    found = array(years, np.array([2018, 2031]), slot_keys(years))
    assert said(years, found) == "3 years missing: 2019, 2020, 2030; 1 year too many: 2031"
    weeks = typical(("month", "day_type"), "1d")
    twice = np.ones(24, np.int64)
    twice[3:5] = 2
    found = array(weeks, slot_keys(weeks), slot_keys(weeks), twice)
    assert said(weeks, found) == "2 periods repeated from month 2, day_type weekend"
    nothing = array(NoTime("none"), np.zeros(1, np.int64), np.zeros(1, np.int64), np.array([3]))
    problem = time_problem(NoTime("none"), [nothing], 1, 12, "data")
    assert problem.message == "1 of 12 combinations does not have exactly one row; 06037: 3 rows"


def test_clock_times_declared_as_utc_are_told_by_the_two_changes():
    utc = spanning("2012-01-01 00:00", "2012-12-31 23:00", zone="UTC")
    wanted = np.sort(keys(utc))
    hour = 3_600_000_000
    march, november = (int(wanted[0]) + day * 24 * hour for day in (70, 308))
    times = np.ones(len(wanted) - 1, np.int64)
    labels = wanted[wanted != march + 2 * hour]
    times[np.searchsorted(labels, november + hour)] = 2
    text = said(utc, array(utc, labels, wanted, times))
    assert text.startswith(
        "1 hour missing from 2012-03-11 02:00 UTC; 1 hour repeated from 2012-11-04 01:00 UTC; an hour"
    )
    assert 'zone = "geography"' in text
    # One of both alone is a gap, or a repetition.
    alone = said(utc, array(utc, labels, wanted))
    assert alone == "1 hour missing from 2012-03-11 02:00 UTC"
