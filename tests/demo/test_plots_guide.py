"""The guide of plots: its commands draw on the demo, and print what it shows."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli
from tests.demo_project import DEMO, small_demo

import dsgrid
from dsgrid.cli import run
from dsgrid.query.plots.wish import KINDS

if TYPE_CHECKING:
    from dsgrid.engine import Engine

pytest.importorskip("plotly")

GUIDE = DEMO.parents[1] / "docs" / "plots.md"
ON_SAIL = pytest.mark.parametrize("engine", ["sail"], indirect=True)


def commands() -> list[tuple[str, list[str]]]:
    """Return each command of the guide with what it is said to print."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            found.append((command, shown))
    return found


@pytest.fixture(scope="module")
def folder(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo was made, with the results that the guide draws."""
    folder = tmp_path_factory.mktemp("plots")
    specs = small_demo(folder, days=7, counties=5)
    registry = dsgrid.open_registry(folder / "build/demo/registry", create=True, engine=engine)
    registry.register_project(specs / "register_project.toml")
    for name in ("commercial", "residential"):
        registry.register_dataset(specs / f"register_{name}.toml")
        registry.submit_dataset(specs / f"submit_{name}.toml")
    for name in ("hourly_by_state", "annual_by_state"):
        registry.query(specs / f"{name}.toml")
    hottest = tomli.loads((specs / "hourly_by_state.toml").read_text("utf-8"))
    hottest |= {"name": "hottest", "result": {"path": str(folder / "build/demo/results")}}
    by = ["state", "fuel", "scenario", "daily"]
    hottest["step"] = [*hottest["step"], {"function": "max", "by": by}]
    registry.query(hottest)
    return folder


@ON_SAIL
def test_the_commands_of_the_guide_print_what_it_shows(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    every = commands()
    assert len(every) == 6
    for command, shown in every:
        program, *arguments = shlex.split(command)
        assert program == "dsgrid"
        code = run(arguments)
        said = capfd.readouterr()
        assert [*said.out.splitlines(), *said.err.splitlines()] == shown, command
        assert code == (0 if shown[-1].endswith(".html") else 2)


@ON_SAIL
def test_the_python_of_the_guide_does_what_it_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    failed, tried = doctest.testfile(str(GUIDE), module_relative=False)
    assert (failed, tried) == (0, 6)
    assert (folder / "lines.html").is_file()


def test_the_guide_names_every_kind_and_every_option() -> None:
    from dsgrid.cli.plotting import plot

    text = GUIDE.read_text("utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []
    options = [name for one in plot.params for name in one.opts if name.startswith("--") and name != "--debug"]
    assert [name for name in options if name not in text] == []
