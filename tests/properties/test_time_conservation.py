"""Totals are conserved and means are preserved, as the closed table promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import strategies.time_pairs as of_days
import strategies.time_pairs_of_kinds as of_kinds
import strategies.time_pairs_of_years as of_years
from hypothesis import given
from hypothesis import strategies as st
from strategies.time_pairs import Pair
from tests.rounds import rounds
from tests.time_cells import DAY, NEW_YORK, grid, typical, years

from dsgrid.time.mapping import TimeMap, map_time
from dsgrid.time.rules import TimeRules
from dsgrid.time.zones import TimeError

# What neither drops nor repeats a value of a profile.
LOSSLESS = {"shift", "split", "zero", "sum", ""}
MEANS = ("mean", "measured")
EXTREMES = ("min", "max")


def hold_for_many(pairs: st.SearchStrategy[Pair], check: Callable[[Pair, TimeMap], None], least: int = 8) -> None:
    """Check pairs that are not refused, of which there have to be enough."""
    checked = []

    @rounds(60)
    @given(pairs)
    def compare(pair: Pair) -> None:
        try:
            found = map_time(pair.own, pair.target, pair.rules, [pair.place])
        except TimeError:
            return
        check(pair, found)
        checked.append(pair)

    compare()
    assert len(checked) >= least


def lossless(pairs: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    return pairs.filter(lambda pair: {pair.rules.spring_forward, pair.rules.fall_back} <= LOSSLESS)


def sums_of_slots(found: TimeMap) -> np.ndarray:
    """Return how much of each of the dataset's slots arrives."""
    (entries,) = found.classes
    return np.bincount(entries.source, weights=entries.weight, minlength=len(found.keys))


def sums_at_targets(found: TimeMap) -> np.ndarray:
    """Return by how much a constant is multiplied, for each of the project's slots that has a value."""
    (entries,) = found.classes
    return np.bincount(entries.target, weights=entries.weight)[np.unique(entries.target)]


def test_a_total_is_conserved_unless_a_rule_drops_or_repeats_it():
    def conserved(pair: Pair, found: TimeMap) -> None:
        if not pair.rules.trim:
            assert np.allclose(sums_of_slots(found), 1, rtol=1e-12)
        assert (sums_of_slots(found) <= 1 + 1e-12).all()

    hold_for_many(lossless(of_days.grids(("total",))), conserved)
    untrimmed = lossless(of_days.grids(("total",))).map(lambda one: replace(one, rules=replace(one.rules, trim=False)))
    hold_for_many(untrimmed, conserved)


def test_a_constant_mean_or_reading_stays_what_it_is():
    def preserved(pair: Pair, found: TimeMap) -> None:
        assert np.allclose(sums_at_targets(found), 1, rtol=1e-12), pair

    some = st.one_of(
        of_days.grids(MEANS),
        of_days.readings_and_means(),
        of_years.aligned(MEANS),
        of_kinds.spread(("mean",)),
        of_kinds.typical_to_grids(MEANS),
        of_kinds.grids_to_typical(MEANS),
    )
    hold_for_many(some, preserved)


def test_an_extreme_is_taken_of_values_as_they_are():
    def taken(pair: Pair, found: TimeMap) -> None:
        (entries,) = found.classes
        assert (entries.weight == 1).all()
        several = len(np.unique(entries.target)) < len(entries)
        assert found.function == (pair.own.measurement if several else "sum")

    some = st.one_of(
        of_days.grids(EXTREMES),
        of_years.aligned(EXTREMES),
        of_kinds.spread(EXTREMES),
        of_kinds.typical_to_grids(EXTREMES),
        of_kinds.grids_to_typical(EXTREMES),
    )
    hold_for_many(some, taken)


def test_a_typical_total_is_the_typical_mean_times_the_length_of_a_period():
    def in_proportion(pair: Pair, found: TimeMap) -> None:
        own, target = pair.own, pair.target
        (totals,) = found.classes
        means_of = [replace(one, measurement="mean") for one in (own, target)]
        (means,) = map_time(*means_of, pair.rules, [pair.place]).classes
        assert np.array_equal(totals.target, means.target)
        if DAY not in (own.step, target.step):  # days have 23 to 25 hours
            assert np.allclose(totals.weight / means.weight, target.step / own.step, rtol=1e-9)

    hold_for_many(of_kinds.grids_to_typical(("total",)), in_proportion)


def test_a_year_of_flat_values_is_the_annual_total():
    for time in (
        grid(NEW_YORK, "2018-01-01 00:00 / 2018-12-31 23:00"),
        grid(NEW_YORK, "2012-01-01 00:00 / 2012-12-31 23:00"),
        grid(NEW_YORK, "2012-01-01 00:00 / 2012-12-31 23:00", leap_days=False),
        grid("Australia/Sydney", "2012-01-01 00:00 / 2012-12-31 23:00", clock="profile"),
        grid("Australia/Sydney", "2012-01-01 00:00 / 2012-12-31 23:00", clock="standard"),
    ):
        year = time.start.year
        found = map_time(years(year), time, TimeRules(spread="flat"))
        assert np.allclose(sums_of_slots(found), 1, rtol=1e-12)


def test_the_hours_of_typical_weeks_add_up_to_those_of_the_year():
    for zone, hours in ((NEW_YORK, 8784), ("Asia/Kolkata", 8784)):
        own = typical(zone, "month", "day_of_week", "hour")
        (entries,) = map_time(own, years(2012)).classes
        assert entries.weight.sum() == hours
        assert len(entries) == 12 * 7 * 24
    # The hour that clocks leave out is used one time less that year, the one that they repeat once more.
    (hourly,) = map_time(typical(NEW_YORK, "hour"), years(2018)).classes
    assert hourly.weight.tolist() == [365, 366, 364, *[365] * 21]
    (standard,) = map_time(typical(NEW_YORK, "hour", clock="standard"), years(2018)).classes
    assert set(standard.weight.tolist()) == {365}


def test_means_of_the_days_of_a_year_are_weighed_by_their_hours():
    own, target = (
        grid(NEW_YORK, "2018-03-01 / 2018-03-31", step=DAY, measurement="mean"),
        years(2018, measurement="mean"),
    )
    whole = replace(own, ranges=grid(NEW_YORK, "2018-01-01 / 2018-12-31").ranges)
    (entries,) = map_time(whole, target).classes
    weights = dict(zip(entries.source.tolist(), (entries.weight * 8760).round(9).tolist(), strict=True))
    changes = {69: 23, 307: 25}  # 11 March and 4 November
    assert weights == {day: changes.get(day, 24) for day in range(365)}
