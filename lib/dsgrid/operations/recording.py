"""A run that is recorded: in the user's history, and in a log where one is asked for."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import DsgridError
from dsgrid.operations import run_history
from dsgrid.operations.ending import INTERRUPTED, KILLED, TERMINATED, code_of
from dsgrid.operations.progress import Progress, Several
from dsgrid.operations.run_log import RUN_BEGUN, RUN_ENDED, RunLog, level_of_outcome, log_file

# The id of a run that another process does for this one.
HANDED_ON: Final = "DSGRID_RUN"
_STOPS: Final = {INTERRUPTED: "interrupted", TERMINATED: "terminated"}
# What the log says of a run when it ends.
_LOGGED: Final = ("engine", "rows", "bytes", "result", "reused")


class Recording:
    """One run while it runs.

    Parameters
    ----------
    job, spec
        What is run; the job may be told later, by `know`.
    progress
        Who is told of its stages, besides the log.
    log
        The file that is logged to; None for no log.
    """

    def __init__(self, job: str, spec: str | Path | None, progress: Progress | None, log: Path | None) -> None:
        self.id = os.environ.pop(HANDED_ON, "") or run_history.new_id()
        self.job = job
        self.is_taken = False  # by the operation that the run is of
        self._values = run_history.beginning(job, spec)
        self._began = time.monotonic()
        self._has_begun = False
        self._log = None if log is None else RunLog(log, self.id)
        self.progress: Progress = Several(tuple(each for each in (progress, self._log) if each is not None))
        self._tell_log()

    def know(self, **values: Any) -> None:
        """Say more about the run: what it reads, what it made, what took how long."""
        self.job = values.get("job", self.job)
        self._values.update(values)
        self._tell_log()

    def begin(self) -> None:
        """Say that this process does the work."""
        if not self._has_begun:
            self._has_begun = True
            self.keep()
            if self._log is not None:
                self._log.write(RUN_BEGUN, version=self._values["version"], host=self._values["host"])

    def keep(self) -> None:
        """Write down what is known by now: a run that is killed says no more."""
        if self._has_begun:
            run_history.append(run_history.BEGIN, self.id, self._values)

    def end(self, error: BaseException | None) -> None:
        """Say how the run ended; where another process did the work, that one has said it, unless there is an error."""
        if error is None:
            if self._has_begun:
                self._end(run_history.SUCCEEDED, 0)
        else:
            outcome = run_history.FAILED if isinstance(error, Exception) else run_history.STOPPED
            code = code_of(error)
            self._end(outcome, code, _STOPS.get(code) or _first_line(error), error)
        if self._log is not None:
            self._log.end()

    @contextmanager
    def handed_on(self) -> Iterator[None]:
        """While this lasts, a process that is started records this run."""
        os.environ[HANDED_ON] = self.id
        try:
            yield
        finally:
            os.environ.pop(HANDED_ON, None)

    def ended_elsewhere(self, code: int) -> None:
        """Say how the process that did the work ended, where it could not say so itself."""
        if code == KILLED:
            # What it may have said is that the engine was gone.
            self._end(run_history.KILLED, code)
        elif code and not any(run["id"] == self.id and "exit_code" in run for run in run_history.read_runs()):
            self._end(run_history.FAILED, code)

    def _end(self, outcome: str, code: int, said: str | None = None, error: BaseException | None = None) -> None:
        told = {"outcome": outcome, "exit_code": code, "seconds": round(time.monotonic() - self._began, 3)}
        if said:
            told["error"] = said
        run_history.append(run_history.END, self.id, {**self._values, **told})
        if self._log is not None:
            self._log.close(error)
            known = {key: self._values.get(key) for key in _LOGGED}
            self._log.write(RUN_ENDED, level_of_outcome(outcome), **known, **told)

    def _tell_log(self) -> None:
        if self._log is not None:
            self._log.know(**{key: self._values.get(key) or None for key in ("job", "spec", "query")})


def know(*, keep: bool = False, **values: Any) -> None:
    """Say more about the run that goes on, where one is recorded; perhaps for the case that it is killed, too."""
    run = _current.get()
    if run is not None:
        run.know(**values)
        if keep:
            run.keep()


_current: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def recording(
    job: str, spec: str | Path | None = None, progress: Progress | None = None, log: str | Path | None = None
) -> Iterator[Recording]:
    """Record a run; an operation inside a run of its own job takes part in that.

    Parameters
    ----------
    job
        Its job; empty where that is told later.
    log
        The file of the log; by default the one that ``DSGRID_LOG`` names. A run inside another one has no log of its
        own: what it says arrives in that of the outer.
    """
    outer = _current.get()
    if outer is not None and outer.job == job and not outer.is_taken:
        outer.is_taken = True
        yield outer
        return
    run = Recording(job, spec, progress, log_file(log) if outer is None else None)
    token = _current.set(run)
    try:
        yield run
    except BaseException as error:
        run.end(error)
        raise
    else:
        run.end(None)
    finally:
        _current.reset(token)


def _first_line(error: BaseException) -> str:
    if isinstance(error, DsgridError) and error.problems:
        return str(error.problems[0]).partition("\n")[0]
    return (str(error) or type(error).__name__).partition("\n")[0]
