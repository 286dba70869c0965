"""A unit test neither waits for a disk nor starts a process to try its locks; one that is about that asks for it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator

import pytest

from dsgrid.registry import locks
from dsgrid.registry.database import Database

_FSYNC = os.fsync
_CONNECT = Database._connect
_TRY_TWICE = locks._try_twice


@pytest.fixture(scope="session", autouse=True)
def hasty_disk() -> Iterator[None]:
    """Nothing is flushed: what a process has written, others see without that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        patch.setattr(Database, "_connect", _connect)
        patch.setattr(locks, "_try_twice", _try_once)
        yield


@pytest.fixture
def patient_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """All is as it is where the program runs."""
    monkeypatch.setattr(os, "fsync", _FSYNC)
    monkeypatch.setattr(Database, "_connect", _CONNECT)
    monkeypatch.setattr(locks, "_try_twice", _TRY_TWICE)


def _connect(database: Database, mode: str) -> sqlite3.Connection:
    connection = _CONNECT(database, mode)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def _try_once(uri: str) -> str:
    first = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        first.execute("BEGIN IMMEDIATE")
    finally:
        first.close()
    return ""
