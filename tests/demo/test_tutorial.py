"""The commands of the tutorial, pasted one block after the other into a shell in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.demo_project import DEMO

TUTORIAL = DEMO.parents[1] / "docs" / "tutorial.md"
_BLOCK = re.compile(
    r"^(?:<!-- exit code (?P<code>\d+) -->\n)?```sh\n(?P<commands>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
_END = "--- end of block:"


@dataclass(frozen=True)
class Block:
    """Commands, the lines that they are said to print, and the exit code of the first that fails (0: none does)."""

    commands: str
    shown: tuple[str, ...]
    code: int


def blocks() -> list[Block]:
    """Return the blocks of the tutorial in order."""
    found = []
    for match in _BLOCK.finditer(TUTORIAL.read_text("utf-8")):
        lines = [line for line in (match["shown"] or "").splitlines() if line.strip() and line != "..."]
        found.append(Block(match["commands"], tuple(lines), int(match["code"] or 0)))
    return found


def run(commands: list[str], folder: Path) -> list[tuple[str, list[int]]]:
    """Run blocks of commands in one shell, and return what each prints and the exit codes that are not 0."""
    tools = folder / "tools"
    tools.mkdir()
    for name, call in (("python", ""), ("dsgrid", " -m dsgrid")):
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{call} "$@"\n')
        (tools / name).chmod(0o755)
    empty = folder / "empty"
    empty.mkdir()
    ends = [f'printf "%s%s\\n" "{_END}" "$codes"; codes=' for _ in commands]
    script = "\n".join(
        ["trap 'codes=\"$codes $?\"' ERR", *(f"{block}{end}" for block, end in zip(commands, ends, strict=True))]
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DSGRID_")}
    environment |= {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120"}
    done = subprocess.run(
        ["bash"], input=script, cwd=empty, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    *printed, rest = re.split(rf"^{_END}(.*)\n", done.stdout.replace(f"{empty}/", ""), flags=re.MULTILINE)
    assert not rest, done.stdout
    return [(text, list(map(int, codes.split()))) for text, codes in zip(printed[::2], printed[1::2], strict=True)]


def test_the_commands_of_the_tutorial_print_what_it_shows(tmp_path: Path) -> None:
    every = blocks()
    assert len(every) == TUTORIAL.read_text("utf-8").count("```sh\n") > 10
    for block, (printed, codes) in zip(every, run([block.commands for block in every], tmp_path), strict=True):
        assert codes == ([block.code] if block.code else []), f"{block.commands}\n{printed}"
        lines = iter(printed.splitlines())
        for line in block.shown:
            assert line in lines, f"{block.commands}\ndoes not print, in this order: {line}\n{printed}"
