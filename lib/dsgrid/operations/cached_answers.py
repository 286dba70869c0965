"""Where quick answers are kept, and for how long."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Final

from dsgrid.errors import UsageError
from dsgrid.query.cache.entries import cache_folder
from dsgrid.query.part_store import FOLDER as PARTS_FOLDER
from dsgrid.registry.publish import POINTER

SECONDS_KEPT: Final = 30 * 86_400
SECONDS_READ: Final = 3_600  # within which somebody may still read a result that is not the newest


def cached_answers() -> Path:
    """Return the folder in the user's cache that quick answers go to, also where queries do not use the cache."""
    folder = cache_folder()
    if folder is None:
        raise UsageError("no home folder is known, so there is no cache; set XDG_CACHE_HOME")
    return folder / "questions"


def remember(folder: Path, name: str) -> None:
    """Note that somebody has asked for an answer now, also where it was there already."""
    with contextlib.suppress(OSError):
        os.utime(folder / name / POINTER)


def forget_old(folder: Path, now: float | None = None) -> None:
    """Remove answers that nobody asked for again in 30 days, and runs that newer ones have replaced.

    What cannot be removed stays: it is only a cache.
    """
    now = time.time() if now is None else now
    for pointer in folder.glob(f"*/{POINTER}"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            if now - pointer.stat().st_mtime > SECONDS_KEPT:
                shutil.rmtree(pointer.parent, ignore_errors=True)
                continue
            current = json.loads(pointer.read_bytes())["run"]
            for run in pointer.parent.iterdir():
                if run.name == PARTS_FOLDER:
                    continue  # `dsgrid cache` knows what a long question has finished, and who uses it
                if run.is_dir() and run.name != current and now - run.stat().st_mtime > SECONDS_READ:
                    shutil.rmtree(run, ignore_errors=True)
