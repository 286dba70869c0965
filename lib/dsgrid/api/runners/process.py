"""The runners that start a process for each job: the embedded engine, and Spark by spark-submit."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from dsgrid.api.job import EMBEDDED, Attempt, Outcome
from dsgrid.api.jobs.attempt_folder import OUTPUT
from dsgrid.api.runners.ends import Endings, as_cancelled, claimed_by, outcome_in, without_outcome
from dsgrid.api.runners.environment import environment_of_jobs
from dsgrid.api.runners.kin import MARK, mark_of, members
from dsgrid.api.runners.runner import OnEnd
from dsgrid.api.settings import Settings

MODULE: Final = "dsgrid.api.runners.attempt"


class ProcessRunner:
    """Starts a process for each job, in a session of its own; it outlives the server.

    Parameters
    ----------
    name, slots
        See `dsgrid.api.runners.runner.Runner`.
    """

    on_end: OnEnd | None = None

    def __init__(self, settings: Settings, name: str = EMBEDDED, slots: int = 1) -> None:
        self.name = name
        self.slots = slots
        self._settings = settings
        self._processes: dict[Path, subprocess.Popen[bytes]] = {}
        self._endings = Endings()

    def open(self) -> None:
        """Do nothing: each job starts a process anyway."""

    def start(self, attempt: Attempt) -> None:
        """Start the process of an attempt."""
        process = start_attempt(attempt, self._settings)
        self._processes[attempt.folder] = process
        threading.Thread(target=self._wait, args=(process, attempt), name=f"{self.name}-end", daemon=True).start()

    def look(self, attempt: Attempt) -> Outcome | None:
        """Return how an attempt ended; None while any of its processes lives."""
        folder = attempt.folder
        asked = self._endings.is_asked(folder)
        process = self._processes.get(folder)
        if process is None:
            is_running, code = claimed_by(folder) is not None, None
        else:
            code = process.poll()
            is_running = code is None
        if is_running:
            if asked:
                self._endings.press(folder, members(attempt))
            return None
        outcome = outcome_in(attempt, self._endings)
        if outcome is None:
            left = members(attempt)
            if left:
                self._endings.ask(folder, left)
                self._endings.press(folder, left)
                return None
            outcome = outcome_in(attempt, self._endings) or without_outcome(attempt, code, asked, "the process")
        self._processes.pop(folder, None)
        self._endings.forget(folder)
        return as_cancelled(outcome, asked)

    def cancel(self, attempt: Attempt) -> None:
        """Ask all processes of an attempt to end."""
        self._endings.ask(attempt.folder, members(attempt))

    def close(self) -> None:
        """Do nothing: what runs goes on, and the next server takes it."""

    def _wait(self, process: subprocess.Popen[bytes], attempt: Attempt) -> None:
        process.wait()
        if self.on_end is not None:
            self.on_end(attempt.job.id)


def start_attempt(attempt: Attempt, settings: Settings) -> subprocess.Popen[bytes]:
    """Start the process that carries out an attempt; all that it is told is the folder."""
    folder = attempt.folder.absolute()
    output = os.open(folder / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(
            # -P: what lies in the attempt's folder is not to be imported.
            [sys.executable, "-P", "-m", MODULE, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=environment_of_jobs(settings, **{MARK: mark_of(attempt)}),
            start_new_session=True,
        )
    finally:
        os.close(output)
