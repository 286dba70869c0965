from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.query import query

from .conftest import QUERY, Make

ALL = {"geography": ["county"], "metric": ["end_use"], "model_year": ["model_year"], "scenario": ["scenario"]}
NONE: dict[str, Any] = {"sector": [], "subsector": [], "time": [], "weather_year": []}


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


def test_columns_that_are_called_by_type_are_sorted_by_their_dimension(translate: Any) -> None:
    types = ["geography", "metric", "timestamp", "value"]
    plain = translate(column_type="dimension_types", sort_columns=types)
    assert plain.spec["result"]["sort"] == ["county", "end_use", "time_est", "value"]
    by_state = translate(
        column_type="dimension_types", sort_columns=types, aggregations=_sum(geography=["state"], time=["time_est"])
    )
    assert by_state.spec["result"]["sort"] == ["state", "end_use", "time_est", "value"]
    by_name = translate(column_type="dimension_names", sort_columns=["county", "value"])
    assert by_name.spec["result"]["sort"] == ["county", "value"]


def test_a_query_whose_name_is_no_folder_is_refused(query_file: Make, project_file: Make) -> None:
    with pytest.raises(SpecError, match=r'name: "\.\./x" cannot be the name of a query'):
        query(query_file(name="../x"), project_file(), Path("/results"))


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


def test_what_changes_no_number_is_dropped_with_a_remark(query_file: Make, project_file: Make) -> None:
    source = QUERY["project"] | {"mapping_plans": [{"dataset_id": "offices"}], "version": "1.3.0"}
    result = QUERY["result"] | {"aggregate_each_dataset": True, "column_type": "dimension_types"}
    translation = query(query_file(project=source, result=result), project_file(), Path("/results"))
    said = [(remark.kind, remark.key) for remark in translation.remarks]
    assert said == [
        ("dropped", "project.version"),
        ("dropped", "project.mapping_plans[0]"),
        ("renamed", "result.column_type"),
        ("dropped", "result.aggregate_each_dataset"),
    ]


@pytest.mark.parametrize(("fractions", "twice"), [(("1", "0.5"), True), (("0.5", "0.5"), False), (("1", "0"), False)])
def test_a_dimension_that_counts_twice_is_allowed_to_with_a_remark(
    translate: Any, repository: Path, fractions: tuple[str, str], twice: bool
) -> None:
    rows = [f"06037,CA,{fractions[0]}", f"06037,NY,{fractions[1]}", "36047,NY,1"]
    (repository / "county_to_state.csv").write_text("\n".join(["from_id,to_id,from_fraction", *rows]))
    translation = translate(aggregations=_sum(geography=["state"]))
    assert translation.spec.get("allow_double_counting", False) is twice
    assert [(one.kind, one.key) for one in translation.remarks] == ([("decide", "result.aggregations")] * twice)
    assert "allow_double_counting" not in translate(aggregations=_sum()).spec


def test_a_subset_whose_selectors_overlap_counts_twice(translate: Any, repository: Path) -> None:
    aggregations = _sum(subsector=["by_sector"])
    assert "allow_double_counting" not in translate(aggregations=aggregations).spec
    (repository / "by_sector.csv").write_text("id,commercial,residential\noffice,x,x\nhome,,x\n")
    assert translate(aggregations=aggregations).spec["allow_double_counting"] is True


@pytest.mark.parametrize("time", [[], ["time_est"]])
def test_a_second_aggregation_sums_over_no_type_that_the_first_one_left_out(translate: Any, time: list[str]) -> None:
    first = _sum(time=time, weather_year=[])[0]
    second = {"aggregation_function": "max", "dimensions": NONE | {"metric": ["end_use"], "scenario": ["scenario"]}}
    assert translate(aggregations=[first, second]).spec["step"] == [
        {
            "function": "sum",
            "by": ["county", "end_use", "model_year", "scenario", *time],
            "over": ["weather_year"],
        },
        {"function": "max", "by": ["end_use", "scenario"], "over": ["model_year"]},
    ]


def test_a_second_aggregation_sees_the_columns_under_the_names_of_the_first(translate: Any) -> None:
    state = {"dimension_name": "state", "function": None, "alias": "region"}
    year = {"dimension_name": "time_est", "function": "year", "alias": "year"}
    first = _sum(geography=[state], time=[year])[0]
    second = _sum(geography=["region"], time=["year"])[0] | {"aggregation_function": "mean"}
    spec = translate(aggregations=[first, second], sort_columns=["region", "year"]).spec
    assert [step["by"][0] for step in spec["step"]] == ["state", "state"]
    assert [step["by"][-1] for step in spec["step"]] == ["annual", "annual"]
    assert spec["result"]["sort"] == ["state", "annual"]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("avg", {"function": "mean"}),
        ("mean", {"function": "mean"}),
        ("min", {"function": "min"}),
        ("max", {"function": "max"}),
        ("count", {"function": "count"}),
        ("stddev", {"function": "stddev"}),
        ("stddev_samp", {"function": "stddev"}),
        ("median", {"function": "percentile", "percentiles": [50]}),
    ],
)
def test_functions_keep_their_meaning(translate: Any, theirs: str, ours: dict[str, Any]) -> None:
    translation = translate(aggregations=[_sum()[0] | {"aggregation_function": theirs}])
    (step,) = translation.spec["step"]
    assert {key: step[key] for key in step if key not in ("by", "over")} == ours
    # A percentile has a column that says which one it is.
    assert [remark.kind for remark in translation.remarks] == (["changed"] if theirs == "median" else [])


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        (
            {"aggregations": [_sum()[0] | {"aggregation_function": "stddev_pop"}]},
            "aggregations[0].aggregation_function",
        ),
        ({"reports": [{"report_type": "load_duration"}]}, "reports[0].report_type"),
        (
            {"aggregations": _sum(time=[{"dimension_name": "time_est", "function": "weekofyear"}])},
            "aggregations[0].dimensions.time[0].function",
        ),
    ],
)
def test_what_cannot_be_said_yet_names_its_key(translate: Any, changes: dict[str, Any], key: str) -> None:
    with pytest.raises(SpecError) as caught:
        translate(**changes)
    assert f"result.{key}: not supported" in str(caught.value)
