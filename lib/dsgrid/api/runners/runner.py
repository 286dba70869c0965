"""What carries out jobs, as the dispatcher sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from dsgrid.api.job import Attempt, Outcome

OnEnd = Callable[[str], None]


class Runner(Protocol):
    """What carries out jobs in processes of their own: those outlive the server, and the folders know how they end.

    Attributes
    ----------
    name
        One of `dsgrid.api.job.RUNNERS`.
    slots
        How many jobs it has at the same time.
    on_end
        Is called with a job's id, from any thread, when it may have ended; `look` then knows more.
    """

    name: str
    slots: int
    on_end: OnEnd | None

    def open(self) -> None:
        """Get ready, where the first job would have to wait for it."""

    def start(self, attempt: Attempt) -> None:
        """Begin an attempt, whose folder is there; return at once.

        Raises
        ------
        OSError
            It cannot be begun.
        """

    def look(self, attempt: Attempt) -> Outcome | None:
        """Return how an attempt ended, also one of a server before this; None while it, or a part of it, still runs."""

    def cancel(self, attempt: Attempt) -> None:
        """Have an attempt end; it has ended when `look` says so."""

    def close(self) -> None:
        """Begin nothing any more. What runs goes on; the next server takes it."""
