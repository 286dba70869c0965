"""Whether a server can do what it is for: its registry opens, its state folder can be written, its runners live."""

from __future__ import annotations

import errno
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from dsgrid.api.access.context import Context
from dsgrid.errors import DsgridError, NotFoundError, RegistryLockedError
from dsgrid.registry.registry import Registry

KEPT: Final = 1.0  # seconds for which an answer holds, whoever asks
LOCK_TIMEOUT: Final = 1.0
PROBE: Final = 64 << 10  # bytes that are written for a try; the database needs as much for its next step
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class Readiness:
    """What is in the way, asked anew at most once a second.

    Parameters
    ----------
    look
        Returns the reasons why the server is not ready; none where it is.
    """

    def __init__(self, look: Callable[[], tuple[str, ...]], kept: float = KEPT) -> None:
        self._look = look
        self._kept = kept
        self._lock = threading.Lock()
        self._found: tuple[str, ...] = ()
        self._until = float("-inf")

    def reasons(self) -> tuple[str, ...]:
        """Return why the server is not ready."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._found = self._look()
                self._until = time.monotonic() + self._kept
            return self._found


def reasons(here: Context) -> tuple[str, ...]:
    """Return why a server is not ready, in words and without any path."""
    return tuple(_found(here))


def _found(here: Context) -> Iterator[str]:
    reason = _of_registry(here.settings.registry) or ""
    if reason:
        yield reason
    reason = _of_state(here)
    if reason:
        yield reason
    yield from here.dispatcher.troubles()


def _of_registry(folder: Path) -> str:
    try:
        Registry.open(folder, lock_timeout=LOCK_TIMEOUT).close()
    except NotFoundError:
        return "the registry is not there"
    except RegistryLockedError:
        return "the registry is locked by another process"
    except (DsgridError, OSError):
        return "the registry cannot be opened"
    return ""


def _of_state(here: Context) -> str:
    # Only here: what is asked of SQLite alone need not touch the disk.
    probe = here.state.folder / f"server.probe-{secrets.token_hex(4)}"
    try:
        try:
            descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                _write(descriptor, bytes(PROBE))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        finally:
            probe.unlink(missing_ok=True)
        with here.state.read() as connection:
            connection.execute("SELECT count(*) FROM jobs WHERE state = 'running'").fetchone()
    except OSError as error:
        return "the disk of the server is full" if error.errno in _FULL else "the server's folder cannot be written"
    except RegistryLockedError:
        return "the server's database is busy"
    except DsgridError:
        return "the server's database cannot be used"
    return ""


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
