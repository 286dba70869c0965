"""Slurm's commands: argument lists in, values out. Standard library only: it runs on every node."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsgrid.errors import ClusterError

TIMEOUT: Final = 30.0
# What is not over. RESIZING is a job that lost a node; the others are told by their names.
UNFINISHED: Final = frozenset(
    {"PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "RESIZING", "REQUEUED", "STAGE_OUT", "SIGNALING"}
    | {"STOPPED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD"}
)
_QUEUE_FORMAT: Final = "%i|%T|%r|%M|%L|%D|%N"


@dataclass(frozen=True)
class Queued:
    """What squeue says of a job.

    Parameters
    ----------
    state
        Such as ``RUNNING``, in Slurm's words.
    reason
        Why it waits, or how it ended; ``None`` is Slurm's word for no reason.
    elapsed, left
        In Slurm's form, ``1-02:03:04`` or ``3:04``.
    count, nodes
        How many nodes, and their names, folded: ``n[1-3]``.
    """

    state: str
    reason: str
    elapsed: str
    left: str
    count: int
    nodes: str

    @property
    def is_over(self) -> bool:
        """True when nothing more is going to happen."""
        return self.state not in UNFINISHED


def is_here() -> bool:
    """Tell whether this machine has Slurm's commands."""
    return shutil.which("sbatch") is not None


def call(*command: str, timeout: float = TIMEOUT) -> str:
    """Run a command of Slurm's and return what it prints.

    Raises
    ------
    ClusterError
        There is no such command here, it refuses, or it does not answer in time; with what it said.
    """
    try:
        done = subprocess.run(
            command, env=_environment(), capture_output=True, text=True, timeout=timeout, check=False, errors="replace"
        )
    except FileNotFoundError:
        raise ClusterError(f"there is no {command[0]} here: this machine is no login node of a Slurm cluster") from None
    except subprocess.TimeoutExpired:
        raise ClusterError(f"{command[0]} did not answer in {timeout:.0f} s; Slurm's controller may be down") from None
    if done.returncode:
        said = "; ".join(line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip())
        raise ClusterError(f"{command[0]}: {said or f'exit code {done.returncode}'}")
    return done.stdout


def _environment() -> dict[str, str]:
    """Return our environment without what changes the form of answers; the user's wishes for sbatch stay."""
    apart = ("SQUEUE_", "SACCT_", "SCANCEL_", "SINFO_", "SLURM_TIME_FORMAT")
    return {name: value for name, value in os.environ.items() if not name.startswith(apart)}


def fields(text: str) -> dict[str, str]:
    """Return the ``Name=value`` words of a line of ``scontrol show --oneliner``; the first of a name counts."""
    found: dict[str, str] = {}
    for word in text.split():
        name, is_pair, value = word.partition("=")
        if is_pair:
            found.setdefault(name, value)
    return found


def node_fields(nodes: str) -> dict[str, dict[str, str]]:
    """Return what Slurm knows of nodes, by their names, in one call.

    Parameters
    ----------
    nodes
        A name, or a folded list such as ``n[1-3],m7``.
    """
    lines = call("scontrol", "show", "node", nodes, "--oneliner").splitlines()
    return {found["NodeName"]: found for found in map(fields, lines) if "NodeName" in found}


def job_fields(job: str) -> dict[str, str]:
    """Return what Slurm knows of a job, also of one that has ended not long ago."""
    return fields(call("scontrol", "show", "job", job, "--oneliner"))


def hostnames(nodes: str) -> tuple[str, ...]:
    """Return the names that a folded list such as ``n[1-3],m7`` stands for."""
    return tuple(call("scontrol", "show", "hostnames", nodes).split())


def sbatch(script: Path, *options: str, arguments: Sequence[str] = ()) -> str:
    """Submit a batch script and return the job's id.

    Parameters
    ----------
    options
        Options of sbatch; they win over those in the script.
    arguments
        What the script is called with.
    """
    said = call("sbatch", "--parsable", *options, str(script), *arguments)
    # With several clusters it is "id;cluster"; a plugin of the site may say something before.
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1].partition(";")[0].strip() if lines else ""


def signal(job: str, name: str, *, batch: bool = False) -> None:
    """Send a signal to a job or a step.

    Parameters
    ----------
    name
        Such as ``TERM``.
    batch
        Only to the process of the batch script. It is that one which ends the rest in order.
    """
    call("scancel", *(("--batch",) if batch else ()), f"--signal={name}", job)


def cancel(job: str) -> None:
    """Cancel a job."""
    call("scancel", job)


def queue(jobs: Iterable[str]) -> dict[str, Queued]:
    """Return what squeue knows of these jobs, in one call; those it knows no more are left out."""
    wanted = list(dict.fromkeys(jobs))
    if not wanted:
        return {}
    command = ["squeue", "--noheader", "--states=all", "--array", f"--format={_QUEUE_FORMAT}"]
    try:
        text = call(*command, f"--jobs={','.join(wanted)}")
    except ClusterError as error:
        # It refuses a list in which every job is unknown to it.
        if "Invalid job id" not in str(error):
            raise
        if len(wanted) == 1:
            return {}
        text = call(*command, "--me")
    found = parse_queue(text)
    return {job: found[job] for job in wanted if job in found}


def parse_queue(text: str) -> dict[str, Queued]:
    """Return the jobs of squeue's lines."""
    found = {}
    for line in text.splitlines():
        parts = line.strip().split("|")
        if len(parts) == len(_QUEUE_FORMAT.split("|")):
            job, state, reason, elapsed, left, count, nodes = parts
            found[job] = Queued(state, reason, elapsed, left, int(count) if count.isdigit() else 0, nodes)
    return found


def steps(job: str) -> dict[str, list[str]]:
    """Return the running steps of a job by their names."""
    found: dict[str, list[str]] = {}
    for line in call("squeue", "--steps", "--noheader", f"--jobs={job}", "--format=%i %j").splitlines():
        step, _, name = line.strip().partition(" ")
        if step:
            found.setdefault(name.strip(), []).append(step)
    return found
