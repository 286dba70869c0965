"""The guide of derived datasets: its files are written, and its commands print what it shows."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomli
from tests.demo_project import DEMO, small_demo

import dsgrid
from dsgrid.cli import run
from dsgrid.spec.load import load_spec

GUIDE = DEMO.parents[1] / "docs" / "derived.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


@dataclass(frozen=True)
class Step:
    """A file to write (`command` is its path), a command with the lines that it is said to print, or (none) Python."""

    command: str
    text: str
    is_file: bool = False


def steps() -> list[Step]:
    """Return what the guide does, in its order; a file is named in the sentence before it."""
    text = GUIDE.read_text("utf-8")
    found = []
    for block in _BLOCK.finditer(text):
        if block[1] == "toml":
            named = re.findall(r"`(build/derived/\w+\.toml)`", text[: block.start()])
            found.append(Step(named[-1], block[2], is_file=True))
        elif block[1] == "python":
            found.append(Step("", block[2]))
        elif block[1] == "console":
            for part in block[2].split("$ ")[1:]:
                command, _, shown = part.partition("\n")
                found.append(Step(command, shown))
    return found


def comparable(line: str) -> str:
    """Return a line without numbers and runs: the demo of the tests is smaller than that of the guide."""
    return " ".join(re.sub(r"[\d.,]*\d", "#", _RUN.sub("RUN", line)).split())


def test_the_commands_of_the_guide_print_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    specs = small_demo(tmp_path, days=2, counties=5)
    monkeypatch.chdir(tmp_path)
    opened = dsgrid.open_registry("build/demo/registry", create=True)
    opened.register_project(specs / "register_project.toml")
    opened.register_dataset(specs / "register_commercial.toml")
    opened.submit_dataset(specs / "submit_commercial.toml")
    Path("build/derived").mkdir()
    every = steps()
    assert sum(not step.is_file for step in every) > 10
    for step in every:
        if step.is_file:
            assert load_spec(tomli.loads(step.text)).job
            Path(step.command).write_text(step.text, "utf-8")
            continue
        if not step.command:
            exec(step.text, {"dsgrid": dsgrid})
            continue
        capfd.readouterr()
        assert run(shlex.split(step.command)[1:]) == 0, capfd.readouterr().err
        printed = capfd.readouterr().out.replace(f"{tmp_path}/", "")
        lines = iter([comparable(line) for line in printed.splitlines()])
        for line in step.text.splitlines():
            if line.strip() not in ("", "..."):
                assert comparable(line) in lines, f"{step.command}\ndoes not print: {line}\n{printed}"
