"""The guide of the cache: its commands run on the demo and print what it shows, and so do other runs that it shows."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.demo_project import DEMO, small_demo

import dsgrid
from dsgrid import cli
from dsgrid import engine as engine_room
from dsgrid.errors import DsgridError
from dsgrid.operations.query import query
from dsgrid.operations.task import How

if TYPE_CHECKING:
    from dsgrid.engine import Engine

GUIDE = DEMO.parents[1] / "docs" / "cache.md"
ON_SAIL = pytest.mark.parametrize("engine", ["sail"], indirect=True)


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [text for named, text in found if named == language]


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each command with the lines that it is said to print."""
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            yield command, [line for line in shown if line.strip() and line != "..."]


def comparable(line: str) -> str:
    """Return a line without numbers and places: the demo of the tests is smaller, and each run another one."""
    line = re.sub(r"^\[.*?\] +", "", re.sub(r"^/\S*(?=:)", "FOLDER", line))
    return " ".join(re.sub(r"[\d.,:-]*\d|\b[kMG]?B\b|\bbytes\b", "#", line).replace("# #", "#").split())


@pytest.fixture(scope="module")
def guided(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    specs = small_demo(folder, days=2, counties=6)
    opened = dsgrid.open_registry(folder / "build/demo/registry", create=True, engine=engine)
    opened.register_project(specs / "register_project.toml")
    for name in ("commercial", "residential"):
        opened.register_dataset(specs / f"register_{name}.toml")
        opened.submit_dataset(specs / f"submit_{name}.toml")
    return folder


@pytest.fixture(autouse=True)
def own_places(guided: Path, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_room, "_kept", [engine])
    monkeypatch.setenv("DSGRID_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("DSGRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(guided)


def printed_by(command: list[str], capfd: pytest.CaptureFixture[str]) -> list[str]:
    assert cli.run(command) == 0, command
    out, err = capfd.readouterr()
    return [comparable(line) for line in (err + out).splitlines()]


@ON_SAIL
def test_the_commands_of_the_guide_print_what_it_shows(capfd: pytest.CaptureFixture[str]) -> None:
    found = list(commands())
    assert found
    for command, shown in found:
        words = shlex.split(command)
        assert words[0] == "dsgrid"
        lines = printed_by(words[1:], capfd)
        printed = iter(lines)
        for line in shown:
            assert comparable(line) in printed, f"{command} does not print, in this order: {line}\n{lines}"


@ON_SAIL
def test_another_form_and_a_run_that_goes_on_say_what_the_guide_shows(
    guided: Path, engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    another_form, going_on = ([comparable(line) for line in block.splitlines()] for block in blocks(""))
    shutil.rmtree(guided / "build/demo/results", ignore_errors=True)  # of other tests
    printed_by(["run", "specs/demo/annual_by_state.toml"], capfd)
    spec = guided / "specs/demo/annual_by_state.toml"
    text = spec.read_text("utf-8")
    spec.write_text(text.replace('format = "parquet"', 'format = "csv"\npivot = "scenario"'), "utf-8")
    lines = printed_by(["run", str(spec)], capfd)
    assert [line for line in lines if line in another_form] == another_form
    assert not any("reading" in line for line in lines)

    def stop(message: str) -> None:
        if message.startswith("part 3"):
            raise DsgridError("stopped")

    hourly = guided / "specs/demo/hourly_by_state.toml"
    hourly.write_text(hourly.read_text("utf-8").replace('"state"', '"county"'), "utf-8")
    with pytest.raises(DsgridError, match="stopped"):
        query(hourly, engine=engine, progress=stop, how=How(parts=3))
    lines = printed_by(["run", str(hourly)], capfd)
    assert [line for line in lines if line in going_on] == going_on
