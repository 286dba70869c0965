"""The processes of an attempt: those that have its mark in their environment, wherever they have gone since."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Final

from dsgrid.api.job import Attempt

MARK: Final = "DSGRID_ATTEMPT"


def mark_of(attempt: Attempt) -> str:
    """Return the value of the mark of an attempt's processes."""
    return f"{attempt.job.id}/{attempt.number}"


def members(attempt: Attempt) -> list[int]:
    """Return the processes of an attempt that live."""
    mark = f"\0{MARK}={mark_of(attempt)}\0".encode()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            # What belongs to others cannot be read; a zombie has no environment any more.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                if mark in b"\0" + Path("/proc", name, "environ").read_bytes():
                    found.append(int(name))
    return found


def send(pids: list[int], number: signal.Signals) -> None:
    """Send a signal to processes; those that have ended already are left out."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
