"""What Slurm says of a job at its end besides its state, which hides lost nodes and kills for memory."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from dsgrid.cluster import slurm
from dsgrid.errors import ClusterError

# At the end of a job nobody wants to wait for a controller that is busy.
TIMEOUT: Final = 10.0
# How Slurm writes that a step ended by its memory limit: as signal 125.
_MEMORY: Final = ":125"
_LOST: Final = ("down", "fail", "powered_down", "powering_down", "unknown")


@dataclass(frozen=True)
class Aftermath:
    """What Slurm says of a job's nodes and steps.

    Parameters
    ----------
    lost
        Nodes that the job has lost, each with what Slurm says of it now: ``down``, or that it is ``taken away``.
    memory
        The nodes of steps that reached their memory limit; an empty name is a node that Slurm does not tell.
    """

    lost: Mapping[str, str] = field(default_factory=dict)
    memory: tuple[str, ...] = ()


def ask_slurm(job: str, nodes: Collection[str]) -> Aftermath:
    """Return what Slurm says; what it does not answer is left out.

    Parameters
    ----------
    job
        Its number in Slurm.
    nodes
        The names of all nodes that it was granted.
    """
    lines = lines_of(job, _call("scontrol", "show", "job", job, "--details", "--oneliner"))
    left = {name for folded in _values(lines, "NodeList") for name in _unfolded(folded)}
    lost = {name: "taken away" for name in nodes if left and name not in left}
    lost |= lost_nodes(_call("sinfo", "--noheader", "--Node", f"--nodes={','.join(sorted(nodes))}", "--format=%N %T"))
    accounted = memory_steps(_call("sacct", f"--jobs={job}", "--noheader", "--parsable2", "--format=State,NodeList"))
    memory = tuple(name for folded in accounted for name in (_unfolded(folded) or ("",)))
    if not memory and any(code.endswith(_MEMORY) for code in _values(lines, "DerivedExitCode")):
        memory = ("",)
    return Aftermath({name: lost[name] for name in nodes if name in lost}, memory)


def lines_of(job: str, text: str) -> list[str]:
    """Return the lines of scontrol that are a job's own: with one task of an array it shows the others as well.

    A heterogeneous job has one for each part.
    """
    own = re.compile(rf"(?:^|\s)(?:JobId|HetJobId)={re.escape(job)}(?:\s|$)")
    return [line for line in text.splitlines() if own.search(line)]


def lost_nodes(text: str) -> dict[str, str]:
    """Return the nodes that are down or do not answer, by the lines of sinfo."""
    found = {}
    for line in text.splitlines():
        name, _, state = line.strip().partition(" ")
        # A star: it does not answer.
        if state.startswith(_LOST) or "*" in state:
            found[name] = state.rstrip("*") + (", does not answer" if "*" in state else "")
    return found


def memory_steps(text: str) -> tuple[str, ...]:
    """Return the nodes, folded, of the steps that sacct calls out of memory; not those of the job as a whole."""
    found = [line.partition("|")[2] for line in text.splitlines() if line.startswith("OUT_OF_ME")]
    return tuple(dict.fromkeys(found))


def _values(lines: Collection[str], name: str) -> list[str]:
    pattern = re.compile(rf"(?:^| ){name}=(\S+)")
    return [match[1] for line in lines if (match := pattern.search(line)) and match[1] != "(null)"]


def _unfolded(nodes: str) -> tuple[str, ...]:
    if not nodes or nodes.startswith("None"):
        return ()
    try:
        return slurm.hostnames(nodes, timeout=TIMEOUT)
    except ClusterError:
        return ()


def _call(*command: str) -> str:
    try:
        return slurm.call(*command, timeout=TIMEOUT)
    except ClusterError:  # no accounting here, or no answer: then this much less is known
        return ""
