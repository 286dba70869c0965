"""The guide of running: its commands run on the demo and print what it shows, and it names all events and outcomes."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.demo_project import DEMO, small_demo

import dsgrid
from dsgrid import cli
from dsgrid import engine as engine_room
from dsgrid.operations import run_history
from dsgrid.operations.run_history import read_runs
from dsgrid.operations.run_log import EVENTS, RUN_BEGUN, RUN_ENDED

if TYPE_CHECKING:
    from dsgrid.engine import Engine

GUIDE = DEMO.parents[1] / "docs" / "running.md"
ON_SAIL = pytest.mark.parametrize("engine", ["sail"], indirect=True)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each command of the console blocks with the lines that it is said to print."""
    for block in re.findall(r"^```console\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            yield command, [line for line in shown if line.strip() and line != "..."]


def comparable(line: str) -> str:
    """Return a line without numbers, ids and widths: the demo of the tests is smaller, and each run another one."""
    line = re.sub(r"\b[0-9a-f]{8}\b", "#", line)
    return " ".join(
        re.sub(r"[\d.,]*\d|[kMG]?B\b|bytes|-{3,}|GWh|MWh|query only.*", "#", line).replace("# ", "#").split()
    )


@pytest.fixture(scope="module")
def specs(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("running")
    found = small_demo(folder, days=7, counties=5)
    opened = dsgrid.open_registry(folder / "build/demo/registry", create=True, engine=engine)
    opened.register_project(found / "register_project.toml")
    for name in ("commercial", "residential", "growth"):
        opened.register_dataset(found / f"register_{name}.toml")
        opened.submit_dataset(found / f"submit_{name}.toml")
    return folder


@ON_SAIL
def test_the_commands_of_the_guide_print_what_it_shows(
    specs: Path, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine_room, "_kept", [engine])
    monkeypatch.setenv("DSGRID_STATE", str(tmp_path))
    monkeypatch.setenv("DSGRID_CACHE", "off")
    monkeypatch.chdir(specs)
    for command, shown in commands():
        # The id in the guide is that of the run of growth.
        ids = {run["query"]: run["id"] for run in read_runs()}
        words = shlex.split(command.replace("81dfa153", ids.get("growth_by_state", "")))
        assert words[0] == "dsgrid"
        assert cli.run(words[1:]) == 0, command
        out, err = capfd.readouterr()
        # Lines about the engine are not there: this process has one already.
        printed = iter([comparable(line) for line in (err + out).splitlines()])
        for line in shown:
            if "starting the engine" not in line:
                assert comparable(line) in printed, f"{command} does not print, in this order: {line}\n{err}{out}"


@ON_SAIL
def test_the_log_in_the_guide_has_the_keys_of_a_real_one(
    specs: Path, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_room, "_kept", [engine])
    (shown,) = re.findall(r"^```json\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(specs)
    assert cli.run(["run", "specs/demo/annual_by_state.toml", "-q", "--log", str(tmp_path / "log.jsonl")]) == 0
    entries = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    same = [one for one in entries if one.get("stage") == "planning" and one["event"] == "stage_begun"]
    assert [list(one) for one in same] == [list(json.loads(shown))]


def test_the_guide_names_every_event_and_every_outcome() -> None:
    text = GUIDE.read_text("utf-8")
    outcomes = ("SUCCEEDED", "FAILED", "STOPPED", "KILLED", "RUNNING", "UNKNOWN")
    for name in (*EVENTS.values(), RUN_BEGUN, RUN_ENDED, *(getattr(run_history, one) for one in outcomes)):
        assert f"`{name}`" in text, name
