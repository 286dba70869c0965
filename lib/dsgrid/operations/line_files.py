"""Files of JSON lines that many processes append to: the history of runs, the ledger of jobs."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

# So many bytes tell a file that has grown from one that was written anew.
_MARK: Final = 200


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
        yield from _objects(text)


class LineFiles:
    """Files of JSON lines that are read again and again: what was read before is not read once more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Path, _Read] = {}

    def read(self, paths: Iterable[Path]) -> list[dict[str, Any]]:
        """Return the objects that the lines of files are; see `read_lines`. They are not to be changed."""
        with self._lock:
            return [line for path in paths for line in self._lines(path)]

    def _lines(self, path: Path) -> list[dict[str, Any]]:
        try:
            with path.open("rb") as file:
                told = os.fstat(file.fileno())
                known = self._known.get(path)
                if known is None or not known.is_begin_of(file, told):
                    known = self._known[path] = _Read((told.st_dev, told.st_ino))
                file.seek(known.size)
                text = file.read()
        except OSError:
            self._known.pop(path, None)
            return []
        whole, _, rest = text.rpartition(b"\n")
        known.lines += _objects(whole)
        known.size += len(text) - len(rest)
        known.last = (known.last + text[: len(text) - len(rest)])[-_MARK:]
        # A last line without its end may grow.
        return known.lines + _objects(rest)


@dataclass
class _Read:
    """What was read of a file, which only grows."""

    file: tuple[int, int]
    size: int = 0
    last: bytes = b""
    lines: list[dict[str, Any]] = field(default_factory=list)

    def is_begin_of(self, file: BinaryIO, told: os.stat_result) -> bool:
        """Return whether a file has grown since, and is no other one."""
        if self.file != (told.st_dev, told.st_ino) or told.st_size < self.size:
            return False
        file.seek(self.size - len(self.last))
        return file.read(len(self.last)) == self.last


def _objects(text: bytes) -> list[dict[str, Any]]:
    found = []
    for one in text.split(b"\n"):
        try:
            line = json.loads(one)
        except (ValueError, RecursionError):
            continue
        if isinstance(line, dict):
            found.append(line)
    return found
