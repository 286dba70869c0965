"""The commands of the README do what it says, and print what it shows."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.demo_project import DEMO

ROOT = DEMO.parents[1]
README = ROOT / "README.md"
# The first is what runs this test, and the second is done for all commands at once.
ELSEWHERE = ("make test", "source .venv/bin/activate")


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each command of the console blocks with the lines that it is said to print."""
    for block in re.findall(r"^```console\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            yield command, [line for line in shown if line.strip() and line != "..."]


def comparable(line: str) -> str:
    """Return a line without what differs from run to run: seconds, sizes of files, blanks."""
    line = re.sub(r"\d+\.\d+ s\b", "_ s", line)
    line = re.sub(r"in \d+ seconds", "in _ seconds", line)
    line = re.sub(r"[\d.]+ MB\b", "_ MB", line)
    line = re.sub(r"since [\d-]+ [\d:]+ UTC", "since _ UTC", line)
    return " ".join(line.split())


@pytest.mark.slow
def test_the_commands_of_the_readme_print_what_it_shows() -> None:
    venv = ROOT / ".venv"
    if Path(sys.prefix).resolve() != venv.resolve():
        pytest.skip("the README's commands need the checkout's own .venv: run this with `make test-all`")
    path = f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "VIRTUAL_ENV": str(venv), "COLUMNS": "120"}
    # Answers that are kept are no matter of the user's who runs the tests.
    environment["XDG_CACHE_HOME"] = str(ROOT / "build" / "cache")
    for name in (
        "MAKEFLAGS",
        "MAKELEVEL",
        "PYTHONPATH",
        "DSGRID_CACHE",
        "DSGRID_ENGINE",
        "DSGRID_REGISTRY",
        "ENGINE",
        "SPEC",
        "MASTER",
    ):
        environment.pop(name, None)
    for name in ("my_project", "my_answers", "cache"):
        shutil.rmtree(ROOT / "build" / name, ignore_errors=True)
    python = ("python -m doctest README.md", [])
    for command, shown in (*commands(), python):
        if command in ELSEWHERE:
            continue
        done = subprocess.run(
            shlex.split(command), cwd=ROOT, env=environment, text=True, capture_output=True, check=False
        )
        # A plan that has something to do, and versions that differ, are told by exit codes, too.
        differs = {"dsgrid plan": 2, "dsgrid registry diff": 1}
        expected = next((code for begin, code in differs.items() if command.startswith(begin)), 0)
        assert done.returncode == expected, f"{command}\n{done.stdout}{done.stderr}"
        printed = iter([comparable(line) for line in done.stdout.splitlines()])
        for line in shown:
            assert comparable(line) in printed, f"{command} does not print, in this order: {line}\n{done.stdout}"


def test_the_readme_shows_the_two_commands_and_names_what_it_is_not() -> None:
    found = [command for command, _ in commands()]
    assert found[:2] == ["make demo", "make test"]
    assert "not NREL's package" in README.read_text("utf-8")


def test_the_query_in_the_readme_is_the_demos() -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert (DEMO / "annual_by_state.toml").read_text("utf-8") in blocks
