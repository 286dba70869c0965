"""Reports of dsgrid-toolkit look at the result; ours at the sum of each group in each slot."""

from __future__ import annotations

from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.spec.load import load_spec

HOURLY = {
    "aggregation_function": "sum",
    "dimensions": {
        "geography": [{"dimension_name": "state", "function": None, "alias": "region"}],
        "metric": ["end_use"],
        "scenario": ["scenario"],
        "model_year": ["model_year"],
        "weather_year": [],
        "time": ["time_est"],
    },
}


def _peak(*columns: str) -> dict[str, Any]:
    return {"report_type": "peak_load", "inputs": {"group_by_columns": list(columns)}}


def test_a_peak_keeps_its_groups_and_the_metric(translate: Any) -> None:
    translation = translate(aggregations=[HOURLY], reports=[_peak("region", "scenario", "model_year")])
    assert translation.spec["report"] == [
        {"kind": "peak_load", "by": ["state", "scenario", "model_year", "end_use"], "over": ["weather_year"]}
    ]
    assert [one.kind for one in translation.remarks if one.target[:1] == ("report",)] == ["changed"]
    load_spec(translation.spec)


def test_a_column_that_the_report_does_not_group_by_stays_with_a_remark(translate: Any) -> None:
    translation = translate(aggregations=[HOURLY], reports=[_peak("region"), _peak("scenario")])
    first, second = translation.spec["report"]
    assert first["by"] == ["state", "end_use", "scenario", "model_year"]
    assert (second["name"], second["by"][0]) == ("peak_load_2", "scenario")
    asked = [one for one in translation.remarks if one.kind == "decide"]
    assert [one.target for one in asked] == [("report", 0, "by"), ("report", 1, "by")]
    assert '"scenario", "model_year" by itself' in asked[0].message
    load_spec(translation.spec)


def test_without_aggregations_types_are_base_dimensions(translate: Any) -> None:
    (report,) = translate(reports=[_peak("geography", "metric")], column_type="dimension_types").spec["report"]
    assert report["by"][:2] == ["county", "end_use"]
    assert len(report["by"]) == 7


@pytest.mark.parametrize(
    ("aggregations", "report", "message"),
    [
        ([HOURLY | {"aggregation_function": "max"}], _peak("region"), "peak load of values that are no sums"),
        (
            [HOURLY | {"dimensions": HOURLY["dimensions"] | {"time": []}}],  # type: ignore[operator]
            _peak("region"),
            'without a column "time_est"',
        ),
        ([HOURLY], _peak("state_"), 'no column "state_" to group by; did you mean "state"'),
        ([HOURLY], {"report_type": "peak_loads"}, 'the report "peak_loads"; did you mean "peak_load"'),
    ],
)
def test_what_would_be_another_number_is_refused(
    translate: Any, aggregations: list[Any], report: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        translate(aggregations=aggregations, reports=[report])
