"""What a job has lost on the way, and got over or not: what its state in Slurm does not say.

Of each loss one source tells the cause and others only what followed from it: an executor that was killed for memory is
in the control group's count, in the Worker's log and in the driver's. Each is told once, by what knows most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsgrid.cluster import spark_logs
from dsgrid.cluster.aftermath import Aftermath
from dsgrid.cluster.folder import Folder
from dsgrid.cluster.traces import KILLED, LOG, OWN, TERMINATED, Traces, read_traces

HEAP_FULL: Final = 52
_EXECUTOR_CODES: Final = {
    50: "an error that nobody caught",
    53: "it could not make a folder in its scratch",
    56: "it could not reach the driver",
    57: "a task could not be stopped",
    134: "Java crashed",
    139: "Java crashed",
    KILLED: "killed",
    TERMINATED: "terminated",
}

MEMORY_ADVICE: Final = "ask for more memory (--mem), for more nodes, or divide the query (--parts N)"
DISK_ADVICE: Final = (
    "more nodes or --parts N need less of each disk; or another scratch folder (scratch in the site file)"
)


@dataclass(frozen=True)
class Loss:
    """Something that was lost.

    Parameters
    ----------
    node
        Where; empty where it is not known.
    what
        What was lost, or what happened.
    count
        How often.
    advice
        What to do about it; empty where nothing is to be done.
    """

    node: str
    what: str
    count: int = 1
    advice: str = ""


def losses(
    folder: Folder,
    *,
    names: Mapping[str, str],
    head: str,
    until: float | None = None,
    output: Path | None = None,
    offset: int = 0,
    slurm: Aftermath | None = None,
) -> tuple[Loss, ...]:
    """Return what a job has lost.

    Parameters
    ----------
    folder
        The run's: its logs, and what each node has used.
    names
        The nodes by their addresses.
    head
        The node of the driver.
    until
        When the job began to end everything itself, in seconds since 1970: what is lost then is no loss.
    output
        The job's output, which the driver writes to.
    offset
        How long it was when the job began; earlier runs may have written to it.
    slurm
        What Slurm says.
    """
    found = read_traces(folder, names=names, head=head, until=until, output=output, offset=offset)
    return told(found, folder.log, head, slurm or Aftermath())


def told(found: Mapping[str, Traces], log: Path, head: str, slurm: Aftermath) -> tuple[Loss, ...]:
    """Return the losses that these traces mean, those of whole nodes first.

    Parameters
    ----------
    log
        The folder of logs, for advice.
    """
    nodes: list[Loss] = []
    others: list[Loss] = []
    full = {name for name in slurm.memory if name}
    for name in sorted({*found, *slurm.lost, *full}):
        traces = found.get(name, Traces())
        kills = traces.kills or int(name in full)
        # Of what was killed, the control group knows why. What it counts, the others saw as well.
        killed = max(0, traces.executors[KILLED] - kills)
        python = max(0, traces.signs[spark_logs.PYTHON] - max(0, kills - traces.executors[KILLED]))
        nodes += _of_node(name, traces, slurm.lost.get(name))
        if kills:
            others.append(Loss(name, "a process was killed because the job's memory was full", kills, MEMORY_ADVICE))
        others += _of_executors(name, traces, killed, log)
        others += _of_tasks(name, traces, python)
    if "" in slurm.memory and not full and not any(traces.kills for traces in found.values()):
        others.append(Loss("", "a step reached its memory limit, as Slurm says", 1, MEMORY_ADVICE))
    if not any("heap" in loss.what for loss in others):
        count = sum(traces.signs[f"{OWN}{spark_logs.HEAP}"] for traces in found.values())
        if count:
            advice = f"{MEMORY_ADVICE}; with many nodes: a larger driver (DSGRID_DRIVER_MB)"
            others.append(Loss(head, "the driver's Java heap was full", 1, advice))
    if not nodes and not others:
        for name, traces in sorted(found.items()):
            count = traces.signs[spark_logs.FETCH]
            if count:
                what = "tasks could not fetch what others had computed there"
                others.append(Loss(name, what, count, "the network was disturbed, or overloaded"))
    return (*nodes, *others)


def _of_node(name: str, traces: Traces, says: str | None) -> list[Loss]:
    ended = sum(traces.workers.values())
    removed = traces.signs[spark_logs.REMOVED] - ended
    found = []
    if says is not None:
        found.append(Loss(name, f"the node was lost (Slurm: {says})", 1, f"scontrol show node {name} may say why"))
    elif removed > 0 and traces.back:
        found.append(Loss(name, "was out of touch for a while", removed, "its network, or its disk, may be overloaded"))
    elif removed > 0:
        found.append(Loss(name, "went out of touch", removed, f"scontrol show node {name} may say why"))
    for code, count in sorted(traces.workers.items()):
        advice = "it was started so often that it was given up" if traces.given_up else "it was started again"
        found.append(Loss(name, f"Spark's worker ended ({_code(code)})", count, advice))
    return found


def _of_executors(name: str, traces: Traces, killed: int, log: Path) -> list[Loss]:
    found = []
    full = traces.executors[HEAP_FULL] or traces.signs[f"{LOG}{spark_logs.HEAP}"] or traces.signs[spark_logs.HEAP]
    if full:
        found.append(Loss(name, "an executor's Java heap was full", full, MEMORY_ADVICE))
    for code, ended in sorted(traces.executors.items()):
        count = killed if code == KILLED else ended
        if code == HEAP_FULL or not count:
            continue
        if code == KILLED:
            advice = f"for memory, most often: {MEMORY_ADVICE}"
        else:
            advice = f"why, its log may say: {log / f'executor-{name}-*.log'}"
        found.append(Loss(name, f"an executor ended ({_code(code)})", count, advice))
    silent = traces.signs[spark_logs.SILENT]
    if silent:
        advice = f"Java collects garbage for so long when memory is scarce: {MEMORY_ADVICE}"
        found.append(Loss(name, "an executor did not answer for minutes", silent, advice))
    return found


def _of_tasks(name: str, traces: Traces, python: int) -> list[Loss]:
    found = []
    if python:
        advice = f"for memory, most often: {MEMORY_ADVICE}"
        found.append(Loss(name, "a Python worker of an executor crashed", python, advice))
    disk = traces.signs[f"{LOG}{spark_logs.DISK}"] or traces.signs[spark_logs.DISK]
    if disk or traces.signs[f"{OWN}{spark_logs.DISK}"]:
        found.append(Loss(name, "a disk was full", max(1, disk), DISK_ADVICE))
    return found


def _code(code: int) -> str:
    meaning = _EXECUTOR_CODES.get(code)
    return f"exit code {code}" + (f": {meaning}" if meaning else "")


def sentences(found: Sequence[Loss]) -> list[str]:
    """Return losses in words; what happened on several nodes is told once."""
    alike: defaultdict[tuple[str, str], list[Loss]] = defaultdict(list)
    for loss in found:
        alike[(loss.what, loss.advice.replace(loss.node, "NODE") if loss.node else loss.advice)].append(loss)
    told = []
    for group in alike.values():
        first = group[0]
        count = sum(loss.count for loss in group)
        names = [loss.node for loss in group if loss.node]
        where = ", ".join(names[:3]) + (f" and {len(names) - 3} more nodes" if len(names) > 3 else "")
        times = f", {count} times" if count > len(group) else ""
        told.append(
            (f"{where}: " if where else "") + first.what + times + (f": {first.advice}" if first.advice else "")
        )
    return told


def read_losses(value: object) -> tuple[Loss, ...]:
    """Return losses from what was written of them; what has not the form of one is left out."""
    found = []
    for each in value if isinstance(value, (list, tuple)) else ():
        if isinstance(each, Mapping) and each.get("what"):
            count = each.get("count")
            times = count if isinstance(count, int) and not isinstance(count, bool) else 1
            found.append(Loss(str(each.get("node") or ""), str(each["what"]), times, str(each.get("advice") or "")))
    return tuple(found)
