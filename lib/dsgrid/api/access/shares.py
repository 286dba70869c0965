"""Places of which no user can take all: for downloads, whose readers may be slow, and for plans, which may be large."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from dsgrid.api.access.gates import WAITING_EACH, Gate
from dsgrid.api.limits import Limits


class Shares:
    """The places of a gate, shared by users.

    Parameters
    ----------
    gate
        Lets through what takes them.
    limits
        How many at the same time; one user has all places but one.
    what
        Takes the places: ``downloads`` or ``plans``.
    """

    def __init__(self, gate: Gate, limits: Limits, what: str = "downloads") -> None:
        self._gate = gate
        self._limits = limits
        self._what = what
        # As many as there are users.
        self._own: dict[str, Gate] = {}

    @asynccontextmanager
    async def place(self, user: str) -> AsyncIterator[None]:
        """Give a place to one of a user's requests, when it is its turn.

        Raises
        ------
        BusyError
            The others take too long.
        """
        async with self._of(user), self._gate:
            yield

    @contextmanager
    def held(self, user: str) -> Iterator[None]:
        """Give a place as `place` does, where a thread waits for it."""
        with self._of(user), self._gate:
            yield

    def _of(self, user: str) -> Gate:
        if user not in self._own:
            places: int = getattr(self._limits, self._what)
            # As many may wait as for the gate itself: a user who is alone is told no sooner to come back.
            self._own[user] = Gate(
                f"{self._what} of one user", max(1, places - 1), self._limits.answer_time, places * WAITING_EACH
            )
        return self._own[user]
