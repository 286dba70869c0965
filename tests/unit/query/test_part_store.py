"""Parts that a process uses stay, and what nobody uses any more goes, whatever was killed, on whichever machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dsgrid.query import part_users
from dsgrid.query.part_store import GONE, PartStore, clear, every_store, stores
from dsgrid.query.part_users import GONE_AFTER, MARK, PartUser, is_used, names_in


def marked(folder: Path, age: float = 0.0, **said: object) -> Path:
    """Leave the mark of a process; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / f"{MARK}1.json"
    mark.write_text(json.dumps(said), "utf-8")
    then = time.time() - age
    os.utime(mark, (then, then))
    return mark


def test_parts_are_used_from_entering_to_leaving(tmp_path: Path) -> None:
    user = PartUser(tmp_path / "key-3")
    assert not is_used(user.folder)
    user.enter()
    assert is_used(user.folder)
    user.leave()
    assert not is_used(user.folder)
    assert names_in(user.folder) == []
    user.leave()


def test_a_process_of_this_machine_that_was_killed_uses_nothing(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, sys\n"
        "from dsgrid.query.part_users import PartUser\n"
        "PartUser(pathlib.Path(sys.argv[1])).enter()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert len(names_in(tmp_path)) == 1
    assert not is_used(tmp_path)


def test_a_process_of_another_machine_counts_while_it_renews_its_mark(tmp_path: Path) -> None:
    mark = marked(tmp_path, host="another", process=1)
    assert is_used(tmp_path)
    then = time.time() - 2 * GONE_AFTER
    os.utime(mark, (then, then))
    assert not is_used(tmp_path)


def test_a_mark_is_renewed_while_its_process_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_users, "RENEWED_EVERY", 0.01)
    user = PartUser(tmp_path)
    user.enter()
    (mark,) = tmp_path.iterdir()
    os.utime(mark, (0, 0))
    until = time.monotonic() + 5
    while not is_used(tmp_path) and time.monotonic() < until:
        time.sleep(0.01)
    assert is_used(tmp_path)
    user.leave()
    assert names_in(tmp_path) == []


def test_a_mark_that_is_being_written_counts(tmp_path: Path) -> None:
    marked(tmp_path).write_text("", "utf-8")
    assert is_used(tmp_path)


def test_what_vanishes_while_a_folder_is_looked_at_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = PartStore(tmp_path)
    (tmp_path / "0.0.json").write_text("{}", "utf-8")
    listed = os.listdir(tmp_path)
    # Files of other processes, which are there when names are read, and gone a moment later.
    monkeypatch.setattr(os, "listdir", lambda _: [*listed, f"{MARK}9.json", ".0.1.json-new"])
    walked = [(str(tmp_path), [], [*listed, "gone"])]
    monkeypatch.setattr(os, "walk", lambda _: walked)
    assert store.finished == 1
    assert not store.is_used
    assert store.bytes == 2


def test_of_two_that_remove_the_same_parts_neither_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = PartStore(tmp_path / "key-2")
    store.describe({"query": "asked"})
    store.remove()
    store.remove()
    assert names_in(tmp_path) == []


def test_a_removal_that_was_interrupted_leaves_no_parts_and_is_ended_later(tmp_path: Path) -> None:
    (tmp_path / f"{GONE}1").mkdir()
    (tmp_path / "key-2").mkdir()
    assert [store.folder.name for store in every_store(tmp_path, "key")] == ["key-2"]
    assert clear(tmp_path, "other") == []
    assert names_in(tmp_path) == ["key-2"]


def test_parts_of_an_answered_query_go_but_those_that_are_kept_or_used(tmp_path: Path) -> None:
    for name in ("key-2", "key-3", "key-4-0a1b2c3d", "key-5", "other-2"):
        PartStore(tmp_path / name).describe({})
    user = PartUser(tmp_path / "key-5")
    user.enter()
    gone = clear(tmp_path, "key", ["key-3"])
    user.leave()
    assert [folder.name for folder in gone] == ["key-2", "key-4-0a1b2c3d"]
    assert names_in(tmp_path) == ["key-3", "key-5", "other-2"]


def test_a_run_goes_on_only_from_parts_with_a_plain_number(tmp_path: Path) -> None:
    # Of a run that uses nothing of earlier ones: its random name may be made of digits.
    for name in ("key-3", "key-12", "key-3-12345678", "key-3-0a1b2c3d", "other-5"):
        (tmp_path / name).mkdir()
    assert [(count, store.folder.name) for count, store in stores(tmp_path, "key")] == [(3, "key-3"), (12, "key-12")]
    assert len(every_store(tmp_path, "key")) == 4
    assert stores(tmp_path / "none", "key") == []
