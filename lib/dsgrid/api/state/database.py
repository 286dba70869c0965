"""The database of a server: one SQLite file in its state folder, for many threads and a few processes.

The journal is a rollback journal (state folders may lie on network filesystems), every commit is synced, and only
`State.atomic` writes. `dsgrid tokens` writes beside a server that runs.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import quote

from dsgrid.errors import NotFoundError, RegistryError, RegistryLockedError, StorageError
from dsgrid.registry.database import statements

DATABASE: Final = "server.db"
JOBS: Final = "jobs"
VERSION: Final = 1
APPLICATION: Final = 0x64736772  # "dsgr", so that no other program's database is taken for one
BUSY_TIMEOUT: Final = 10.0
JOURNAL: Final = 1 << 20
# Connections that are kept for later; more are opened when more are wanted at once.
KEPT: Final = 16


class StateBusyError(RegistryLockedError):
    """The server's database is held by others for too long; trying again is safe."""


class StateFullError(StorageError):
    """The disk of the state folder is full; nothing of the step was kept."""


class State:
    """The state folder of a server, and its database.

    Parameters
    ----------
    folder
        The folder, which exists, with a database in it; see `open_state`.
    busy_timeout
        How many seconds to wait for others before `StateBusyError`.
    """

    def __init__(self, folder: Path, busy_timeout: float = BUSY_TIMEOUT) -> None:
        self.folder = folder
        self._timeout = busy_timeout
        # SQLite's waiting is a sleep that knows no order; threads of this process wait here, where it costs nothing.
        self._writing = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._current = threading.local()
        self._is_closed = False

    @property
    def jobs_folder(self) -> Path:
        """The folder of the jobs' folders."""
        return self.folder / JOBS

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give a connection whose reads see one state of the database; keep it short, commits wait for it."""
        if self._mine() is not None:
            yield self._mine()  # type: ignore[misc]  # what the transaction around it sees
            return
        with self._connection("BEGIN") as connection:
            yield connection

    @contextmanager
    def atomic(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that writes: all that is done inside is kept, or nothing. Keep it short.

        Raises
        ------
        StateBusyError, StateFullError
            Nothing was kept.
        """
        if self._mine() is not None:
            raise RuntimeError("a transaction inside another one")
        if not self._writing.acquire(timeout=self._timeout):
            raise StateBusyError("the server's database is busy; try again")
        try:
            with self._connection("BEGIN IMMEDIATE") as connection:
                yield connection
        finally:
            self._writing.release()

    def close(self) -> None:
        """Close the connections; those in use close when they are given back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for each in idle:
            each.close()

    def _mine(self) -> sqlite3.Connection | None:
        return getattr(self._current, "connection", None)

    @contextmanager
    def _connection(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._errors():
            connection = self._take()
            try:
                connection.execute(begin)
            except BaseException:
                connection.close()
                raise
        self._current.connection = connection
        try:
            with self._errors():
                yield connection
                connection.execute("COMMIT")
        except BaseException:
            self._current.connection = None
            # What a failed commit left is not worth keeping: closing undoes all of it.
            connection.close()
            raise
        self._current.connection = None
        self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return connect(self.folder / DATABASE, self._timeout)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._is_closed and len(self._idle) < KEPT:
                self._idle.append(connection)
                return
        connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise _told(error, self.folder) from error
        except sqlite3.DatabaseError as error:
            if _code(error) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                raise StorageError(f"the server's database {self.folder / DATABASE} is damaged: {error}") from error
            raise


def open_state(folder: Path, *, create: bool = True) -> State:
    """Open the state folder of a server.

    Parameters
    ----------
    create
        Make the folder and its database where they are not there.

    Raises
    ------
    NotFoundError
        There is none, and `create` is not set.
    RegistryError
        The folder holds something else, or a newer dsgrid made it.
    """
    file = folder / DATABASE
    if not file.exists():
        if not create:
            raise NotFoundError(f"{folder} is no state folder of a server: it has no {DATABASE}")
        _make_folder(folder)
    state = State(folder)
    try:
        if create:
            # Only its user may read it, also what existed before: tokens are in there, and what people asked.
            os.chmod(folder, 0o700)
            with contextlib.suppress(FileExistsError):
                # Only where it is new: to close a file that SQLite has open would drop its locks, too.
                os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            os.chmod(file, 0o600)
            state.jobs_folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StorageError(f"the state folder {folder} cannot be written: {error.strerror}") from error
    _prepare(state, create)
    return state


def require_ours(folder: Path) -> None:
    """Refuse a folder of something else, before anything is written into it.

    Raises
    ------
    RegistryError
        It holds something, and no database of a server.
    """
    # What is just being made by another process has at most these.
    foreign = sorted(path.name for path in folder.iterdir() if not path.name.startswith(("server.", JOBS)))
    if foreign and not (folder / DATABASE).exists():
        raise RegistryError(f"{folder} is no state folder of a server: it holds {foreign[0]}, and no {DATABASE}")


def connect(file: Path, timeout: float) -> sqlite3.Connection:
    """Return a connection to the database of a server; it may be passed from thread to thread."""
    uri = f"file:{quote(str(file.absolute()))}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=timeout, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        # Its journal stays as a file: to make and remove one would sync the folder, too, with each commit.
        connection.execute("PRAGMA journal_mode = PERSIST")
        connection.execute(f"PRAGMA journal_size_limit = {JOURNAL}")
    except BaseException:
        connection.close()
        raise
    return connection


def now() -> str:
    """Return the time, as it is written down: UTC, with milliseconds."""
    return moment(datetime.now(UTC))


def moment(when: datetime) -> str:
    """Return a time as it is written down; texts of times are in the order of times."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_ours(folder)
    except OSError as error:
        raise StorageError(f"the state folder {folder} cannot be made: {error.strerror}") from error


def _prepare(state: State, create: bool) -> None:
    with state.read() as connection:
        application, version = _version(connection)
    if (application, version) == (0, 0) and create:
        with state.atomic() as connection:
            # Another process may have been faster.
            if _version(connection) == (0, 0):
                for statement in statements(
                    files("dsgrid.api.state").joinpath("schema.sql").read_text(encoding="utf-8")
                ):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
            application, version = _version(connection)
    if application != APPLICATION:
        raise RegistryError(f"{state.folder / DATABASE} is no database of a dsgrid server")
    if version != VERSION:
        maker = "a newer dsgrid" if version > VERSION else "an older dsgrid"
        raise RegistryError(
            f"{maker} made the state folder {state.folder} (version {version}; this one reads {VERSION})"
        )


def _version(connection: sqlite3.Connection) -> tuple[int, int]:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    return application, connection.execute("PRAGMA user_version").fetchone()[0]


def _told(error: sqlite3.OperationalError, folder: Path) -> Exception:
    code = _code(error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StateBusyError("the server's database is busy; try again")
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(folder)):
        return StateFullError("the disk of the server's state folder is full; nothing of this step was kept")
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return StorageError(f"the server's database {folder / DATABASE} cannot be used: {error}")
    return error


def _is_full(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        told = os.statvfs(folder)
        return told.f_bavail * told.f_frsize < 1 << 16
    return False


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
