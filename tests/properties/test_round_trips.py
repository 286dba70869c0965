"""There and back: where a mapping of time loses nothing, its inverse brings every value back to its slot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reference.slots import at, seconds, showings, shown
from strategies.time_pairs import CHANGES, OTHERS, ZONES, day
from tests.time_cells import DAY, HOUR, NEW_YORK, grid, index, typical, years

from dsgrid.time.dimension import GEOGRAPHY, DatetimeTime, Span, TimeDimension
from dsgrid.time.mapping import map_time
from dsgrid.time.overlap import Entries, compose
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules

SPLIT = TimeRules(resample=True)
HALF = timedelta(minutes=30)
days = st.sampled_from([*OTHERS, *(one for changes in CHANGES.values() for one in changes)])
zones = st.sampled_from(ZONES)


def there_and_back(
    one: TimeDimension,
    other: TimeDimension,
    there: TimeRules = SPLIT,
    back: TimeRules | None = None,
    place: Place = Place(),  # noqa: B008 - a frozen value
) -> Entries:
    (first,) = map_time(one, other, there, [place]).classes
    turned = replace(place, zone=place.target_zone, target_zone=place.zone)
    (second,) = map_time(other, one, there if back is None else back, [turned]).classes
    return compose(first, second)


def is_identity(entries: Entries, size: int) -> bool:
    matrix = np.zeros((size, size))
    matrix[entries.source, entries.target] = entries.weight
    return np.allclose(matrix, np.eye(size), atol=1e-12)


def seen(zone: str, first: str, count: int, step: timedelta = HOUR, interval: str = "period_beginning") -> DatetimeTime:
    """Return slots that begin at an instant of UTC as a clock labels them."""
    begin = seconds(day(first)) + (round(step.total_seconds()) if interval == "period_ending" else 0)
    labels = [shown(zone, begin + number * round(step.total_seconds())) for number in (0, count - 1)]
    assume(all(len(showings(zone, label)) == 1 for label in labels))
    return DatetimeTime("t", (Span(at(labels[0]), at(labels[1])),), step, zone, interval, "total")


intervals = st.sampled_from(["period_beginning", "period_ending"])


@given(days, st.integers(2, 60), zones, zones, intervals, intervals, st.sampled_from([HOUR, HALF]))
def test_the_same_instants_in_another_zone_and_at_the_other_end_are_the_same_slots(
    first, count, zone, other, interval, other_interval, step
):
    one, two = seen(zone, first, count, step, interval), seen(other, first, count, step, other_interval)
    (entries,) = map_time(one, two).classes
    assert is_identity(entries, count)
    assert is_identity(there_and_back(one, two, TimeRules()), count)


@given(days, st.integers(2, 40), zones, zones, st.sampled_from(["total", "mean", "min", "max"]))
def test_finer_slots_and_back_are_the_same_slots(first, count, zone, other, measurement):
    coarse, fine = seen(zone, first, count), seen(other, first, count * 4, HOUR / 4)
    one, two = (replace(each, measurement=measurement) for each in (coarse, fine))
    (first_half,) = map_time(one, two, SPLIT).classes
    (second_half,) = map_time(two, one, SPLIT).classes
    found = compose(first_half, second_half)
    if measurement in ("min", "max"):
        assert np.array_equal(found.source, found.target)
    else:
        assert is_identity(found, count)


@given(days, zones)
def test_an_index_in_each_geography_has_the_slots_that_it_has_in_one_zone(first, zone):
    one = seen(zone, first, 24)
    number = index(zone, f"{one.start:%Y-%m-%d %H:%M}", 24)
    assert is_identity(there_and_back(one, number), 24)
    (local,) = map_time(replace(number, zone=GEOGRAPHY), one, places=[Place(zone)]).classes
    assert is_identity(local, 24)


@given(days, zones)
def test_standard_time_and_instants_are_the_same_slots(first, zone):
    local = grid(GEOGRAPHY, f"{first} 00:00 / 23:00", clock="standard")
    begin = int(map_time(replace(local, zone=zone), replace(local, zone=zone)).keys[0]) // 1_000_000
    instants = grid("+00:00", f"{at(begin):%Y-%m-%d %H:%M} / {at(begin + 23 * 3600):%Y-%m-%d %H:%M}")
    assert is_identity(there_and_back(local, instants, place=Place(zone=zone)), 24)


@pytest.mark.parametrize("step", [HALF, HOUR])
def test_a_profile_becomes_instants_and_is_the_same_again_away_from_changes_of_clocks(step):
    zone = "Asia/Kolkata"
    profile = grid(zone, "2018-03-11 00:00 / 23:00", clock="profile", step=step)
    instants = grid("+05:30", "2018-03-11 00:00 / 23:00", step=step)
    assert is_identity(there_and_back(profile, instants), round(23 * HOUR / step) + 1)


@pytest.mark.parametrize("step", [HALF, HOUR, 2 * HOUR])
def test_what_is_split_where_clocks_are_put_back_is_summed_again(step):
    last = day("2018-11-05") - step
    profile = grid(NEW_YORK, f"2018-11-04 00:00 / {last:%Y-%m-%d %H:%M}", clock="profile", step=step)
    instants = grid("+00:00", "2018-11-04 04:00 / 2018-11-05 04:30", step=HALF)
    there, back = TimeRules(fall_back="split", resample=True), TimeRules(fall_back="sum", resample=True)
    assert is_identity(there_and_back(profile, instants, there, back), DAY // step)


def test_only_the_hour_that_clocks_leave_out_is_lost():
    profile = grid(NEW_YORK, "2018-03-11 00:00 / 23:00", clock="profile")
    instants = grid("+00:00", "2018-03-11 05:00 / 2018-03-12 03:00")
    found = there_and_back(profile, instants, TimeRules(spring_forward="drop"), TimeRules(spring_forward="zero"))
    kept = found.weight != 0
    assert found.source[kept].tolist() == found.target[kept].tolist() == [0, 1, *range(3, 24)]
    assert set(found.weight[kept]) == {1.0}


@pytest.mark.parametrize("zone", [NEW_YORK, "Australia/Sydney", "Asia/Kolkata"])
@pytest.mark.parametrize("clock", ["prevailing", "standard", "profile"])
def test_annual_values_that_are_spread_flat_add_up_again(zone, clock):
    two_hours = grid(zone, "2012-01-01 00:00 / 2012-12-31 22:00", clock=clock, step=2 * HOUR)
    assert is_identity(there_and_back(years(2012), two_hours, TimeRules(spread="flat"), TimeRules()), 1)


@pytest.mark.parametrize("measurement", ["total", "mean"])
@pytest.mark.parametrize(
    ("zone", "first"), [(NEW_YORK, "2018-03-10"), (NEW_YORK, "2018-11-03"), ("Asia/Kolkata", "2018-12-30")]
)
def test_typical_hours_are_the_same_after_some_days(measurement, zone, first):
    own = typical(zone, "hour", measurement=measurement)
    last = day(first) + 2 * DAY
    some = grid(zone, f"{first} 00:00 / {last:%Y-%m-%d} 23:00", measurement=measurement)
    assert is_identity(there_and_back(own, some, TimeRules(), TimeRules()), 24)


@pytest.mark.parametrize("align", ["same_date", "same_weekday"])
def test_days_of_another_year_are_the_same_when_they_are_brought_back(align):
    # Both years begin and end on the same days of the week, and have no leap day.
    one, other = (grid(NEW_YORK, f"{year}-02-01 00:00 / {year}-02-28 23:00") for year in (2017, 2023))
    assert is_identity(there_and_back(one, other, TimeRules(align=align)), 28 * 24)


@given(st.integers(1, 23))
def test_what_is_wrapped_there_is_wrapped_back(hours):
    one = grid("+00:00", "2018-03-10 00:00 / 2018-03-12 23:00")
    moved = tuple(Span(span.start + hours * HOUR, span.end + hours * HOUR) for span in one.ranges)
    assert is_identity(there_and_back(one, replace(one, ranges=moved), TimeRules(wrap=True)), 72)


@given(days, zones, zones, intervals)
def test_another_label_for_the_same_slots_changes_no_weight(first, zone, other, interval):
    one, two = seen(zone, first, 48), seen(other, first, 48, interval=interval)
    for target in (
        seen("+00:00", first, 24, 2 * HOUR),
        typical("Asia/Kolkata", "hour"),
        replace(seen("+00:00", first, 48), clock="profile"),
    ):
        (found,), (expected,) = (map_time(each, target, SPLIT).classes for each in (one, two))
        assert found.same_as(expected)
