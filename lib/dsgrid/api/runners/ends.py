"""How attempts end that could not say so themselves, and those that are made to end."""

from __future__ import annotations

import contextlib
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from dsgrid.api.job import CANCELLED, FAILED, Attempt, Outcome, failed
from dsgrid.api.jobs.attempt_folder import OUTPUT, read_outcome
from dsgrid.api.jobs.claim import claimant, is_alive
from dsgrid.api.runners.kin import members, send
from dsgrid.errors import EngineError
from dsgrid.operations.ending import KILLED, REFUSED, TERMINATED

GRACE: Final = 10.0
_TAIL: Final = 2_000


class Endings:
    """The attempts that are to end: first asked to, and killed after some seconds.

    Parameters
    ----------
    grace
        So many seconds.
    """

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace
        self._asked: dict[Path, float] = {}

    def ask(self, folder: Path, pids: list[int]) -> None:
        """Ask the processes of an attempt to end."""
        self._asked.setdefault(folder, time.monotonic())
        send(pids, signal.SIGTERM)

    def is_asked(self, folder: Path) -> bool:
        """Return whether an attempt is to end."""
        return folder in self._asked

    def press(self, folder: Path, pids: list[int]) -> None:
        """Kill what has not ended in time."""
        asked = self._asked.get(folder)
        if asked is not None and time.monotonic() - asked > self._grace:
            send(pids, signal.SIGKILL)

    def forget(self, folder: Path) -> None:
        """Forget an attempt that has ended."""
        self._asked.pop(folder, None)


def outcome_in(attempt: Attempt, endings: Endings) -> Outcome | None:
    """Return the outcome that an attempt has written, when all of its processes are gone; else None."""
    outcome = read_outcome(attempt.folder)
    if outcome is None:
        return None
    left = members(attempt)
    if left:
        # The end is written as the last; what goes on after it, such as a JVM, has nothing more to say.
        if not endings.is_asked(attempt.folder):
            endings.ask(attempt.folder, left)
        endings.press(attempt.folder, left)
        return None
    endings.forget(attempt.folder)
    return outcome


def claimed_by(folder: Path) -> int | None:
    """Return the process that carries out an attempt; None where it has ended, or not begun.

    Raises
    ------
    OSError
        It cannot be told now.
    """
    told = claimant(folder)
    return int(told["pid"]) if told and is_alive(told) else None


def without_outcome(attempt: Attempt, code: int | None, asked: bool, whose: str) -> Outcome:
    """Return the outcome of an attempt whose process has ended, and has not written one.

    Parameters
    ----------
    code
        Of the process, negative for a signal; None where nobody knows.
    asked
        Whether it was told to end.
    whose
        What has ended, such as ``the engine``.
    """
    if asked:
        return Outcome(CANCELLED, TERMINATED if code in (None, 0, -signal.SIGTERM) else KILLED, "ended by a signal")
    if code is None:
        return Outcome(FAILED, KILLED, f"lost: {whose} ended, and nobody knows how")
    how = f"{whose} ended with exit code {code}"
    if code == REFUSED:
        how = f"{whose} could write nothing: the disk of the server is full, or takes nothing"
    if code < 0:
        with contextlib.suppress(ValueError):
            how = f"{whose} was ended by {signal.Signals(-code).name}"
        if code == -signal.SIGKILL:
            how += ": by somebody, or for want of memory"
    shown = 128 - code if code < 0 else code or 1
    return failed(shown, how, EngineError.__name__, tail(attempt.folder))


def as_cancelled(outcome: Outcome, asked: bool) -> Outcome:
    """Return the outcome of an attempt that was told to end: what it failed of was that, if it did."""
    if asked and outcome.state == FAILED and outcome.code in (KILLED, TERMINATED):
        return replace(outcome, state=CANCELLED, reason="ended by a signal", problems=())
    return outcome


def tail(folder: Path) -> str:
    """Return the end of what an attempt has printed."""
    try:
        with (folder / OUTPUT).open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL))
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""
