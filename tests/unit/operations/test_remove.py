"""Removing from the command line, from a spec and from Python: asks, says what went, and takes the data along."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from changing import Bench, job
from tests.faults import KilledError
from tests.orphans import orphans
from tests.project_specs import DATASET, dataset

from dsgrid.cli import removal as removal_command
from dsgrid.cli import run
from dsgrid.errors import NotFoundError, RegistryError, RegistryLockedError, SpecError
from dsgrid.operations.open_registry import open_registry
from dsgrid.operations.remove import remove
from dsgrid.operations.validate import validate
from dsgrid.registry import disk
from dsgrid.registry.publish import new_folder, write_manifest
from dsgrid.registry.registry import Registry

PROJECT, DATA = "two_counties", DATASET["dataset"]["id"]


def with_data(bench: Bench, id_: str = "stored") -> Path:
    """Register a dataset that has a data folder; return that."""
    with Registry.open(bench.folder, write=True) as registry:
        folder = new_folder(registry, id_, "1.0.0")
        (folder / "facts.csv").write_text("1\n")
        write_manifest(folder, ())
        stored = replace(dataset(DATASET), id=id_, folder=f"{id_}/{folder.name}")
        with registry.registration("data") as registration:
            registration.add_dataset(stored)
    return folder


def counted(bench: Bench) -> tuple[int, ...]:
    projects, dimensions, mappings, datasets, submissions, _ = bench.contents()
    return projects, dimensions, mappings, datasets, submissions


# From Python and from specs ------------------------------------------------------------------------------------------


def test_everything_that_is_named_goes_or_nothing(bench: Bench) -> None:
    before = bench.contents()
    for ids, error in (([PROJECT, "nobody"], NotFoundError), ([DATA, PROJECT + "@2"], NotFoundError)):
        with pytest.raises(error):
            remove({"ids": ids}, registry=bench.folder)
    with pytest.raises(RegistryError, match=f"dataset {DATA}@1.0.0 is needed by submission {PROJECT}/{DATA}@1.0.0"):
        remove({"ids": [DATA]}, registry=bench.folder)
    assert bench.contents() == before
    removed = remove({"ids": [DATA, PROJECT]}, registry=bench.folder)
    assert counted(bench) == (0, 0, 0, 0, 0)
    first = [f"removed from {bench.folder}:", f"  project {PROJECT}@1.0.0", f"  dataset {DATA}@1.0.0"]
    assert removed.report().splitlines()[:3] == first


def test_the_history_says_what_was_removed_by_whom_and_why(bench: Bench) -> None:
    remove({"ids": [PROJECT]}, registry=bench.folder)
    remove({"ids": [DATA], "log_message": "A draft"}, registry=bench.folder)
    with bench.open() as registry:
        begun, *_, first, second = registry.registrations()
        rows = registry.removals()
    assert (first["job"], second["job"]) == ("remove", "remove")
    assert first["log_message"].startswith(f"Remove project {PROJECT}@1.0.0 and ")
    assert second["log_message"] == "A draft"
    assert (rows[0]["kind"], rows[0]["id"], rows[0]["version"]) == ("project", PROJECT, "1.0.0")
    gone = next(row for row in rows if row["kind"] == "dataset")
    assert (gone["registered_at"], gone["removed_at"]) == (begun["registered_at"], second["registered_at"])
    assert (gone["registered_by"], gone["log_message"]) == (begun["submitter"], "A draft")


def test_the_data_of_a_dataset_go_after_its_rows(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = with_data(bench)
    removing = disk.remove_folder

    def watched(place: Path) -> None:
        with bench.open() as registry:
            assert "stored" not in {row["id"] for row in registry.datasets()}
        removing(place)

    monkeypatch.setattr(disk, "remove_folder", watched)
    removed = remove({"ids": ["stored"]}, registry=bench.folder)
    assert removed.data == (f"stored/{folder.name}",)
    assert not folder.parent.exists()
    assert f"data folders removed: stored/{folder.name}" in removed.report()


def test_data_that_cannot_be_removed_are_told_and_left_as_garbage(bench: Bench, monkeypatch) -> None:
    folder = with_data(bench)

    def refuse(_place: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(disk, "remove_folder", refuse)
    removed = remove({"ids": ["stored"]}, registry=bench.folder)
    assert removed.left == ((f"stored/{folder.name}", "Permission denied"),)
    assert "could not be removed (Permission denied)" in removed.report()
    with bench.open() as registry:
        assert orphans(registry) == (folder,)


def test_a_process_killed_after_the_commit_leaves_only_garbage(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_place: Path) -> None:
        raise KilledError

    folder = with_data(bench)
    monkeypatch.setattr(disk, "remove_folder", die)
    with pytest.raises(KilledError):
        remove({"ids": ["stored"]}, registry=bench.folder)
    with bench.open() as registry:
        assert orphans(registry) == (folder,)
    with pytest.raises(NotFoundError, match="stored was removed from the registry already"):
        remove({"ids": ["stored"]}, registry=bench.folder)


def test_a_spec_may_cascade_without_being_asked(bench: Bench) -> None:
    removed = remove(job("remove", {"ids": [DATA], "cascade": True}), registry=bench.folder)
    assert [node.kind for node in removed.removal.users] == ["submission"]
    projects, _, mappings, datasets, submissions = counted(bench)
    assert (projects, datasets, submissions) == (1, 0, 0)
    with bench.open() as registry:
        assert not any(DATA in row["id"] for row in registry.mappings())
    assert mappings == len(registry_ids(bench, "mappings"))


def registry_ids(bench: Bench, what: str) -> set[str]:
    with bench.open() as registry:
        return {row["id"] for row in getattr(registry, what)()}


def test_validate_says_what_the_job_would_refuse(bench: Bench) -> None:
    before = bench.contents()
    with pytest.raises(RegistryError, match="is needed by"):
        validate(job("remove", {"ids": [DATA]}), registry=bench.folder)
    assert validate(job("remove", {"ids": [PROJECT]}), registry=bench.folder).against_registry
    assert bench.contents() == before


@pytest.mark.parametrize("ids", [[], ["two_counties@"], [" "], ["a", "a"]])
def test_ids_of_no_form_are_refused(bench: Bench, ids: list[str]) -> None:
    with pytest.raises(SpecError):
        remove({"ids": ids}, registry=bench.folder)


def test_an_open_registry_draws_and_removes(bench: Bench) -> None:
    opened = open_registry(bench.folder)
    assert f"submission {PROJECT}/{DATA}@1.0.0+1.0.0" in str(opened.graph(DATA, down=False))
    assert opened.graph(PROJECT, depth=1).mermaid().startswith("flowchart LR")
    assert [str(node) for node in opened.remove(f"{PROJECT}/{DATA}", log_message="By mistake").removal.asked] == [
        f"submission {PROJECT}/{DATA}@1.0.0+1.0.0"
    ]
    assert opened.submissions == []
    opened.remove(DATA, PROJECT)
    assert (opened.projects, opened.datasets) == ([], [])


def test_what_was_removed_registers_again_under_the_next_number(bench: Bench) -> None:
    remove({"ids": [PROJECT]}, registry=bench.folder)
    applied = bench.apply_project()
    assert applied is not None
    assert bench.version() == "2.0.0"
    assert bench.version(f"{PROJECT}/county") == "2.0.0"
    # A version that was removed is passed over by an update, too.
    bench.apply_project(lambda spec: spec["project"].update(description="other words"), "patch")
    assert bench.version() == "2.0.1"
    remove({"ids": [f"{PROJECT}@2.0.1"]}, registry=bench.folder)
    assert bench.version() == "2.0.0"
    bench.apply_project(lambda spec: spec["project"].update(description="still other words"), "patch")
    assert bench.version() == "2.0.2"


def test_a_registry_that_may_only_be_read_stays_as_it_is(bench: Bench) -> None:
    with bench.open() as registry:
        assert registry.removal([PROJECT]).asked
        opened = pytest.raises(RegistryError, match="opened for reading only")
        with opened, registry.registration("remove"):
            pass


def test_a_registry_that_others_write_to_is_waited_for_then_refused(bench: Bench, monkeypatch) -> None:
    before = bench.contents()
    monkeypatch.setattr(Registry.open.__func__, "__defaults__", (False, 0.05, None))
    connection = sqlite3.connect(bench.folder / "registry.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(RegistryLockedError):
            remove({"ids": [PROJECT]}, registry=bench.folder)
    finally:
        connection.close()
    assert bench.contents() == before


# The command ---------------------------------------------------------------------------------------------------------


def command(bench: Bench, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(["registry", "remove", *arguments, "--registry", str(bench.folder)])
    said = capsys.readouterr()
    return code, said.out, said.err


class Terminal:
    """Standard input that answers a question."""

    def __init__(self, answer: str) -> None:
        self._answer = answer

    def isatty(self) -> bool:
        return True

    def readline(self, *_: Any) -> str:
        return self._answer


def test_the_command_refuses_what_is_needed_and_names_who_needs_it(bench: Bench, capsys) -> None:
    code, out, err = command(bench, capsys, DATA)
    assert (code, out) == (5, "")
    assert err.startswith(f"dataset {DATA}@1.0.0 is needed by submission {PROJECT}/{DATA}@1.0.0+1.0.0; nothing was")
    assert "--cascade" in err


def test_a_cascade_without_a_terminal_is_refused_with_the_list(bench: Bench, capsys, monkeypatch) -> None:
    before = bench.contents()
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: SIM115
    code, out, err = command(bench, capsys, DATA, "--cascade")
    assert (code, out) == (5, "")
    assert "--yes" in err.splitlines()[0]
    assert f"  dataset {DATA}@1.0.0\n  submission {PROJECT}/{DATA}@1.0.0+1.0.0 (needs what goes)\n" in err
    assert bench.contents() == before


def test_a_cascade_shows_the_list_and_asks(bench: Bench, capsys, monkeypatch) -> None:
    before = bench.contents()
    answers = iter([False, True])
    monkeypatch.setattr("sys.stdin", Terminal(""))
    monkeypatch.setattr(removal_command.click, "confirm", lambda _: next(answers))
    code, out, err = command(bench, capsys, DATA, "--cascade")
    assert (code, err) == (5, "nothing was removed\n")
    assert out.startswith(f"this would be removed from {bench.folder}:\n  dataset {DATA}@1.0.0\n  submission ")
    assert bench.contents() == before
    code, out, _ = command(bench, capsys, DATA, "--cascade")
    assert code == 0
    assert f"\nremoved from {bench.folder}:\n  dataset {DATA}@1.0.0\n" in out
    assert DATA not in registry_ids(bench, "datasets")


def test_yes_asks_nobody(bench: Bench, capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: SIM115
    code, _, _ = command(bench, capsys, DATA, PROJECT, "--cascade", "--yes", "--log-message", "Start again")
    assert code == 0
    with bench.open() as registry:
        assert registry.registrations()[-1]["log_message"] == "Start again"
    code, _, err = command(bench, capsys, DATA)
    assert (code, err) == (3, f"{DATA} was removed from the registry already\n")


def test_the_job_is_run_by_its_spec(bench: Bench, tmp_path: Path, capsys) -> None:
    spec = tmp_path / "remove.toml"
    spec.write_text(f'spec_version = 1\njob = "remove"\nids = ["{PROJECT}@1.0.0"]\n')
    assert run(["run", str(spec), "--registry", str(bench.folder)]) == 0
    assert f"project {PROJECT}@1.0.0" in capsys.readouterr().out
    assert registry_ids(bench, "projects") == set()


def test_the_operation_says_what_it_removes(bench: Bench) -> None:
    with_data(bench)
    said: list[str] = []
    remove({"ids": ["stored"]}, registry=bench.folder, progress=said.append)
    assert said == ["removing 1 data folder"]
