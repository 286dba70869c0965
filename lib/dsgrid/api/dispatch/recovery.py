"""What becomes of jobs that ran when the server ended: their folders tell.

A job is never begun twice. Either its attempt has begun, by a claim that only one process can make: then that process
is watched to its end, or the end that it wrote down is taken, or it is lost. Or it has not: then the server claims it
itself, so that it never will, and the job goes back to its place in the queue.
"""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import replace
from typing import Final

from dsgrid.api.job import CANCELLED, FAILED, SLURM, Attempt, Outcome
from dsgrid.api.jobs.attempt_folder import read_outcome
from dsgrid.api.jobs.claim import ABANDONED, abandon, claimant, is_alive
from dsgrid.api.runners.runner import OnEnd

LOST: Final = "lost: the process that carried it out has ended without a word, perhaps with the machine"


def never_begins(attempt: Attempt) -> bool:
    """Return whether an attempt has not begun; it never will after this.

    Those of Slurm may wait in a queue of its own: its runner knows.

    Raises
    ------
    OSError
        That cannot be found out now.
    """
    if read_outcome(attempt.folder) is not None or attempt.job.runner == SLURM:
        return False
    try:
        return abandon(attempt.folder) or bool((claimant(attempt.folder) or {}).get(ABANDONED))
    except FileNotFoundError:  # not even its folder was made
        return True


class Orphans:
    """The runner of attempts that another server began, with a runner that this one does not have."""

    slots = 0

    def __init__(self, name: str) -> None:
        self.name = name
        self.on_end: OnEnd | None = None

    def open(self) -> None:
        """Do nothing: nothing begins."""

    def start(self, attempt: Attempt) -> None:
        """Never called: it has no slots."""
        raise RuntimeError(f"this server has no runner {self.name}")

    def look(self, attempt: Attempt) -> Outcome | None:
        """Return how an attempt ended; None while its process lives."""
        return standing(attempt)

    def cancel(self, attempt: Attempt) -> None:
        """End the process of an attempt, and what it has started."""
        told = claimant(attempt.folder)
        if told is not None and is_alive(told):
            with contextlib.suppress(ProcessLookupError):
                pid = int(told["pid"])
                # A session of its own, where it has one.
                if os.getpgid(pid) == pid:
                    os.killpg(pid, signal.SIGTERM)
                else:
                    os.kill(pid, signal.SIGTERM)

    def close(self) -> None:
        """Do nothing: what runs goes on."""


def standing(attempt: Attempt) -> Outcome | None:
    """Return how an attempt that has begun ended, by its folder alone; None while its process lives."""
    told = claimant(attempt.folder)
    alive = told is not None and is_alive(told)
    # Read after the look at the process: what ends in between has written its outcome before.
    outcome = read_outcome(attempt.folder)
    if outcome is None and not alive:
        return Outcome(FAILED, 1, LOST)
    return outcome


def verdict(outcome: Outcome, *, cancelled_by: str | None, overdue: str = "") -> Outcome:
    """Return how a job has ended, of how its attempt did.

    Parameters
    ----------
    cancelled_by
        Who asked for its end, and was heard; what succeeded nevertheless has succeeded.
    overdue
        The limit that ended it, in words.
    """
    if outcome.state not in (FAILED, CANCELLED):
        return outcome
    if cancelled_by is not None:
        return replace(outcome, state=CANCELLED, reason=f"cancelled by {cancelled_by}")
    if overdue:
        return replace(outcome, state=FAILED, reason=overdue)
    if outcome.state == CANCELLED:
        said = f": {outcome.reason}" if outcome.reason else ""
        return replace(outcome, state=FAILED, code=outcome.code or 1, reason=f"ended from outside{said}")
    return outcome
