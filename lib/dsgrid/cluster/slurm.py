"""Slurm's commands: argument lists in, values out. Standard library only: it runs on every node."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from dsgrid.errors import ClusterError

TIMEOUT: Final = 30.0
# A job that was not answered for may have been taken all the same: better wait.
SBATCH_TIMEOUT: Final = 120.0
# The states of what is over. A state that only a newer Slurm knows is taken for one of what is not.
OVER: Final = frozenset(
    {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "LAUNCH_FAILED", "NODE_FAIL", "OUT_OF_MEMORY"}
    | {"PREEMPTED", "RECONFIG_FAIL", "REVOKED", "TIMEOUT"}
)
_FIELD: Final = re.compile(r"(?:^|(?<=\s))([A-Z][\w:/]*)=(.*?)(?=\s+[A-Z][\w:/]*=|\s*$)")
# What users and sites set for Slurm's commands; the rest of SLURM_... is of a job.
_OF_THE_USER: Final = frozenset({"SLURM_CONF", "SLURM_CLUSTERS", "SLURM_CONF_SERVER", "SLURM_EXIT_ERROR", "SLURM_JWT"})


def is_here() -> bool:
    """Tell whether this machine has Slurm's commands."""
    return shutil.which("sbatch") is not None


def call(*command: str, timeout: float = TIMEOUT, without: Collection[str] = ()) -> str:
    """Run a command of Slurm's and return what it prints.

    Parameters
    ----------
    without
        Variables that it is not to see.

    Raises
    ------
    ClusterError
        There is no such command here, it refuses, or it does not answer in time; with what it said.
    """
    try:
        done = subprocess.run(
            command,
            env=_environment(without),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            errors="replace",
        )
    except FileNotFoundError:
        raise ClusterError(f"there is no {command[0]} here: this machine is no login node of a Slurm cluster") from None
    except subprocess.TimeoutExpired:
        raise ClusterError(f"{command[0]} did not answer in {timeout:.0f} s; Slurm's controller may be down") from None
    if done.returncode:
        said = "; ".join(line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip())
        raise ClusterError(f"{command[0]}: {said or f'exit code {done.returncode}'}")
    return done.stdout


def _environment(without: Collection[str]) -> dict[str, str]:
    """Return our environment without what changes the form of answers; the user's wishes for sbatch stay."""
    apart = ("SQUEUE_", "SACCT_", "SCANCEL_", "SINFO_", "SLURM_TIME_FORMAT")
    kept = os.environ.items()
    return {name: value for name, value in kept if not name.startswith(apart) and name not in without}


def fields(text: str) -> dict[str, str]:
    """Return what a line of ``scontrol show --oneliner`` says, by its names; the first of a name counts.

    A value may have blanks in it, as that of ``StdOut`` where a folder has; a name begins with a capital letter.
    """
    found: dict[str, str] = {}
    for match in _FIELD.finditer(text):
        found.setdefault(match[1], match[2].rstrip())
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


def cluster_name() -> str:
    """Return the name that Slurm has for the cluster; empty where it does not say."""
    try:
        lines = call("scontrol", "show", "config").splitlines()
    except ClusterError:
        return ""
    told = (line.partition("=") for line in lines)
    return next((value.strip() for name, _, value in told if name.strip() == "ClusterName"), "")


def hostnames(nodes: str, timeout: float = TIMEOUT) -> tuple[str, ...]:
    """Return the names that a folded list such as ``n[1-3],m7`` stands for."""
    return tuple(call("scontrol", "show", "hostnames", nodes, timeout=timeout).split())


def sbatch(script: Path, *options: str, arguments: Sequence[str] = ()) -> str:
    """Submit a batch script and return the job's id.

    Parameters
    ----------
    options
        Options of sbatch; they win over those in the script.
    arguments
        What the script is called with.
    """
    # Of the job that this may be called in, the new one knows nothing: what its own does not replace would be taken
    # for its own, such as the number of a task, or memory of each core.
    outer = {name for name in os.environ if name.startswith("SLURM_") and name not in _OF_THE_USER}
    said = call("sbatch", "--parsable", *options, str(script), *arguments, without=outer, timeout=SBATCH_TIMEOUT)
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


def signal_steps(steps: Sequence[str], name: str) -> None:
    """Send a signal to steps, however many, in one call; those that it cannot be sent to do not keep it from others."""
    if steps:
        call("scancel", f"--signal={name}", *steps)


def cancel(*jobs: str) -> None:
    """Cancel jobs."""
    call("scancel", *jobs)


def steps(job: str) -> dict[str, list[str]]:
    """Return the running steps of a job by their names."""
    found: dict[str, list[str]] = {}
    for line in call("squeue", "--steps", "--noheader", f"--jobs={job}", "--format=%i %j").splitlines():
        step, _, name = line.strip().partition(" ")
        if step:
            found.setdefault(name.strip(), []).append(step)
    return found


def unfinished() -> list[str] | None:
    """Return the numbers of this user's jobs that may not have ended; None where Slurm does not say."""
    try:
        listed = call("squeue", "--me", "--noheader", "--states=all", "--format=%A %T")
    except ClusterError:
        return None
    jobs = (line.split() for line in listed.splitlines() if line.strip())
    return list(dict.fromkeys(job for job, state, *_ in jobs if state not in OVER))
