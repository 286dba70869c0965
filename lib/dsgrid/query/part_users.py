"""Who uses the parts of a query: each process leaves a mark in their folder, and renews it while it runs.

Nobody removes parts that another one uses. A process that is killed cannot take its mark away. On its own machine it is
known to be gone; elsewhere its mark is not renewed any more, and counts for nothing after some minutes.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dsgrid.errors import DsgridError
from dsgrid.registry import disk
from dsgrid.storage.location import Location, entries

MARK: Final = ".user-"
RENEWED_EVERY: Final = 60.0
# Clocks of machines differ, and file servers are late.
GONE_AFTER: Final = 20 * 60.0


@dataclass
class PartUser:
    """A process, this one, that uses the parts in a folder."""

    folder: Location
    _mark: Location | None = field(default=None, init=False)
    _left: threading.Event = field(default_factory=threading.Event, init=False, repr=False)

    def enter(self) -> None:
        """Leave a mark, and renew it from now on."""
        self.folder.mkdir(parents=True, exist_ok=True)
        mark = self.folder / f"{MARK}{secrets.token_hex(8)}.json"
        said = {"host": socket.gethostname(), "process": os.getpid()}
        data = (json.dumps(said) + "\n").encode()
        disk.write_file(mark, data)
        self._mark = mark
        threading.Thread(target=self._renew, args=(mark, data), name="dsgrid-parts", daemon=True).start()

    def leave(self) -> None:
        """Take the mark away."""
        self._left.set()
        if self._mark is not None:
            with contextlib.suppress(OSError, DsgridError):
                disk.remove_file(self._mark)
        self._mark = None

    def _renew(self, mark: Location, data: bytes) -> None:
        while not self._left.wait(RENEWED_EVERY):
            with contextlib.suppress(OSError, DsgridError):
                if isinstance(mark, Path):
                    os.utime(mark)
                else:
                    disk.write_file(mark, data)


def is_used(folder: Location) -> bool:
    """Tell whether a process uses the parts in a folder, as far as this machine can tell."""
    return any(_is_alive(folder / name) for name in names_in(folder) if name.startswith(MARK))


def names_in(folder: Location) -> list[str]:
    """Return the names in a folder, sorted; none where it is not there. Others may write to it at the same time."""
    try:
        return sorted(os.listdir(folder)) if isinstance(folder, Path) else [path.name for path, _ in entries(folder)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_alive(mark: Location) -> bool:
    try:
        if time.time() - mark.stat().st_mtime > GONE_AFTER:
            return False
        said = json.loads(mark.read_bytes())
        host, process = str(said["host"]), int(said["process"])
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError, DsgridError):
        # It is being written.
        return True
    return host != socket.gethostname() or _runs(process)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
