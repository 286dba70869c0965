"""Remarks say which part of the spec they are about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dsgrid.importers.dataset import dataset
from dsgrid.importers.document import Entry
from dsgrid.importers.project import project
from dsgrid.importers.submission import submission
from dsgrid.importers.translation import Translation

from .conftest import DATASET, PROJECT, TIME, Make


def _reached(translation: Translation) -> dict[str, Any]:
    """Return by the place of each remark the deepest part of the spec on the way to its target."""
    found: dict[str, Any] = {}
    for remark in translation.remarks:
        value: Any = translation.spec
        depth = 0
        for key in remark.target:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                break
            depth += 1
        # A key that was left out is looked for beside the others of its table.
        assert len(remark.target) - depth <= 1, remark
        found[remark.key] = value
    return found


def test_what_is_said_of_a_project_leads_to_its_dimensions(project_file: Make, repository: Path) -> None:
    (repository / "counties.csv").write_text("id,name,time_zone\n06037,LA,PacificPrevailing\n36047,Kings,\n")
    (repository / "by_sector.csv").write_text("id,commercial,residential\noffice,no,\nhospital,x,\nhome,,x\n")
    reached = _reached(project(project_file(datasets=[{"dataset_id": "offices", "version": "1.0.0"}])))
    assert reached["dimensions.base_dimensions[0].file"][0]["time_zone"] == "America/Los_Angeles"
    assert reached["dimensions.base_dimensions[7].timezone"] == "-05:00"
    assert reached["dimensions.supplemental_dimensions[0].mapping"] == "many_to_one_aggregation"
    assert reached["dimensions.subset_dimensions[0].filename"] == {
        "commercial": ["office", "hospital"],
        "residential": ["home"],
    }
    assert reached["datasets[0].version"] == {}


def test_what_is_said_of_a_dataset_leads_to_its_dimensions(dataset_file: Make) -> None:
    others = [entry for entry in DATASET["dimensions"] if entry["type"] != "time"]
    others[0] = others[0] | {"class": "GeographyDimensionBaseModel"}
    time = {key: value for key, value in TIME.items() if key not in ("measurement_type", "time_interval_type")}
    layout = DATASET["data_layout"] | {
        "data_file": {"path": "t.csv", "columns": [{"name": "subsector", "data_type": "int"}]}
    }
    document = dataset_file(
        dimensions=[*others, time], dataset_type=None, data_layout=layout, origin_date="Jan 2 2018", tags=["a", "a"]
    )
    reached = _reached(dataset(document))
    assert reached["dimensions[0].class"] == "geography"
    assert reached["dimensions[3]"] in ("total", "period_beginning")
    assert str(reached["data_layout.data_file.columns[0].data_type"]).endswith("t.csv")
    assert reached["origin_date"] == "2018-01-02"
    assert reached["tags"] == ["a"]
    assert reached["dimension_references[0]"] == "sector"


def test_what_is_said_of_a_query_leads_to_its_tables(translate: Any) -> None:
    names = {"filter_type": "expression", "dimension_type": "model_year", "dimension_name": "model_year"}
    translation = translate(
        {"params": {"dimension_filters": [names | {"operator": "==", "value": 2020}]}},
        aggregations=[
            {
                "aggregation_function": "median",
                "dimensions": {"metric": ["end_use"], "time": [{"dimension_name": "time_est", "function": "year"}]},
            }
        ],
        time_zone="US/Pacific",
    )
    reached = _reached(translation)
    assert reached["project.dataset.params.dimension_filters[0].value"] == "2020"
    assert reached["result.aggregations[0].aggregation_function"] == "percentile"
    assert reached["result.aggregations[0].dimensions.time[0].function"] == ["end_use", "annual"]
    assert reached["result.time_zone"] == "America/Los_Angeles"


def test_what_is_said_of_a_submission_leads_to_its_mappings(project_file: Make, repository: Path) -> None:
    (repository / "m.csv").write_text("from_id,to_id,from_fraction\n06037,06037,0.5\n")
    mappings = Entry({"mappings": [{"dimension_type": "geography", "file": "m.csv"}]}, repository / "mappings.json5")
    time = Entry({"dimensions": [{"type": "time", "time_type": "annual"}]}, Path("dataset.json5"))
    translation = submission(project_file(datasets=PROJECT["datasets"]), "offices", mappings, time)
    reached = _reached(translation)
    assert reached["mappings[0]"] == "one_to_one_explicit_multipliers"
    assert reached["datasets[0]"] == "flat"
