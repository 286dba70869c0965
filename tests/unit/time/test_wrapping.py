"""Time that is wrapped: what lies beyond one end goes to the other, and nothing else moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.time_cells import DAY, HOUR, grid

from dsgrid.time.dimension import GEOGRAPHY, DatetimeTime, Span
from dsgrid.time.grid import beginnings, moment, slots
from dsgrid.time.mapping import TimeMap, map_time
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules

YEAR = grid("-05:00", "2012-01-01 00:00 / 2012-12-31 23:00")
WRAP = TimeRules(wrap=True)


def moved(time: DatetimeTime, steps: int, **changes: str) -> DatetimeTime:
    spans = tuple(Span(one.start + steps * time.step, one.end + steps * time.step) for one in time.ranges)
    return replace(time, ranges=spans, **changes)  # type: ignore[arg-type]


def places(found: TimeMap) -> list[int]:
    """Return where each slot of the dataset goes: each to one of the project's."""
    (entries,) = found.classes
    assert (entries.weight == 1).all()
    assert entries.source.tolist() == list(range(len(found.keys)))
    return entries.target.tolist()


def test_ending_labels_from_0_to_23_put_their_first_value_in_the_last_slot():
    found = map_time(replace(YEAR, interval="period_ending"), YEAR, WRAP)
    assert places(found) == [8783, *range(8783)]
    assert found.keys[0] == slots(YEAR)[0]
    assert found.notes == ("1 slot wrapped to the other end",)


def test_ending_labels_from_1_to_24_fit_without_wrapping():
    found = map_time(moved(YEAR, 1, interval="period_ending"), YEAR)
    assert places(found) == list(range(8784))
    assert found.keys[0] == slots(YEAR)[1]
    assert found.notes == ()


def test_the_same_instants_in_another_zone_fit():
    assert places(map_time(replace(moved(YEAR, 5), zone="UTC"), YEAR)) == list(range(8784))


@given(st.integers(-400, 400), st.sampled_from(["period_beginning", "period_ending"]))
def test_wrapping_is_a_bijection_that_keeps_what_overlaps(shift, interval):
    project = grid("-05:00", "2012-03-01 00:00 / 2012-03-20 00:00")
    first = int(slots(project)[0]) + (shift + (interval == "period_ending")) * 3_600_000_000
    ends: list[datetime] = [moment(first), moment(first + 19 * 24 * 3_600_000_000)]
    dataset = replace(project, ranges=(Span(*ends),), zone="UTC", interval=interval)
    found = places(map_time(dataset, project, WRAP))
    length = len(beginnings(project))
    assert np.array_equal(found, (np.arange(length) + shift) % length)
    by_instant = {instant: number for number, instant in enumerate(beginnings(project).tolist())}
    for number, instant in enumerate(beginnings(dataset).tolist()):
        assert by_instant.get(instant, found[number]) == found[number]


def test_days_in_a_prevailing_zone_wrap_over_the_clock_change():
    days = grid("America/Denver", "2012-03-01 / 2012-03-31", step=DAY)
    assert places(map_time(moved(days, 2), days, WRAP)) == [*range(2, 31), 0, 1]


def test_a_slot_that_reaches_over_the_end_is_cut_there():
    own = grid("+05:30", "2018-01-01 00:00 / 03:00")
    target = grid("+05:00", "2018-01-01 00:00 / 03:00")
    (entries,) = map_time(own, target, TimeRules(wrap=True, resample=True)).classes
    pairs = dict(zip(zip(entries.source.tolist(), entries.target.tolist(), strict=True), entries.weight, strict=True))
    assert pairs == {(slot, at % 4): 0.5 for slot in range(4) for at in (slot - 1, slot)}


def test_each_range_is_wrapped_by_itself():
    texts = ("2007-01-01 00:00 / 2007-12-31 23:00", "2012-01-01 00:00 / 2012-12-31 23:00")
    target = grid("-05:00", *texts)
    found = places(map_time(replace(target, interval="period_ending"), target, WRAP))
    assert (found[0], found[1], found[8760], found[8761]) == (8759, 0, 8760 + 8783, 8760)


def test_readings_of_another_step_are_wrapped_and_lie_on_lines_over_the_end():
    own = grid("-06:00", "2018-01-01 00:00 / 23:00", measurement="measured")
    target = grid("-05:00", "2018-01-01 00:00 / 23:30", measurement="measured", step=HOUR / 2)
    (entries,) = map_time(own, target, TimeRules(wrap=True, resample=True)).classes
    last, first = entries.target == 47, entries.target == 0
    assert (entries.source[last].tolist(), entries.weight[last].tolist()) == ([22, 23], [0.5, 0.5])
    assert entries.source[first].tolist() == [23]


def test_a_day_that_is_left_out_is_wrapped_with_the_others():
    own = grid(GEOGRAPHY, "2012-01-01 00:00 / 2012-12-31 23:00", clock="profile", leap_days=False)
    target = grid("-05:00", "2012-01-01 00:00 / 2012-12-31 23:00")
    rules = TimeRules(wrap=True, leap_day="drop_dec31", spring_forward="drop", fall_back="duplicate")
    (entries,) = map_time(own, target, rules, [Place("-07:00")]).classes
    # 31 December in the west is from 02:00 on, and the first two hours of January.
    lacking = np.setdiff1d(np.arange(8784), entries.target)
    assert lacking.tolist() == [0, 1, *range(8762, 8784)]


def test_the_same_days_of_the_week_of_another_zone_need_no_wrapping():
    own = grid("UTC", "2011-01-01 00:00 / 2011-12-31 23:00")
    target = grid("America/New_York", "2012-01-01 00:00 / 2012-12-31 23:00")
    for wrap in (False, True):
        (entries,) = map_time(own, target, TimeRules(wrap=wrap, align="same_weekday")).classes
        order = np.argsort(entries.target)
        assert entries.target[order].tolist() == list(range(8784))
        assert (entries.weight == 1).all()
        # Hour for hour: from 05:00 of a Sunday on.
        assert entries.source[order][:2].tolist() == [24 + 5, 24 + 6]
