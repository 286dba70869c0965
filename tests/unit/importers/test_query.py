from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.query import query
from dsgrid.importers.translation import Translation

from .conftest import QUERY, Make

ALL = {"geography": ["county"], "metric": ["end_use"], "model_year": ["model_year"], "scenario": ["scenario"]}
NONE: dict[str, Any] = {"sector": [], "subsector": [], "time": [], "weather_year": []}


@pytest.fixture
def translate(query_file: Make, project_file: Make) -> Any:
    """Translate a query with changes to its dataset and result sections."""

    def call(dataset: dict[str, Any] | None = None, **result: Any) -> Translation:
        source = QUERY["project"] | {"dataset": QUERY["project"]["dataset"] | (dataset or {})}
        return query(query_file(project=source, result=QUERY["result"] | result), project_file(), Path("/results"))

    return call


def _sum(**dimensions: Any) -> list[dict[str, Any]]:
    return [{"aggregation_function": "sum", "dimensions": ALL | NONE | dimensions}]


def test_a_query_without_steps_asks_for_its_datasets(translate: Any) -> None:
    assert translate().spec == {
        "spec_version": 1,
        "job": "query",
        "name": "by_state",
        "project": "demo",
        "datasets": ["offices"],
        "result": {"path": "/results", "format": "parquet"},
    }


def test_an_aggregation_is_a_step_that_names_what_it_sums_over(translate: Any) -> None:
    aggregation = _sum(geography=[{"dimension_name": "state", "function": None, "alias": None}], scenario=[])
    assert translate(aggregations=aggregation).spec["step"] == [
        {
            "function": "sum",
            "by": ["state", "end_use", "model_year"],
            "over": ["scenario", "weather_year"],
        }
    ]


def test_functions_of_time_are_words_here_and_sorting_follows(translate: Any) -> None:
    year = {"dimension_name": "time_est", "function": "year", "alias": "year"}
    hour = {"dimension_name": "time_est", "function": "hour", "alias": None}
    translation = translate(aggregations=_sum(time=[year, hour]), sort_columns=["year", "hour__time_est", "county"])
    assert translation.spec["step"][0]["by"][-2:] == ["annual", "hour_of_day"]
    assert translation.spec["result"]["sort"] == ["annual", "hour_of_day", "county"]
    assert [remark.message for remark in translation.remarks] == [
        'the column "year" is "annual" here',
        'the column "hour__time_est" is "hour_of_day" here',
    ]


def test_output_is_said_the_same(translate: Any) -> None:
    result = translate(
        table_format={"format_type": "pivoted", "pivoted_dimension_type": "metric"},
        output_format="csv",
        replace_ids_with_names=True,
    ).spec["result"]
    assert result == {"path": "/results", "format": "csv", "pivot": "metric", "names": True}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("geography", "geography"), ("America/Denver", "America/Denver"), ("US/Mountain", "America/Denver"), (None, None)],
)
def test_results_may_be_in_another_zone(translate: Any, theirs: str | None, ours: str | None) -> None:
    translation = translate(time_zone=theirs)
    assert translation.spec["result"].get("zone") == ours
    # Theirs are readings beside a column that says the zone, as ours are only for geographies.
    changed = [remark.key for remark in translation.remarks if remark.kind == "changed"]
    assert changed == (["result.time_zone"] if ours == "America/Denver" else [])


@pytest.mark.parametrize("expression", ["offices | homes", "homes|offices", "(offices | homes)"])
def test_a_union_is_a_list_of_datasets(translate: Any, expression: str) -> None:
    sources = [{"dataset_id": "offices"}, {"dataset_id": "homes", "dataset_type": "standalone"}]
    spec = translate({"source_datasets": sources, "expression": expression}).spec
    assert spec["datasets"] == ["offices", "homes"]


COUNTY = {"dimension_type": "geography", "dimension_name": "county"}
FILTERS = [
    (
        COUNTY | {"filter_type": "expression", "operator": "==", "column": "id", "value": "06037"},
        {"dimension": "county", "equals": "06037"},
    ),
    (
        COUNTY | {"filter_type": "expression", "operator": "!=", "column": "state", "value": "CA"},
        {"dimension": "county", "attribute": "state", "not_equals": "CA"},
    ),
    (
        COUNTY | {"filter_type": "column_operator", "operator": "isin", "value": ["06037"]},
        {"dimension": "county", "in": ["06037"]},
    ),
    (
        COUNTY | {"filter_type": "column_operator", "operator": "isin", "value": ["06037"], "negate": True},
        {"dimension": "county", "not_in": ["06037"]},
    ),
    (
        COUNTY
        | {
            "filter_type": "supplemental_column_operator",
            "dimension_name": "state",
            "column": "name",
            "operator": "isin",
            "value": ["California"],
        },
        {"dimension": "state", "attribute": "name", "in": ["California"]},
    ),
    (
        {"filter_type": "subset", "dimension_type": "subsector", "dimension_names": ["commercial"]},
        {"subset": "by_sector", "selectors": ["commercial"]},
    ),
]


@pytest.mark.parametrize(("theirs", "ours"), FILTERS)
def test_filters_on_records_keep_their_meaning(translate: Any, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    assert translate({"params": {"dimension_filters": [theirs]}}).spec["where"] == [ours]


def test_a_filter_on_the_result_compares_ids(translate: Any) -> None:
    filter_ = COUNTY | {"filter_type": "expression", "operator": "==", "column": "county", "value": "06037"}
    translation = translate(dimension_filters=[filter_])
    assert translation.spec["where"] == [{"dimension": "county", "equals": "06037"}]
    assert [remark.kind for remark in translation.remarks] == ["changed"]


def test_what_changes_no_number_is_dropped_with_a_remark(query_file: Make, project_file: Make) -> None:
    source = QUERY["project"] | {"mapping_plans": [{"dataset_id": "offices"}], "version": "1.3.0"}
    result = QUERY["result"] | {"aggregate_each_dataset": True, "column_type": "dimension_types"}
    translation = query(query_file(project=source, result=result), project_file(), Path("/results"))
    assert [remark.kind for remark in translation.remarks] == ["dropped", "dropped", "dropped", "renamed"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"aggregations": [_sum()[0] | {"aggregation_function": "max"}]}, "aggregations[0].aggregation_function"),
        ({"aggregations": _sum() * 2}, "aggregations[1]"),
        ({"reports": [{"report_type": "peak_load"}]}, "reports"),
        (
            {"aggregations": _sum(time=[{"dimension_name": "time_est", "function": "weekofyear"}])},
            "aggregations[0].dimensions.time[0].function",
        ),
        ({"dimension_filters": [COUNTY | {"filter_type": "expression_raw"}]}, "dimension_filters[0].filter_type"),
        (
            {"dimension_filters": [COUNTY | {"filter_type": "expression", "operator": ">", "value": "1"}]},
            "dimension_filters[0].operator",
        ),
        (
            {"dimension_filters": [{"filter_type": "expression", "dimension_type": "time"}]},
            "dimension_filters[0].dimension_type",
        ),
    ],
)
def test_what_cannot_be_said_yet_names_its_key(translate: Any, changes: dict[str, Any], key: str) -> None:
    with pytest.raises(SpecError) as caught:
        translate(**changes)
    assert f"result.{key}: not supported yet" in str(caught.value)


@pytest.mark.parametrize("expression", ["offices + homes", "offices", "offices | offices"])
def test_other_expressions_are_not_supported_yet(translate: Any, expression: str) -> None:
    sources = [{"dataset_id": "offices"}, {"dataset_id": "homes"}]
    with pytest.raises(SpecError, match=r"project\.dataset\.expression: not supported yet"):
        translate({"source_datasets": sources, "expression": expression})


def test_projections_are_not_supported_yet(translate: Any) -> None:
    source = {"dataset_type": "projection", "dataset_id": "offices"}
    with pytest.raises(SpecError, match=r"source_datasets\[0\]\.dataset_type: not supported yet"):
        translate({"source_datasets": [source]})


def test_selectors_of_no_subset_are_an_error(translate: Any) -> None:
    filter_ = {"filter_type": "subset", "dimension_type": "subsector", "dimension_names": ["industrial"]}
    with pytest.raises(SpecError, match="no subset dimension of the project has the selectors"):
        translate({"params": {"dimension_filters": [filter_]}})
