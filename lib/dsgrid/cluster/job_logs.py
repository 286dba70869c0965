"""What a job writes: its output, and the logs of its cluster's processes; also while it runs."""

from __future__ import annotations

import codecs
import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dsgrid.cluster import slurm, words
from dsgrid.cluster.accounts import run_folders
from dsgrid.cluster.job import Job
from dsgrid.cluster.known import asked_again, chosen_all, known_jobs
from dsgrid.errors import ClusterError, NotFoundError, UsageError, did_you_mean

OUTPUT: Final = "output"
# By the beginnings of their names in a run folder's log/.
KINDS: Final = ("master", "driver", "worker", "executor", "connect")
ALL: Final = "all"
WHICH: Final = (OUTPUT, *KINDS, ALL)
TAIL: Final = 50  # of logs, where nothing else is said; the output is shown whole
_BLOCK: Final = 1 << 16
_LOOK_SECONDS: Final = 0.3
_ASK_SECONDS: Final = 2.0
# What was written on another node is seen here somewhat later.
_SETTLE_SECONDS: Final = 1.5

Show = Callable[[str], None]


@dataclass
class _Reading:
    """A file that may still grow."""

    path: Path
    at: int = 0
    decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="replace")
    )

    def more(self) -> Iterator[str]:
        """Yield what has come since; all of it again where the file has begun anew."""
        try:
            with self.path.open("rb") as file:
                if os.fstat(file.fileno()).st_size < self.at:
                    self.at = 0
                file.seek(self.at)
                while block := file.read(_BLOCK):
                    self.at += len(block)
                    yield self.decoder.decode(block)
        except OSError:
            return


def show_logs(
    ids: Sequence[str],
    show: Show,
    say: Show,
    *,
    which: str = OUTPUT,
    tail: int | None = None,
    follow: bool = False,
) -> None:
    """Show what jobs have written.

    Parameters
    ----------
    show
        Is handed pieces of text as they are.
    say
        Is told, a line each, what there is to know besides, such as where other logs are.
    which
        One of `WHICH`.
    tail
        Only so many of the last lines of each file; None means all of the output, and `TAIL` of a log.
    follow
        Go on until the jobs are over.

    Raises
    ------
    NotFoundError
        There is no such job, or nothing was written.
    """
    if which not in WHICH:
        raise UsageError(f'there is no log "{which}"{did_you_mean(which, WHICH)}')
    known = known_jobs()
    jobs = chosen_all(ids, known)
    if known.remark:
        say(known.remark)
    if follow:
        _follow(jobs, show, say, which, tail)
        return
    files = _files(jobs, which, {})
    for place, path in enumerate(files):
        if len(files) > 1:
            show(f"{'' if place == 0 else chr(10)}==> {path} <==\n")
        for text in _whole(path, tail if which == OUTPUT or tail is not None else TAIL):
            show(text)
    if not files:
        raise NotFoundError(_nothing(jobs, which))
    for line in _others(jobs, which):
        say(line)


def _follow(jobs: list[Job], show: Show, say: Show, which: str, tail: int | None) -> None:
    readings: dict[Path, _Reading] = {}
    asked_for: dict[str, Path | None] = {}
    told: dict[str, str] = {}
    shown: Path | None = None
    asked = time.monotonic()
    over_since = asked if all(job.is_over for job in jobs) else None
    while True:
        files = _files(jobs, which, asked_for)
        for path in files:
            if path in readings:
                continue
            reading = readings[path] = _Reading(path)
            if tail is not None or which != OUTPUT:
                reading.at = _start_of_tail(path, TAIL if tail is None else tail)
        grew = False
        for path, reading in readings.items():
            for text in reading.more():
                if shown != path and len(readings) > 1:
                    show(f"{chr(10) if shown else ''}==> {path} <==\n")
                shown, grew = path, True
                show(text)
        for job in jobs:
            state = f"{job.state}{f': {job.remark}' if job.remark else ''}"
            if told.get(job.id) != state and (job.is_over or not files):
                say(f"job {job.id}: {state}")
                told[job.id] = state
        now = time.monotonic()
        if over_since is not None and not grew and now - over_since > _SETTLE_SECONDS:
            if not files:
                raise NotFoundError(_nothing(jobs, which))
            return
        if over_since is None and not grew and not any(job.was_asked for job in jobs):
            say("whether more comes is not known here, so this is all")
            return
        time.sleep(_LOOK_SECONDS)
        if over_since is None and now - asked >= _ASK_SECONDS:
            again, remark = asked_again(jobs)
            asked = time.monotonic()
            # While Slurm does not answer, they are as they were.
            jobs = jobs if remark else again
            if all(job.is_over for job in jobs):
                over_since = asked


def _files(jobs: Sequence[Job], which: str, told: dict[str, Path | None]) -> list[Path]:
    """Return the files that are there, those of each job in the order in which they tell what happened.

    Parameters
    ----------
    told
        What Slurm has said of outputs, by the jobs' numbers; what it says now is added.
    """
    found: list[Path] = []
    for job in jobs:
        if which in (OUTPUT, ALL):
            output = _output(job, told)
            found += [output] if output is not None and output.is_file() else []
        found += [path for kind in KINDS if which in (kind, ALL) for path in logs(job, kind)]
    return list(dict.fromkeys(found))


def _output(job: Job, told: dict[str, Path | None]) -> Path | None:
    if job.output is not None and job.output.is_file():
        return job.output
    # Slurm is asked once, and not of what waits: it has written nothing, and may wait for days.
    if job.standing is not None and job.was_asked and job.has_begun and job.id not in told:
        named = None
        with contextlib.suppress(ClusterError):
            named = slurm.job_fields(job.id).get("StdOut")
        told[job.id] = Path(named) if named else None
    return told.get(job.id) or job.output


def logs(job: Job, kind: str) -> list[Path]:
    """Return the logs of one kind that a job has kept, of all its runs."""
    found: list[Path] = []
    for folder in run_folders(job.entry) if job.account is not None else ():
        found += sorted(folder.log.glob(f"{kind}*.log"))
    return found


def _others(jobs: Sequence[Job], which: str) -> list[str]:
    """Return what else there is to be read."""
    told = []
    for job in jobs if which == OUTPUT else ():
        counts = {kind: len(logs(job, kind)) for kind in KINDS}
        named = ", ".join(f"{kind} ({count})" for kind, count in counts.items() if count)
        if named and job.account is not None:
            told.append(f"more logs with --which: {named}; they are in {job.account.folder.log}")
    return told


def _nothing(jobs: Sequence[Job], which: str) -> str:
    job = jobs[0]
    what = "output" if which in (OUTPUT, ALL) else f"log of its {which}"
    if len(jobs) > 1:
        return f"{len(jobs)} jobs have no {what} yet"
    if job.state == words.WAITING:
        return f"job {job.id} has no {what} yet: it is {job.state}{f' ({job.reason})' if job.reason else ''}"
    where = f" (looked for {job.output})" if which in (OUTPUT, ALL) and job.output is not None else ""
    if which in KINDS and job.account is not None:
        where = f" in {job.account.folder.log}; only a job of several nodes starts a cluster"
    return f"job {job.id} has no {what}{where}"


def _whole(path: Path, tail: int | None) -> Iterator[str]:
    reading = _Reading(path, 0 if tail is None else _start_of_tail(path, tail))
    yield from reading.more()


def _start_of_tail(path: Path, lines: int) -> int:
    """Return where the last lines of a file begin; only its end is read."""
    try:
        with path.open("rb") as file:
            end = at = file.seek(0, os.SEEK_END)
            # The line feed at the end belongs to the last line.
            wanted = lines
            while at > 0 and lines > 0:
                size = min(_BLOCK, at)
                at -= size
                file.seek(at)
                block = file.read(size)
                if at + size == end and block.endswith(b"\n"):
                    block = block[:-1]
                count = block.count(b"\n")
                if count >= wanted:
                    place = len(block)
                    for _ in range(wanted):
                        place = block.rindex(b"\n", 0, place)
                    return at + place + 1
                wanted -= count
            return at if lines > 0 else end
    except OSError:
        return 0
