"""Editors read the schemas as dsgrid does: Taplo and Tombi accept the good specs and refuse the bad ones.

Both find the schema through the first line of a spec, and neither goes to the network here.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SPECS = ROOT / "specs"
BAD = sorted((SPECS / "examples" / "bad").glob("*.toml"))
GOOD = sorted(path for path in SPECS.rglob("*.toml") if path not in BAD)

EDITORS = {
    "taplo": ("lint", "--no-auto-config", "--colors", "never"),
    "tombi": ("lint", "--offline", "--error-on-warnings"),
}


def lint(editor: str, *specs: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter of an editor; it is a development dependency, so a missing one is a failure."""
    program = Path(sys.executable).with_name(editor)
    assert program.is_file(), f"{editor} is not installed beside {sys.executable}: pip install -e .[dev]"
    command = [str(program), *EDITORS[editor], *map(str, specs)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_spec_names_its_schema_in_the_first_line() -> None:
    for path in (*GOOD, *BAD):
        head, _, schema = path.read_text("utf-8").split("\n")[0].partition(" ")
        assert head == "#:schema", path
        assert (path.parent / schema).resolve().parent == ROOT / "schemas", path


@pytest.mark.parametrize("editor", EDITORS)
def test_editors_accept_every_good_spec(editor: str) -> None:
    assert len(GOOD) > 5
    run = lint(editor, *GOOD)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("editor", EDITORS)
@pytest.mark.parametrize("path", BAD, ids=[path.stem for path in BAD])
def test_editors_refuse_every_bad_spec(editor: str, path: Path) -> None:
    assert lint(editor, path).returncode != 0


@pytest.mark.parametrize("editor", EDITORS)
def test_editors_validate_and_do_not_only_parse(editor: str) -> None:
    run = lint(editor, SPECS / "examples" / "bad" / "wrong_words.toml")
    assert "many_to_one_agregation" in run.stdout + run.stderr
