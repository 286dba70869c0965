"""How a job on Slurm ends: by itself, or by a signal, and with which exit code."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Final

USAGE: Final = 64
ADDRESS: Final = 70
MASTER: Final = 71
WORKERS: Final = 72
TIME_LIMIT: Final = 124
INTERRUPTED: Final = 130
CANCELLED: Final = 143

# Only the codes that are not dsgrid's own; those stand in `dsgrid.errors`.
MEANINGS: Final = {
    USAGE: "the batch script was called wrongly, or what it got is too little",
    ADDRESS: "a node's address is not known",
    MASTER: "Spark's Master did not start, or ended",
    WORKERS: "too few workers came up, or all were lost",
    TIME_LIMIT: "the time limit was near",
    INTERRUPTED: "interrupted",
    137: "killed, perhaps for memory",
    CANCELLED: "cancelled",
}
_SIGNALS: Final = {
    signal.SIGUSR1: (TIME_LIMIT, "the time limit is near"),
    signal.SIGINT: (INTERRUPTED, "cancelled in order"),
    signal.SIGTERM: (CANCELLED, "ended by Slurm"),
}


class EndingError(BaseException):
    """The job has to end, with this exit code and for this reason; no `except Exception` holds it up.

    Parameters
    ----------
    detail
        More lines, such as the end of a log.
    """

    def __init__(self, code: int, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.detail = detail


def heed_signals() -> None:
    """Let the first signal that ends this job raise `EndingError`; those after it change nothing."""

    def heed(number: int, _frame: FrameType | None) -> None:
        disregard_signals()
        code, reason = _SIGNALS[signal.Signals(number)]
        raise EndingError(code, reason)

    for number in _SIGNALS:
        signal.signal(number, heed)


def disregard_signals() -> None:
    """Let nothing disturb what happens from now on, which is the teardown."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
