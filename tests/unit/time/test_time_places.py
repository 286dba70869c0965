"""Where a dataset's time differs: zones of geographies, and years that belong to records."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.times import label_keys, lay
from tests.time_cells import DAY, NEW_YORK, grid, typical, years

from dsgrid.time.dimension import GEOGRAPHY, PROJECT_GEOGRAPHY, DatetimeTime
from dsgrid.time.labels import slot_keys
from dsgrid.time.mapping import TimeMap, map_time
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules

TRIM = TimeRules(trim=True)
SPLIT = TimeRules(trim=True, resample=True)


def weights(found: TimeMap, place: int = 0) -> dict[tuple[int, int], float]:
    one = found.classes[found.of_place[place]]
    return dict(zip(zip(one.source.tolist(), one.target.tolist(), strict=True), one.weight.tolist(), strict=True))


def test_places_with_the_same_matrix_share_it():
    own = typical(GEOGRAPHY, "day_type", "hour")
    target = grid("UTC", "2018-07-04 00:00 / 23:00")
    places = [Place(zone) for zone in (NEW_YORK, "America/Detroit", "America/Phoenix", NEW_YORK)]
    found = map_time(own, target, places=places)
    assert found.of_place == (0, 0, 1, 0)
    assert len(found.classes) == 2
    assert (found.targets, found.keys.tolist()) == (24, list(range(48)))
    assert not found.is_timeless


# Zones in which an hour of UTC is in each of the days below.
NEAR = (NEW_YORK, "America/Denver", "America/Phoenix", "America/St_Johns", "-05:00")


@given(
    st.lists(st.sampled_from(NEAR), min_size=1, max_size=4, unique=True),
    st.sampled_from(["2018-03-11", "2018-11-04", "2018-07-04"]),
)
def test_slots_of_prevailing_clocks_are_numbered_by_all_zones_together(zones, day):
    own = grid(GEOGRAPHY, f"{day} 00:00 / 14:00")
    target = grid("UTC", f"{day} 07:00 / 15:00")
    keys = slot_keys(own, zones).tolist()
    assert keys == label_keys(own, zones) == sorted(set(keys))
    found = map_time(own, target, SPLIT, [Place(zone) for zone in zones])
    assert found.keys.tolist() == keys
    for number, zone in enumerate(zones):
        assert weights(found, number) == pytest.approx(lay(own, target, SPLIT, Place(zone), zones).weights)


def test_a_reading_that_one_zone_shows_twice_is_two_slots_for_all():
    own = grid(GEOGRAPHY, "2018-11-04 00:00 / 03:00")
    assert len(slot_keys(own, ["America/Phoenix"])) == 4
    assert len(slot_keys(own, ["America/Phoenix", NEW_YORK])) == 5
    target = grid("UTC", "2018-11-04 04:00 / 08:00")
    found = map_time(own, target, TRIM, [Place(NEW_YORK)])
    assert weights(found) == {(slot, slot): 1.0 for slot in range(5)}


def weather(time: DatetimeTime) -> DatetimeTime:
    ranges = tuple(replace(one, record=str(one.start.year)) for one in time.ranges)
    return replace(time, ranges=ranges, year_of="weather_year")


BOTH = weather(grid("-05:00", "2007-02-28 / 2007-03-01", "2012-02-28 / 2012-03-01", step=DAY))


def test_a_weather_year_goes_to_the_range_of_its_record():
    places = [Place(own=frozenset({year}), record=year) for year in ("2007", "2012")]
    found = map_time(BOTH, BOTH, places=places)
    assert weights(found, 0) == {(0, 0): 1.0, (1, 1): 1.0}
    assert weights(found, 1) == {(2, 2): 1.0, (3, 3): 1.0, (4, 4): 1.0}


def test_a_weather_year_may_be_mapped_to_another_one():
    rules = TimeRules(align="same_date", leap_day="repeat")
    found = map_time(BOTH, BOTH, rules, [Place(own=frozenset({"2007"}), record="2012")])
    assert weights(found) == {(0, 2): 1.0, (0, 3): 1.0, (1, 4): 1.0}


def test_several_weather_years_may_be_mapped_to_one():
    rules = TimeRules(align="same_date", leap_day="drop_feb29")
    found = map_time(BOTH, BOTH, rules, [Place(own=frozenset({"2007", "2012"}), record="2007")])
    assert weights(found) == {(0, 0): 1.0, (1, 1): 1.0, (2, 0): 1.0, (4, 1): 1.0}


def test_data_without_weather_years_go_to_the_range_that_they_are_of():
    own = grid("-05:00", "2012-02-28 / 2012-03-01", step=DAY)
    assert weights(map_time(own, BOTH, places=[Place(record="2012")])) == {(0, 2): 1.0, (1, 3): 1.0, (2, 4): 1.0}


def test_a_profile_of_one_weather_year_is_not_filled_in_another():
    target = weather(grid(NEW_YORK, "2017-03-12 00:00 / 03:00", "2018-03-11 00:00 / 03:00", clock="profile"))
    own = weather(replace(target, clock="prevailing"))
    place = Place(own=frozenset({"2018"}), record="2018")
    found = map_time(own, target, TimeRules(spring_forward="repeat"), [place])
    assert weights(found) == {(3, 4): 1.0, (4, 5): 1.0, (4, 6): 1.0, (5, 7): 1.0}


def test_annual_values_of_a_model_year_are_those_of_any_year_of_weather():
    own = years(2030, 2040, year_of="model_year")
    target = grid("-05:00", "2012-01-01 / 2012-12-31", step=DAY)
    found = map_time(own, target, TimeRules(spread="flat"), [Place(own=frozenset({"2030", "2040"}))])
    assert found.keys.tolist() == [0]
    assert weights(found) == {(0, day): pytest.approx(1 / 366) for day in range(366)}


def test_annual_values_of_a_model_year_take_all_hours_of_the_weather():
    own = grid("-05:00", "2012-01-01 / 2012-12-31", step=DAY)
    found = map_time(own, years(2030, year_of="model_year"), places=[Place(record="2030")])
    assert weights(found) == {(day, 0): 1.0 for day in range(366)}


def test_typical_weeks_go_by_the_calendar_of_their_model_year():
    own = typical("-05:00", "day_type", step=DAY)
    places = [Place(record=year) for year in ("2029", "2030", "2032")]
    found = map_time(own, years(2029, 2030, 2032, year_of="model_year"), places=places)
    # 2029 begins on a Monday, 2030 on a Tuesday; 2032 on a Thursday, and has 366 days.
    assert [weights(found, number) for number in range(3)] == [
        {(0, 0): 261.0, (1, 0): 104.0},
        {(0, 0): 261.0, (1, 0): 104.0},
        {(0, 0): 262.0, (1, 0): 104.0},
    ]
    assert found.of_place == (0, 0, 1)


def test_a_project_in_each_geography_has_the_zones_of_its_own_records():
    own = grid(PROJECT_GEOGRAPHY, "2018-07-04 00:00 / 02:00", clock="standard")
    target = grid(GEOGRAPHY, "2018-07-04 00:00 / 02:00", clock="standard")
    places = [Place("Asia/Kolkata", "Asia/Kolkata"), Place(NEW_YORK, NEW_YORK)]
    found = map_time(own, target, places=places)
    assert found.of_place == (0, 0)
    assert weights(found) == {(0, 0): 1.0, (1, 1): 1.0, (2, 2): 1.0}


def test_readings_of_typical_periods_lie_on_lines_between_their_hours():
    own = typical("-05:00", "hour", measurement="measured", interval="instantaneous")
    half = grid("-05:00", "2018-07-04 22:00 / 23:30", measurement="measured", step=DAY / 48)
    assert weights(map_time(own, half, TimeRules(resample=True))) == {
        (22, 0): 1.0,
        (22, 1): 0.5,
        (23, 1): 0.5,
        (23, 2): 1.0,
        (0, 3): 0.5,
        (23, 3): 0.5,
    }


def test_a_period_that_the_project_has_in_two_parts_is_split_over_both():
    own = typical("-05:00", "month", step=DAY)
    target = grid("-05:00", "2018-07-04 00:00 / 05:00", "2018-07-04 18:00 / 23:00")
    found = map_time(own, target, TimeRules(resample=True))
    assert weights(found) == {(6, hour): pytest.approx(1 / 24) for hour in range(12)}
