"""Many users: locks that work, locks that don't, and processes that are killed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from registry_processes import run
from registry_values import example_dataset, register

from dsgrid.errors import RegistryError, RegistryLockedError
from dsgrid.registry import database, locks
from dsgrid.registry.registry import Registry

pytestmark = pytest.mark.usefixtures("patient_disk")


def test_a_writer_that_waits_too_long_is_told_so(folder: Path) -> None:
    holder = sqlite3.connect(folder / "registry.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with Registry.open(folder, write=True, lock_timeout=0.05) as registry:
        with pytest.raises(
            RegistryLockedError, match=r"is locked by another process \(waited 0\.05 s\); try again later"
        ):
            register(registry)
        assert len(registry.projects()) == 1, "readers go on"
    holder.close()


def test_a_reader_that_waits_too_long_is_told_so(folder: Path) -> None:
    holder = sqlite3.connect(folder / "registry.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RegistryLockedError, match="is locked by another process"):
        Registry.open(folder, lock_timeout=0.05)
    holder.close()


def test_who_waits_is_told_before_it_looks_like_a_hang(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database, "TOLD_AFTER", 0.0)
    holder = sqlite3.connect(folder / "registry.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RegistryLockedError):
        Registry.open(folder, lock_timeout=0.5)
    holder.close()
    assert caplog.messages == [f"waiting for another process that has locked the registry {folder} (up to 0.5 s)"], (
        "once, however often it tries"
    )


def test_a_folder_whose_locks_do_not_work_is_not_written_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_probed", set())
    # SQLite's own switch for filesystems without locks: both processes get what they ask for.
    with pytest.raises(RegistryError, match="two processes were given the same lock"):
        locks.probe_locks(folder, "nolock=1")
    locks.probe_locks(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["data", "registry.db"]


def test_a_commit_that_was_killed_is_undone_by_the_next_reader(folder: Path) -> None:
    script = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")  # so that changed pages reach the file before the commit
connection.execute("BEGIN IMMEDIATE")
for number in range(2000):
    connection.execute("INSERT INTO projects (id) VALUES (?)", (f"garbage_{number}" * 20,))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert run(script, str(folder / "registry.db")).returncode == -9
    assert (folder / "registry.db-journal").stat().st_size > 0
    with Registry.open(folder) as registry:
        assert [row["id"] for row in registry.projects()] == ["conus_2022"]
        assert registry._database.value("SELECT count(*) FROM projects") == 1


def test_of_two_that_register_one_id_the_second_loses(folder: Path) -> None:
    with Registry.open(folder, write=True) as one, Registry.open(folder, write=True) as other:
        register(one, example_dataset("resstock"))
        with pytest.raises(RegistryError, match="dataset resstock is registered already"):
            register(other, example_dataset("resstock"))
