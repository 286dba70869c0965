"""Files of JSON lines that many processes append to: the history of runs, the ledger of jobs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def append_lines(path: Path, made: bytes, mode: int) -> int:
    """Append whole lines, and return how long the file was before.

    Parameters
    ----------
    mode
        Who may read the file, where this makes it.

    Raises
    ------
    OSError
        It cannot be written.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, mode)
    try:
        size = os.fstat(descriptor).st_size
        # A line that a full disk has cut short must not spoil the next one.
        whole = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
        left = made if whole else b"\n" + made
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)
    return size


def read_lines(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Return the objects that the lines of files are; files that cannot be read, and damaged lines, are skipped."""
    for path in paths:
        try:
            text = path.read_bytes()
        except OSError:
            continue
        for one in text.split(b"\n"):
            try:
                line = json.loads(one)
            except (ValueError, RecursionError):
                continue
            if isinstance(line, dict):
                yield line
