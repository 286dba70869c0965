"""``dsgrid registry diff``: what differs between two versions, in all parts; the exit code says whether."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from registry_values import example_project, register
from story import GEOGRAPHY, first_project, tell

from dsgrid.cli import run
from dsgrid.dimensions.changes import Change
from dsgrid.dimensions.mapping import Association
from dsgrid.errors import NotFoundError, UsageError
from dsgrid.operations.change_lines import change_line, counted, shown
from dsgrid.operations.diff import diff
from dsgrid.operations.open_registry import open_registry
from dsgrid.registry.registry import Registry


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tell(tmp_path_factory.mktemp("told") / "registry")


def brief(folder: Path, id_: str, *versions: str) -> list[tuple[str, str, str, str]]:
    return [(each.action, each.where, each.key, each.level) for each in diff(folder, id_, *versions).changes]


def test_a_project_differs_in_its_parts_and_in_its_datasets(told: Path) -> None:
    assert brief(told, "conus_2022", "1.0.0", "1.1.0") == [("added", "base.county", "36005", "minor")]
    assert brief(told, "conus_2022", "1.1", "2.0") == [
        ("changed", "datasets.comstock.mapping.geography", "kind", "major"),
        ("changed", "datasets.comstock.mapping.geography", "06037 -> 06037", "major"),
    ]
    assert brief(told, "conus_2022", "2", "3") == [
        ("removed", "base.county", "08001", "major"),
        ("removed", "supplemental", "state", "major"),
        ("removed", "supplemental", "coarse", "major"),
        ("removed", "subset", "western", "major"),
        ("removed", "datasets", "comstock", "major"),
    ]
    invalidated = diff(told, "conus_2022", "2", "3").changes[-1]
    assert "08001" in invalidated.old["does not fit"]


def test_without_a_second_version_the_newest_is_meant(told: Path) -> None:
    found = diff(told, "conus_2022", "1.0.0").difference
    assert (found.old, found.new, found.level) == ("1.0.0", "3.0.0", "major")


def test_the_other_way_round_what_was_removed_is_added(told: Path) -> None:
    there = {(action, where, key) for action, where, key, _ in brief(told, "conus_2022", "1.0.0", "3")}
    back = {(action, where, key) for action, where, key, _ in brief(told, "conus_2022", "3", "1.0.0")}
    swapped = {"added": "removed", "removed": "added"}
    assert back == {(swapped[action], where, key) for action, where, key in there}


def test_datasets_dimensions_and_mappings_have_differences(told: Path) -> None:
    assert brief(told, "comstock", "1.0.0") == [("changed", "", "description", "patch")]
    assert brief(told, "conus_2022/county", "1.0.0", "2") == [
        ("added", "", "36005", "minor"),
        ("removed", "", "08001", "major"),
    ]
    # Nothing in it changed but the version of the dimension that it leads to.
    (change,) = diff(told, GEOGRAPHY, "1.0.0", "1.1.0").changes
    assert (change.key, change.level) == ("to", "minor")
    assert (change.old, change.new) == ("conus_2022/county@1.0.0", "conus_2022/county@1.1.0")


def test_a_time_has_differences(tmp_path: Path) -> None:
    project = example_project()
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, project)
        proposal = registry.proposals.project(replace(project, time=replace(project.time, zone="-06:00")))
        with registry.registration("test") as registration:
            registration.write(proposal)
    assert brief(tmp_path / "registry", "conus_2022/time_est", "1.0.0") == [("changed", "", "zone", "major")]
    assert brief(tmp_path / "registry", "conus_2022", "1.0.0") == [("changed", "time", "zone", "major")]


def test_one_mapping_among_unchanged_ones_differs(tmp_path: Path) -> None:
    project = first_project()
    state, coarse = project.supplemental
    mapping = replace(coarse.mapping, associations=(Association("06037", "CO"), coarse.mapping.associations[1]))
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, project)
        proposal = registry.proposals.project(replace(project, supplemental=(state, replace(coarse, mapping=mapping))))
        with registry.registration("test") as registration:
            registration.write(proposal)
    assert brief(tmp_path / "registry", "conus_2022", "1", "2") == [
        ("added", "supplemental.coarse.mapping", "06037 -> CO", "major"),
        ("removed", "supplemental.coarse.mapping", "06037 -> CA", "major"),
    ]


def test_ids_and_versions_that_are_not_there_are_told(told: Path) -> None:
    with pytest.raises(NotFoundError, match='did you mean "comstock"'):
        diff(told, "comstok", "1")
    with pytest.raises(NotFoundError, match=r"no version 4; there are: 1\.0\.0, 1\.1\.0, 2\.0\.0, 3\.0\.0"):
        diff(told, "conus_2022", "1", "4")
    with pytest.raises(UsageError, match="no reference"):
        diff(told, "conus_2022", "first")
    with pytest.raises(UsageError, match="names a version already"):
        diff(told, "conus_2022@1", "2")


def test_the_exit_code_is_0_for_the_same_1_for_different_and_an_errors_own(
    told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--registry", str(told)]
    assert run(["registry", "diff", "conus_2022", "3", "3.0.0", *where]) == 0
    assert capsys.readouterr().out == "project conus_2022: 3.0.0 and 3.0.0 hold the same\n"
    assert run(["registry", "diff", "conus_2022", "1.0.0", *where]) == 1
    assert capsys.readouterr().err == ""
    assert run(["registry", "diff", "conus_2022", "1.0.0", "9", *where]) == 3
    assert run(["registry", "diff", "conus_2022", "one", *where]) == 2
    assert capsys.readouterr().out == ""


def test_the_text_marks_each_change_and_counts_those_of_each_part(
    told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["registry", "diff", "conus_2022/county", "1.0.0", "2", "--registry", str(told)])
    assert capsys.readouterr().out.splitlines() == [
        "dimension conus_2022/county 1.0.0 -> 2.0.0 (major): 1 added, 1 removed",
        "",
        "dimension (major): 1 record added, 1 record removed",
        "  + 36005  name: Bronx, state: NY, time_zone: America/New_York",
        "  - 08001  name: Adams, state: CO, time_zone: America/Denver",
    ]
    run(["registry", "diff", "conus_2022", "1.0", "3", "--summary", "--registry", str(told)])
    lines = capsys.readouterr().out.splitlines()
    assert "supplemental (major): 2 supplemental dimensions removed" in lines
    assert not [line for line in lines if line.startswith(" ")]


def test_json_holds_every_change_or_only_counts(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["registry", "diff", "conus_2022", "1.0.0", "1.1", "--json", "--registry", str(told)]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["changes"] == [
        {
            "action": "added",
            "what": "record",
            "where": "base.county",
            "key": "36005",
            "level": "minor",
            "old": None,
            "new": {"name": "Bronx", "state": "NY", "time_zone": "America/New_York"},
        }
    ]
    del document["changes"]
    assert document["counts"] == {"added": 1, "removed": 0, "changed": 0}
    run(["registry", "diff", "conus_2022", "1.0.0", "1.1", "--json", "--summary", "--registry", str(told)])
    assert json.loads(capsys.readouterr().out) == document


def test_an_open_registry_compares_versions(told: Path) -> None:
    found = open_registry(told).diff("comstock", "1.0.0")
    assert (found.is_same, found.level) == (False, "patch")
    assert "Commercial buildings -> All commercial buildings" in str(found)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Change("changed", "record", "", "1", "major", {"a": 1}, {"b": ""}), '~ 1  a: 1 -> (none), b: (none) -> ""'),
        (Change("added", "column", "", "people", "minor", None, {"1": 5, "2": 6}), "+ column people  (2 values)"),
        (
            Change("changed", "order", "", "records", "major", ["a", "b"], ["b", "a"]),
            "~ order of records  a, b -> b, a",
        ),
        (Change("added", "association", "", "a -> (nothing)", "minor", None, 1.0), "+ a -> (nothing)  1"),
        (Change("removed", "required record", "requires.x.sector", "com", "major"), "- required record com"),
        (Change("changed", "key", "", "wrap_time", "major", False, True), "~ wrap_time  false -> true"),
    ],
)
def test_a_change_is_one_line(change: Change, line: str) -> None:
    assert change_line(change) == line


def test_long_lists_are_cut_and_counts_have_plurals() -> None:
    assert shown([str(number) for number in range(12_000)]) == "0, 1, 2, 3, 4, and 11,995 more"
    change = Change("added", "record", "", "1", "minor")
    assert counted([change, change, replace(change, what="metadata")]) == "2 records added, 1 metadata added"
