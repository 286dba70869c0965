"""The history of runs: one line when a run begins and one when it ends, in a file of the user's.

Many processes append to it at once, each line in a single write. Nothing here ever fails a run: where the file cannot
be written there is no history.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dsgrid.engine import available_cores
from dsgrid.operations.line_files import LineFiles, append_lines
from dsgrid.version import __version__

NAME: Final = "runs.jsonl"
OLDER: Final = "runs.1.jsonl"
LOCK: Final = "runs.lock"
BEGIN: Final = "begin"
END: Final = "end"

SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
STOPPED: Final = "stopped"  # by Ctrl-C or a signal that was heeded
KILLED: Final = "killed"
RUNNING: Final = "running"
UNKNOWN: Final = "unknown"  # it began on another machine, and has not ended

# What is shorter is appended whole, also where several processes do so at once.
LONGEST_LINE: Final = 4_000
LARGEST_FILE: Final = 2 << 20  # some two thousand runs; then it becomes the older file, and the one before goes
_TEXT: Final = 500

# A process that answers many queries looks at the history for each.
_lines: Final = LineFiles()


def state_folder() -> Path | None:
    """Return where the history is kept; None where no home is known.

    That is ``DSGRID_STATE``, else ``dsgrid`` in ``XDG_STATE_HOME``, else ``~/.local/state/dsgrid``.
    """
    own = os.environ.get("DSGRID_STATE")
    if own:
        return Path(own).expanduser()
    base = os.environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(base):  # the convention: a relative one is ignored
        return Path(base) / "dsgrid"
    try:
        return Path.home() / ".local" / "state" / "dsgrid"
    except RuntimeError:
        return None


def new_id() -> str:
    """Return the id of a run: eight hexadecimal digits."""
    return secrets.token_hex(4)


def beginning(job: str, spec: str | Path | None) -> dict[str, Any]:
    """Return what is known of a run when it begins."""
    return {
        "job": job,
        "spec": None if spec is None else _absolute(spec),
        "folder": _absolute("."),
        "started": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "pid": os.getpid(),
        "process": process_start(os.getpid()),
        "host": platform.node(),
        "cpus": available_cores(),
        "version": __version__,
    }


def _absolute(path: str | Path) -> str:
    try:
        return os.path.abspath(path)
    except OSError:  # the working folder was removed
        return str(path)


def append(kind: str, run: str, values: Mapping[str, Any]) -> None:
    """Append a line about a run; where that cannot be done there is none."""
    folder = state_folder()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        _append(folder, line(kind, run, values))


def line(kind: str, run: str, values: Mapping[str, Any]) -> bytes:
    """Return a line of the history; the longest texts are cut until it is short enough to be written at once."""
    entry = {"kind": kind, "id": run, **{key: value for key, value in values.items() if value is not None}}
    limit = _TEXT * 4
    while len(made := _encoded(entry)) > LONGEST_LINE and limit > 8:
        limit //= 2
        entry = {key: _cut(value, limit) for key, value in entry.items()}
    return made if len(made) <= LONGEST_LINE else _encoded({"kind": kind, "id": run})


def _encoded(entry: Mapping[str, Any]) -> bytes:
    # What a file name has that is no text becomes an escape, which JSON knows.
    text = json.dumps(entry, ensure_ascii=False, default=str)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _cut(value: Any, limit: int) -> Any:
    return f"{value[:limit]}…" if isinstance(value, str) and len(value) > limit + 1 else value


def _append(folder: Path, made: bytes) -> None:
    if append_lines(folder / NAME, made, 0o644) > LARGEST_FILE:
        _rotate(folder)


def _rotate(folder: Path) -> None:
    """Make the file the older one, once, however many processes see that it is too large."""
    with (folder / LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / NAME).stat().st_size > LARGEST_FILE:
            # Who has it open goes on writing into it there.
            os.replace(folder / NAME, folder / OLDER)


def read_runs() -> list[dict[str, Any]]:
    """Return all runs that are known, the oldest first: what their lines say, and ``outcome``.

    Damaged lines are skipped, and so are those without what a run has to have.
    """
    runs: dict[str, dict[str, Any]] = {}
    for entry in _entries():
        known = runs.setdefault(str(entry["id"]), {})
        if entry["kind"] == END or "ended" not in known:
            known.update(entry)
        if entry["kind"] == END:
            known["ended"] = True
    found = [_with_outcome(run) for run in runs.values() if isinstance(run.get("started"), str) and "job" in run]
    return sorted(found, key=lambda run: str(run["started"]))


def _entries() -> Iterator[dict[str, Any]]:
    folder = state_folder()
    if folder is not None:
        for entry in _lines.read(folder / name for name in (OLDER, NAME)):
            if isinstance(entry.get("id"), str) and entry.get("kind") in (BEGIN, END):
                yield entry


def _with_outcome(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run with its outcome; one without an end has been killed, if its process is gone."""
    shown = {key: value for key, value in run.items() if key not in ("kind", "ended")}
    if "ended" in run:
        return {"outcome": UNKNOWN, **shown}
    if run.get("host") != platform.node():
        return {**shown, "outcome": UNKNOWN}
    pid = run.get("pid")
    alive = isinstance(pid, int) and _is_alive(pid) and process_start(pid) == run.get("process")
    return {**shown, "outcome": RUNNING if alive else KILLED}


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return pid > 0


def process_start(pid: int) -> str | None:
    """Return when a process began, as its system counts it, so that a later one with the same number is another one."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (OSError, ValueError):
        return None
    # The second field is the program's name, which may hold blanks and parentheses.
    return f"{boot[:8]}-{told.rpartition(')')[2].split()[19]}"
