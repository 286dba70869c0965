"""Whether a server is ready: each thing that can be in the way is told in words, and without a path."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from types import SimpleNamespace

import pytest

from dsgrid.api.routes import readiness
from dsgrid.api.routes.readiness import Readiness, reasons
from dsgrid.api.settings import Settings
from dsgrid.api.state.database import open_state


@pytest.fixture
def here(small_registry, tmp_path, monkeypatch):
    """A context with a registry of its own, and a dispatcher without troubles."""
    monkeypatch.setattr(readiness, "LOCK_TIMEOUT", 0.05)
    registry = shutil.copytree(small_registry, tmp_path / "registry")
    settings = Settings(registry=registry, state=tmp_path / "state")
    dispatcher = SimpleNamespace(troubles=lambda: ())
    return SimpleNamespace(settings=settings, state=open_state(settings.state), dispatcher=dispatcher)


def test_a_server_with_all_that_it_needs_is_ready_and_leaves_nothing_behind(here):
    before = sorted(here.settings.state.iterdir())
    assert reasons(here) == ()
    assert sorted(here.settings.state.iterdir()) == before


def test_a_registry_that_is_gone_locked_or_damaged_is_told(here):
    database = here.settings.registry / "registry.db"
    locked = sqlite3.connect(database, isolation_level=None)
    locked.execute("BEGIN EXCLUSIVE")
    assert reasons(here) == ("the registry is locked by another process",)
    locked.close()
    database.write_bytes(b"no database" * 100)
    assert reasons(here) == ("the registry cannot be opened",)
    database.unlink()
    assert reasons(here) == ("the registry is not there",)


def test_a_disk_that_is_full_or_read_only_is_told(here, monkeypatch):
    for number, words in ((errno.ENOSPC, "the disk of the server is full"), (errno.EROFS, "cannot be written")):

        def refuse(*_: object, number: int = number) -> int:
            raise OSError(number, os.strerror(number), "/secret/place")

        monkeypatch.setattr(readiness.os, "write", refuse)
        (found,) = reasons(here)
        assert words in found
        assert "secret" not in found
    assert not list(here.settings.state.glob("server.probe-*"))


def test_a_state_folder_that_is_gone_is_told(here):
    shutil.rmtree(here.settings.state)
    assert reasons(here) == ("the server's folder cannot be written",)


def test_a_runner_that_does_nothing_is_told_besides_the_rest(here):
    here.dispatcher.troubles = lambda: ("the runner warm does not work",)
    shutil.rmtree(here.settings.registry)
    assert reasons(here) == ("the registry is not there", "the runner warm does not work")


def test_whoever_asks_often_makes_the_server_look_once():
    looked = []
    ready = Readiness(lambda: (looked.append(1), ("busy",))[1], kept=1_000)
    assert [ready.reasons() for _ in range(5)] == [("busy",)] * 5
    assert len(looked) == 1
    eager = Readiness(lambda: (looked.append(1), ())[1], kept=0)
    assert [eager.reasons() for _ in range(3)] == [()] * 3
    assert len(looked) == 4
