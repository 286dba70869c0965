"""The board: who waits for a job is told that something has changed, from whatever thread that comes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator


class Board:
    """Who waits for which job; nothing is kept here, the database has the truth."""

    def __init__(self) -> None:
        self._watching: dict[str, set[Watch]] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether the server ends, so that nobody is to wait any longer."""
        return self._is_closed

    def changed(self, job: str) -> None:
        """Tell those who watch a job; from any thread."""
        with self._lock:
            watching = tuple(self._watching.get(job, ()))
        for each in watching:
            each.tell()

    def close(self) -> None:
        """Let everybody go who waits: the server ends."""
        with self._lock:
            self._is_closed = True
            watching = [each for some in self._watching.values() for each in some]
        for each in watching:
            each.tell()

    @contextlib.contextmanager
    def watching(self, job: str) -> Iterator[Watch]:
        """Watch a job from the event loop; begin before the job is read, so that no change falls in between."""
        watch = Watch()
        with self._lock:
            self._watching.setdefault(job, set()).add(watch)
        try:
            yield watch
        finally:
            with self._lock:
                some = self._watching[job]
                some.discard(watch)
                if not some:
                    del self._watching[job]


class Watch:
    """One who watches a job; made in the event loop, and told from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def tell(self) -> None:
        """Say that something has changed."""
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it who waited
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float) -> bool:
        """Wait for a change; return whether there was one in that time."""
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True
