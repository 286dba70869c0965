"""Locks of databases and of files: taken by one node, and tried by others. Standard library only."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from typing import Any

Answer = dict[str, Any]


class Locks:
    """The locks that this node holds while others try to get them."""

    def __init__(self) -> None:
        self.connection: sqlite3.Connection | None = None
        self.descriptor: int | None = None

    def hold(self, database: str, file: str) -> Answer:
        """Take the lock of a writer on a database, and a lock on a file."""
        if not os.path.isdir(os.path.dirname(database)):
            return {"absent": True}
        try:
            self.connection = sqlite3.connect(database, isolation_level=None, timeout=0)
            self.connection.execute("CREATE TABLE IF NOT EXISTS seen (node TEXT)")
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.execute("INSERT INTO seen VALUES ('first')")
        except sqlite3.Error as error:
            return {"problem": str(error)}
        try:
            self.descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return {"file_problem": error.strerror or str(error)}
        return {}

    def release(self) -> Answer:
        """Give both up; what was written into the database is there from now on."""
        problem = None
        if self.connection is not None:
            try:
                self.connection.execute("COMMIT")
            except sqlite3.Error as error:
                problem = str(error)
            self.connection.close()
            self.connection = None
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
        return {"problem": problem} if problem else {}


def take(database: str, file: str, patience: float) -> Answer:
    """Return what becomes of an attempt to write to a database and to lock a file.

    Parameters
    ----------
    patience
        How long to wait for locks that are held, in seconds.
    """
    return {"database": _take_database(database, patience), "file": _take_file(file, patience)}


def _take_database(database: str, patience: float) -> str:
    """Return ``refused``, ``got``, ``stale`` where it was got but what was written is not seen, or what is wrong."""
    try:
        connection = sqlite3.connect(database, isolation_level=None, timeout=patience)
    except sqlite3.Error as error:
        return str(error)
    with contextlib.closing(connection):
        try:
            connection.execute("BEGIN IMMEDIATE")
            rows = connection.execute("SELECT count(*) FROM seen").fetchone()[0]
            connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            return "refused" if "locked" in str(error) else str(error)
        return "got" if rows else "stale"


def _take_file(file: str, patience: float) -> str:
    end = time.monotonic() + patience
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        return error.strerror or str(error)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= end:
                    return "refused"
                time.sleep(0.05)
            except OSError as error:
                return error.strerror or str(error)
            else:
                return "got"
    finally:
        os.close(descriptor)
