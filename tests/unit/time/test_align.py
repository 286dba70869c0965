# ruff: noqa: DTZ001 - wall-clock times have no zone

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.time.align import align
from dsgrid.time.dimension import DatetimeTime
from dsgrid.time.grid import beginnings, slots
from dsgrid.time.zones import TimeError

HOUR = timedelta(hours=1)
YEAR = DatetimeTime("t", datetime(2012, 1, 1), datetime(2012, 12, 31, 23), HOUR, "-05:00", "period_beginning", "total")


def moved(time: DatetimeTime, steps: int, **changes) -> DatetimeTime:
    return replace(time, start=time.start + steps * time.step, end=time.end + steps * time.step, **changes)


def test_ending_labels_from_0_to_23_put_their_first_value_in_the_last_slot():
    found = align(replace(YEAR, interval="period_ending"), YEAR, wrap=True)
    assert found.slots[0] == 8783
    assert found.slots[1:].tolist() == list(range(8783))
    assert found.labels[0] == slots(YEAR)[0]
    assert (found.wrapped, found.is_identity) == (1, False)


def test_ending_labels_from_1_to_24_fit_without_wrapping():
    found = align(moved(YEAR, 1, interval="period_ending"), YEAR)
    assert found.slots.tolist() == list(range(8784))
    assert found.labels[0] == slots(YEAR)[1]
    assert found.is_identity


def test_the_same_instants_in_another_zone_fit():
    assert align(replace(moved(YEAR, 5), zone="UTC"), YEAR).is_identity


shifts = st.integers(-400, 400)


@given(shifts, st.sampled_from(["period_beginning", "period_ending"]))
def test_wrapping_is_a_bijection_that_keeps_what_overlaps(shift, interval):
    project = replace(YEAR, start=datetime(2012, 3, 1), end=datetime(2012, 3, 20))
    first = slots(project)[0] + (shift + (interval == "period_ending")) * 3_600_000_000
    wall = np.array([first, first + 19 * 24 * 3_600_000_000]).astype("datetime64[us]").astype(datetime)
    dataset = DatetimeTime("d", wall[0], wall[1], HOUR, "UTC", interval, "total")
    found = align(dataset, project, wrap=True)
    length = len(beginnings(project))
    assert sorted(found.slots.tolist()) == list(range(length))
    assert np.array_equal(found.slots, (np.arange(length) + shift) % length)
    by_instant = {instant: number for number, instant in enumerate(beginnings(project).tolist())}
    for number, instant in enumerate(beginnings(dataset).tolist()):
        assert by_instant.get(instant, found.slots[number]) == found.slots[number]
    assert found.wrapped == abs(shift)
    if shift:
        with pytest.raises(TimeError):
            align(dataset, project)


def test_days_in_a_prevailing_zone_wrap_over_the_clock_change():
    march = {"start": datetime(2012, 3, 1), "end": datetime(2012, 3, 31)}
    days = replace(YEAR, step=timedelta(days=1), zone="America/Denver", **march)
    assert align(moved(days, 2), days, wrap=True).slots.tolist() == [*range(2, 31), 0, 1]


def refusal(dataset: DatetimeTime, wrap: bool = False) -> str:
    with pytest.raises(TimeError) as error:
        align(dataset, YEAR, wrap)
    return str(error.value)


def test_the_same_length_on_another_span_is_refused_with_both_spans():
    message = refusal(replace(YEAR, interval="period_ending"))
    assert message.startswith("the dataset begins 1 step of 1h earlier than the project")
    assert "dataset 2012-01-01 00:00 to 2012-12-31 23:00 -05:00 (period_ending, 8,784 steps of 1h)" in message
    assert "project 2012-01-01 00:00 to 2012-12-31 23:00 -05:00 (period_beginning, 8,784 steps of 1h)" in message
    assert "wrap_time = true would move 1 of its 8,784 slots to the other end" in message


def test_another_year_is_refused_also_when_wrapping_is_allowed():
    other = replace(YEAR, start=datetime(2016, 1, 1), end=datetime(2016, 12, 31, 23))
    for wrap in (False, True):
        assert "does not overlap the project's" in refusal(other, wrap)
        assert "calendar alignment" in refusal(other, wrap)


def test_another_count_is_refused_also_when_wrapping_is_allowed():
    shorter = replace(YEAR, end=YEAR.end - HOUR)
    assert refusal(shorter, wrap=True).startswith("the dataset has 8,783 time slots, the project 8,784")


def test_half_an_hour_off_is_refused():
    half = replace(YEAR, start=YEAR.start + HOUR / 2, end=YEAR.end + HOUR / 2)
    assert "not a whole number of steps apart" in refusal(half, wrap=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"measurement": "mean"}, 'measurement is "mean", the project\'s "total"'),
        ({"interval": "instantaneous"}, 'interval is "instantaneous", the project\'s "period_beginning"'),
        ({"step": HOUR / 2}, "step is 30min, the project's 1h; time is not resampled"),
    ],
)
def test_what_cannot_be_compared_is_refused(changes, message):
    assert message in refusal(replace(YEAR, **changes), wrap=True)


def test_all_that_differs_is_told_at_once():
    assert len(refusal(replace(YEAR, measurement="mean", interval="instantaneous")).splitlines()) == 2


def test_instants_align_with_instants():
    instants = replace(YEAR, interval="instantaneous")
    assert align(instants, instants).is_identity
