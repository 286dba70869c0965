"""The guide of quick questions: its commands and its Python run on the demo, and print what it shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.demo_project import DEMO, small_demo

import dsgrid
from dsgrid.cli import run
from dsgrid.operations.question_grammar import SIGNS, parse_condition
from dsgrid.operations.question_spec import check_move
from dsgrid.spec.schemas.query import FUNCTIONS

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry

GUIDE = DEMO.parents[1] / "docs" / "questions.md"
ON_SAIL = pytest.mark.parametrize("engine", ["sail"], indirect=True)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each command with the lines that it is said to print."""
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            yield command, [line for line in shown if line.strip() and line != "..."]


def comparable(line: str) -> str:
    """Return a line without its numbers: the demo of the tests is smaller than that of the guide."""
    return " ".join(re.sub(r"-{3,}|[\d.,]*\d", "#", line).split())


@pytest.fixture(scope="module")
def registry(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    specs = small_demo(tmp_path_factory.mktemp("small"), days=3, counties=12)
    opened = dsgrid.open_registry(tmp_path_factory.mktemp("guide") / "registry", create=True, engine=engine)
    opened.register_project(specs / "register_project.toml")
    for name in ("commercial", "residential", "growth"):
        opened.register_dataset(specs / f"register_{name}.toml")
        opened.submit_dataset(specs / f"submit_{name}.toml")
    return opened


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@ON_SAIL
def test_the_commands_of_the_guide_print_what_it_shows(
    registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *rest = commands()
    assert first[0] == "export DSGRID_REGISTRY=build/demo/registry"
    monkeypatch.setenv("DSGRID_REGISTRY", str(registry.folder))
    for command, shown in rest:
        program, *arguments = shlex.split(command)
        assert program == "dsgrid"
        # Here is no terminal.
        form = [] if "--toml" in arguments else ["--format", "table"]
        capsys.readouterr()
        code = run([*arguments, *form])
        captured = capsys.readouterr()
        assert code == (3 if captured.err.startswith("--") else 0), f"{command}\n{captured.err}"
        printed = iter([comparable(line) for line in (captured.err + captured.out).splitlines()])
        for line in shown:
            assert comparable(line) in printed, f"{command} does not print, in this order: {line}\n{captured.out}"


@ON_SAIL
def test_the_python_of_the_guide_runs(registry: OpenRegistry) -> None:
    names = {"registry": registry}
    for block in blocks("python"):
        exec(block.replace('dsgrid.open_registry("build/demo/registry")', "registry"), names)
    assert "hourly" in names


@ON_SAIL
def test_the_conditions_of_the_guide_are_some(registry: OpenRegistry) -> None:
    project = registry.project("three_states_2018")
    text = GUIDE.read_text("utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|", text.partition("| condition |")[2].partition("\n\n")[0], re.MULTILINE)
    assert len(rows) > 8
    for row in rows:
        if "utility" not in row:  # of the demo's counties nothing is known of that
            check_move(project.query().question, project.value, parse_condition(row))
    assert all(sign in text for sign in SIGNS)


def test_the_guide_names_every_function() -> None:
    text = GUIDE.read_text("utf-8")
    assert all(f"`{name}`" in text for name in FUNCTIONS)
