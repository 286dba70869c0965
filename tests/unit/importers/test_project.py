from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.project import project
from dsgrid.importers.translation import Translation

from .conftest import PROJECT, Make


def _with(make: Make, **changes: Any) -> Translation:
    return project(make(dimensions=PROJECT["dimensions"] | changes))


def test_every_part_of_a_project_finds_its_place(project_file: Make, repository: Path) -> None:
    spec = project(project_file()).spec
    assert spec["job"] == "register_project"
    assert spec["project"] == {"id": "demo", "name": "Demo", "description": "A project"}
    assert spec["time"]["zone"] == "-05:00"
    assert list(spec["base"]) == ["county", "sector", "subsector", "end_use", "model_year", "scenario", "weather_2012"]
    assert spec["base"]["end_use"] == {
        "type": "metric",
        "class": "energy_end_use",
        "records": str(repository / "end_uses.csv"),
    }
    assert spec["supplemental"]["state"] == {
        "of": "county",
        "class": "geography",
        "records": str(repository / "states.csv"),
        "mapping": {"kind": "many_to_one_aggregation", "records": str(repository / "county_to_state.csv")},
    }
    assert spec["subset"]["by_sector"] == {"of": "subsector", "selectors": str(repository / "by_sector.csv")}
    assert spec["requires"] == {"offices": {}}


def test_a_subset_without_a_supplemental_says_so_and_keeps_the_columns_of_its_selectors(project_file: Make) -> None:
    subset = PROJECT["dimensions"]["subset_dimensions"][0] | {
        "create_supplemental_dimension": False,
        "selectors": [{"name": "commercial", "description": "All", "column_values": {"abbr": "c"}}],
    }
    said = _with(project_file, subset_dimensions=[subset]).spec["subset"]["by_sector"]
    assert said["supplemental"] is False
    assert said["attributes"] == {"commercial": {"description": "All", "abbr": "c"}}


def test_a_selector_that_selects_nothing_is_left_out(project_file: Make, repository: Path) -> None:
    (repository / "by_sector.csv").write_text("id,commercial,residential\noffice,x,\nhospital,x,\nhome,,\n")
    translation = project(project_file())
    assert translation.spec["subset"]["by_sector"]["selectors"] == {"commercial": ["office", "hospital"]}
    assert any("selects nothing" in remark.message for remark in translation.remarks)


def test_old_names_of_zones_in_records_are_replaced_and_remarked(project_file: Make, repository: Path) -> None:
    (repository / "counties.csv").write_text("id,name,time_zone\n06037,LA,PacificPrevailing\n36047,Kings,\n")
    translation = project(project_file())
    assert translation.spec["base"]["county"]["records"] == [
        {"id": "06037", "name": "LA", "time_zone": "America/Los_Angeles"},
        {"id": "36047", "name": "Kings", "time_zone": ""},
    ]
    assert any('"PacificPrevailing"' in remark.message for remark in translation.remarks)


def test_inline_records_keep_ids_as_text(project_file: Make) -> None:
    inline = {"class": "Scenario", "type": "scenario", "name": "scenario", "records": [{"id": 1, "name": "One"}]}
    others = [entry for entry in PROJECT["dimensions"]["base_dimensions"] if entry["type"] != "scenario"]
    spec = _with(project_file, base_dimensions=[*others, inline]).spec
    assert spec["base"]["scenario"]["records"] == [{"id": "1", "name": "One"}]


def test_a_forgotten_type_is_taken_from_the_class(project_file: Make) -> None:
    bases = [dict(entry) for entry in PROJECT["dimensions"]["base_dimensions"]]
    del bases[3]["type"]
    translation = _with(project_file, base_dimensions=bases)
    assert translation.spec["base"]["end_use"]["type"] == "metric"
    assert any('by its class it is "metric"' in remark.message for remark in translation.remarks)


def test_unknown_keys_are_left_out_with_a_remark(project_file: Make) -> None:
    translation = project(project_file(colour="red"))
    assert ("dropped", "colour") in [(remark.kind, remark.key) for remark in translation.remarks]


def test_all_that_is_not_supported_is_reported_at_once(project_file: Make) -> None:
    bases = [dict(entry) for entry in PROJECT["dimensions"]["base_dimensions"]]
    bases[1]["class"] = "Sectr"
    bases[7] = bases[7] | {"time_type": "datetime_external_tz"}
    with pytest.raises(SpecError) as caught:
        _with(project_file, base_dimensions=bases)
    assert {problem.key for problem in caught.value.problems} == {
        "dimensions.base_dimensions[1].class",
        "dimensions.base_dimensions[7].time_type",
    }


def test_base_dimensions_by_reference_are_used_by_name(project_file: Make) -> None:
    others = [entry for entry in PROJECT["dimensions"]["base_dimensions"] if entry["type"] != "scenario"]
    reference = {"name": "Scenarios", "type": "scenario", "version": "1.0.0"}
    spec = _with(project_file, base_dimensions=others, base_dimension_references=[reference]).spec
    assert spec["base"]["Scenarios"] == {"type": "scenario", "use": "Scenarios"}


def test_a_reference_by_id_needs_a_name(project_file: Make) -> None:
    others = [entry for entry in PROJECT["dimensions"]["base_dimensions"] if entry["type"] != "scenario"]
    reference = {"dimension_id": "9dcb1273", "type": "scenario"}
    changed = project_file(
        dimensions=PROJECT["dimensions"] | {"base_dimensions": others, "base_dimension_references": [reference]}
    )
    with pytest.raises(SpecError, match=r"base_dimension_references\[0\]\.dimension_id: .*by its id; give its name"):
        project(changed)
    assert "scenario" in project(changed, names={"9dcb1273": "scenario"}).spec["base"]


def test_a_time_dimension_by_reference_is_used_by_name(project_file: Make) -> None:
    others = [entry for entry in PROJECT["dimensions"]["base_dimensions"] if entry["type"] != "time"]
    reference = {"name": "time_est", "type": "time", "version": "1.0.0"}
    spec = _with(project_file, base_dimensions=others, base_dimension_references=[reference]).spec
    assert spec["time"] == {"use": "time_est"}
    assert "time_est" not in spec["base"]
    with pytest.raises(SpecError, match="a project has one time dimension, but here are 2"):
        _with(project_file, base_dimension_references=[reference])
    with pytest.raises(SpecError, match="a project has one time dimension, but here are 0"):
        _with(project_file, base_dimensions=others)
