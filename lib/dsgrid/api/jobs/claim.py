"""Whose an attempt is: one file that only one process can make, and from which others see whether that one lives.

Whoever makes it carries the attempt out, or has given it up; nobody else then begins it.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dsgrid.operations.run_history import process_start

STARTED: Final = "started.json"
ABANDONED: Final = "abandoned"
# The reason of an attempt that was given up so: its job waits again.
NEVER_BEGUN: Final = "never begun"


def claim(folder: Path) -> bool:
    """Claim an attempt for this process; return whether nobody else was faster.

    Parameters
    ----------
    folder
        Of the attempt.
    """
    pid = os.getpid()
    return _make(folder, {"pid": pid, "process": process_start(pid), "host": platform.node()})


def abandon(folder: Path) -> bool:
    """See to it that an attempt never begins; return False if it has begun."""
    return _make(folder, {ABANDONED: True})


def claimant(folder: Path) -> Mapping[str, Any] | None:
    """Return what the claim of an attempt says; None where it has not begun.

    Raises
    ------
    OSError
        It cannot be read now, which says nothing about it.
    """
    try:
        told = json.loads((folder / STARTED).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        return {}  # it has begun, and nobody knows more
    return told if isinstance(told, dict) else {}


def is_alive(told: Mapping[str, Any]) -> bool:
    """Return whether the process that made a claim on this host lives; another one with its number is not it."""
    pid = told.get("pid")
    if not isinstance(pid, int) or pid <= 0 or told.get("host") != platform.node() or not _exists(pid):
        return False
    # The start holds the boot's id, too.
    start = process_start(pid)
    if start is None:
        # It has just ended, or too many files are open to see it.
        return _exists(pid)
    return start == told.get("process") and not _is_zombie(pid)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (OSError, IndexError):
        return False


def _make(folder: Path, what: Mapping[str, Any]) -> bool:
    """Make the file with all that it says at once: a half-written claim would look like a dead process."""
    made = folder / f".{STARTED}.{secrets.token_hex(4)}"
    try:
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, json.dumps(what).encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(made, folder / STARTED)
        except FileExistsError:
            return False
    finally:
        with contextlib.suppress(OSError):
            made.unlink()
    return True
