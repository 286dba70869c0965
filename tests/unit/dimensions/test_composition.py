"""Composing mappings is applying one after the other, and promises what its associations keep."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.rounds import rounds
from tests.strategies.kinds import mappings_of_kinds

from dsgrid.dimensions.composition import compose_all, compose_mappings, reverse_mapping, same_associations
from dsgrid.dimensions.fitting import fitting_kinds, strongest_kind
from dsgrid.dimensions.kinds import KINDS, check_mapping
from dsgrid.dimensions.mapping import Association, Mapping

A, B, C, D = "abcd", "mnopq", "stuv", "wxyz"
CONSERVING = tuple(name for name, kind in KINDS.items() if kind.sums_to_one == "from")
AVERAGING = tuple(name for name, kind in KINDS.items() if kind.sums_to_one == "to")
COPYING = ("duplication", "one_to_one")
values = st.lists(st.floats(-1e6, 1e6), min_size=len(A), max_size=len(A)).map(
    lambda drawn: dict(zip(A, drawn, strict=True))
)
Values = dict[str, float]


def mapping(kind: str, *rows: tuple, **options) -> Mapping:
    return Mapping(kind, tuple(Association(*row) for row in rows), **options)


def applied(of: Mapping, before: Values) -> tuple[Values, float]:
    """Do what the arithmetic of mappings says, row by row: return the values, and what is dropped on purpose."""
    after: defaultdict[str, list[float]] = defaultdict(list)
    dropped = []
    for row in of.associations:
        if row.from_id in before:
            product = before[row.from_id] * row.fraction
            after[row.to_id].append(product) if row.to_id is not None else dropped.append(product)
    return {id_: math.fsum(parts) for id_, parts in after.items()}, math.fsum(dropped)


def close(found: Values, wanted: Values, size: float) -> bool:
    return found.keys() == wanted.keys() and all(abs(found[id_] - wanted[id_]) <= 1e-9 * size for id_ in wanted)


def size(before: Values) -> float:
    return 1.0 + 100 * math.fsum(map(abs, before.values()))


def pairs(of: Mapping) -> set[tuple[str, str | None]]:
    return {(row.from_id, row.to_id) for row in of.associations}


@rounds(30)
@given(mappings_of_kinds(A, B), mappings_of_kinds(B, C), values)
def test_a_composition_is_one_after_the_other(first: Mapping, second: Mapping, before: Values) -> None:
    between, dropped_first = applied(first, before)
    wanted, dropped_second = applied(second, between)
    found, dropped = applied(compose_mappings(first, second), before)
    assert close(found, wanted, size(before))
    assert abs(dropped - dropped_first - dropped_second) <= 1e-9 * size(before)


@rounds(30)
@given(mappings_of_kinds(A, B), mappings_of_kinds(B, C), mappings_of_kinds(C, D))
def test_composing_is_associative(first: Mapping, second: Mapping, third: Mapping) -> None:
    left = compose_mappings(compose_mappings(first, second), third)
    right = compose_mappings(first, compose_mappings(second, third))
    assert pairs(left) == pairs(right)
    exact = {(row.from_id, row.to_id): row.fraction for row in right.associations}
    assert all(abs(row.fraction - exact[row.from_id, row.to_id]) <= 1e-9 for row in left.associations)
    assert math.isclose(left.tolerance, right.tolerance, rel_tol=1e-6)
    assert compose_all((first, second, third)) == left


@rounds(30)
@given(mappings_of_kinds(A, B, CONSERVING), mappings_of_kinds(B, C, CONSERVING, whole=True), values)
def test_totals_are_kept_by_two_that_keep_them(first: Mapping, second: Mapping, before: Values) -> None:
    composed = compose_mappings(first, second)
    assert KINDS[composed.kind].sums_to_one == "from"
    mapped = {id_: value for id_, value in before.items() if id_ in {row.from_id for row in first.associations}}
    found, dropped = applied(composed, mapped)
    assert abs(math.fsum(found.values()) + dropped - math.fsum(mapped.values())) <= 1e-9 * size(before)


@rounds(20)
@pytest.mark.parametrize("kind", CONSERVING)
@given(st.data())
def test_totals_are_kept_by_every_kind_that_says_so(kind: str, data: st.DataObject) -> None:
    one, before = data.draw(mappings_of_kinds(A, B, (kind,), whole=True)), data.draw(values)
    assert not check_mapping(one, A, B)
    found, dropped = applied(one, before)
    assert abs(math.fsum(found.values()) + dropped - math.fsum(before.values())) <= 1e-9 * size(before)


@rounds(20)
@given(mappings_of_kinds(A, B, (*AVERAGING, "one_to_one", "duplication")), st.floats(-1e6, 1e6))
def test_averages_of_equal_values_are_these_by_every_kind_that_says_so(one: Mapping, value: float) -> None:
    assume(any(row.to_id is not None for row in one.associations))
    found, _ = applied(one, dict.fromkeys(A, value))
    assert all(math.isclose(each, value, rel_tol=1e-9, abs_tol=1e-9) for each in found.values())


@rounds(30)
@given(mappings_of_kinds(A, B), mappings_of_kinds(B, C))
def test_the_kind_of_a_composition_is_the_strongest_that_is_accepted(first: Mapping, second: Mapping) -> None:
    found = compose_mappings(first, second)
    assume(found.associations)
    assert not check_mapping(found, A, C)
    accepted = {name for name in KINDS if not check_mapping(replace(found, kind=name), A, C)}
    assert accepted == set(fitting_kinds(found.associations, found.tolerance))

    def promises(name: str) -> tuple[bool, int]:
        kind = KINDS[name]
        return bool(kind.sums_to_one) or kind.all_ones, (not kind.from_repeats) + (not kind.to_repeats)

    assert promises(found.kind) == max(map(promises, accepted))


@given(mappings_of_kinds(A, B))
def test_renaming_to_the_same_ids_changes_nothing(one: Mapping) -> None:
    before = mapping("one_to_one", *((id_, id_) for id_ in A))
    after = mapping("one_to_one", *((id_, id_) for id_ in B))
    for found in (compose_mappings(before, one), compose_mappings(one, after)):
        assert same_associations(found, one)


def test_what_all_targets_drop_is_dropped_on_purpose() -> None:
    first = mapping("one_to_many_disaggregation", ("a", "m", 0.25), ("a", "n", 0.75), ("b", "o"), ("c", None))
    second = mapping("many_to_one_aggregation", ("m", None), ("n", None), ("o", "s"))
    found = compose_mappings(first, second)
    assert found.associations == (Association("a", None, 1.0), Association("b", "s", 1.0), Association("c", None, 1.0))
    assert found.kind == "one_to_one"


def test_an_id_of_which_the_second_knows_nothing_is_lost_without_a_row() -> None:
    first = mapping("one_to_one", ("a", "m"), ("b", "n"))
    found = compose_mappings(first, mapping("one_to_one", ("m", "s")))
    assert found.associations == (Association("a", "s", 1.0),)
    half = mapping("one_to_many_disaggregation", ("a", "m", 0.5), ("a", "n", 0.5))
    lost = compose_mappings(half, mapping("one_to_one", ("m", "s")))
    assert (lost.kind, lost.associations) == ("one_to_one_explicit_multipliers", (Association("a", "s", 0.5),))


def test_factors_below_0_that_sum_to_1_are_no_parts_of_a_whole() -> None:
    split = mapping("one_to_many_explicit_multipliers", ("a", "m", -0.5), ("a", "n", 1.5))
    found = compose_mappings(split, mapping("one_to_one", ("m", "s"), ("n", "t")))
    assert found.kind == "one_to_many_explicit_multipliers"


def test_an_association_of_0_stays_one() -> None:
    zero = mapping("one_to_one_explicit_multipliers", ("a", "m", 0.0))
    assert compose_mappings(zero, mapping("one_to_one", ("m", "s"))).associations == (Association("a", "s", 0.0),)


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("many_to_one_aggregation", "many_to_one_aggregation", "many_to_one_aggregation"),
        ("many_to_one_aggregation", "many_to_one_reassignment", "many_to_one_reassignment"),
        ("many_to_one_reassignment", "one_to_one", "many_to_one_reassignment"),
    ],
)
def test_of_kinds_that_promise_the_same_the_later_gives_its_word(first: str, second: str, kind: str) -> None:
    rows = [("m", "s"), ("n", "t")] if second == "one_to_one" else [("m", "s"), ("n", "s")]
    found = compose_mappings(mapping(first, ("a", "m"), ("b", "m"), ("c", "n")), mapping(second, *rows))
    assert found.kind == kind


def test_splitting_and_rolling_up_to_where_it_was_is_a_plain_roll_up() -> None:
    split = mapping("one_to_many_disaggregation", ("a", "m", 0.25), ("a", "n", 0.75), ("b", "o"))
    states = mapping("many_to_one_aggregation", ("m", "s"), ("n", "s"), ("o", "s"))
    found = compose_mappings(split, states)
    assert found.kind == "many_to_one_aggregation"
    assert found.associations == (Association("a", "s", 1.0), Association("b", "s", 1.0))


def test_two_errors_may_be_as_large_as_both_tolerances_together() -> None:
    split = mapping("one_to_many_disaggregation", ("a", "m", 0.5), ("a", "n", 0.5 + 9e-7))
    again = mapping("one_to_many_disaggregation", ("m", "s", 1 + 9e-7), ("n", "t", 1 + 9e-7))
    found = compose_mappings(split, again)
    assert found.kind == "one_to_many_disaggregation"
    assert 1.8e-6 < found.tolerance < 2.1e-6
    exact = mapping("one_to_many_disaggregation", ("a", "m", 0.5), ("a", "n", 0.5))
    assert compose_mappings(exact, again).tolerance == 1e-6


def test_the_same_in_another_order_is_the_same() -> None:
    one = mapping("many_to_one_aggregation", ("a", "m", 0.1 + 0.2), ("b", None))
    assert same_associations(one, mapping("many_to_one_aggregation", ("b", None), ("a", "m", 0.3)))
    assert not same_associations(one, mapping("many_to_one_aggregation", ("a", "m", 0.3)))
    assert not same_associations(one, mapping("many_to_one_aggregation", ("a", "m", 0.3001), ("b", None)))


# -- The other way round


def test_a_renaming_goes_back_to_the_names_before() -> None:
    renamed = mapping("one_to_one", ("a", "m"), ("b", "n"), ("c", None))
    back = reverse_mapping(renamed, ("m", "n"))
    assert back == mapping("one_to_one", ("m", "a"), ("n", "b"))
    assert compose_mappings(mapping("one_to_one", ("a", "m"), ("b", "n")), back).associations == (
        Association("a", "a"),
        Association("b", "b"),
    )


def test_a_roll_up_goes_back_as_copies() -> None:
    states = mapping("many_to_one_aggregation", ("a", "s"), ("b", "s"), ("c", "t"))
    assert reverse_mapping(states, ("s", "t")) == mapping("duplication", ("s", "a"), ("s", "b"), ("t", "c"))
    # Of these records alone nothing is copied.
    assert reverse_mapping(states, ("t",)) == mapping("one_to_one", ("t", "c"))


@rounds(20)
@given(mappings_of_kinds(A, B, ("many_to_one_aggregation",)), st.floats(-1e6, 1e6))
def test_what_goes_back_is_accepted_and_keeps_values(states: Mapping, value: float) -> None:
    assume(any(row.to_id is not None for row in states.associations))
    back = reverse_mapping(states, tuple(B))
    assert not check_mapping(back, B, A)
    assert strongest_kind(back.associations, back.tolerance) == back.kind
    found, _ = applied(back, dict.fromkeys(B, value))
    assert found == {row.from_id: value for row in states.associations if row.to_id is not None}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([("a", "s"), ("a", "t"), ("b", "s")], '"a" is in several records of it, which have different values'),
        ([("a", "s", 0.5), ("b", "s")], '"a" is in it with a fraction other than 1'),
    ],
)
def test_what_is_in_several_or_in_parts_has_no_way_back(rows: list[tuple], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        reverse_mapping(mapping("many_to_many_explicit_multipliers", *rows), ("s",))


def test_records_that_are_not_gone_back_from_may_be_anything() -> None:
    groups = mapping("many_to_many_explicit_multipliers", ("a", "s"), ("b", "t"), ("b", "u"))
    assert reverse_mapping(groups, ("s",)) == mapping("one_to_one", ("s", "a"))
