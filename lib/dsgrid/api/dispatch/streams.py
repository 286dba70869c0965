"""Who has how many requests open that last: streams of events, and those that wait for jobs.

Each costs a connection. Without bounds one user could have them all, and nobody else an answer.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from dsgrid.api.problems.problems import ApiError


class Streams:
    """Open streams by user.

    Parameters
    ----------
    most
        How many one user may have at the same time.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, user: str) -> None:
        """Open one; `give_back` closes it.

        Raises
        ------
        ApiError
            The user has as many as allowed.
        """
        with self._lock:
            if self._open[user] >= self._most:
                raise ApiError(
                    429,
                    "too many requests",
                    f"{user} has {self._most} streams of events open, which is the limit (limits.streams)",
                    headers={"Retry-After": "10"},
                )
            self._open[user] += 1

    @contextmanager
    def place(self, user: str) -> Iterator[bool]:
        """Have one open in the block; say whether there was one to have."""
        try:
            self.take(user)
        except ApiError:
            yield False
            return
        try:
            yield True
        finally:
            self.give_back(user)

    def give_back(self, user: str) -> None:
        """Close one."""
        with self._lock:
            self._open[user] -= 1
            if self._open[user] <= 0:
                del self._open[user]
