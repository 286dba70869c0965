"""The guide of comparing: its commands and its Python run on the demo, and print what it shows."""

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
from dsgrid.operations.compare_tables import DIFFERENT_CODE, compare

if TYPE_CHECKING:
    from dsgrid.engine import Engine

GUIDE = DEMO.parents[1] / "docs" / "comparing.md"
ON_SAIL = pytest.mark.parametrize("engine", ["sail"], indirect=True)
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of the blocks of a language."""
    for found in _BLOCK.finditer(GUIDE.read_text("utf-8")):
        if found[1] == language:
            yield found[2] or "", found[3]


@pytest.fixture(scope="module")
def demo(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo with its first result, and the tables of the guide."""
    folder = tmp_path_factory.mktemp("guide")
    specs = small_demo(folder, days=2, counties=12)
    registry = dsgrid.open_registry(folder / "build/demo/registry", create=True, engine=engine)
    registry.register_project(specs / "register_project.toml")
    for name in ("commercial", "residential"):
        registry.register_dataset(specs / f"register_{name}.toml")
        registry.submit_dataset(specs / f"submit_{name}.toml")
    registry.query(specs / "annual_by_state.toml")
    for name, text in blocks("text"):
        (folder / name).write_text(text, "utf-8")
    return folder


def comparable(line: str) -> str:
    """Return a line without its large numbers: the demo of the tests is smaller than that of the guide."""
    return " ".join(re.sub(r"\b\d{1,3},\d{3}\b|\b\d{2,3}\.\d{3}\b", "#", line).split())


@ON_SAIL
def test_the_commands_and_the_python_of_the_guide_print_what_it_shows(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(demo)
    commands = [part for _, block in blocks("console") for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    assert len(commands) == 4
    for part in commands:
        command, *shown = part.splitlines()
        code = run(shlex.split(command)[1:])
        printed = capsys.readouterr().out.splitlines()
        assert code == (DIFFERENT_CODE if shown and shown[-1] == "different" else 0), command
        if "build/demo" in command:
            assert [comparable(line) for line in printed][:6] == [comparable(line) for line in shown][:6], command
            assert printed[-1:] == shown[-1:]
        else:
            assert printed == shown, command
    ((_, snippet),) = blocks("python")
    exec(snippet, {})
    shown = [line.partition("# ")[2] for line in snippet.splitlines() if line.startswith("print")]
    assert capsys.readouterr().out.splitlines() == shown


@ON_SAIL
def test_the_guide_names_each_key_of_the_document(demo: Path) -> None:
    found = compare(demo / "before.csv", demo / "after.csv").document()
    table = GUIDE.read_text("utf-8").partition("## For programs")[2]
    rows = {tuple(re.findall(r"`(\w+)`", line.split("|")[1])): line for line in table.splitlines() if line[:3] == "| `"}
    assert [name for names in rows for name in names] == list(dict.fromkeys(sorted(found, key=order_in(rows))))
    for names, line in rows.items():
        for name in names:
            inner = found[name]
            for key in inner if isinstance(inner, dict) and name != "by" else ():
                assert f"`{key}`" in line, (name, key)


def order_in(rows: dict[tuple[str, ...], str]) -> object:
    names = [name for row in rows for name in row]
    return lambda name: names.index(name)
