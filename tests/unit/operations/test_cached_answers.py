"""Where quick answers are kept, and for how long."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dsgrid.errors import UsageError
from dsgrid.operations.cached_answers import SECONDS_KEPT, SECONDS_READ, cached_answers, forget_old, remember
from dsgrid.query.part_store import FOLDER as PARTS_FOLDER
from dsgrid.registry.publish import POINTER

NOW = 2_000_000_000.0


def published(folder: Path, name: str, run: str, age: float, *, current: bool = True) -> Path:
    made = folder / name / run
    made.mkdir(parents=True)
    (made / "table.parquet").write_text("rows")
    if current:
        (folder / name / POINTER).write_text(json.dumps({"run": run}))
        os.utime(folder / name / POINTER, (NOW - age, NOW - age))
    os.utime(made, (NOW - age, NOW - age))
    return made


def test_answers_that_nobody_asks_for_again_are_forgotten(tmp_path: Path) -> None:
    old = published(tmp_path, "old", "a", SECONDS_KEPT + 1)
    young = published(tmp_path, "young", "a", SECONDS_KEPT - 1)
    forget_old(tmp_path, NOW)
    assert not old.parent.exists()
    assert young.exists()


def test_an_answer_that_is_asked_for_again_stays(tmp_path: Path) -> None:
    old = published(tmp_path, "old", "a", SECONDS_KEPT + 1)
    remember(tmp_path, "old")
    remember(tmp_path, "nothing")
    forget_old(tmp_path, (old.parent / POINTER).stat().st_mtime + SECONDS_KEPT)
    assert old.exists()


def test_a_run_that_a_newer_one_has_replaced_goes_when_nobody_reads_it_any_more(tmp_path: Path) -> None:
    replaced = published(tmp_path, "one", "a", SECONDS_READ + 1, current=False)
    running = published(tmp_path, "one", "b", SECONDS_READ - 1, current=False)
    current = published(tmp_path, "one", "c", SECONDS_READ + 2)
    forget_old(tmp_path, NOW)
    assert not replaced.exists()
    assert running.exists()
    assert current.exists()


def test_parts_of_a_long_question_stay_while_it_is_answered(tmp_path: Path) -> None:
    published(tmp_path, "long", "a", 10)
    parts = published(tmp_path, "long", PARTS_FOLDER, SECONDS_READ + 1, current=False)
    forget_old(tmp_path, NOW)
    assert parts.exists()


def test_what_is_no_answer_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    broken = published(tmp_path, "broken", "a", 10)
    (broken.parent / POINTER).write_text("{")
    os.utime(broken.parent / POINTER, (NOW, NOW))
    forget_old(tmp_path, NOW)
    assert (tmp_path / "mine" / "notes.txt").exists()
    assert broken.exists()
    forget_old(tmp_path / "nowhere", NOW)


def test_they_are_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSGRID_CACHE", str(tmp_path / "own"))
    assert cached_answers() == tmp_path / "own" / "questions"
    monkeypatch.setenv("DSGRID_CACHE", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cached_answers() == tmp_path / "dsgrid" / "questions"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cached_answers() == tmp_path / "home" / ".cache" / "dsgrid" / "questions"

    def homeless() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(UsageError, match="set XDG_CACHE_HOME"):
        cached_answers()
