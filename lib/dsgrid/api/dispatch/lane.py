"""A lane: the thread of one runner, which starts its jobs in their order and watches them to their ends.

Each runner has its own, so that a slow one (Slurm may take seconds to answer) holds up no other. Nothing that a runner
or the disk does ends a lane; what could not be written down now is tried again.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dsgrid.api.dispatch.recovery import never_begins, verdict
from dsgrid.api.job import EMBEDDED, FAILED, SLURM, SPARK, WARM, Attempt, Job, Outcome
from dsgrid.api.jobs.claim import NEVER_BEGUN, abandon
from dsgrid.api.jobs.queue import JobStore
from dsgrid.api.limits import Limits
from dsgrid.api.runners.runner import Runner
from dsgrid.errors import DsgridError

LOOK: Final = 0.25
LOOK_SLURM: Final = 2.0
IDLE: Final = 5.0
CANCEL_AGAIN: Final = 10.0
TROUBLE: Final = 1.0  # the pause after something that should not be

logger = logging.getLogger("dsgrid.api")


@dataclass
class Watched:
    """An attempt that runs, as a lane knows it.

    Parameters
    ----------
    deadline
        When its time is over, on the monotonic clock; None for never.
    told
        When it was last told to end.
    wanted
        Whether a user wants it to end.
    outcome
        How it ended, while that is not written down yet.
    is_told_of
        Whether the log has it already that its runner fails to look at it.
    is_doubtful
        Whether it may have never begun: another server was to start it.
    """

    attempt: Attempt
    deadline: float | None = None
    overdue: str = ""
    told: float | None = None
    wanted: bool = False
    outcome: Outcome | None = None
    is_told_of: bool = False
    is_doubtful: bool = False


class Lane:
    """The thread of one runner.

    Parameters
    ----------
    prepare
        Makes the folder of an attempt, with what its process reads.
    changed
        Is told the id of each job whose state has changed.
    """

    def __init__(
        self,
        runner: Runner,
        store: JobStore,
        limits: Limits,
        attempt_of: Callable[[Job], Attempt],
        prepare: Callable[[Attempt], None],
        changed: Callable[[str], None],
    ) -> None:
        self.runner = runner
        self._store = store
        self._limits = limits
        self._attempt_of = attempt_of
        self._prepare = prepare
        self._changed = changed
        self._watched: dict[str, Watched] = {}
        self._wishes: set[str] = set()
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._stops = False
        self._look = LOOK_SLURM if runner.name == SLURM else LOOK
        self._thread = threading.Thread(target=self._run, name=f"lane-{runner.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what runs goes on."""
        self._stops = True
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether the thread still does its work."""
        return self._thread.is_alive()

    def wake(self) -> None:
        """Look at once: there is a new job, or one has ended."""
        self._woken.set()

    def cancel(self, job: str) -> None:
        """Let a job end that runs here; its wish is in the database."""
        with self._lock:
            self._wishes.add(job)
        self._woken.set()

    def adopt(self, attempt: Attempt) -> None:
        """Watch an attempt of a server before this one; only before the lane starts."""
        watched = self._watched[attempt.job.id] = self._watch(attempt)
        watched.is_doubtful = True

    def _watch(self, attempt: Attempt) -> Watched:
        seconds, name = _time(self._limits, self.runner.name)
        watched = Watched(attempt, wanted=attempt.job.cancelled_by is not None)
        if seconds is not None:
            ran = time.time() - datetime.fromisoformat(attempt.job.started_at or attempt.job.created_at).timestamp()
            watched.deadline = time.monotonic() + seconds - max(ran, 0.0)
            watched.overdue = f"ended after {seconds:g} s, which is the limit (limits.{name})"
        return watched

    def _run(self) -> None:
        try:
            self.runner.open()
        except Exception:
            logger.exception("the runner %s could not get ready; the first job tries again", self.runner.name)
        while not self._stops:
            calm = True
            try:
                calm = self.turn()
            except Exception:
                calm = False
                logger.exception("the lane of the runner %s stumbled, and goes on", self.runner.name)
            if not calm:
                # Never faster than this, whoever wakes it: a full disk stays full for a while.
                time.sleep(TROUBLE if not self._stops else 0)
            self._woken.wait(self._look if self._watched else IDLE)
            self._woken.clear()

    def turn(self) -> bool:
        """Do all that is to be done now; return False where something could not be done."""
        calm = True
        with self._lock:
            wishes, self._wishes = self._wishes, set()
        for wish in wishes & self._watched.keys():
            self._watched[wish].wanted = True
        for watched in tuple(self._watched.values()):
            calm &= self._look_at(watched)
        while not self._stops and self.runner.slots:
            try:
                job = self._store.claim(self.runner.name, self.runner.slots)
            except DsgridError as error:
                logger.warning("no job can be taken from the queue now: %s", error)
                return False
            if job is None:
                return calm
            calm &= self._begin(job)
        return calm

    def _begin(self, job: Job) -> bool:
        """Start a job; return False where it has ended already, and that could not be written down."""
        watched = self._watched[job.id] = self._watch(self._attempt_of(job))
        self._changed(job.id)
        try:
            self._prepare(watched.attempt)
            self.runner.start(watched.attempt)
        except Exception as error:
            said = str(error) if isinstance(error, DsgridError | OSError) else type(error).__name__
            if not isinstance(error, DsgridError | OSError):
                logger.exception("job %s could not be started", job.id)
            if self._never_begins(watched.attempt):
                code = error.exit_code if isinstance(error, DsgridError) else 9 if isinstance(error, OSError) else 1
                watched.outcome = Outcome(FAILED, code, f"it could not be started: {said.partition(chr(10))[0]}")
                return self._settle(watched)
        return True

    def _never_begins(self, attempt: Attempt) -> bool:
        if self.runner.name == SLURM:
            # What Slurm took nevertheless has to end; there is no other way to know that nothing runs.
            with contextlib.suppress(Exception):
                self.runner.cancel(attempt)
            return True
        try:
            return abandon(attempt.folder)
        except OSError:  # the folder could not even be made, or has no room for a claim
            return True

    def _look_at(self, watched: Watched) -> bool:
        if watched.outcome is None:
            try:
                if watched.is_doubtful and never_begins(watched.attempt):
                    watched.outcome = Outcome(FAILED, 1, NEVER_BEGUN)
                else:
                    watched.is_doubtful = False
                    watched.outcome = self.runner.look(watched.attempt)
            except Exception:
                if not watched.is_told_of:
                    logger.exception("the runner %s cannot tell of job %s", self.runner.name, watched.attempt.job.id)
                watched.is_told_of = True
        if watched.outcome is not None:
            return self._settle(watched)
        is_over = watched.deadline is not None and time.monotonic() >= watched.deadline
        if watched.wanted or is_over:
            self._tell_to_end(watched)
            return watched.outcome is None or self._settle(watched)
        return True

    def _tell_to_end(self, watched: Watched) -> None:
        now = time.monotonic()
        if watched.told is not None and now - watched.told < CANCEL_AGAIN:
            return
        watched.told = now
        try:
            self.runner.cancel(watched.attempt)
            # Some end at once.
            watched.outcome = self.runner.look(watched.attempt)
        except Exception:
            logger.exception("the runner %s could not end job %s", self.runner.name, watched.attempt.job.id)

    def _settle(self, watched: Watched) -> bool:
        """Write down how an attempt ended; return False where that has to be tried again."""
        attempt, outcome = watched.attempt, watched.outcome
        assert outcome is not None
        try:
            if outcome.state == FAILED and outcome.reason.startswith(NEVER_BEGUN) and watched.told is None:
                self._store.never_began(attempt.job.id, attempt.number)
                if not self.runner.slots:
                    # Nobody would ever take it out of the queue again.
                    self._store.fail_queued(attempt.job.id, no_runner(self.runner.name))
            else:
                job = self._store.get(attempt.job.id)
                # Who wanted its end is only heard if it was told: what failed before that has failed.
                is_heard = watched.told is not None or attempt.job.cancelled_by is not None
                heard = job.cancelled_by if job is not None and is_heard else None
                is_over = watched.told is not None and heard is None
                ended = verdict(outcome, cancelled_by=heard, overdue=watched.overdue if is_over else "")
                self._store.finish(attempt.job.id, attempt.number, ended)
        except DsgridError as error:
            logger.warning("the end of job %s could not be written down yet: %s", attempt.job.id, error)
            return False
        del self._watched[attempt.job.id]
        self._changed(attempt.job.id)
        return True


def no_runner(name: str) -> str:
    """Return what is said of jobs whose runner this server does not have, or has turned off."""
    return f"this server has no runner {name} any more; hand it in again"


def _time(limits: Limits, runner: str) -> tuple[float | None, str]:
    """Return how long a job may run with a runner, and the name of that limit; Slurm has its own."""
    if runner == WARM:
        return limits.warm_time, "warm_time"
    return (limits.job_time, "job_time") if runner in (EMBEDDED, SPARK) else (None, "")
