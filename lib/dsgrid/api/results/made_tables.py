"""Results of several files, or in another order, as one Parquet file.

It is made when the first client asks for it, and kept beside them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from dsgrid.api.results.sorting import Sorting
from dsgrid.api.results.table_forms import write_parquet
from dsgrid.api.results.table_reading import StoredTable
from dsgrid.errors import NotFoundError, StorageError
from dsgrid.registry import disk

_UNFINISHED: Final = ".making"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LOCK: Final = threading.Lock()


class MadeTables:
    """Makes each file once, however many ask for it at the same time.

    Parameters
    ----------
    slot
        Entered by each thread that makes one.
    """

    def __init__(self, slot: Callable[[], Any] = contextlib.nullcontext) -> None:
        self._slot = slot
        self._lock = threading.Lock()
        self._running: dict[Path, Future[None]] = {}

    def made(self, table: StoredTable | Sorting, path: Path) -> Future[None]:
        """Return what is done when the file is there; it may be already.

        The file is there as a whole or not at all. What fails is tried again when somebody asks again.
        """
        with self._lock:
            running = self._running.get(path)
            if running is not None:
                return running
            future: Future[None] = Future()
            if path.is_file():
                future.set_result(None)
                return future
            self._running[path] = future
        # A daemon: a server that stops does not wait for it, and what it has written so far is swept by the next.
        threading.Thread(target=self._make, args=(table, path, future), name="table.parquet", daemon=True).start()
        return future

    def _make(self, table: StoredTable | Sorting, path: Path, future: Future[None]) -> None:
        failure: BaseException | None = None
        try:
            with self._slot():
                _write(table, path)
        except BaseException as error:  # whoever waits is told
            failure = error
        with self._lock:
            del self._running[path]
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(failure)


def made_tables(app: FastAPI) -> MadeTables:
    """Return what makes files for a server."""
    with _LOCK:
        found: MadeTables | None = getattr(app.state, "made_tables", None)
        if found is None:
            context = getattr(app.state, "context", None)
            found = MadeTables() if context is None else MadeTables(lambda: context.gates.downloads)
            app.state.made_tables = found
        return found


def _write(table: StoredTable | Sorting, path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        path.parent.mkdir(mode=0o700)
    # Of a server that was killed: one server has the folder, and one thread makes this file.
    for left in path.parent.glob(f".{path.name}-*{_UNFINISHED}"):
        left.unlink(missing_ok=True)
    new = path.with_name(f".{path.name}-{secrets.token_hex(4)}{_UNFINISHED}")
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as sink:
            write_parquet(table, sink)
            sink.flush()
            os.fsync(sink.fileno())
        disk.swap_file(path, new)
    except FileNotFoundError:
        raise NotFoundError("the result was removed while one file was made of it") from None
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError("a disk of the server is full: no single file could be made of this result") from None
        raise
    finally:
        new.unlink(missing_ok=True)
