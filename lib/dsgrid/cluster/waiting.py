"""Waiting for jobs: what changes is told, and their exit code is returned.

Slurm is asked, at first often and later rarely: ``sbatch --wait`` looks ever more rarely, and for ever when a node that
the job needs is down.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dsgrid.cluster import words
from dsgrid.cluster.durations import in_words, seconds_of
from dsgrid.cluster.job import Job
from dsgrid.cluster.jobs import folded, own_summary
from dsgrid.cluster.known import asked_again, chosen_all, known_jobs
from dsgrid.cluster.standing import array_of
from dsgrid.errors import ClusterError, UsageError
from dsgrid.operations.reported import Reported

# What `dsgrid jobs wait` returns when its own time is over: 124 would be a job's, whose time limit was near.
NOT_YET: Final = 75
_UNITS: Final = {"s": 1, "min": 60, "m": 60, "h": 3_600, "d": 86_400}
_QUICK: Final = 0.5
_QUICK_SECONDS: Final = 20.0
_SLOW: Final = 5.0

Say = Callable[[str], None]


@dataclass(frozen=True, repr=False)
class Waited(Reported):
    """How jobs stood when the waiting ended.

    Parameters
    ----------
    code
        The exit code of the first of them that did not end well, else 0; `NOT_YET` where the time was over before.
    """

    jobs: tuple[Job, ...]
    code: int

    def report(self) -> str:
        """Return what each job said at its end, else how it ended."""
        return "\n".join(_end(job, alone=len(self.jobs) == 1) for job in self.jobs)


def _end(job: Job, *, alone: bool) -> str:
    told = own_summary(job) if alone else ""
    line = f"job {job.id}: {job.state}{f': {job.remark}' if job.remark else ''}"
    # What Slurm knows besides.
    is_more = job.restarts > 0 or job.account is None or job.losses != job.account.losses
    return "\n".join(part for part in (told, line if is_more or not told else "") if part)


def wait_for(ids: Sequence[str], say: Say, *, timeout: str | None = None) -> Waited:
    """Wait until jobs are over.

    Parameters
    ----------
    say
        Is told, a line each, when a job's state changes.
    timeout
        How long at most, such as ``90s``, ``15min`` or ``2h``, or as Slurm writes times.

    Raises
    ------
    NotFoundError
        There is no such job.
    ClusterError
        Slurm is not here, and a job has not ended as far as is known; or it waits for what never comes.
    """
    seconds = None if timeout is None else seconds_in(timeout)
    known = known_jobs()
    jobs = chosen_all(ids, known)
    away = [job for job in jobs if not job.is_over and not job.was_asked]
    if away and not known.is_answered:
        raise ClusterError(f"job {away[0].id} is not over, as far as is known here; {known.remark}")
    if away:
        raise ClusterError(f"job {away[0].id} is on cluster {away[0].entry.cluster}; wait for it there")
    begun = time.monotonic()
    told: dict[str, str] = {}
    silence = ""
    while True:
        for ids, state in _changed(jobs, told):
            say(f"job {ids}: {state}")
        if all(job.is_over for job in jobs):
            return Waited(tuple(jobs), next((job.code for job in jobs if job.code), 0))
        _refuse_the_hopeless(jobs)
        passed = time.monotonic() - begun
        if seconds is not None and passed >= seconds:
            say(f"not over after {in_words(seconds)}: {', '.join(job.id for job in jobs if not job.is_over)}")
            return Waited(tuple(jobs), NOT_YET)
        pause = _QUICK if passed < _QUICK_SECONDS else min(_SLOW, passed / 40)
        time.sleep(pause if seconds is None else min(pause, max(0.05, seconds - passed)))
        again, remark = asked_again(jobs)
        if remark != silence:
            say(remark or "Slurm answers again")
            silence = remark
        # While Slurm does not answer, they are as they were.
        jobs = jobs if remark else again


def _changed(jobs: Sequence[Job], told: dict[str, str]) -> list[tuple[str, str]]:
    """Return how jobs stand of which that was not told yet, the tasks of an array that stand alike together.

    Parameters
    ----------
    told
        What was told of each; what is returned is added.
    """
    alike: dict[tuple[str, str], list[Job]] = {}
    for job in jobs:
        state = f"{job.state}{f': {job.remark}' if job.remark else ''}"
        if told.get(job.id) != state and (not job.is_over or len(jobs) > 1):
            told[job.id] = state
            alike.setdefault((array_of(job.id), state), []).append(job)
    return [(folded(same), state) for (_, state), same in alike.items()]


def _refuse_the_hopeless(jobs: Sequence[Job]) -> None:
    """End the waiting for what can never begin, when nothing else is waited for."""
    never = [job for job in jobs if job.standing is not None and job.standing.reason == words.NEVER and not job.is_over]
    if never and all(job.is_over or job in never for job in jobs):
        names = " ".join(job.id for job in never)
        raise ClusterError(f"job {names} {words.reason_in_words(words.NEVER)}; dsgrid jobs cancel {names}")


def seconds_in(text: str) -> float:
    """Return the seconds of ``90s``, ``15min``, ``2h`` or ``1d``, or of a time as Slurm writes it.

    Raises
    ------
    UsageError
        It is neither, or a number alone: some read that as seconds, Slurm as minutes.
    """
    match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,3})?)\s*(s|min|m|h|d)\s*", text, re.ASCII)
    if match is not None:
        return float(match[1]) * _UNITS[match[2]]
    if re.fullmatch(r"\s*\d+\s*", text, re.ASCII):
        number = text.strip()
        raise UsageError(f'timeout "{number}" has no unit; write {number}s, {number}min or {number}h')
    if ":" not in text and "-" not in text:
        raise UsageError(f'timeout "{text}" is no time; expected one such as 90s, 15min, 2h or 1:30:00')
    return seconds_of(text, "timeout")
