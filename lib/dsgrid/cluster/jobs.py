"""Submitted jobs: which there are, how they stand, and everything about one of them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from dsgrid.cluster import ledger, slurm, words
from dsgrid.cluster.accounts import run_folders
from dsgrid.cluster.job import Job
from dsgrid.cluster.known import chosen_one, completed, known_jobs
from dsgrid.cluster.standing import array_of
from dsgrid.errors import ClusterError, UsageError, did_you_mean
from dsgrid.operations.reported import Reported
from dsgrid.operations.run_history import state_folder

DEFAULT: Final = 20


@dataclass(frozen=True, repr=False)
class Jobs(Reported):
    """Some jobs, the newest first.

    Parameters
    ----------
    total
        How many passed the filters; there may be more than are shown.
    remark
        What the user has to know of all of them.
    """

    jobs: tuple[Job, ...]
    total: int
    remark: str = ""

    def rows(self) -> list[dict[str, Any]]:
        """Return a row of a table for each job; columns in which nothing stands are left out."""
        several = len({job.entry.cluster for job in self.jobs} - {""}) > 1
        rows = [
            {
                "id": folded(jobs),
                **({"cluster": jobs[0].entry.cluster} if several else {}),
                "spec": jobs[0].what if len({job.what for job in jobs}) == 1 else f"{len(jobs)} specs",
                "state": jobs[0].state,
                "time": jobs[0].elapsed,
                "left": jobs[0].left,
                "nodes": jobs[0].nodes,
                "remark": jobs[0].remark,
            }
            for jobs in _alike(self.jobs)
        ]
        empty = {name for name in ("time", "left", "nodes", "remark") if not any(row[name] for row in rows)}
        return [{name: value for name, value in row.items() if name not in empty} for row in rows]

    def report(self) -> str:
        """Return how many there are, and what to know of all of them."""
        place = state_folder()
        where = f" in {place}" if place is not None else ""
        more = f", the newest {len(self.jobs)} shown; --all shows all" if len(self.jobs) < self.total else ""
        count = f"{self.total} job{'' if self.total == 1 else 's'}{more}" if self.total else f"no such jobs{where}"
        return "\n".join(part for part in (self.remark, count) if part)


def _alike(jobs: Sequence[Job]) -> list[list[Job]]:
    """Return the jobs one by one, but the tasks of an array that wait for the same reason together."""

    def key(job: Job) -> tuple[str, ...]:
        if "_" in job.id and job.state == words.WAITING:
            return (array_of(job.id), job.entry.cluster, job.entry.submitted, job.remark)
        return (job.id, job.entry.cluster, job.entry.submitted)

    return [list(each) for _, each in groupby(jobs, key)]


def folded(jobs: Sequence[Job]) -> str:
    """Return the number of a job, or of some tasks of one array: ``12_[3-5,9]``."""
    if len(jobs) == 1:
        return jobs[0].id
    tasks = sorted(int(job.id.partition("_")[2]) for job in jobs)
    # What follows on another one has the same difference to its place.
    spans = [[task for _, task in each] for _, each in groupby(enumerate(tasks), lambda pair: pair[1] - pair[0])]
    folded = ",".join(str(span[0]) if len(span) == 1 else f"{span[0]}-{span[-1]}" for span in spans)
    return f"{array_of(jobs[0].id)}_[{folded}]"


def list_jobs(*, states: Sequence[str] = (), limit: int | None = DEFAULT) -> Jobs:
    """Return the jobs of this user, the newest first; those that are not over are always among them.

    Parameters
    ----------
    states
        Only jobs in these states, such as ``waiting`` or ``failed``; Slurm's own words are taken as well.
    limit
        At most so many; None means all.

    Raises
    ------
    UsageError
        There is no such state.
    """
    wanted = {_state(state) for state in states}
    known = known_jobs()
    # Each account is a file, and accounting is slow: where only the newest are shown, only theirs are read.
    of_interest = [job for i, job in enumerate(known.jobs) if limit is None or wanted or i < limit or _is_at_work(job)]
    found = [job for job in completed(known, of_interest) if not wanted or job.state in wanted]
    shown = [job for i, job in enumerate(found) if limit is None or i < limit or _is_at_work(job)]
    return Jobs(tuple(shown), len(found) if wanted else len(known.jobs), known.remark)


def _is_at_work(job: Job) -> bool:
    return job.standing is not None and not job.standing.is_over


def _state(text: str) -> str:
    name = text.strip().lower().replace("_", " ").replace("-", " ")
    if name in words.ALL:
        return name
    if text.strip().upper() in words.STATES:
        return words.STATES[text.strip().upper()]
    raise UsageError(f'there is no state "{text}"{did_you_mean(text, words.ALL, limit=len(words.ALL))}')


def show_job(id_: str) -> JobShown:
    """Return everything that is known of a job.

    Raises
    ------
    NotFoundError
        There is none.
    """
    known = known_jobs()
    job = chosen_one(id_, known)
    fields: dict[str, str] = {}
    if job.standing is not None and job.was_asked:
        try:
            fields = slurm.job_fields(job.id)
        except ClusterError:
            fields = {}
    return JobShown(job, fields, known.remark)


@dataclass(frozen=True, repr=False)
class JobShown(Reported):
    """Everything about one job.

    Parameters
    ----------
    fields
        What Slurm has, in its own words.
    """

    job: Job
    fields: dict[str, str]
    remark: str = ""

    def document(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {**self.job.document(), "slurm": self.fields or None}

    def lines(self) -> dict[str, Any]:
        """Return names and values for people."""
        job, entry = self.job, self.job.entry
        moment = ledger.read_moment(entry.submitted)
        folders = [str(folder.path) for folder in run_folders(entry) if folder.path.is_dir()]
        logs = [str(job.account.folder.log)] if job.account is not None and job.account.folder.log.is_dir() else []
        shown: dict[str, Any] = {
            "id": job.id,
            "cluster": entry.cluster,
            "state": f"{job.state} ({job.slurm_state})" if job.slurm_state else job.state,
            "remark": job.remark,
            "exit code": job.code,
            "spec": entry.spec,
            "options": shlex.join(entry.arguments),
            "kind": entry.kind,
            "submitted": f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}" if moment else "",
            "ran": job.elapsed,
            "left": job.left,
            "nodes": job.nodes,
            "asked for": ", ".join(self.fields.get(name, "") for name in ("TRES",) if self.fields.get(name)),
            "partition": self.fields.get("Partition"),
            "ends by": self.fields.get("EndTime") if job.state == words.RUNNING else "",
            "starts about": self.fields.get("StartTime") if job.state == words.WAITING else "",
            "result": job.result,
            "output": job.output,
            "logs": logs[0] if logs else "",
            "run folder": ", ".join(folders),
            "script": entry.script,
            "sbatch ran in": entry.folder,
        }
        shown |= {f"loss {i}" if len(job.losses) > 1 else "loss": loss for i, loss in enumerate(job.losses, 1)}
        return {name: value for name, value in shown.items() if value not in (None, "", "Unknown")}

    def report(self) -> str:
        """Return what the job itself said at its end, and what to know of all of this."""
        return "\n".join(part for part in (own_summary(self.job), self.remark) if part)


def own_summary(job: Job) -> str:
    """Return what a job said at its end; nothing where it is not over, or did not say how it ended."""
    if job.account is None or not job.account.is_over or not job.is_over:
        return ""
    from dsgrid.cluster.summary import summary

    return summary(job.account.values, job.account.folder.path).rstrip()
