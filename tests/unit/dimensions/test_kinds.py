import pytest

from dsgrid.dimensions.ids import lost_zeros, unknown_id, unknown_ids
from dsgrid.dimensions.kinds import KINDS, check_mapping
from dsgrid.dimensions.mapping import Association, Mapping


def messages(kind: str, rows: list[tuple], from_ids="ab", to_ids="xy", **options) -> list[str]:
    mapping = Mapping(kind, tuple(Association(*row) for row in rows), **options)
    return [problem.message for problem in check_mapping(mapping, from_ids, to_ids, "m.csv")]


def test_there_are_as_many_kinds_as_the_field_uses():
    assert len(KINDS) == 14


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("one_to_one", [("a", "x"), ("b", "y")]),
        ("many_to_one_aggregation", [("a", "x"), ("b", "x")]),
        ("many_to_one_reassignment", [("a", "x"), ("b", "x")]),
        ("duplication", [("a", "x"), ("a", "y")]),
        ("one_to_many_disaggregation", [("a", "x", 0.25), ("a", "y", 0.75)]),
        ("many_to_many_aggregation", [("a", "x", 0.25), ("a", "y", 0.75), ("b", "x")]),
        ("many_to_many_disaggregation", [("a", "x", 0.25), ("a", "y", 0.75), ("b", "x")]),
        ("one_to_many_assignment", [("a", "x"), ("a", "y")]),
        ("many_to_one_assignment", [("a", "x", 0.25), ("b", "x", 0.75)]),
        ("many_to_many_assignment", [("a", "x", 0.25), ("b", "x", 0.75), ("b", "y")]),
        ("one_to_one_explicit_multipliers", [("a", "x", 7.0)]),
        ("one_to_many_explicit_multipliers", [("a", "x", 7.0), ("a", "y", 0.0)]),
        ("many_to_one_explicit_multipliers", [("a", "x", 7.0), ("b", "x", -2.0)]),
        ("many_to_many_explicit_multipliers", [("a", "x", 7.0), ("b", "x", -2.0), ("b", "y", 2.0)]),
    ],
)
def test_each_kind_accepts_what_it_is_for(kind, rows):
    assert messages(kind, rows) == []


def test_an_id_that_repeats_is_refused_with_the_kind_that_allows_it():
    (found,) = messages("one_to_many_disaggregation", [("a", "x"), ("b", "x")])
    assert "one_to_many_disaggregation reaches an id once" in found
    assert '"x"; many_to_many_disaggregation allows it' in found
    (found,) = messages("many_to_one_aggregation", [("a", "x", 0.5), ("a", "y", 0.5)])
    assert '"a"; many_to_many_aggregation allows it' in found


def test_from_may_not_repeat_in_a_many_to_one_assignment():
    found = messages("many_to_one_assignment", [("a", "x", 1.0), ("a", "y", 1.0)])
    assert any("`from` repeats" in message for message in found)


def test_a_repeated_pair_is_refused_where_ids_may_repeat():
    (found,) = messages("many_to_many_explicit_multipliers", [("a", "x"), ("a", "x")])
    assert "a -> x" in found


@pytest.mark.parametrize("fractions", [(0.25, 0.7), (0.25, 0.8)])
def test_sums_below_and_above_1_are_both_refused(fractions):
    (found,) = messages("one_to_many_disaggregation", [("a", "x", fractions[0]), ("a", "y", fractions[1])])
    assert f'"a" {sum(fractions):.12g}' in found
    assert "1 of 1" in found


def test_a_part_of_a_whole_is_not_below_0_and_a_weight_may_be():
    rows = [("a", "x", -0.25), ("a", "y", 1.25)]
    (found,) = messages("one_to_many_disaggregation", rows)
    assert 'no fraction is below 0, unlike "a -> x (-0.25)"' in found
    assert messages("many_to_many_assignment", [("a", "x", -0.25), ("b", "x", 1.25), ("b", "y")]) == []
    assert messages("one_to_many_explicit_multipliers", rows) == []
    assert messages("one_to_many_disaggregation", [("a", "x", -1e-9), ("a", "y", 1.0)]) == []


def test_the_tolerance_of_the_mapping_decides():
    rows = [("a", "x", 0.5), ("a", "y", 0.5001)]
    assert messages("one_to_many_disaggregation", rows, tolerance=1e-3) == []
    assert messages("one_to_many_disaggregation", rows) != []


def test_dropping_on_purpose_counts_in_the_sum_of_its_source_and_not_as_a_repeated_target():
    assert messages("many_to_many_aggregation", [("a", "x", 0.4), ("a", None, 0.6), ("b", None)]) == []
    assert messages("one_to_one", [("a", None), ("b", None)]) == []
    assert messages("many_to_many_assignment", [("a", "x"), ("b", None, 0.3)]) == []


def test_a_duplication_copies_with_fraction_1_exactly():
    (found,) = messages("duplication", [("a", "x"), ("a", "y", 1.0000001)])
    assert "a -> y has 1.0000001" in found


def test_unknown_ids_are_named_on_both_sides_together():
    found = messages("one_to_one", [("c", "z")])
    assert len(found) == 2
    assert found[0].startswith('`from`: there is no record "c"')
    assert found[1].startswith('`to`: there is no record "z"')


def test_an_empty_mapping_is_refused():
    assert messages("one_to_one", []) == ["the mapping has no records"]


def test_a_nan_fraction_is_refused_once():
    (found,) = messages("one_to_many_disaggregation", [("a", "x", float("nan"))])
    assert "finite" in found


# -- ids


def test_a_lost_leading_zero_is_recognised():
    valid = {"06037", "48001", "CA"}
    assert lost_zeros("6037", valid) == "06037"
    assert lost_zeros("6037.0", valid) == "06037"
    assert lost_zeros("48001.0", valid) == "48001"
    assert lost_zeros("6038", valid) is None
    assert lost_zeros("ca", valid) is None
    assert unknown_id("6037", valid) == 'id "6037" lost its leading zero; did you mean "06037"?'
    assert unknown_id("48001.0", valid) == 'id "48001.0" was read as a number; did you mean "48001"?'


def test_a_table_that_lost_all_its_zeros_gives_one_message():
    valid = [f"0{number}" for number in range(1001, 1100)]
    message = unknown_ids([id_[1:] for id_ in valid], valid)
    assert message == '99 ids lost their leading zeros, such as "1001" for "01001"; write ids as text'
    assert unknown_ids(valid, valid) is None


def test_several_ids_are_no_records_of_one_dimension():
    message = unknown_ids(["x", "y"], ["06037"], 'record of "county"')
    assert message.startswith(
        '2 ids are no records of "county": "x", "y"; the first: there is no record of "county" "x"'
    )


def test_the_problem_says_where_and_that_zeros_are_lost():
    mapping = Mapping("one_to_one", (Association("6037", "x"),))
    (problem,) = check_mapping(mapping, ["06037"], ["x"], "specs/m.csv")
    assert str(problem) == 'specs/m.csv: `from`: id "6037" lost its leading zero; did you mean "06037"?'
