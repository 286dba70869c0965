"""What a server does at the same time, at most: the others wait in order, and not for ever."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from concurrent.futures import Future
from types import TracebackType
from typing import Final

from dsgrid.api.access.rates import Rate
from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import ApiError, BusyError

# Threads that wait are missed elsewhere: so many for each that works, the others are told to come back.
WAITING_EACH: Final = 12


class Gate:
    """Lets so many through at the same time, the first to come first: ``with gate:`` or ``async with gate:``.

    Who passes may leave from another thread. To wait in ``async with`` takes no thread.

    Parameters
    ----------
    what
        What passes, for messages.
    size
        How many at the same time.
    patience
        How many seconds to wait, at most.
    waiting
        How many may wait.
    """

    def __init__(self, what: str, size: int, patience: float, waiting: int | None = None) -> None:
        self._what = what
        self._free = size
        self._patience = patience
        self._most = size * WAITING_EACH if waiting is None else waiting
        self._queue: deque[Future[None]] = deque()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        turn = self._come()
        if turn is not None:
            try:
                turn.result(self._patience)
            except TimeoutError:
                self._leave(turn)
            except BaseException:
                self._give_up(turn)
                raise

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._pass_on()

    async def __aenter__(self) -> None:
        turn = self._come()
        if turn is not None:
            try:
                await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(turn)), self._patience)
            except TimeoutError:
                self._leave(turn)
            except BaseException:
                self._give_up(turn)
                raise

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._pass_on()

    def _come(self) -> Future[None] | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            if len(self._queue) >= self._most:
                raise self._busy()
            turn: Future[None] = Future()
            self._queue.append(turn)
            return turn

    def _leave(self, turn: Future[None]) -> None:
        """End a wait that was too long, unless the turn has come in this very moment."""
        if not self._give_up(turn, keep=True):
            raise self._busy() from None

    def _give_up(self, turn: Future[None], *, keep: bool = False) -> bool:
        with self._lock, contextlib.suppress(ValueError):
            self._queue.remove(turn)
            return False
        if not keep:
            self._pass_on()
        return True

    def _pass_on(self) -> None:
        with self._lock:
            if not self._queue:
                self._free += 1
                return
            turn = self._queue.popleft()
        turn.set_result(None)

    def _busy(self) -> BusyError:
        return BusyError(f"too many {self._what} at the same time; try again in a few seconds", retry_after=3)


class Gates:
    """The gates and rates of one server.

    Parameters
    ----------
    limits
        How wide they are.
    """

    def __init__(self, limits: Limits) -> None:
        patience = limits.answer_time
        self.reads: Final = Gate("reading requests", limits.reads, patience)
        self.plans: Final = Gate("plans", limits.plans, patience)
        self.downloads: Final = Gate("downloads", limits.downloads, patience)
        self._rates: Final = {
            "requests": Rate(limits.requests, limits.burst),
            "requests_anonymous": Rate(limits.requests_anonymous, min(limits.burst, limits.requests_anonymous)),
            "failed_tokens": Rate(limits.failed_tokens, limits.failed_tokens),
        }

    def rate(self, key: str, kind: str = "requests") -> None:
        """Count one request of somebody.

        Parameters
        ----------
        key
            Who: the id of a token, or an address.
        kind
            The limit: ``requests``, ``requests_anonymous`` or ``failed_tokens``.

        Raises
        ------
        ApiError
            429, with the header Retry-After, where it is one too many.
        """
        wait = self._rates[kind].take(key)
        if wait > 0:
            seconds = max(1, round(wait + 0.5))
            raise ApiError(
                429,
                "too many requests",
                f"too many requests; the next one is possible in {seconds} s",
                headers={"Retry-After": str(seconds)},
            )
