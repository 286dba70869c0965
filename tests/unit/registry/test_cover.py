"""What datasets cover of what a project requires: counted without laying out all, and the same as if it were."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rounds import rounds

from dsgrid.registry import cover_parts
from dsgrid.registry.cover import axis, cover
from dsgrid.registry.model import Coverage, Requirement

TYPES = ("geography", "sector", "subsector", "metric")
Pairs = list[tuple[str, str]] | None


@dataclass(frozen=True)
class Case:
    axes: dict[str, tuple[list[str], list[str], Pairs]]
    requirement: Requirement
    missing: list[list[str | None]]
    type_: str


@st.composite
def cases(draw: st.DrawFn) -> Case:
    axes: dict[str, tuple[list[str], list[str], Pairs]] = {}
    for type_ in TYPES:
        base = [f"{type_}{number}" for number in range(draw(st.integers(1, 3)))]
        if draw(st.booleans()):
            axes[type_] = (base, draw(st.lists(st.sampled_from(base), unique=True)), None)
        else:
            own = [f"own{number}" for number in range(draw(st.integers(0, 3)))]
            pairs = [(one, other) for one in own for other in base]
            axes[type_] = (base, own, draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else [])
    gaps = st.tuples(*(st.sampled_from([None, "unknown", *axes[type_][1]]) for type_ in TYPES))
    tied = draw(st.sampled_from([(), ("geography", "metric"), ("sector", "subsector", "metric")]))
    single = {
        type_: tuple(draw(st.lists(st.sampled_from(axes[type_][0]), unique=True)))
        for type_ in TYPES
        if type_ not in tied and draw(st.booleans())
    }
    entries = [
        Coverage(
            {type_: tuple(draw(st.lists(st.sampled_from(axes[type_][0]), min_size=1, unique=True))) for type_ in tied}
        )
        for _ in range(draw(st.integers(1, 3)) if tied else 0)
    ]
    requirement = Requirement("homes", Coverage(single), tuple(entries))
    missing = [list(row) for row in draw(st.lists(gaps, max_size=5))]
    return Case(axes, requirement, missing, draw(st.sampled_from(TYPES)))


def laid_out(case: Case) -> tuple[list[int], list[int]]:
    """Count combination by combination."""
    there: set[tuple[str, ...]] = set()
    for own in itertools.product(*(case.axes[type_][1] for type_ in TYPES)):
        if not any(all(gap in (None, id_) for gap, id_ in zip(row, own, strict=True)) for row in case.missing):
            there |= set(itertools.product(*map(lambda type_, id_: targets(case, type_, id_), TYPES, own)))
    ids = case.axes[case.type_][0]
    required, present = dict.fromkeys(ids, 0), dict.fromkeys(ids, 0)
    for base in itertools.product(*(case.axes[type_][0] for type_ in TYPES)):
        named = dict(zip(TYPES, base, strict=True))
        single, together = case.requirement.single.ids, case.requirement.together
        alone = all(id_ in single[type_] for type_, id_ in named.items() if type_ in single)
        if alone and (not together or any(all(named[t] in ids for t, ids in one.ids.items()) for one in together)):
            required[named[case.type_]] += 1
            present[named[case.type_]] += base in there
    return list(required.values()), list(present.values())


def targets(case: Case, type_: str, id_: str) -> Sequence[str]:
    pairs = case.axes[type_][2]
    return [id_] if pairs is None else [other for one, other in pairs if one == id_]


@pytest.mark.parametrize("at_once", [1, 1 << 24])
@rounds(30)
@given(case=cases())
def test_the_numbers_are_those_of_all_combinations_one_by_one(
    monkeypatch: pytest.MonkeyPatch, at_once: int, case: Case
) -> None:
    monkeypatch.setattr(cover_parts, "_AT_ONCE", at_once)
    axes = {type_: axis(*each) for type_, each in case.axes.items()}
    found = cover(axes, case.requirement, case.missing, case.type_)
    assert (found.required, found.present) == laid_out(case)


def test_a_record_that_is_there_without_being_required_is_told() -> None:
    axes = {"sector": axis(["com", "res"], ["com", "res"], None)}
    found = cover(axes, Requirement("homes", Coverage({"sector": ("res",)})), [["com"]], "sector")
    assert (found.required, found.present, found.reached) == ([0, 1], [0, 1], [False, True])
    nothing = cover(axes, None, [], "sector")
    assert (nothing.required, nothing.present, nothing.reached) == ([0, 0], [0, 0], [True, True])


def test_millions_of_combinations_with_gaps_are_counted_quickly_and_exactly() -> None:
    counties, ends, years = (
        [f"{name}{number}" for number in range(size)] for name, size in (("c", 3108), ("e", 60), ("y", 41))
    )
    axes = {
        "geography": axis(counties, counties, None),
        "metric": axis(ends, ends, None),
        "model_year": axis(years, years, None),
    }
    gaps = [[county, "e0", None] for county in counties[:100]] + [[counties[0], None, "y1"]]
    found = cover(axes, Requirement("homes", Coverage({})), gaps, "geography")
    assert found.required == [60 * 41] * 3108
    assert found.present is not None
    assert found.present[:101] == [60 * 41 - 41 - 59, *[60 * 41 - 41] * 99, 60 * 41]
    assert sum(found.present) == 3108 * 60 * 41 - 100 * 41 - 59


def test_what_nobody_could_wait_for_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover_parts, "_MOST", 3)
    axes = {name: axis([f"{name}0", f"{name}1"], [f"{name}0", f"{name}1"], None) for name in ("a", "b", "c")}
    found = cover(axes, Requirement("homes", Coverage({})), [["a0", "b0", "c0"]], "a")
    assert (found.required, found.present, found.reached) == (None, None, [True, True])
    assert math.prod(len(each.base) for each in axes.values()) == 8


def test_work_that_takes_long_can_be_ended() -> None:
    def end() -> None:
        raise TimeoutError

    axes = {name: axis([f"{name}0", f"{name}1"], [f"{name}0", f"{name}1"], None) for name in ("a", "b")}
    with pytest.raises(TimeoutError):
        cover(axes, Requirement("homes", Coverage({})), [["a0", "b0"]], "a", end)
