"""The ledger of submitted jobs: a line for each, in a file of the user's, and one when its end was seen.

Jobs on several nodes and commands on a login node append to it at once. Nothing here ever fails a job: where the file
cannot be written there is no ledger. Slurm counts jobs anew on every cluster, and sometimes on the same one, so a
number alone is no job: the cluster and the moment of submission belong to it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from dsgrid.operations.line_files import append_lines, read_lines
from dsgrid.operations.run_history import state_folder

NAME: Final = "jobs.jsonl"
OLDER: Final = "jobs.1.jsonl"
LOCK: Final = "jobs.lock"
LARGEST_FILE: Final = 2 << 20  # some three thousand jobs; then it becomes the older file, and the one before goes
LOCK_SECONDS: Final = 2.0
# The clocks of the controller and of whoever writes differ, and sbatch may take a while.
SAME_MOMENT: Final = timedelta(minutes=10)

BY_SUBMIT: Final = "submit"
BY_SBATCH: Final = "sbatch"
_JOB: Final = "job"
_ENDED: Final = "ended"


@dataclass(frozen=True)
class Entry:
    """A job as it was submitted; an empty text is what nobody knows.

    Parameters
    ----------
    id
        Slurm's number as a text, as a task of an array is ``12_3``; a heterogeneous job has the number of its first
        part.
    submitted
        When it was submitted, in ISO form; see `moment_of_slurm`.
    cluster
        The name that Slurm has for itself there.
    spec
        The spec's file, absolute.
    arguments
        The options of ``dsgrid run``.
    folder
        Where sbatch ran.
    run
        The run folder.
    output
        The file that has the job's output; may have Slurm's ``%j``, ``%A``, ``%a`` and ``%x``.
    script
        The batch script.
    kind
        ``cluster``, ``single``, ``array`` or ``interactive``.
    nodes
        How many were asked for; 0 where that is not known.
    by
        Who wrote it: ``submit`` (`dsgrid submit`) or ``sbatch`` (the job itself, when it began).
    end
        What was seen of its end, as `close` was told.
    """

    id: str
    submitted: str
    cluster: str = ""
    spec: str = ""
    arguments: tuple[str, ...] = ()
    folder: str = ""
    run: str = ""
    output: str = ""
    script: str = ""
    kind: str = ""
    nodes: int = 0
    by: str = BY_SUBMIT
    end: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def moment(self) -> datetime:
        """When it was submitted; the oldest moment there is where that cannot be read."""
        return read_moment(self.submitted) or datetime.min.replace(tzinfo=UTC)


_TEXTS: Final = frozenset(each.name for each in fields(Entry)) - {"arguments", "nodes", "end"}


def now() -> str:
    """Return this moment in the form of the ledger."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def moment_of_slurm(text: str) -> str:
    """Return the moment that Slurm's ``SubmitTime`` means, which is by the local clock, in the form of the ledger.

    Empty where it is no moment, such as ``Unknown``.
    """
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        return ""


def read_moment(text: str) -> datetime | None:
    """Return the instant that a text of the ledger or of a job's account means, else None."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None


def record(*jobs: Entry) -> bool:
    """Append jobs, and tell whether that could be done."""
    return _append(
        {_JOB: {name: value for name, value in asdict(each).items() if value and name != "end"}} for each in jobs
    )


def record_started(entry: Entry, *, restarts: int = 0) -> None:
    """Append a job that begins, unless all of it is known.

    Parameters
    ----------
    restarts
        How often it was put back into the queue. Slurm then has another moment of submission for it.
    """
    started = replace(entry, by=BY_SBATCH)
    for known in reversed(entries()):
        if known.id != entry.id or (known.cluster and entry.cluster and known.cluster != entry.cluster):
            continue
        if restarts > 0 or is_same_moment(known.submitted, entry.submitted):
            started = replace(started, submitted=known.submitted)
            if _merged(known, started) == known:
                return
            break
    record(started)


def close(ends: Iterable[tuple[Entry, Mapping[str, Any]]]) -> None:
    """Append what was seen of the ends of jobs: Slurm forgets it within minutes."""
    lines = []
    for entry, end in ends:
        known = {name: value for name, value in end.items() if value not in (None, "")}
        if dict(entry.end) != known:
            lines.append({_ENDED: {"id": entry.id, "cluster": entry.cluster, "submitted": entry.submitted, **known}})
    _append(lines)


def entries() -> list[Entry]:
    """Return all jobs that are known, the oldest first; damaged lines are skipped.

    Two lines about one job are one entry: what ``dsgrid submit`` wrote goes before what the job wrote itself.
    """
    found: list[Entry] = []
    ends: list[Mapping[str, Any]] = []
    for line in _lines():
        if isinstance(line.get(_ENDED), dict):
            ends.append(line[_ENDED])
        entry = _entry(line.get(_JOB))
        if entry is not None:
            found.append(entry)
    by_id: dict[str, list[Entry]] = {}
    for entry in sorted(found, key=lambda each: each.moment):
        same = by_id.setdefault(entry.id, [])
        # Two machines may have written them.
        twin = next((i for i, each in enumerate(same) if _are_one(each, entry)), None)
        if twin is None:
            same.append(entry)
        else:
            same[twin] = _merged(same[twin], entry)
    for end in ends:
        same = by_id.get(str(end.get("id")), [])
        for i, entry in enumerate(same):
            if _are_one(entry, Entry("", str(end.get("submitted")), str(end.get("cluster") or ""))):
                told = {name: value for name, value in end.items() if name not in ("id", "cluster", "submitted")}
                same[i] = replace(entry, end=told)
    return sorted((entry for same in by_id.values() for entry in same), key=lambda each: each.moment)


def is_same_moment(one: str, other: str) -> bool:
    """Tell whether two moments of submission are those of the same job; one that is not known fits any."""
    first, second = read_moment(one), read_moment(other)
    return first is None or second is None or abs(first - second) <= SAME_MOMENT


def _are_one(one: Entry, other: Entry) -> bool:
    clusters = {one.cluster, other.cluster} - {""}
    return len(clusters) < 2 and is_same_moment(one.submitted, other.submitted)


def _merged(one: Entry, other: Entry) -> Entry:
    better, worse = (other, one) if other.by == BY_SUBMIT and one.by != BY_SUBMIT else (one, other)
    added = {each.name: getattr(worse, each.name) for each in fields(Entry) if not getattr(better, each.name)}
    # Where it really runs the job itself knows best.
    if worse.by == BY_SBATCH and worse.run and _first_run(worse.run) != _first_run(better.run):
        added["run"] = worse.run
    return replace(better, **added)


def _first_run(path: str) -> str:
    """Return the run folder of the first try."""
    return re.sub(r"\.r\d+$", "", path)


def _entry(values: object) -> Entry | None:
    """Return what a line says; what is no such value, or was added by a later version, is left out."""
    if not isinstance(values, dict):
        return None
    texts: dict[str, Any] = {name: value for name, value in values.items() if name in _TEXTS and isinstance(value, str)}
    if not texts.get("id") or read_moment(texts.get("submitted", "")) is None:
        return None
    arguments, nodes = values.get("arguments"), values.get("nodes")
    return replace(
        Entry(id=texts.pop("id"), submitted=texts.pop("submitted")),
        **texts,
        arguments=tuple(map(str, arguments)) if isinstance(arguments, list) else (),
        nodes=nodes if isinstance(nodes, int) else 0,
    )


def _lines() -> Iterator[dict[str, Any]]:
    folder = state_folder()
    return iter(()) if folder is None else read_lines(folder / name for name in (OLDER, NAME))


def _append(lines: Iterable[Mapping[str, Any]]) -> bool:
    folder = state_folder()
    # At once: an array has a thousand lines, and the user's folder may be on a slow file system.
    text = "".join(f"{json.dumps(line, ensure_ascii=False, default=str)}\n" for line in lines)
    if folder is None or not text:
        return not text
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK).open("ab") as lock:
            _wait_for(lock.fileno())
            _write(folder, text.encode("utf-8", "backslashreplace"))
            return True
    return False


def _write(folder: Path, made: bytes) -> None:
    path = folder / NAME
    # Only the user's own: it names folders and what is computed there.
    size = append_lines(path, made, 0o600)
    # Another process may have done it, where locks do not work.
    if size > LARGEST_FILE and path.stat().st_size > LARGEST_FILE:
        os.replace(path, folder / OLDER)


def _wait_for(descriptor: int) -> None:
    """Hold the lock, where the file system has locks that work: between nodes, appending alone may lose a line."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                return
            time.sleep(0.01)
        except OSError:
            return
