"""Small answers that were given, in memory: the next who asks the same of the same state gets them at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

KEPT: Final = 32 << 20  # bytes of answers in memory
SMALL: Final = 1 << 20  # an answer of more bytes goes to a file, and is not kept
_OVERHEAD: Final = 500  # of an answer, about


@dataclass(frozen=True)
class Answer:
    """A small answer as it is sent."""

    body: bytes
    headers: Mapping[str, str]


@dataclass
class Answers:
    """Small answers that were given, the last used last; safe for threads.

    Parameters
    ----------
    room
        Bytes that they may take.
    """

    room: int = KEPT
    _kept: OrderedDict[tuple[str, ...], Answer] = field(default_factory=OrderedDict)
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: tuple[str, ...]) -> Answer | None:
        """Return an answer that was kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: tuple[str, ...], answer: Answer) -> None:
        """Keep an answer; the ones that were not used for the longest time make room for it."""
        size = _size_of(key, answer)
        if size > min(SMALL, self.room):
            return
        with self._lock:
            old = self._kept.pop(key, None)
            if old is not None:
                self._size -= _size_of(key, old)
            self._kept[key] = answer
            self._size += size
            while self._size > self.room:
                gone, dropped = self._kept.popitem(last=False)
                self._size -= _size_of(gone, dropped)

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        return self._size


def _size_of(key: tuple[str, ...], answer: Answer) -> int:
    heads = sum(len(name) + len(value) for name, value in answer.headers.items())
    return len(answer.body) + heads + sum(map(len, key)) + _OVERHEAD
