"""What is left of a mapping means what it meant before, and is still valid for its kind where that can be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.dimensions.cutting import cut_dimension, cut_sources, cut_subset, cut_supplemental, cut_targets, sources_of
from dsgrid.dimensions.dimension import Dimension, Selector, Subset, Supplemental
from dsgrid.dimensions.kinds import KINDS, check_mapping
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.matrix import from_mapping, restrict_targets
from dsgrid.dimensions.records import Record, Records

SHARES = Mapping(
    "one_to_many_disaggregation",
    (Association("west", "a", 0.25), Association("west", "b", 0.75), Association("east", "c", 1.0)),
)


def dimension(*ids: str) -> Dimension:
    return Dimension("d", "geography", "county", Records(tuple(Record(id_, id_) for id_ in ids)))


def test_what_went_to_lost_targets_goes_nowhere() -> None:
    cut = cut_targets(SHARES, {"a"})
    assert cut.associations == (Association("west", "a", 0.25), Association("west", None, 0.75))
    assert check_mapping(cut, {"west"}, {"a"}) == ()


def test_a_part_that_went_nowhere_before_is_added_up() -> None:
    mapping = Mapping(
        "many_to_many_aggregation",
        (Association("x", None, 0.5), Association("x", "a", 0.25), Association("x", "b", 0.25)),
    )
    assert cut_targets(mapping, {"b"}).associations == (Association("x", "b", 0.25), Association("x", None, 0.75))


def test_factors_and_copies_lose_no_promise() -> None:
    for kind, fraction in (("duplication", 1.0), ("many_to_many_explicit_multipliers", 3.0)):
        mapping = Mapping(kind, (Association("x", "a", fraction), Association("x", "b", fraction)))
        assert cut_targets(mapping, {"a"}).associations == (Association("x", "a", fraction),)


def test_what_is_whole_is_the_same() -> None:
    assert cut_targets(SHARES, {"a", "b", "c"}) is SHARES
    assert cut_sources(SHARES, {"west", "east"}) is SHARES
    whole = dimension("a", "b")
    assert cut_dimension(whole, {"a", "b", "c"}) is whole


def test_zero_is_a_fraction() -> None:
    mapping = Mapping("many_to_many_explicit_multipliers", (Association("x", "a", 0.0),))
    assert sources_of(mapping, {"a"}) == {"x"}
    assert cut_targets(mapping, {"a"}) is mapping


def test_a_supplemental_dimension_loses_records_that_nothing_reaches() -> None:
    mapping = Mapping(
        "many_to_one_aggregation", (Association("a", "CA"), Association("b", "CO"), Association("c", None))
    )
    whole = Supplemental(dimension("CA", "CO"), "county", mapping)
    cut = cut_supplemental(whole, {"a", "c"})
    assert cut is not None
    assert cut.dimension.records.ids == ("CA",)
    assert cut.mapping.associations == (Association("a", "CA"), Association("c", None))
    assert cut_supplemental(whole, {"c"}) is None


def test_selectors_that_are_empty_go() -> None:
    subset = Subset("s", "county", (Selector("one", ("a", "b")), Selector("two", ("c",))))
    cut = cut_subset(subset, {"b"})
    assert cut is not None
    assert [(each.name, each.ids) for each in cut.selectors] == [("one", ("b",))]
    assert cut_subset(subset, {"d"}) is None


@st.composite
def valid_mappings(draw: st.DrawFn) -> Mapping:
    """A mapping of each source onto some targets, with fractions that add up to 1 for each source."""
    associations = []
    for source in "uvw":
        targets = draw(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=4, unique=True))
        weights = [draw(st.integers(1, 100)) for _ in targets]
        associations += [
            Association(source, target, weight / sum(weights)) for target, weight in zip(targets, weights, strict=True)
        ]
    return Mapping("many_to_many_aggregation", tuple(draw(st.permutations(associations))))


@given(valid_mappings(), st.sets(st.sampled_from("abc"), min_size=1))
def test_a_cut_mapping_is_valid_and_the_filtered_matrix(mapping: Mapping, kept: set[str]) -> None:
    cut = cut_targets(mapping, kept)
    whole, left = restrict_targets(from_mapping(mapping), kept).entries, from_mapping(cut).entries
    assert {source: dict(row) for source, row in left.items()} == {source: dict(row) for source, row in whole.items()}
    if cut.associations:
        assert check_mapping(cut, {each.from_id for each in cut.associations}, kept) == ()
    sums: dict[str, list[float]] = {}
    for each in cut.associations:
        sums.setdefault(each.from_id, []).append(each.fraction)
    assert all(math.isclose(math.fsum(row), 1.0) for row in sums.values())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.endswith("assignment")])
def test_weights_of_a_mean_stay(kind: str) -> None:
    mapping = Mapping(kind, (Association("u", "a", 0.5), Association("v", "a", 0.5)))
    assert cut_sources(mapping, {"u"}).associations == (Association("u", "a", 0.5),)
