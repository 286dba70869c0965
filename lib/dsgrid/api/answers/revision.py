"""Which state a registry is in, without asking its database anything.

SQLite counts the transactions that changed a file in the file's head, and the head also tells the number of the schema.
"""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import Final

from dsgrid.api.problems.problems import ApiError
from dsgrid.registry.home import DATABASE
from dsgrid.registry.migrations import APPLICATION_ID, MIGRATIONS

_HEAD: Final = 100
_MAGIC: Final = b"SQLite format 3\x00"
_CHANGES: Final = slice(24, 28)
_SCHEMA: Final = slice(60, 64)
_APPLICATION: Final = slice(68, 72)
NEWEST: Final = MIGRATIONS[-1].version
RETRY: Final = 30  # seconds after which it is worth a try whether somebody has put it right

# Files stay open as long as the process lives: to close any descriptor of a file drops all locks that the process has
# on it, also those of SQLite's connections in other threads.
_opened: dict[tuple[int, int], int] = {}
_opening: Final = threading.Lock()


def revision(folder: Path) -> str:
    """Return a text that changes with every change of a registry.

    Raises
    ------
    ApiError
        503 where there is no registry to be read: it is gone, or its schema is not the one of this server.
    """
    path = folder / DATABASE
    try:
        found = os.stat(path)
        head = os.pread(_descriptor(path, found), _HEAD, 0) if stat.S_ISREG(found.st_mode) else b""
    except OSError as error:
        raise _unavailable(f"its database cannot be read ({os.strerror(error.errno or 0)})") from None
    if not head.startswith(_MAGIC) or int.from_bytes(head[_APPLICATION]) != APPLICATION_ID:
        raise _unavailable("its database is no registry, or not a whole one")
    schema = int.from_bytes(head[_SCHEMA])
    if schema > NEWEST:
        raise _unavailable(f"it has schema {schema}, made by a newer dsgrid than this server, which knows {NEWEST}")
    if schema < NEWEST:
        # It could be read on a copy in memory, but not by everybody at once.
        raise _unavailable(
            f"it has the old schema {schema}, and this server reads {NEWEST}; the first command that writes to it "
            "brings it up to date, such as `dsgrid registry check --fix`"
        )
    changes = int.from_bytes(head[_CHANGES])
    return f"{found.st_dev:x}-{found.st_ino:x}-{changes:x}-{found.st_mtime_ns:x}-{found.st_size:x}"


def require_registry(folder: Path) -> None:
    """See to it that there is a registry, of whatever schema.

    Raises
    ------
    ApiError
        503 where there is none: it is no fault of a spec.
    """
    if not (folder / DATABASE).is_file():
        raise _unavailable("it is not there")


def _descriptor(path: Path, found: os.stat_result) -> int:
    """Return a descriptor of a file that stays open."""
    key = (found.st_dev, found.st_ino)
    with _opening:
        if key not in _opened:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            now = os.fstat(descriptor)
            # Another file may have come to its place just now: its descriptor is kept, too.
            key = (now.st_dev, now.st_ino)
            _opened.setdefault(key, descriptor)
        return _opened[key]


def _unavailable(why: str) -> ApiError:
    return ApiError(
        503, "registry unavailable", f"the registry cannot be read now: {why}", headers={"Retry-After": str(RETRY)}
    )
