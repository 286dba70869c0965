"""One connection to a registry's database: transactions, locks, and errors that say what to do.

The journal is a rollback journal (a WAL needs shared memory, which network filesystems don't have), every commit is
synced, and only `Database.atomic` writes: it takes the write lock first, so that what was read before the first write
is still true at the commit.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from dsgrid.errors import RegistryError, RegistryLockedError, StorageError

LOCK_TIMEOUT: Final = 60.0
TOLD_AFTER: Final = 3.0  # seconds of waiting that nobody takes for a hang
BUSY_TIMEOUT: Final = 0.1  # inside SQLite, before our own pause
OLDEST_SQLITE: Final = (3, 37, 0)  # the first with STRICT tables

Row = sqlite3.Row
T = TypeVar("T")

_patience: ContextVar[float] = ContextVar("patience", default=float("inf"))


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let what is opened inside wait no longer than this for other processes: as in a server, where others wait."""
    before = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(before)


class Database:
    """A connection to one SQLite file.

    Parameters
    ----------
    path
        The file. It is created when it is absent and `write` is set.
    write
        Open for writing. Without it the file is opened with ``mode=ro``: that works in a folder that is read-only.
    lock_timeout
        How many seconds to wait for another process before `RegistryLockedError`.
    """

    def __init__(self, path: Path, write: bool = False, lock_timeout: float = LOCK_TIMEOUT) -> None:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            wanted = ".".join(map(str, OLDEST_SQLITE))
            raise RegistryError(
                f"SQLite {sqlite3.sqlite_version} is too old for a registry; {wanted} or newer is needed"
            )
        self.path = path
        self.write = write
        self.lock_timeout = min(lock_timeout, _patience.get())
        with self._errors():
            try:
                self.connection = self._connect("rwc" if write else "ro")
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_READONLY_ROLLBACK:
                    raise
                # A writer was killed in its commit. Undoing that takes a connection that may write, for a moment.
                self._connect("rw").close()
                self.connection = self._connect("ro")

    def _connect(self, mode: str) -> sqlite3.Connection:
        uri = f"file:{quote(str(self.path.absolute()))}?mode={mode}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT)
        try:
            connection.row_factory = sqlite3.Row
            for pragma in ("foreign_keys = ON", "synchronous = FULL", "schema_version"):
                # Some of these read the file, so another process may be in the way already.
                self._patiently(partial(connection.execute, f"PRAGMA {pragma}"))
        except BaseException:
            connection.close()
            raise
        return connection

    def become_a_copy(self) -> None:
        """Go on with a copy of the database in memory: its schema may be changed there, and the file stays as it is."""
        copy = sqlite3.connect(":memory:", isolation_level=None)
        copy.row_factory = sqlite3.Row
        self._back_up(copy)
        copy.execute("PRAGMA foreign_keys = ON")
        self.connection.close()
        self.connection = copy

    def copy_to(self, path: Path) -> None:
        """Write the database, as it is at one moment, to a new file; nobody has to wait for that."""
        copy = sqlite3.connect(path, isolation_level=None)
        try:
            self._back_up(copy)
        except sqlite3.OperationalError as error:
            # Only the new file needs room.
            raise StorageError(f"the database cannot be copied to {path.parent}: {error}") from error
        finally:
            copy.close()

    def _back_up(self, copy: sqlite3.Connection) -> None:
        deadline = time.monotonic() + self.lock_timeout

        def wait(status: int, _remaining: int, _total: int) -> None:
            # SQLite would go on trying for ever.
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() >= deadline:
                raise RegistryLockedError(f"the registry {self.path.parent} is locked by another process; try again")

        with self._errors(passing=sqlite3.SQLITE_FULL):
            self.connection.backup(copy, progress=wait, sleep=0.05)

    def close(self) -> None:
        """Close the connection; a transaction that is open is lost."""
        self.connection.close()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a query."""
        with self._errors():
            return self._patiently(lambda: self.connection.execute(sql, parameters).fetchall())

    def stream(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a large table as plain tuples, without holding them all; use it inside `snapshot`."""
        cursor = self.connection.cursor()
        cursor.row_factory = None
        with self._errors():
            # Who stops reading may have closed the connection, which `yield from` would tell the cursor, and fail.
            for row in self._patiently(lambda: cursor.execute(sql, parameters)):  # noqa: UP028
                yield row

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row of a query, or None."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Return the first column of the first row, or None."""
        found = self.row(sql, parameters)
        return None if found is None else found[0]

    def select(self, table: str, columns: str, order: str = "position", **where: Any) -> list[Row]:
        """Return the columns of the rows of a table or view whose columns equal `where`, in order."""
        conditions = " AND ".join(f"{column} = ?" for column in where) or "true"
        return self.rows(f"SELECT {columns} FROM {table} WHERE {conditions} ORDER BY {order}", tuple(where.values()))

    def define(self, name: str, function: Callable[[str], str]) -> None:
        """Let queries of this connection call a function of a text; equal texts have to give equal ones."""
        with self._errors():
            self.connection.create_function(name, 1, function, deterministic=True)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run one statement inside `atomic`."""
        with self._errors():
            self.connection.execute(sql, parameters)

    def insert(self, table: str, **values: Any) -> int:
        """Insert one row and return its key."""
        with self._errors():
            cursor = self.connection.execute(_insert(table, tuple(values)), tuple(values.values()))
            return int(cursor.lastrowid or 0)

    def insert_many(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows, given in the order of `columns`."""
        with self._errors():
            self.connection.executemany(_insert(table, columns), rows)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Make all reads inside see one state of the registry."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            if self.connection.in_transaction:
                self.connection.execute("COMMIT")

    @contextmanager
    def atomic(self, migrating: bool = False) -> Iterator[None]:
        """Do everything inside or nothing. Holds the write lock from the first moment: keep it short.

        Only a migration writes to a database that was opened for reading: to the copy that it has become.
        """
        if not (self.write or migrating):
            raise RegistryError(f"the registry {self.path.parent} was opened for reading only")
        with self._errors():
            self._patiently(lambda: self.connection.execute("BEGIN IMMEDIATE"))
        try:
            yield
            with self._errors():
                self._patiently(lambda: self.connection.execute("COMMIT"))
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def _patiently(self, action: Callable[[], T]) -> T:
        # SQLite's own busy handler sleeps in fixed steps, so that of many writers some are overtaken again and again;
        # a random pause gives all the same chance.
        began = time.monotonic()
        told = False
        while True:
            try:
                return action()
            except sqlite3.OperationalError as error:
                waited = time.monotonic() - began
                if not _is_busy(error) or waited >= self.lock_timeout:
                    raise
            if waited >= TOLD_AFTER and not told:
                told = True
                self._say_that_it_waits()
            time.sleep(random.uniform(0.002, 0.05))

    def _say_that_it_waits(self) -> None:
        # A warning, because this happens below everything that shows progress. Without a handler Python shows it, too.
        import logging

        logging.getLogger(__name__).warning(
            "waiting for another process that has locked the registry %s (up to %g s)",
            self.path.parent,
            self.lock_timeout,
        )

    @contextmanager
    def _errors(self, passing: int | None = None) -> Iterator[None]:
        folder = self.path.parent
        try:
            yield
        except sqlite3.OperationalError as error:
            if _code(error) & 0xFF == passing:
                raise
            if _is_busy(error):
                waited = f"waited {self.lock_timeout:g} s"
                message = f"the registry {folder} is locked by another process ({waited}); try again later"
                raise RegistryLockedError(message) from error
            code = _code(error)
            if code & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN):
                raise RegistryError(f"the registry {folder} cannot be {self._verb}: {_reason(error)}") from error
            if code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                message = f"the registry {folder} cannot be {self._verb}: {error}; nothing of this step was kept"
                raise StorageError(message) from error
            if str(error).startswith(("no such table", "no such column")):
                # The schema has all that we ask for; somebody else has been at it.
                message = f"{self.path} is damaged ({error}); `dsgrid registry check` says what is missing"
                raise RegistryError(message) from error
            raise
        except sqlite3.DatabaseError as error:
            if _code(error) & 0xFF == sqlite3.SQLITE_NOTADB:
                raise RegistryError(f"{self.path} is no registry: it is no SQLite database") from error
            if _code(error) & 0xFF == sqlite3.SQLITE_CORRUPT:
                raise RegistryError(f"{self.path} is damaged or cut short ({error}); restore it from a copy") from error
            raise

    @property
    def _verb(self) -> str:
        return "written" if self.write else "read"


def statements(script: str) -> Iterator[str]:
    """Split a script into its statements (`executescript` would commit the transaction it runs in)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


def _insert(table: str, columns: Sequence[str]) -> str:
    # Names of tables and columns are literals of this room; values are always bound.
    marks = ", ".join("?" * len(columns))
    names = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({marks})"


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0)


def _is_busy(error: sqlite3.Error) -> bool:
    return _code(error) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _reason(error: sqlite3.Error) -> str:
    if _code(error) & 0xFF == sqlite3.SQLITE_READONLY:
        return (
            "its file or folder is read-only (an interrupted write may have to be rolled back by someone who may write)"
        )
    return str(error)
