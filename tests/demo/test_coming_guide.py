"""The guide "Coming from dsgrid-toolkit": its way from a repository to a result, command by command."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.demo_project import DEMO

from dsgrid.cli import run

ROOT = DEMO.parents[1]
GUIDE = ROOT / "docs" / "coming_from_dsgrid_toolkit.md"
REPOSITORY = Path("tests/fixtures/river_towns")
PLANNED = 2  # how `dsgrid plan` ends when there is something to do


def commands() -> list[tuple[str, list[str]]]:
    """Return each command of the console blocks with the lines that it is said to print."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            found.append((command, [line for line in shown if line.strip() and line != "..."]))
    return found


def comparable(line: str) -> str:
    """Return a line without what differs from run to run: the moment, and who it was."""
    return " ".join(re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC  \S+", "_", line).split())


def checksums(folder: Path) -> dict[str, str]:
    """Return the checksum of each file in a folder."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest() for file in files}


def test_the_commands_of_the_guide_lead_from_a_repository_to_the_answer_that_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / REPOSITORY, tmp_path / REPOSITORY)
    before = checksums(tmp_path / REPOSITORY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DSGRID_REGISTRY", raising=False)
    monkeypatch.setenv("DSGRID_CACHE", str(tmp_path / "cache"))
    every = commands()
    assert 10 <= len(every) <= 14
    for command, shown in every:
        capfd.readouterr()
        if command.startswith("sed "):
            subprocess.run(shlex.split(command), check=True)
            continue
        expected = PLANNED if command.startswith("dsgrid plan ") else 0
        assert run(shlex.split(command)[1:]) == expected, f"{command}\n{capfd.readouterr().err}"
        printed = capfd.readouterr().out.replace(f"{tmp_path}/", "")
        lines = iter([comparable(line) for line in printed.splitlines()])
        for line in shown:
            assert comparable(line) in lines, f"{command} does not print, in this order: {line}\n{printed}"
    assert checksums(tmp_path / REPOSITORY) == before
    (block,) = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    assert list(names["table"].itertuples(index=False, name=None)) == [
        ("CA", "cooling", "reference", pytest.approx(0.18), "MWh"),
        ("CA", "fans", "reference", pytest.approx(0.036), "MWh"),
        ("CO", "cooling", "reference", pytest.approx(0.06), "MWh"),
        ("CO", "fans", "reference", pytest.approx(0.012), "MWh"),
    ]
