"""What becomes of time is what a naive reference says, tick by tick: for random kinds, zones, steps and rules."""

from __future__ import annotations

import pytest
import strategies.time_pairs as of_days
import strategies.time_pairs_of_kinds as of_kinds
import strategies.time_pairs_of_years as of_years
from hypothesis import given
from hypothesis import strategies as st
from reference.times import Laid, lay
from strategies.time_pairs import Pair
from tests.rounds import rounds

from dsgrid.time.dimension import DatetimeTime
from dsgrid.time.mapping import TimeMap, map_time
from dsgrid.time.zones import TimeError

CHEAP = rounds(15)
# Each example has the hours of a year.
DEAR = rounds(2)


def agrees(pair: Pair) -> bool:
    """Compare both; tell whether they found weights, and did not both refuse."""
    refusal = None
    try:
        found = map_time(pair.own, pair.target, pair.rules, [pair.place])
    except TimeError as error:
        refusal = error
    if refusal is not None:
        assert is_rightly_refused(pair, refusal), refusal
        return False
    laid = lay(pair.own, pair.target, pair.rules, pair.place)
    assert not laid.lacking, "the project is not covered"
    assert pair.rules.trim or not laid.unused, "something is lost without a word"
    same_weights(found, laid)
    every_slot_has_a_value(pair, found)
    return True


def is_rightly_refused(pair: Pair, error: TimeError) -> bool:
    """Tell whether the reference finds a reason: nothing for a slot, or slots that are left over."""
    key = error.problems[0].key
    if key in ("start", "end"):  # a boundary that a clock shows twice, or between two steps
        return True
    if key == "wrap" and "cannot be wrapped" in str(error):
        return True
    if key == "resample":
        return not pair.rules.resample
    if key == "leap_day":
        return not pair.rules.leap_day or pair.rules.leap_day in ("repeat", "interpolate")
    laid = lay(pair.own, pair.target, pair.rules, pair.place)
    return bool(laid.lacking) or (bool(laid.unused) and not pair.rules.trim)


def same_weights(found: TimeMap, laid: Laid) -> None:
    (entries,) = found.classes
    rows = zip(entries.source.tolist(), entries.target.tolist(), entries.weight.tolist(), strict=True)
    weights = {(source, target): weight for source, target, weight in rows if weight}
    assert weights.keys() == laid.weights.keys()
    for pair, weight in laid.weights.items():
        assert weights[pair] == pytest.approx(weight, rel=1e-9, abs=1e-12), pair


def every_slot_has_a_value(pair: Pair, found: TimeMap) -> None:
    """A slot without an entry has no value: only a rule that drops days leaves some so."""
    if pair.rules.leap_day.startswith("drop"):
        return
    reached = set(found.classes[0].target.tolist())
    if isinstance(pair.target, DatetimeTime) and pair.place.record:
        each = found.targets // len(pair.target.ranges)
        first = [one.record for one in pair.target.ranges].index(pair.place.record) * each
        assert len(reached) >= each - 24
        assert all(first - 24 <= slot < first + each + 24 for slot in reached)
    else:
        assert reached == set(range(found.targets))


def many_agree(pairs: st.SearchStrategy[Pair], settings: object, least: float) -> None:
    """Compare many pairs, of which not too many may be refused: else this would show nothing."""
    outcomes: list[bool] = []

    @settings  # type: ignore[operator,untyped-decorator]
    @given(pairs)
    def compare(pair: Pair) -> None:
        outcomes.append(agrees(pair))

    compare()
    assert sum(outcomes) >= least * len(outcomes)


@pytest.mark.parametrize(
    ("pairs", "least"),
    [
        (of_days.grids, 0.3),
        (of_days.readings_and_means, 0.5),
        (of_years.aligned, 0.4),
        (of_years.weather_years, 0.1),
        (of_kinds.spread, 0.4),
        (of_kinds.typical_to_grids, 0.5),
        (of_kinds.grids_to_typical, 0.4),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_some_days_become_what_the_reference_says(pairs, least):
    many_agree(pairs(), CHEAP, least)


@pytest.mark.parametrize(
    "pairs",
    [of_years.whole_years, of_kinds.grids_to_years, of_kinds.typical_to_years],
    ids=lambda one: one.__name__,
)
def test_whole_years_become_what_the_reference_says(pairs):
    many_agree(pairs(), DEAR, 0.3)
