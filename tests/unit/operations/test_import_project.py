"""A repository of dsgrid-toolkit becomes specs and a report, whatever is wrong with it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import tomli
from tests.small_repository import DATASET, MAPPINGS, PROJECT, QUERY, bring, put, write_repository

from dsgrid.errors import NotFoundError, RegistryError, UsageError
from dsgrid.importers import conversion
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.import_project import import_project
from dsgrid.operations.validate import validate
from dsgrid.registry import disk
from dsgrid.spec.load import load_spec


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_repository(tmp_path / "repository")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "specs"


def _report(target: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((target / "import_report.json").read_text())
    return found


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_all_that_is_in_a_repository_becomes_specs_that_run_in_their_order(source: Path, target: Path) -> None:
    before = _snapshot(source)
    done = bring(source, target)
    assert done.code == 0
    assert tomli.loads((target / "bulk.toml").read_text())["specs"] == [
        "create_registry.toml",
        "project/register_project.toml",
        "datasets/offices/register_dataset.toml",
        "datasets/offices/submit_dataset.toml",
    ]
    assert validate(target / "bulk.toml").remarks == ()
    assert load_spec(target / "queries/by_state.toml").job == "query"
    assert (target / "datasets/offices/mappings/subsectors.csv").exists()
    assert _snapshot(source) == before
    assert "dsgrid run" in done.report()


def test_every_file_has_one_outcome(source: Path, target: Path) -> None:
    put(source / "dimension_time_update.json5", {"type": "time", "time_type": "datetime", "name": "other"})
    put(source / "odd.json5", {"nobody": {"knows": 1}})
    (source / "broken.json5").write_text('{\n"project_id": "x",\n]')
    (source / "notes.txt").write_text("not looked at")
    bring(source, target)
    files = _report(target)["files"]
    found = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.suffix in (".json5", ".csv")}
    assert set(files) == found
    assert files["project.json5"] == {"outcome": "converted", "what": ["project/register_project.toml"]}
    assert files["dimensions/states.csv"] == {"outcome": "used", "what": ["project.json5"]}
    assert files["odd.json5"]["outcome"] == "left out"
    assert files["broken.json5"]["outcome"] == "refused"
    assert _report(target)["other_files"] == 1


def test_what_is_wrong_with_one_file_is_said_with_its_line_and_the_rest_goes_on(source: Path, target: Path) -> None:
    put(source / "datasets/homes/dataset.json5", {**DATASET, "dataset_id": "homes", "data_layout": []})
    (source / "broken.json5").write_text('{\n"project_id": "x",\n]')
    done = bring(source, target)
    assert (target / "datasets/offices/register_dataset.toml").exists()
    refused = {(one["file"], one["line"]) for one in _report(target)["remarks"] if one["kind"] == "refused"}
    text = (source / "datasets/homes/dataset.json5").read_text().splitlines()
    line = next(number for number, each in enumerate(text, start=1) if '"data_layout"' in each)
    assert refused == {("broken.json5", 3), ("datasets/homes/dataset.json5", line)}
    assert done.code == 0


def test_remarks_name_the_lines_of_both_sides(source: Path, target: Path) -> None:
    layout = {**DATASET["data_layout"], "data_file": {"path": "no.csv"}}
    changed = {**DATASET, "datum_source": "x", "data_layout": layout}
    put(source / "datasets/offices/dataset.json5", changed)
    bring(source, target)
    remarks = _report(target)["remarks"]
    assert remarks
    for one in remarks:
        lines = (source / one["file"]).read_text().splitlines()
        assert 0 <= one["line"] <= len(lines)
        if one["spec"]:
            assert 1 <= one["spec_line"] <= len((target / one["spec"]).read_text().splitlines())
    unknown = next(one for one in remarks if one["key"] == "datum_source")
    assert '"datum_source"' in (source / unknown["file"]).read_text().splitlines()[unknown["line"] - 1]
    absent = next(one for one in remarks if one["spec_key"] == "data.table")
    line = (target / absent["spec"]).read_text().splitlines()[absent["spec_line"] - 1]
    assert re.fullmatch(r'table = ".*/no\.csv" +# decide: this data file is not there.*', line)


def test_a_dataset_without_data_is_translated_but_not_run(source: Path, target: Path) -> None:
    (source / "datasets/offices/load_data.csv").unlink()
    done = bring(source, target)
    text = (target / "bulk.toml").read_text()
    assert '    # "datasets/offices/register_dataset.toml",\n' in text
    assert '    # "datasets/offices/submit_dataset.toml",\n' in text
    assert [one.message for one in done.result.of("decide")] == ["this data file is not there: where is it?"]
    assert validate(target / "bulk.toml").remarks == ()


def test_where_no_data_are_found_that_is_said_with_the_option_that_names_them(source: Path, target: Path) -> None:
    for path in source.rglob("*.json5"):
        if path.name != "dataset.json5":
            path.unlink()
    (source / "datasets/offices/load_data.csv").unlink()
    *_, last = bring(source, target).report().splitlines()
    assert last.endswith("where data files are missing, --data FOLDER says where they are")


def test_data_are_found_by_dataset_in_a_folder_that_is_named(source: Path, target: Path, tmp_path: Path) -> None:
    data = tmp_path / "elsewhere/offices"
    data.mkdir(parents=True)
    (source / "datasets/offices/load_data.csv").rename(data / "load_data.csv")
    done = bring(source, target, data=str(tmp_path / "elsewhere"))
    spec = tomli.loads((target / "datasets/offices/register_dataset.toml").read_text())
    assert (target / "datasets/offices" / spec["data"]["table"]).resolve() == data / "load_data.csv"
    assert done.result.of("decide") == ()
    assert any("elsewhere/offices/load_data.csv" in one.message for one in done.result.of("changed"))


def test_data_with_other_columns_need_a_decision(source: Path, target: Path) -> None:
    (source / "datasets/offices/load_data.csv").write_text("geography,subsector,timestamp,metric,value\n")
    done = bring(source, target)
    (said,) = done.result.of("decide")
    assert "is it stacked?" in said.message
    assert '# "datasets/offices/register_dataset.toml"' in (target / "bulk.toml").read_text()


def test_of_two_configurations_of_a_dataset_the_usual_name_counts(source: Path, target: Path) -> None:
    put(source / "datasets/a_variant/variant.json5", {**DATASET, "description": "Another"})
    put(source / "datasets/a_copy/copy.json5", DATASET)
    done = bring(source, target)
    assert 'description = "Offices"' in (target / "datasets/offices/register_dataset.toml").read_text()
    (said,) = done.result.of("decide")
    assert said.file == "datasets/a_variant/variant.json5"
    assert "datasets/offices/dataset.json5 is taken, since it is called dataset" in said.message
    assert done.result.files["datasets/a_copy/copy.json5"].outcome == "left out"


def test_a_registration_file_says_what_counts_and_how_it_is_submitted(source: Path, target: Path) -> None:
    put(source / "datasets/a_variant/variant.json5", {**DATASET, "description": "Another"})
    put(source / "datasets/other.json5", {"mappings": [{**MAPPINGS["mappings"][0], "description": "Other"}]})
    (source / "datasets/mappings").mkdir()
    (source / "datasets/mappings/subsectors.csv").write_text("from_id,to_id\nsmall,office\nlarge,office\n")
    for name in ("dimensions", "load_data.csv"):
        (source / "datasets/a_variant" / name).symlink_to(source / "datasets/offices" / name)
    put(
        source / "registration.json5",
        {
            "datasets": [{"dataset_id": "offices", "config_file": "datasets/a_variant/variant.json5"}],
            "dataset_submissions": [
                {
                    "dataset_id": "offices",
                    "project_id": "demo",
                    "dimension_mapping_file": "datasets/other.json5",
                    "log_message": "At last",
                }
            ],
        },
    )
    bring(source, target)
    assert 'description = "Another"' in (target / "datasets/offices/register_dataset.toml").read_text()
    submission = tomli.loads((target / "datasets/offices/submit_dataset.toml").read_text())
    assert submission["log_message"] == "At last"
    assert submission["mapping"]["subsector"]["description"] == "Other"


def test_a_dataset_that_no_project_lists_and_one_that_nobody_describes_need_decisions(
    source: Path, target: Path
) -> None:
    put(source / "project.json5", {**PROJECT, "datasets": [{"dataset_id": "homes", "dataset_type": "modeled"}]})
    done = bring(source, target)
    said = {one.file: one.message for one in done.result.of("decide")}
    assert "does not list this dataset" in said["datasets/offices/dataset.json5"]
    assert 'lists the dataset "homes", which has no configuration' in said["project.json5"]
    assert "offices" not in (target / "bulk.toml").read_text()
    unlisted = tomli.loads((target / "bulk_unlisted.toml").read_text())
    assert unlisted["specs"] == ["datasets/offices/register_dataset.toml"]
    assert done.result.lists == ("bulk.toml", "bulk_unlisted.toml")


def test_a_dataset_that_a_query_makes_is_made_of_its_result(source: Path, target: Path) -> None:
    listed = [*PROJECT["datasets"], {"dataset_id": "mapped_offices", "dataset_type": "modeled"}]
    put(source / "project.json5", {**PROJECT, "datasets": listed})
    asked = {**QUERY["project"], "dataset": {**QUERY["project"]["dataset"], "dataset_id": "mapped_offices"}}
    put(source / "queries/map.json5", {**QUERY, "name": "map_offices", "project": asked})
    done = bring(source, target)
    assert done.result.of("decide") == ()
    assert done.result.lists == ("bulk.toml", "bulk_derived.toml", "bulk_derived_datasets.toml")
    assert tomli.loads((target / "bulk_derived.toml").read_text())["specs"] == [
        "queries/map_offices.toml",
        "derived/mapped_offices/create_derived_dataset.toml",
    ]
    made = tomli.loads((target / "derived/mapped_offices/create_derived_dataset.toml").read_text())
    assert (made["result"], made["output"]) == ("../../results/map_offices", "specs")


def test_queries_of_one_name_keep_their_results_apart(source: Path, target: Path) -> None:
    put(source / "queries/csv.json5", {**QUERY, "result": {**QUERY["result"], "output_format": "csv"}})
    put(source / "queries/z_same.json5", {**QUERY, "version": "0.1.0"})
    done = bring(source, target)
    names = {path.name: tomli.loads(path.read_text())["name"] for path in (target / "queries").iterdir()}
    assert names == {"by_state.toml": "by_state", "by_state_2.toml": "by_state_2"}
    assert done.result.files["queries/z_same.json5"].outcome == "left out"


def test_a_named_project_leaves_out_the_others(source: Path, target: Path) -> None:
    other = put(source / "other/project.json5", {**PROJECT, "project_id": "other", "name": "Other"})
    for name in ("dimensions", "mappings"):
        (source / "other" / name).symlink_to(source / name)
    several = bring(source, target)
    assert several.result.counts["projects"] == 2
    assert (target / "projects/demo/register_project.toml").exists()
    one = bring(source / "project.json5", target.with_name("one"))
    assert one.result.counts["projects"] == 1
    assert one.result.files[other.relative_to(source).as_posix()].outcome == "left out"


def test_links_that_loop_and_folders_of_tools_are_not_entered(source: Path, target: Path) -> None:
    (source / "datasets/loop").symlink_to(source, target_is_directory=True)
    (source / "itself.json5").symlink_to(source / "itself.json5")
    put(source / ".git/project.json5", PROJECT)
    put(source / "node_modules/project.json5", PROJECT)
    done = bring(source, target)
    assert done.result.counts["projects"] == 1
    assert done.result.files["datasets/loop"].what == ("links to folders are not followed",)
    assert done.result.files["itself.json5"].outcome == "refused"
    assert not any("node_modules" in name or ".git" in name for name in done.result.files)


def test_strict_is_a_failure_where_somebody_has_to_look(source: Path, target: Path) -> None:
    assert bring(source, target, strict=True).code == 0
    (source / "datasets/offices/load_data.csv").unlink()
    assert bring(source, target, strict=True, overwrite=True).code == 2
    assert bring(source, target, overwrite=True).code == 0


def test_nothing_to_translate_is_a_failure_with_a_report(tmp_path: Path, target: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = bring(tmp_path / "empty", target)
    assert done.code == 2
    assert "nothing was translated" in done.report()
    assert done.report().endswith("no configuration of dsgrid-toolkit was found in " + str(tmp_path / "empty"))
    (tmp_path / "empty/registry.db").touch()
    again = bring(tmp_path / "empty", target, overwrite=True)
    assert "registry.db is the database of a registry: dsgrid import registry reads that" in again.report()
    assert done.result.lists == ()
    assert (target / "import_report.md").exists()


def test_a_defect_costs_one_file_and_is_said(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise TypeError("what nobody thought of")

    monkeypatch.setattr(conversion, "dataset", fail)
    done = bring(source, target)
    (said,) = done.result.of("refused")
    assert said.message == "a defect of dsgrid: TypeError: what nobody thought of; --debug shows where"
    assert (target / "project/register_project.toml").exists()


def test_a_target_that_holds_something_else_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("mine")
    with pytest.raises(RegistryError, match="not empty"):
        bring(source, tmp_path / "full", overwrite=True)
    for inside in (source, source / "specs"):
        with pytest.raises(UsageError, match="inside the repository"):
            bring(source, inside)
    with pytest.raises(UsageError, match="holds the repository"):
        bring(source, tmp_path)
    with pytest.raises(NotFoundError, match="there is no"):
        bring(tmp_path / "nowhere", tmp_path / "new")
    assert not (tmp_path / "new").exists()
    (tmp_path / "full/import_report.json").write_text('{"registrations": []}')
    for overwrite in (False, True):
        with pytest.raises(RegistryError, match="is an imported registry"):
            bring(source, tmp_path / "full", overwrite=overwrite)


def test_what_to_run_next_can_be_pasted_into_a_shell(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "two words"
    *_, last = bring(source, target).report().splitlines()
    assert shlex.split(last) == ["dsgrid", "run", str(target / "bulk.toml")]


def test_an_earlier_import_is_replaced_but_for_what_was_changed(source: Path, target: Path) -> None:
    bring(source, target)
    with pytest.raises(RegistryError, match="--overwrite"):
        bring(source, target)
    create_registry({}, registry=target / "registry")
    mine = target / "datasets/offices/register_dataset.toml"
    mine.write_text(mine.read_text().replace("Offices", "My offices"))
    (target / "note.txt").write_text("mine")
    put(source / "project.json5", {**PROJECT, "description": "Newer"})
    (source / "queries/by_state.json5").unlink()
    for _ in range(2):  # an import more does not take it for its own
        done = bring(source, target, overwrite=True)
        assert done.result.kept == ("datasets/offices/register_dataset.toml",)
        assert "My offices" in mine.read_text()
    assert 'description = "Newer"' in (target / "project/register_project.toml").read_text()
    assert not (target / "queries").exists()
    (source / "project.json5").unlink()
    bring(source, target, overwrite=True)
    assert not (target / "project").exists()
    assert (target / "note.txt").read_text() == "mine"
    assert (target / "registry/registry.db").exists()
    assert "register_dataset.toml" in done.report()


def test_an_import_that_is_killed_leaves_no_target_or_one_that_the_next_finishes(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = disk.swap_file
    calls = 0

    def swap(path: Path, new: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == fatal:
            raise KeyboardInterrupt
        real(path, new)

    monkeypatch.setattr(disk, "swap_file", swap)
    fatal = 1
    with pytest.raises(KeyboardInterrupt):
        bring(source, target)
    assert not target.exists()
    fatal = 0
    bring(source, target)
    put(source / "project.json5", {**PROJECT, "description": "Newer"})
    calls, fatal = 0, 5
    with pytest.raises(KeyboardInterrupt):
        bring(source, target, overwrite=True)
    fatal = 0
    done = bring(source, target, overwrite=True)
    assert done.result.kept == ()
    assert 'description = "Newer"' in (target / "project/register_project.toml").read_text()
    assert not list(target.parent.glob(".*unfinished"))


def test_the_report_is_the_same_every_time(source: Path, target: Path) -> None:
    (source / "datasets/offices/load_data.csv").unlink()
    bring(source, target)
    bring(source, target.with_name("again"))
    for name in ("import_report.md", "import_report.json", "bulk.toml"):
        assert (target / name).read_bytes() == (target.with_name("again") / name).read_bytes()


def test_links_in_the_report_lead_to_files(source: Path, target: Path) -> None:
    (source / "datasets/offices/load_data.csv").unlink()
    bring(source, target)
    text = (target / "import_report.md").read_text()
    places = re.findall(r"\]\(([^)]+)\)", text)
    assert len(places) > 10
    assert all((target / place).exists() for place in places)


def test_a_registry_that_exists_is_not_made_again(source: Path, target: Path, tmp_path: Path) -> None:
    create_registry({}, registry=tmp_path / "ours")
    spec = {"source": str(source), "target": str(target)}
    import_project(spec, registry=tmp_path / "ours")
    bulk = tomli.loads((target / "bulk.toml").read_text())
    assert bulk["registry"] == "../ours"
    assert "create_registry.toml" not in bulk["specs"]
    assert tomli.loads((target / "queries/by_state.toml").read_text())["registry"] == "../../ours"
