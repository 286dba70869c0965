"""The runner of small queries: processes with an engine that has started already."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dsgrid.api.job import WARM, Attempt, Outcome, failed
from dsgrid.api.jobs.attempt_folder import read_outcome
from dsgrid.api.jobs.claim import claimant
from dsgrid.api.runners.attempt import STOPPED
from dsgrid.api.runners.ends import Endings, as_cancelled, claimed_by, without_outcome
from dsgrid.api.runners.environment import environment_of_jobs
from dsgrid.api.runners.kin import send
from dsgrid.api.runners.runner import OnEnd
from dsgrid.api.runners.worker import DONE, READY
from dsgrid.api.settings import Settings
from dsgrid.errors import EngineError, StorageError

# -P: what lies in the working directory is not to be imported.
WORKER: Final = (sys.executable, "-P", "-m", "dsgrid.api.runners.worker")
# After so many jobs, or when it has grown by so many bytes, a worker makes room for a new one.
JOBS: Final = 500
GROWTH: Final = 1 << 30
# What has not been begun goes to another engine so many times.
HANDED_ON: Final = 3
_GRACE: Final = 3.0


@dataclass
class _Worker:
    """A process with an engine, and what is known of it.

    Parameters
    ----------
    ending
        What it has ended, as the folders say; it says so itself in a moment, and then takes the next one.
    """

    process: subprocess.Popen[bytes]
    attempt: Attempt | None = None
    ending: list[Attempt] = field(default_factory=list)
    is_ready: bool = False
    is_leaving: bool = False
    jobs: int = 0
    memory: int = 0

    @property
    def is_free(self) -> bool:
        return self.attempt is None and not self.is_leaving and self.process.poll() is None


def _has(worker: _Worker, attempt: Attempt) -> bool:
    return worker.attempt is not None and worker.attempt.folder == attempt.folder


@dataclass
class _Handed:
    """An attempt of this server, and how it stands with it."""

    worker: _Worker
    times: int = 1
    told: dict[str, Any] = field(default_factory=dict)


class WarmRunner:
    """Has as many warm engines as it has slots; each carries out one job at a time.

    Parameters
    ----------
    command
        What is a worker.
    """

    name = WARM
    on_end: OnEnd | None = None

    def __init__(self, settings: Settings, command: Sequence[str] = WORKER) -> None:
        self.slots = settings.runners.warm
        self._settings = settings
        self._command = tuple(command)
        self._lock = threading.RLock()
        self._workers: list[_Worker] = []
        self._handed: dict[Path, _Handed] = {}
        self._endings = Endings(_GRACE)
        self._is_closed = False

    def open(self) -> None:
        """Start all engines; they need some seconds, in which jobs may be given to them already."""
        if not self._settings.runners.prewarm:
            return
        with self._lock:
            while len(self._workers) < self.slots:
                self._spawn()

    def start(self, attempt: Attempt) -> None:
        """Give an attempt to an engine that has nothing to do; where there is none, one is started."""
        with self._lock:
            self._handed[attempt.folder] = _Handed(self._give(attempt))

    def look(self, attempt: Attempt) -> Outcome | None:
        """Return how an attempt ended."""
        folder = attempt.folder
        with self._lock:
            handed = self._handed.get(folder)
            outcome = self._look(attempt, handed)
            if outcome is None:
                return None
            asked = self._endings.is_asked(folder)
            if handed is not None and _has(handed.worker, attempt):
                # Not to be waited for: else the next job would start an engine more than there are to be.
                handed.worker.attempt = None
                handed.worker.ending.append(attempt)
                handed.worker.is_leaving |= outcome.code in STOPPED
            self._handed.pop(folder, None)
            self._endings.forget(folder)
        return as_cancelled(outcome, asked)

    def _look(self, attempt: Attempt, handed: _Handed | None) -> Outcome | None:
        folder, asked = attempt.folder, self._endings.is_asked(attempt.folder)
        if handed is None or handed.worker.process.poll() is not None:
            pid = claimed_by(folder)
        else:
            pid = handed.worker.process.pid if _has(handed.worker, attempt) else None
        outcome = read_outcome(folder)
        if pid is not None:
            if asked:
                self._endings.press(folder, [pid])
            # A worker whose attempt was ended goes as well, and only then nothing works on it any more.
            return None if outcome is None or asked else outcome
        if outcome is not None:
            return outcome
        if handed is None:
            return without_outcome(attempt, None, asked, "the engine")
        if "code" in handed.told:
            reason = str(handed.told.get("reason"))
            return failed(int(handed.told["code"]), reason, StorageError.__name__)
        if claimant(folder) is None and not asked and not self._is_closed:
            if handed.times < HANDED_ON:
                self._handed[folder] = _Handed(self._give(attempt), handed.times + 1)
                return None
            reason = f"no engine starts: {HANDED_ON} have ended before they began"
            return failed(EngineError.exit_code, reason, EngineError.__name__)
        return without_outcome(attempt, handed.worker.process.poll(), asked, "the engine")

    def cancel(self, attempt: Attempt) -> None:
        """End the engine that has an attempt, and start another one."""
        with self._lock:
            handed = self._handed.get(attempt.folder)
            if handed is not None and _has(handed.worker, attempt):
                handed.worker.is_leaving = True
                pids = [handed.worker.process.pid]
            else:
                pid = claimed_by(attempt.folder)
                pids = [] if pid is None else [pid]
            self._endings.ask(attempt.folder, pids)

    def close(self) -> None:
        """Let the engines end, each after the job that it has."""
        with self._lock:
            self._is_closed = True
            for worker in self._workers:
                self._let_go(worker)

    def _give(self, attempt: Attempt) -> _Worker:
        for _ in range(len(self._workers) + 1):
            worker = next((each for each in self._workers if each.is_free), None) or self._spawn()
            worker.attempt = attempt
            try:
                self._write(worker, attempt)
            except OSError:  # it has just ended
                worker.attempt = None
                worker.is_leaving = True
                continue
            return worker
        raise OSError("the engine does not take the job")

    def _write(self, worker: _Worker, attempt: Attempt) -> None:
        stream = worker.process.stdin
        assert stream is not None
        stream.write(json.dumps(str(attempt.folder.absolute())).encode() + b"\n")
        stream.flush()

    def _spawn(self) -> _Worker:
        log = os.open(
            self._settings.state / "worker.txt",
            os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC,
            0o600,
        )
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._settings.state,
                env=environment_of_jobs(self._settings, DSGRID_ENGINE="sail"),
                start_new_session=True,
            )
        finally:
            os.close(log)
        worker = _Worker(process)
        self._workers.append(worker)
        threading.Thread(target=self._listen, args=(worker,), name="warm-engine", daemon=True).start()
        return worker

    def _listen(self, worker: _Worker) -> None:
        """Take what a worker says, until it ends."""
        stream = worker.process.stdout
        assert stream is not None
        for line in stream:
            with contextlib.suppress(ValueError):
                self._hear(worker, json.loads(line))
        worker.process.wait()
        with self._lock:
            if worker in self._workers:
                self._workers.remove(worker)
            attempt, worker.attempt = worker.attempt, None
            # One that never was ready is not tried again before somebody needs it.
            if worker.is_ready and not self._is_closed and len(self._workers) < self.slots:
                with contextlib.suppress(OSError):
                    self._spawn()
        for pipe in (worker.process.stdin, stream):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._tell(attempt)

    def _hear(self, worker: _Worker, told: dict[str, Any]) -> None:
        with self._lock:
            if told.get(READY):
                worker.is_ready, worker.memory = True, int(told.get("memory", 0))
                return
            own = [*worker.ending, *([worker.attempt] if worker.attempt is not None else [])]
            attempt = next((each for each in own if told.get(DONE) == str(each.folder.absolute())), None)
            if attempt is None:
                return
            worker.jobs += 1
            handed = self._handed.get(attempt.folder)
            if handed is not None:
                handed.told = told
            if attempt in worker.ending:
                worker.ending.remove(attempt)
            elif not self._endings.is_asked(attempt.folder):
                worker.attempt = None
            if worker.jobs >= JOBS or int(told.get("memory", 0)) > worker.memory + GROWTH:
                self._let_go(worker)
        self._tell(attempt)

    def _let_go(self, worker: _Worker) -> None:
        worker.is_leaving = True
        with contextlib.suppress(OSError):
            if worker.process.stdin is not None:
                worker.process.stdin.close()
        if worker.attempt is None and not worker.is_ready:
            # It would go on starting an engine that nobody needs.
            send([worker.process.pid], signal.SIGTERM)

    def _tell(self, attempt: Attempt | None) -> None:
        if attempt is not None and self.on_end is not None:
            self.on_end(attempt.job.id)
