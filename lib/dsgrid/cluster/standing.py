"""What Slurm says of jobs: one call of squeue for all, and sacct for those that it has forgotten."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

from dsgrid.cluster import slurm
from dsgrid.cluster.ledger import BY_SUBMIT, SAME_MOMENT, Entry, moment_of_slurm, read_moment
from dsgrid.errors import ClusterError

# No character of a path or of a reason.
_SEPARATOR: Final = "\x1f"
_COLUMNS: Final = (
    *("JobArrayID", "State", "Reason", "exit_code", "DerivedEC", "RestartCnt", "SubmitTime", "TimeUsed", "TimeLeft"),
    *("NumNodes", "NodeList", "Cluster", "Command", "WorkDir"),
)
_ACCOUNTED: Final = ("JobID", "State", "ExitCode", "Submit", "Elapsed", "NNodes", "NodeList", "Cluster")
_PUT_BACK: Final = frozenset({"REQUEUED", "NODE_FAIL", "PREEMPTED"})
# Accounting answers from a database that many ask.
_SACCT_SECONDS: Final = 15.0


@dataclass(frozen=True)
class Standing:
    """A job as Slurm has it.

    Parameters
    ----------
    id
        Its number; ``12_3`` is a task of an array, ``12+0`` the first part of a heterogeneous job.
    state
        In Slurm's words, such as ``RUNNING``.
    reason
        Why it waits or how it ended, in Slurm's words; empty where there is none.
    code, signal
        The exit code of the batch script, and the signal that ended it.
    derived_signal, derived_code
        The largest of its steps': a step's end that the job's state hides.
    restarts
        How often it was put back into the queue.
    submitted
        When, in ISO form; anew whenever it is put back into the queue.
    elapsed, left
        In Slurm's form, ``1-02:03:04`` or ``3:04``.
    count, nodes
        How many nodes, and their names, folded.
    command, folder
        The batch script with its arguments, and where sbatch ran.
    """

    id: str
    state: str
    reason: str = ""
    code: int = 0
    signal: int = 0
    derived_code: int = 0
    derived_signal: int = 0
    restarts: int = 0
    submitted: str = ""
    elapsed: str = ""
    left: str = ""
    count: int = 0
    nodes: str = ""
    cluster: str = ""
    command: str = ""
    folder: str = ""

    @property
    def is_over(self) -> bool:
        """True when nothing more is going to happen."""
        return self.state in slurm.OVER

    def is_of(self, entry: Entry) -> bool:
        """Tell whether it is the job of the ledger: the same number is not enough."""
        if number(self.id) != entry.id or (entry.cluster and self.cluster not in ("", entry.cluster)):
            return False
        # The script that `dsgrid submit` wrote is this job's alone, however wrong a clock is.
        if entry.by == BY_SUBMIT and entry.script and f"{self.command} ".startswith(f"{entry.script} "):
            return True
        mine, its = entry.moment, read_moment(self.submitted)
        if its is None or abs(its - mine) <= SAME_MOMENT:
            return True
        return self.restarts > 0 and its > mine


def number(id_: str) -> str:
    """Return the id without the part of a heterogeneous job."""
    return re.sub(r"\+\d+$", "", id_)


def array_of(id_: str) -> str:
    """Return the number of the array that a task belongs to; of another job its own."""
    return id_.partition("_")[0]


def ask() -> list[Standing]:
    """Return all jobs of this user that squeue knows; the parts of a heterogeneous job are one."""
    columns = ",".join(f"{name}:{_SEPARATOR}" for name in _COLUMNS)
    return _joined(parse(slurm.call("squeue", "--noheader", "--states=all", "--array", "--me", f"--Format={columns}")))


def ask_for(id_: str) -> list[Standing]:
    """Return what squeue knows of one job, whoever's it is."""
    columns = ",".join(f"{name}:{_SEPARATOR}" for name in _COLUMNS)
    options = ("--noheader", "--states=all", "--array", f"--jobs={id_}", f"--Format={columns}")
    try:
        return _joined(parse(slurm.call("squeue", *options)))
    except ClusterError as error:
        if "Invalid job id" not in str(error):
            raise
        return []


def parse(text: str) -> list[Standing]:
    """Return the jobs of squeue's lines."""
    found = []
    for line in text.split("\n"):
        parts = line.split(_SEPARATOR)
        if len(parts) <= len(_COLUMNS):
            continue
        told = dict(zip(_COLUMNS, (part.strip() for part in parts), strict=False))
        told = {name: "" if value in ("None", "N/A", "(null)") else value for name, value in told.items()}
        code, signal = _ending(told["exit_code"])
        derived_code, derived_signal = _ending(told["DerivedEC"])
        found.append(
            Standing(
                id=told["JobArrayID"],
                state=told["State"],
                reason=told["Reason"],
                code=code,
                signal=signal,
                derived_code=derived_code,
                derived_signal=derived_signal,
                restarts=_integer(told["RestartCnt"]),
                submitted=moment_of_slurm(told["SubmitTime"]),
                elapsed=told["TimeUsed"],
                left=told["TimeLeft"],
                count=_integer(told["NumNodes"]),
                nodes=told["NodeList"],
                cluster=told["Cluster"],
                command=told["Command"],
                folder=told["WorkDir"],
            )
        )
    return found


def _joined(found: Iterable[Standing]) -> list[Standing]:
    """Return the jobs, each heterogeneous one once: its first part has its state, its nodes are those of all parts."""
    jobs: dict[tuple[str, str], Standing] = {}
    for each in sorted(found, key=lambda one: _integer(one.id.rpartition("+")[2]) if "+" in one.id else 0):
        key = (number(each.id), each.submitted)
        first = jobs.get(key)
        if first is None or "+" not in each.id:
            jobs[key] = each
            continue
        nodes = ",".join(filter(None, (first.nodes, each.nodes)))
        jobs[key] = replace(first, count=first.count + each.count, nodes=nodes)
    return list(jobs.values())


def ask_accounting(ids: Collection[str]) -> list[Standing]:
    """Return what Slurm's accounting has of these jobs; nothing where there is none, or it does not answer."""
    if not ids:
        return []
    options = ("--allocations", "--parsable2", "--noheader", "--duplicates", f"--jobs={','.join(sorted(ids))}")
    try:
        text = slurm.call("sacct", *options, f"--format={','.join(_ACCOUNTED)}", timeout=_SACCT_SECONDS)
    except ClusterError:
        return []
    return parse_accounted(text)


def parse_accounted(text: str) -> list[Standing]:
    """Return the jobs of sacct's lines; one that was put back into the queue as it was the last time."""
    found: list[Standing] = []
    for line in text.splitlines():
        parts = line.strip().split("|")
        if len(parts) != len(_ACCOUNTED):
            continue
        told = dict(zip(_ACCOUNTED, parts, strict=True))
        code, signal = _ending(told["ExitCode"])
        standing = Standing(
            id=told["JobID"],
            state=told["State"].partition(" ")[0],  # "CANCELLED by 1000"
            code=code,
            signal=signal,
            submitted=moment_of_slurm(told["Submit"]),
            elapsed=told["Elapsed"],
            count=_integer(told["NNodes"]),
            nodes="" if told["NodeList"] == "None assigned" else told["NodeList"],
            cluster=told["Cluster"],
        )
        # Each time that it was put back has a line, and a moment of submission, of its own.
        before = next((one for one in found if one.id == standing.id and one.state in _PUT_BACK), None)
        if before is not None:
            found.remove(before)
            standing = replace(standing, submitted=before.submitted, restarts=before.restarts + 1)
        found.append(standing)
    return _joined(found)


def _ending(text: str) -> tuple[int, int]:
    """Return the exit code and the signal of ``3:0``, or of the number that wait() gives for them."""
    code, is_pair, signal = text.partition(":")
    if is_pair:
        return _integer(code), _integer(signal)
    status = _integer(text)
    return status >> 8, status & 0x7F


def _integer(text: str) -> int:
    return int(text) if re.fullmatch(r"\d+", text, re.ASCII) else 0
