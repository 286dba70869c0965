"""Two processes that write one folder: one of them does, the other is told."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from dsgrid.errors import RegistryError, RegistryLockedError
from dsgrid.operations.import_target import import_folder, require_target
from dsgrid.registry.folders import whole_folder
from dsgrid.registry.unfinished import unfinished_folder


def test_a_folder_that_another_process_writes_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    with unfinished_folder(tmp_path / "made") as folder:
        (folder / "a.txt").write_text("first")
        with (
            pytest.raises(RegistryLockedError, match="another process is writing"),
            unfinished_folder(tmp_path / "made"),
        ):
            pytest.fail("two write one folder")
        assert (folder / "a.txt").read_text() == "first"


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".made.unfinished"
    (left / "deep").mkdir(parents=True)
    (left / "deep" / "a.txt").write_text("left")
    (left / "link").symlink_to(tmp_path)
    with whole_folder(tmp_path / "made", "it") as folder:
        assert list(folder.iterdir()) == []
        (folder / "b.txt").write_text("new")
    assert [path.name for path in tmp_path.rglob("*")] == ["made", "b.txt"]


def test_a_folder_that_fails_is_gone_and_can_be_written_again(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="on purpose"), unfinished_folder(tmp_path / "made"):
        raise ValueError("on purpose")
    assert list(tmp_path.iterdir()) == []
    with unfinished_folder(tmp_path / "made") as folder:
        assert folder.is_dir()


def test_where_folders_cannot_be_locked_they_are_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(9, os.strerror(9))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with whole_folder(tmp_path / "made", "it") as folder:
        (folder / "a.txt").write_text("a")
    assert (tmp_path / "made" / "a.txt").is_file()


def test_an_import_that_another_one_was_faster_than_is_told_and_loses_nothing(tmp_path: Path) -> None:
    target = tmp_path / "imported"
    before = require_target(target, overwrite=False)
    target.mkdir()
    (target / "import_report.json").write_text('{"written": {}}')
    with pytest.raises(RegistryError, match="another import has just written"), import_folder(target, before):
        pytest.fail("it would replace the other import")
    assert [path.name for path in tmp_path.rglob("*")] == ["imported", "import_report.json"]
