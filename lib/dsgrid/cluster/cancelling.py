"""Cancelling jobs: first in the way that lets them tear down in order, then in Slurm's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dsgrid.cluster import ledger, slurm, words
from dsgrid.cluster.accounts import run_folders
from dsgrid.cluster.folder import read_json
from dsgrid.cluster.job import Job
from dsgrid.cluster.known import asked_again, chosen, completed, known_jobs
from dsgrid.cluster.ledger import Entry
from dsgrid.cluster.standing import ask_for
from dsgrid.errors import ClusterError, DsgridError, NotFoundError, Problem, UsageError
from dsgrid.operations.reported import Reported

GENTLE_SECONDS: Final = 30.0
_PLAIN_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.4

Say = Callable[[str], None]


@dataclass(frozen=True, repr=False)
class Cancelled(Reported):
    """How jobs stood in the end.

    Parameters
    ----------
    before
        Those that were over already.
    jobs
        Those that were cancelled.
    """

    before: tuple[Job, ...]
    jobs: tuple[Job, ...]

    def report(self) -> str:
        """Return a line for each job."""
        lines = [f"job {job.id} was over already: {job.state}" for job in self.before]
        for job in self.jobs:
            end = job.state if job.is_over else f"still {job.state}: Slurm was told to cancel it, and is at it"
            lines.append(f"job {job.id}: {end}{f' ({job.remark})' if job.is_over and job.remark else ''}")
        return "\n".join(lines)


def cancel_jobs(ids: Sequence[str], say: Say, *, force: bool = False) -> Cancelled:
    """Cancel jobs, and return when they are over.

    A job of ours that runs is asked to end: it stops the query, tears its cluster down in order, and then has Slurm
    cancel it. Slurm itself is asked when that takes too long, and at once for what waits.

    Parameters
    ----------
    say
        Is told, a line each, what is waited for.
    force
        Also cancel jobs that are no jobs of dsgrid.

    Raises
    ------
    NotFoundError
        There is no such job; none is cancelled then.
    ClusterError
        Slurm is not here or refuses, or a job is on another cluster.
    """
    if not slurm.is_here():
        raise ClusterError("Slurm is not on this machine: cancel the job where it was submitted")
    jobs = _chosen(ids, force)
    away = [job for job in jobs if not job.is_over and not job.was_asked]
    if away:
        where = f"is on cluster {away[0].entry.cluster}" if away[0].entry.cluster else "is not known to Slurm here"
        raise ClusterError(f"job {away[0].id} {where}: cancel it there")
    before = [job for job in jobs if job.is_over]
    open_ = [job for job in jobs if not job.is_over]
    gentle = [job for job in open_ if leads(job)]
    # First what waits: it would begin as soon as others make room.
    problems = [*_cancel([job for job in open_ if job not in gentle])]
    for job in gentle:
        try:
            _signal(job)
        except ClusterError as error:
            problems += error.problems
    if gentle:
        named = ", ".join(job.id for job in gentle)
        say(f"job {named}: asked to stop and tear down in order; waiting up to {GENTLE_SECONDS:.0f} s")
        gentle = _until_over(gentle, GENTLE_SECONDS)
        late = [job for job in gentle if not job.is_over]
        if late:
            say(f"job {', '.join(job.id for job in late)}: has not ended, so Slurm ends it")
        problems += _cancel(late)
    ended = _until_over(open_, 0.0 if problems else _PLAIN_SECONDS)
    done = Cancelled(tuple(before), tuple(_kept(ended, {job.id for job in open_ if job.state == words.WAITING})))
    if problems:
        say(done.report())
        raise ClusterError(problems)
    return done


def leads(job: Job) -> bool:
    """Tell whether a process of ours leads this job now, which ends in order when it is told to.

    The shell before it would only die of the signal.
    """
    if job.standing is None or job.standing.state != "RUNNING":
        return False
    folders = run_folders(job.entry)
    again = job.standing.restarts
    name = f".r{again}" if again else ""
    values = [read_json(each.account) for each in folders if not again or each.path.name.endswith(name)]
    return any(value.get("began") and not value.get("ended") for value in values)


def _signal(job: Job) -> None:
    try:
        slurm.signal(job.id, "INT", batch=True)
    except ClusterError:
        # It may have ended by itself in the meantime; if not, Slurm says why.
        slurm.cancel(job.id)


def _cancel(jobs: Sequence[Job]) -> Sequence[Problem]:
    """Have Slurm cancel jobs, and return why it does not; at once, as there may be a thousand tasks of an array."""
    try:
        if jobs:
            slurm.cancel(*(job.id for job in jobs))
    except ClusterError as error:
        # Those that it does not refuse are cancelled all the same.
        return error.problems
    return ()


def _kept(jobs: Sequence[Job], waited: Collection[str]) -> list[Job]:
    """Return jobs with the end that we have made: of a task that waits Slurm knows nothing more once it is cancelled.

    Parameters
    ----------
    waited
        The numbers of those that had not begun.
    """
    end = {"state": "CANCELLED"}
    gone = [job for job in jobs if job.id in waited and job.standing is None and not job.entry.end]
    ledger.close((job.entry, end) for job in gone)
    return [replace(job, entry=replace(job.entry, end=end)) if job in gone else job for job in jobs]


def _until_over(jobs: Sequence[Job], seconds: float) -> list[Job]:
    """Return the jobs as they are when all are over, or when the time is."""
    end = time.monotonic() + seconds
    found, _ = asked_again(jobs)
    while not all(job.is_over for job in found) and time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)
        again, remark = asked_again(found)
        found = found if remark else again
    return found


def _chosen(ids: Sequence[str], force: bool) -> list[Job]:
    """Return the jobs of these numbers, each once, those of other programs too if that is wanted."""
    known = known_jobs()
    if not known.is_answered:
        raise ClusterError(known.remark)
    found: dict[str, Job] = {}
    problems: list[Problem] = []
    for id_ in ids:
        try:
            found |= {job.id: job for job in completed(known, chosen(id_, known))}
        except NotFoundError as error:
            others = _others(id_)
            if others and force:
                found |= {job.id: job for job in others}
            elif others:
                problems.append(Problem(f"job {id_} is none of dsgrid's; --force cancels it all the same"))
            else:
                problems += error.problems
    if problems:
        kinds: type[DsgridError] = NotFoundError
        if all("--force" in problem.message for problem in problems):
            kinds = UsageError
        raise kinds(problems)
    return list(found.values())


def _others(id_: str) -> list[Job]:
    if not id_.replace("_", "").isdecimal():
        return []
    return [Job(Entry(told.id, told.submitted), told, was_asked=True) for told in ask_for(id_)]
