"""Parts of guides that are written from the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsgrid.spec.guides import Part

PART = Part("dsgrid.somewhere", "lib/dsgrid/somewhere.py", "table of things", "| a | b |")


def test_a_part_is_written_between_its_marks_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guide = tmp_path / "guide.md"
    guide.write_text(f"before\n{PART.begin}\nold\n{PART.end}\nafter\n", encoding="utf-8")
    assert PART.write(guide, ["--check"]) == 1
    assert capsys.readouterr().err == f"{guide}: not what lib/dsgrid/somewhere.py says; run: make docs\n"
    assert PART.write(guide, []) == 0
    written = guide.read_text(encoding="utf-8")
    assert written == f"before\n{PART.begin}\n\n| a | b |\n\n{PART.end}\nafter\n"
    assert PART.write(guide, ["--check"]) == 0


def test_another_file_may_be_named(tmp_path: Path) -> None:
    guide = tmp_path / "other.md"
    guide.write_text(f"{PART.begin}\n{PART.end}", encoding="utf-8")
    assert PART.write(tmp_path / "guide.md", [str(guide)]) == 0
    assert "| a | b |" in guide.read_text(encoding="utf-8")
