"""The log of runs for programs: a file with a JSON object on each line.

Each has ``time``, ``level``, ``event``, ``run``, ``job`` and ``spec``; stages have ``stage``, and when they end
``seconds``, ``rows`` and ``bytes``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import UsageError
from dsgrid.operations.progress import BEGUN, DONE, ERROR, ESTIMATE, FAILED, INFO, TOLD, Course, Event, Listener

EVENTS: Final[Mapping[str, str]] = {
    BEGUN: "stage_begun",
    DONE: "stage_done",
    FAILED: "stage_failed",
    TOLD: "message",
    ESTIMATE: "estimate",
}
RUN_BEGUN: Final = "run_begun"
RUN_ENDED: Final = "run_ended"


def log_file(given: str | Path | None) -> Path | None:
    """Return the log that is asked for: the one that is given, else the one that ``DSGRID_LOG`` names."""
    named = given or os.environ.get("DSGRID_LOG")
    return Path(named).expanduser() if named else None


class RunLog(Listener):
    """The log of one run; several processes may append to the same file.

    Parameters
    ----------
    path
        The file, which is appended to.
    run
        The id of the run.

    Raises
    ------
    UsageError
        If it cannot be written. What fails later is said once, and does not fail the run.
    """

    def __init__(self, path: Path, run: str) -> None:
        self._path = path
        self._values: dict[str, Any] = {"run": run}
        self._course = Course()
        self._is_broken = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileExistsError:
            raise UsageError(f"the log {path} cannot be written: {path.parent} is no folder") from None
        except OSError as error:
            raise UsageError(f"the log {path} cannot be written: {error.strerror}") from None

    def know(self, **values: Any) -> None:
        """Say more about the run, for all lines that follow."""
        self._values.update(values)

    def take(self, event: Event) -> None:
        """Write what has happened."""
        for each in self._course.take(event, time.monotonic()):
            self._write_event(each)

    def close(self, error: BaseException | None = None) -> None:
        """Write the end of the stage that runs."""
        for each in self._course.close(time.monotonic(), error):
            self._write_event(each)

    def write(self, event: str, level: str = INFO, **values: Any) -> None:
        """Write one line; what is None is left out."""
        entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "event": event}
        entry |= {key: value for key, value in {**self._values, **values}.items() if value is not None}
        text = json.dumps(entry, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace") + b"\n"
        try:
            os.write(self._file, text)
        except OSError as error:
            if not self._is_broken:
                sys.stderr.write(f"warning: the log {self._path} is incomplete: {error.strerror}\n")
            self._is_broken = True

    def end(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _write_event(self, event: Event) -> None:
        is_stage = event.kind in (BEGUN, DONE, FAILED)
        self.write(
            EVENTS[event.kind],
            event.level,
            **{"stage" if is_stage else "message": event.text},
            seconds=None if event.seconds is None else round(event.seconds, 3),
            rows=event.rows,
            bytes=event.bytes,
            detail=list(event.detail) or None,
        )


def level_of_outcome(outcome: str) -> str:
    """Return how bad an outcome is."""
    return INFO if outcome == "succeeded" else ERROR
