"""All kinds of files of a repository are told by what they say, and none is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli
from tests.small_repository import DATASET, MAPPINGS, PROJECT, QUERY, bring, put, write_repository

from dsgrid.importers.recognition import recognise
from dsgrid.spec.load import load_spec

SUBSET = {
    "name": "by_size",
    "type": "subsector",
    "file": "dimensions/by_size.csv",
    "selectors": [{"name": "small"}, {"name": "large"}],
}
FILTER = {
    "projects": [
        {
            "project_id": "demo",
            "dimensions": {"base_dimensions": [{"dimension_type": "geography", "record_ids": ["06037"]}]},
        }
    ],
    "datasets": [{"dataset_id": "offices"}],
}


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (PROJECT, "project"),
        (DATASET, "dataset"),
        (MAPPINGS, "mappings"),
        (QUERY, "query"),
        ({"references": []}, "mapping references"),
        ({"dimensions": []}, "dimensions"),
        ({"dataset_id": "a", "data_schema": {}}, "dataset"),
        ({"dataset_id": "a", "name": "b", "to_dimension_references": []}, "dataset query"),
        ({"dataset_id": "a", "mappings": []}, "mapping plan"),
        ({"dataset_id": "a", "map_time_op": {}}, "mapping plan"),
        ({"projects": [{"project_id": "a", "config_file": "b"}]}, "registration"),
        ({"projects": [], "datasets": [], "dataset_submissions": [{"dataset_id": "a"}]}, "registration"),
        ({"projects": [], "datasets": [], "dataset_submissions": []}, "registration"),
        (FILTER, "filter"),
        ({"datasets": [{"dataset_id": "a", "required_dimensions": {}}]}, "requirements"),
        ({"dataset_dimension_requirements": []}, "changed requirements"),
        ({"subset_dimensions": [SUBSET]}, "subset dimensions"),
        ({"supplemental_dimensions": []}, "supplemental dimensions"),
        ({"type": "time", "time_type": "datetime"}, "time update"),
        ({"database_url": "sqlite:///x"}, "settings"),
        ({"projects": None, "datasets": 3}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_file_is_known_by_what_it_says(document: dict[str, Any], kind: str) -> None:
    assert recognise(document) == kind


def test_every_odd_value_of_a_top_key_is_of_some_kind() -> None:
    keys = {key for document in (PROJECT, DATASET, MAPPINGS, QUERY, FILTER) for key in document}
    for key in sorted(keys):
        for value in (None, 3, "text", [], [1], [{}], {}, {"a": 1}, True):
            assert isinstance(recognise({key: value}), str)


def test_files_that_change_a_project_become_part_of_its_spec(tmp_path: Path) -> None:
    source = write_repository(tmp_path / "repository")
    (source / "dimensions/by_size.csv").write_text("id,small,large\noffice,x,\nhospital,,x\n")
    update = put(source / "subsets.json5", {"subset_dimensions": [SUBSET]})
    done = bring(source, tmp_path / "specs")
    spec = tomli.loads((tmp_path / "specs/project/register_project.toml").read_text())
    assert spec["subset"]["by_size"]["of"] == "subsector"
    (said,) = (one for one in done.result.of("changed") if one.file == update.name)
    line = (tmp_path / "specs/project/register_project.toml").read_text().splitlines()[said.spec_line - 1]
    assert line == "[subset.by_size]"
    assert done.result.files[update.name].what == ("project.json5",)


def test_a_filter_becomes_a_spec(tmp_path: Path) -> None:
    source = write_repository(tmp_path / "repository")
    put(source / "small.json5", FILTER)
    bring(source, tmp_path / "specs")
    (path,) = (tmp_path / "specs/extracts").glob("*.toml")
    spec = load_spec(path)
    assert spec.job == "filter_registry"
    assert (spec.root.string("registry"), spec.root.string("target")) == ("../registry", "small")


def test_shared_dimensions_are_registered_where_something_uses_them(tmp_path: Path) -> None:
    source = write_repository(tmp_path / "repository")
    own = DATASET["dimensions"]
    sector = next(one for one in own if one["type"] == "sector")
    others = [one for one in own if one["type"] != "sector"]
    shared = {**sector, "file": "sectors.csv"}
    (source / "shared").mkdir()
    (source / "shared/sectors.csv").write_text("id,name\ncom,Commercial\n")
    put(source / "shared/dimensions.json5", {"dimensions": [shared]})
    bring(source, tmp_path / "unused")
    assert '# "dimensions/shared/register_dimensions.toml"' in (tmp_path / "unused/bulk.toml").read_text()
    reference = {"type": "sector", "name": shared["name"], "version": "1.0.0"}
    put(
        source / "datasets/offices/dataset.json5",
        {**DATASET, "dimensions": others, "dimension_references": [reference]},
    )
    bring(source, tmp_path / "used")
    specs = tomli.loads((tmp_path / "used/bulk.toml").read_text())["specs"]
    assert specs[1] == "dimensions/shared/register_dimensions.toml"


def test_a_list_in_a_configuration_is_refused_and_a_table_in_json_is_used(tmp_path: Path) -> None:
    source = write_repository(tmp_path / "repository")
    put(source / "datasets/offices/dimension_mappings.json5", MAPPINGS["mappings"])
    (source / "table.json").write_text(json.dumps({"id": "1"}) + "\n" + json.dumps({"id": "2"}))
    (source / "list.json").write_text('[{"id": "1"}]')
    done = bring(source, tmp_path / "specs")
    files = done.result.files
    assert files["datasets/offices/dimension_mappings.json5"].outcome == "refused"
    assert files["table.json"].outcome == files["list.json"].outcome == "left out"


def test_what_cannot_be_a_file_of_configuration_is_said(tmp_path: Path) -> None:
    source = write_repository(tmp_path / "repository")
    (source / "binary.json5").write_bytes(b"\xff\x00\xfe")
    with (source / "huge.json").open("wb") as stream:
        stream.truncate(60_000_000)
    (source / "deep.json5").write_text("[" * 5000 + "]" * 5000)
    done = bring(source, tmp_path / "specs")
    refused = {one.file: one.message for one in done.result.of("refused")}
    assert set(refused) == {"binary.json5", "deep.json5", "huge.json"}
    assert refused["huge.json"] == "60 MB are too much for a configuration"


def test_ids_become_names_of_files_on_any_system(tmp_path: Path) -> None:
    source = write_repository(tmp_path / "repository")
    for number, name in enumerate(("a/../b c", "A/../b c", "ü" * 300)):
        put(source / f"queries/odd_{number}.json5", {**QUERY, "name": name})
    bring(source, tmp_path / "specs")
    found = sorted(path.name for path in (tmp_path / "specs/queries").iterdir())
    assert len(found) == len({name.lower() for name in found})
    assert all(len(name.encode()) < 200 and "/" not in name and " " not in name for name in found)
    assert not (tmp_path / "b c").exists()
