"""All jobs that are known: the ledger, joined with one answer of Slurm's."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dsgrid.cluster import ledger, slurm, standing
from dsgrid.cluster.accounts import account_of
from dsgrid.cluster.job import Job
from dsgrid.cluster.ledger import BY_SBATCH, Entry
from dsgrid.cluster.standing import Standing, array_of
from dsgrid.errors import ClusterError, NotFoundError, Problem, UsageError, closest, listing

LATEST: Final = "latest"
_NOT_HERE: Final = "Slurm is not on this machine: this is what your list of jobs and the run folders say"
_SCRIPTS: Final = "slurm"  # the folder of the batch scripts that come with dsgrid
_SUFFIX: Final = ".sbatch"


@dataclass(frozen=True)
class Known:
    """All jobs that are known, the newest first.

    Parameters
    ----------
    jobs
        Those of the ledger, and those that Slurm has of our batch scripts.
    recorded
        The ledger, the oldest first.
    is_answered
        Whether Slurm was asked, and answered.
    remark
        Why it was not.
    """

    jobs: tuple[Job, ...]
    recorded: tuple[Entry, ...]
    is_answered: bool
    remark: str


def known_jobs() -> Known:
    """Return all jobs that are known, asking Slurm once; their accounts are not read yet, see `completed`."""
    known = ledger.entries()
    remark = ""
    told: list[Standing] = []
    is_answered = slurm.is_here()
    if not is_answered:
        remark = _NOT_HERE if known else ""
    else:
        try:
            told = standing.ask()
        except ClusterError as error:
            is_answered, remark = False, f"{error}; this is what your list of jobs and the run folders say"
    cluster = _cluster(told, known) if is_answered else ""
    found = _joined(known, told, cluster, is_answered)
    return Known(tuple(found), tuple(known), is_answered, remark)


def _cluster(told: Iterable[Standing], known: Iterable[Entry]) -> str:
    """Return the name of the cluster that is here; Slurm is asked where it matters and its jobs do not tell."""
    named = next((each.cluster for each in told if each.cluster), "") or os.environ.get("SLURM_CLUSTER_NAME", "")
    return named if named or not any(entry.cluster for entry in known) else slurm.cluster_name()


def _joined(known: Sequence[Entry], told: Sequence[Standing], cluster: str, is_answered: bool) -> list[Job]:
    """Return a job for each entry, task of an array, and job of our batch scripts that is in no ledger yet."""
    # By their numbers: there may be thousands of both.
    left = {(each.id, each.submitted): each for each in told}
    by_number: dict[str, list[Standing]] = {}
    by_array: dict[str, list[Standing]] = {}
    for each in told:
        by_number.setdefault(standing.number(each.id), []).append(each)
        by_array.setdefault(array_of(each.id), []).append(each)
    numbers = {entry.id for entry in known}
    jobs: list[Job] = []
    for entry in reversed(known):
        is_here = is_answered and entry.cluster in ("", cluster)
        alike = by_number.get(entry.id, ()) if is_here else ()
        named = [each for each in alike if (each.id, each.submitted) in left and each.is_of(entry)]
        # An array that was recorded as one has a line for each task that Slurm knows.
        if not named and is_here and "_" not in entry.id:
            of_array = [each for each in by_array.get(entry.id, ()) if each.id not in numbers]
            open_ = [each for each in of_array if (each.id, each.submitted) in left]
            named = [each for each in open_ if each.is_of(replace(entry, id=each.id))]
        for each in named:
            del left[each.id, each.submitted]
            task = entry if standing.number(each.id) == entry.id else replace(entry, id=each.id, run="", nodes=0)
            jobs.append(Job(task, each, was_asked=True))
        if not named:
            jobs.append(Job(entry, was_asked=is_here))
    jobs += [Job(found, each, was_asked=True) for each in left.values() if (found := unrecorded(each)) is not None]
    return sorted(jobs, key=lambda job: (job.entry.moment, *_counted(job.id)), reverse=True)


def _counted(id_: str) -> tuple[int, int]:
    number, _, task = id_.partition("_")
    return int(number) if number.isdecimal() else 0, -int(task) if task.isdecimal() else 0


def unrecorded(told: Standing) -> Entry | None:
    """Return the entry of a job of our batch scripts that has not recorded itself yet; None of any other job."""
    try:
        script, *arguments = shlex.split(told.command)
    except ValueError:
        return None
    path = Path(script)
    if path.suffix != _SUFFIX or path.parent.name != _SCRIPTS:
        return None
    count = next((place for place, each in enumerate(arguments) if each.startswith("-")), len(arguments))
    specs = arguments[:count]
    task = told.id.partition("_")[2]
    if task.isdecimal():
        specs = specs[int(task) :] or specs
    return Entry(
        id=standing.number(told.id),
        submitted=told.submitted or ledger.now(),
        cluster=told.cluster,
        spec=str(Path(told.folder, specs[0])) if specs else "",
        arguments=tuple(arguments[count:]),
        folder=told.folder,
        script=script,
        nodes=told.count,
        by=BY_SBATCH,
    )


def completed(known: Known, jobs: Sequence[Job]) -> list[Job]:
    """Return these jobs with their own accounts, and with what Slurm's accounting has where both say nothing.

    Ends that were seen are kept in the ledger: Slurm forgets them within minutes.
    """
    runs: dict[str, list[Entry]] = {}
    for entry in known.recorded if known.jobs else ():
        if entry.run:
            runs.setdefault(entry.run, []).append(entry)

    def with_account(job: Job) -> Job:
        # Where Slurm has begun to count anew, a later job may have the same run folder.
        later = [each for each in runs.get(job.entry.run, ()) if each.moment > job.entry.moment]
        return replace(job, account=account_of(job.entry, later[0] if later else None))

    found = [with_account(job) for job in jobs]
    open_ = {job.id for job in found if _is_open(job)}
    told: dict[str, list[Standing]] = {}
    for each in standing.ask_accounting(open_):
        told.setdefault(standing.number(each.id), []).append(each)
    found = [
        replace(job, standing=next((each for each in told.get(job.id, ()) if each.is_of(job.entry)), None))
        if _is_open(job)
        else job
        for job in found
    ]
    _remember(found, known.recorded)
    return found


def _is_open(job: Job) -> bool:
    ended = bool(job.entry.end) or (job.account is not None and job.account.is_over)
    return job.standing is None and job.was_asked and not ended


def _remember(jobs: Iterable[Job], known: Sequence[Entry]) -> None:
    """Keep the ends that were seen."""
    ids = {(entry.id, entry.submitted) for entry in known}
    names = ("state", "code", "signal", "elapsed", "nodes", "restarts")
    ledger.close(
        (job.entry, {name: getattr(job.standing, name) for name in names})
        for job in jobs
        if job.standing is not None and job.standing.is_over and (job.id, job.entry.submitted) in ids
    )


def chosen(id_: str, known: Known) -> list[Job]:
    """Return the job of this number; of an array all its tasks.

    Parameters
    ----------
    id_
        The number, ``12_3`` of a task, ``12_[3-5,9]`` of several, ``12@cluster`` of a job elsewhere, or ``latest``.

    Raises
    ------
    NotFoundError
        There is none.
    """
    text, _, cluster = id_.strip().partition("@")
    wanted = standing.number(text)
    jobs = [job for job in known.jobs if not cluster or job.entry.cluster == cluster]
    if wanted == LATEST and jobs:
        if "_" not in jobs[0].id:
            return [jobs[0]]
        wanted = array_of(jobs[0].id)
    # Numbers come again, on another cluster or when Slurm counts anew: what is here and newest is meant.
    jobs.sort(key=lambda job: not job.was_asked)
    exact = next((job for job in jobs if job.id == wanted), None)
    if exact is not None:
        return [exact]
    array, spans = _tasks(wanted)
    of_array = [job for job in jobs if "_" in job.id and array_of(job.id) == array]
    tasks = [job for job in of_array if _is_among(job.id, spans)]
    if tasks:
        newest = tasks[0].entry
        # Another array with this number was submitted at another moment; of this one a task may be there twice.
        of_one = {job.id: job for job in reversed(tasks) if _is_of_one_array(job.entry, newest)}
        return sorted(of_one.values(), key=lambda job: _counted(job.id), reverse=True)
    if wanted == LATEST:
        where = f" on cluster {cluster}" if cluster else ""
        raise NotFoundError(f"you have no jobs{where}; `dsgrid submit` makes them")
    numbers = list(dict.fromkeys(job.id for job in jobs))
    near = closest(wanted, numbers)
    hint = f'; did you mean "{near}"?' if near else f"; there are: {listing(numbers)}" if numbers else ""
    raise NotFoundError(f'you have no job "{id_}"{hint}{"; `dsgrid jobs --all` lists them" if numbers else ""}')


def _tasks(wanted: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the array that is meant, and the spans of ``12_[3-5,9]``; none where all tasks are meant."""
    match = re.fullmatch(r"(\d+)_\[(\d{1,9}(?:-\d{1,9})?(?:,\d{1,9}(?:-\d{1,9})?)*)\]", wanted, re.ASCII)
    if match is None:
        return wanted, []
    spans = [part.partition("-") for part in match[2].split(",")]
    return match[1], [(int(low), int(high or low)) for low, _, high in spans]


def _is_among(id_: str, spans: Sequence[tuple[int, int]]) -> bool:
    task = -_counted(id_)[1]
    return not spans or any(low <= task <= high for low, high in spans)


def _is_of_one_array(one: Entry, other: Entry) -> bool:
    return one.cluster == other.cluster and ledger.is_same_moment(one.submitted, other.submitted)


def chosen_one(id_: str, known: Known) -> Job:
    """Return the job of this number, with its account.

    Raises
    ------
    NotFoundError
        There is none.
    UsageError
        It is an array, of which a task has to be named.
    """
    jobs = chosen(id_, known)
    if len(jobs) > 1:
        names = ", ".join(job.id for job in jobs[:8]) + (", ..." if len(jobs) > 8 else "")
        raise UsageError(f"{id_} is an array of {len(jobs)} tasks; name one of them: {names}")
    return completed(known, jobs)[0]


def chosen_all(ids: Iterable[str], known: Known) -> list[Job]:
    """Return all jobs of these numbers, each once, with their accounts; the errors of all are raised at once."""
    found: dict[tuple[str, str], Job] = {}
    problems: list[Problem] = []
    for id_ in ids:
        try:
            found |= {(job.id, job.entry.submitted): job for job in chosen(id_, known)}
        except NotFoundError as error:
            problems += error.problems
    if problems:
        raise NotFoundError(problems)
    return completed(known, list(found.values()))


def _asked_alone(job: Job) -> Job:
    """Return a job that is none of dsgrid's as it stands now."""
    try:
        told = standing.ask_for(job.id)
    except ClusterError:
        return job
    return replace(job, standing=told[0] if told else None)


def asked_again(jobs: Sequence[Job]) -> tuple[list[Job], str]:
    """Return how these jobs stand now, and why that is not known where Slurm does not answer."""
    known = known_jobs()
    by_id: dict[str, list[Job]] = {}
    for each in known.jobs:
        by_id.setdefault(each.id, []).append(each)
    found = []
    for job in jobs:
        same = [each for each in by_id.get(job.id, ()) if each.entry.cluster in ("", job.entry.cluster)]
        # A job that was not recorded has another moment of submission once it is put back into the queue.
        of_it = [each for each in same if ledger.is_same_moment(each.entry.submitted, job.entry.submitted)]
        found.append((of_it or same or [_asked_alone(job)])[0])
    return completed(known, found), known.remark
