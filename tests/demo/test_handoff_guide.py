"""The guide of exports: its commands print what it shows, its specs run, and it names all there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli
from tests.demo_project import DEMO, small_demo

import dsgrid
from dsgrid.cli import run
from dsgrid.spec.schemas.export import EXPORT_RESULT

if TYPE_CHECKING:
    from dsgrid.engine import Engine

GUIDE = DEMO.parents[1] / "docs" / "handoff.md"
ON_SAIL = pytest.mark.parametrize("engine", ["sail"], indirect=True)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def demo(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo of a year, with the result of one of its queries."""
    folder = tmp_path_factory.mktemp("year")
    specs = small_demo(folder, days=365, counties=3, start="2018-01-01")
    opened = dsgrid.open_registry(folder / "build" / "demo" / "registry", create=True, engine=engine)
    opened.register_project(specs / "register_project.toml")
    for name in ("commercial", "residential", "growth"):
        opened.register_dataset(specs / f"register_{name}.toml")
        opened.submit_dataset(specs / f"submit_{name}.toml")
    opened.query(specs / "hourly_by_state.toml")
    return folder


def comparable(text: str) -> list[str]:
    """Return lines without their numbers: the demo of the tests is another one."""
    return [" ".join(re.sub(r"[\d.,]*\d", "#", line).split()) for line in text.splitlines()]


@ON_SAIL
def test_the_commands_print_what_the_guide_shows(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(demo)
    for block in blocks("console"):
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            program, *arguments = shlex.split(command)
            if program == "dsgrid":
                run(arguments)
                captured = capsys.readouterr()
                said = captured.out or captured.err
                said = "".join(line for line in said.splitlines(True) if not line.startswith("["))
                said += "".join(
                    line for line in captured.err.splitlines(True) if not line.startswith("[") and captured.out
                )
            else:
                lines = Path(arguments[-1]).read_text("utf-8").splitlines(True)
                said = "".join(lines[: int(arguments[0][1:])] if program == "head" else lines)
            assert comparable(said) == comparable(shown), command


@ON_SAIL
def test_the_spec_of_an_export_runs(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo)
    (spec,) = (tomli.loads(text) for text in blocks("toml") if "export_result" in text)
    export = dsgrid.export_result(spec).export
    assert len(export.files) == 4
    assert [one["unit"] for one in export.manifest["sums"]] == ["MWh", "MMBtu"]


@ON_SAIL
def test_the_query_with_exports_runs(demo: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    monkeypatch.chdir(demo)
    (spec,) = (tomli.loads(text) for text in blocks("toml") if 'job = "query"' in text)
    opened = dsgrid.open_registry(demo / "build" / "demo" / "registry", engine=engine)
    result = opened.query(spec)
    load, values = result.exports["load"], result.exports["values"]
    assert [path.name for path in load.files if path.name.startswith("ref")] == [
        f"reference_{year}.csv" for year in (2018, 2030, 2040)
    ]
    lines = (load.folder / "reference_2030.csv").read_text("utf-8").splitlines()
    assert (
        lines[0]
        == "date,hour,CA_electricity,CA_natural_gas,CO_electricity,CO_natural_gas,NY_electricity,NY_natural_gas"
    )
    assert (lines[1][:13], lines[-1][:14], len(lines)) == ("2030-01-01,1,", "2030-12-31,24,", 8761)
    assert values.manifest["row_columns"][-3:] == ["time", "utc_offset", "unit"]


def test_the_guide_names_every_key_and_every_word() -> None:
    text = GUIDE.read_text("utf-8")
    properties = EXPORT_RESULT["properties"]
    for key in set(properties) - {"spec_version", "job", "registry", "name"}:
        assert re.search(rf"\b{key}\b", text), key
    words = {word for one in properties.values() for word in one.get("enum", ()) if isinstance(word, str)}
    for word in words - {"export_result", "error", "hour_beginning"}:
        assert word in text, word
