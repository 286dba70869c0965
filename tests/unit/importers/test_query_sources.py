from __future__ import annotations

from typing import Any

import pytest

from dsgrid.errors import SpecError

OFFICES, HOMES = {"dataset_id": "offices"}, {"dataset_id": "homes", "dataset_type": "standalone"}
GROWN = {
    "dataset_type": "projection",
    "dataset_id": "grown",
    "initial_value_dataset_id": "offices",
    "growth_rate_dataset_id": "rates",
    "construction_method": "exponential_growth",
    "base_year": None,
}


@pytest.mark.parametrize("expression", ["offices | homes", "homes|offices", "(offices | homes)"])
def test_a_union_is_a_list_of_datasets(translate: Any, expression: str) -> None:
    sources = [{"dataset_id": "offices"}, {"dataset_id": "homes", "dataset_type": "standalone"}]
    spec = translate({"source_datasets": sources, "expression": expression}).spec
    assert spec["datasets"] == ["offices", "homes"]


def test_without_an_expression_the_union_of_all_sources_is_asked(translate: Any) -> None:
    assert translate({"source_datasets": [OFFICES, HOMES]}).spec["datasets"] == ["offices", "homes"]


@pytest.mark.parametrize(
    "expression", ["offices + homes", "(offices | homes) - homes", "offices * homes", "offices | offices | homes"]
)
def test_any_other_expression_is_kept_as_it_is_written(translate: Any, expression: str) -> None:
    spec = translate({"source_datasets": [OFFICES, HOMES], "expression": f" {expression} "}).spec
    assert spec["expression"] == expression
    assert "datasets" not in spec


def test_a_source_that_the_expression_does_not_name_is_dropped_with_a_remark(translate: Any) -> None:
    translation = translate({"source_datasets": [OFFICES, GROWN], "expression": "offices"})
    assert translation.spec["datasets"] == ["offices"]
    assert "source" not in translation.spec
    assert [(remark.kind, remark.key) for remark in translation.remarks] == [
        ("dropped", "project.dataset.source_datasets[1]")
    ]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("offices + homs", r'expression: "homs" is no source of the query; did you mean "homes"\?'),
        ("offices ** homes", "expression: not supported: the expression"),
        ("offices & homes", r'expression: not supported: the expression .*"&" is no operator'),
        ("(offices | homes", r'expression: not supported: .*a "\)" is missing'),
    ],
)
def test_an_expression_that_cannot_be_read_says_why(translate: Any, expression: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        translate({"source_datasets": [OFFICES, HOMES], "expression": expression})


def test_two_sources_of_one_name_are_an_error(translate: Any) -> None:
    with pytest.raises(SpecError, match=r'source_datasets\[1\]\.dataset_id: there are two sources "offices"'):
        translate({"source_datasets": [OFFICES, OFFICES]})


@pytest.mark.parametrize(
    ("changes", "ours"),
    [
        ({}, {"kind": "exponential_growth"}),
        ({"base_year": 2018}, {"kind": "exponential_growth", "base_year": "2018"}),
        ({"construction_method": "annual_multiplier"}, {"kind": "annual_multiplier"}),
    ],
)
def test_a_projection_is_a_source_with_what_grows_and_how(
    translate: Any, changes: dict[str, Any], ours: dict[str, Any]
) -> None:
    translation = translate({"source_datasets": [HOMES, GROWN | changes], "expression": "homes | grown"})
    assert translation.spec["datasets"] == ["homes", "grown"]
    assert translation.spec["source"] == {"grown": {"initial": "offices", "growth": "rates", **ours}}
    # Theirs loses what does not grow, without a word.
    assert [(remark.kind, remark.key) for remark in translation.remarks] == [
        ("decide", "project.dataset.source_datasets[1].growth_rate_dataset_id")
    ]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"dataset_type": "composite"}, "dataset_type"),
        ({"construction_method": "monthly_growth"}, "construction_method"),
    ],
)
def test_other_sources_are_not_supported_yet(translate: Any, changes: dict[str, Any], key: str) -> None:
    with pytest.raises(SpecError, match=rf"source_datasets\[0\]\.{key}: not supported"):
        translate({"source_datasets": [GROWN | changes]})


def test_aggregating_each_source_is_the_same_only_for_sums_of_what_is_added(translate: Any) -> None:
    sources = [OFFICES, HOMES]
    added = translate({"source_datasets": sources, "expression": "offices - homes"}, aggregate_each_dataset=True)
    assert [remark.key for remark in added.remarks] == ["result.aggregate_each_dataset"]
    with pytest.raises(SpecError, match="aggregate_each_dataset: not supported"):
        translate({"source_datasets": sources, "expression": "offices * homes"}, aggregate_each_dataset=True)


def test_of_one_source_any_function_is_the_same(translate: Any) -> None:
    greatest = {"aggregation_function": "max", "dimensions": {"metric": ["end_use"], "geography": ["county"]}}
    alone = translate({"source_datasets": [OFFICES]}, aggregations=[greatest], aggregate_each_dataset=True)
    assert ("dropped", "result.aggregate_each_dataset") in [(one.kind, one.key) for one in alone.remarks]
    with pytest.raises(SpecError, match="aggregate_each_dataset: not supported"):
        translate({"source_datasets": [OFFICES, HOMES]}, aggregations=[greatest], aggregate_each_dataset=True)


def test_a_query_without_a_source_is_refused(translate: Any) -> None:
    with pytest.raises(SpecError, match="source_datasets: the query names no source"):
        translate({"source_datasets": []})
