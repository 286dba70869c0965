"""Does this folder's filesystem let two processes exclude each other? Asked before the first write.

Some network filesystems accept a lock and give it to everybody; two writers would then destroy the registry. What is
tested is two processes on this host; two hosts are not.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Final

from dsgrid.errors import RegistryError
from dsgrid.registry.home import LOCK_PROBE

EXCLUDED: Final = 17
# A second process, because the locks of one process never exclude itself. It imports nothing but sqlite3.
SECOND_PROCESS: Final = f"""
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], uri=True, isolation_level=None, timeout=0)
try:
    connection.execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as error:
    sys.exit({EXCLUDED} if "locked" in str(error) else str(error))
"""

_probed: set[tuple[int, str]] = set()


def probe_locks(folder: Path, options: str = "") -> None:
    """Refuse a folder in which two processes can hold the same lock.

    Parameters
    ----------
    folder
        The registry's folder; a temporary file is made and removed in it. It is asked once per process.
    options
        SQLite URI options for the test file.

    Raises
    ------
    RegistryError
        Locks don't work there, or nothing can be written.
    """
    known = (folder.stat().st_dev, str(folder.absolute()))
    if known in _probed:
        return
    file = folder / f"{LOCK_PROBE}{secrets.token_hex(4)}"
    try:
        problem = _try_twice(f"{file.absolute().as_uri()}?{options}")
    except sqlite3.OperationalError as error:
        may = os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
        reason = error if may else "no right to, or the filesystem is read-only"
        raise RegistryError(f"nothing can be written to the registry {folder}: {reason}") from error
    finally:
        for leftover in (file, file.with_name(file.name + "-journal")):
            leftover.unlink(missing_ok=True)
    if problem:
        raise RegistryError(f"the filesystem of {folder} cannot hold a registry that is written to: {problem}")
    _probed.add(known)


def _try_twice(uri: str) -> str:
    first = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        first.execute("BEGIN IMMEDIATE")
        second = subprocess.run(
            [sys.executable or "python3", "-I", "-S", "-c", SECOND_PROCESS, uri],
            capture_output=True,
            text=True,
            check=False,
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        )
    finally:
        first.close()
    if second.returncode == EXCLUDED:
        return ""
    if second.returncode == 0:
        return "two processes were given the same lock"
    return f"the lock test failed: {second.stderr.strip()}"
