"""The closing summary of a job: what somebody wants to know who reads its output the morning after."""

from __future__ import annotations

import math
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dsgrid.cluster.ending import CANCELLED, INTERRUPTED, MEANINGS, TIME_LIMIT
from dsgrid.cluster.event_log import Work
from dsgrid.cluster.kinds import CLUSTER, INTERACTIVE
from dsgrid.cluster.losses import read_losses, sentences
from dsgrid.cluster.usage import MIB, Usage, usages
from dsgrid.cluster.words import code_in_words
from dsgrid.operations.progress import in_bytes, in_seconds

# Of shorter jobs nearly all is Spark's start; nothing follows from how they used their nodes.
LONG_ENOUGH: Final = 120.0
# What begins and ends within so many seconds was hardly seen.
TELLING: Final = 5.0
FEW_CORES: Final = 0.4
# So much of its cores a job that fits is expected to use.
USUAL_CORES: Final = 0.7
NEAR_LIMIT: Final = 0.95
LITTLE_MEMORY: Final = 0.25
SMALL_NODE: Final = 4 * 1024
MUCH_GARBAGE: Final = 0.2
LOSSES: Final = 6
_LABEL: Final = 9
_SIGNALLED: Final = {
    TIME_LIMIT: "the time limit was near, so it was ended; what is finished is kept",
    INTERRUPTED: "cancelled, and ended in order",
    CANCELLED: "ended by Slurm: cancelled, preempted, or out of time",
}
# Says no more than the code does.
SPEC_FAILED: Final = "the spec failed"


def summary(account: Mapping[str, Any], run: Path) -> str:
    """Return the closing summary of a job, a line for each thing; no stop, no colour.

    Parameters
    ----------
    account
        What the job says of itself, as it is in its ``job.json``: ``exit_code``, ``reason``, ``began``, ``ready``,
        ``ended``, ``kind``, ``spec``, ``arguments``, ``nodes``, ``output``, ``result``, ``usage``, ``losses``,
        ``work``. What is missing is not told.
    run
        The folder of the run.
    """
    job = str(account.get("job") or "?")
    used = usages(each for each in account.get("usage") or () if isinstance(each, Mapping))
    lost = sentences(read_losses(account.get("losses")))
    work = _work(account.get("work"))
    lines = [("ended", _ended(account, bool(lost)))]
    lines.append(("time", _times(account)))
    lines += _of_nodes(account, used, work)
    lines += [("lost", each) for each in lost[:LOSSES]]
    if len(lost) > LOSSES:
        lines.append(("lost", f"and {len(lost) - LOSSES} more: dsgrid jobs show {job}"))
    lines += [("result", str(account.get("result") or "")), ("output", str(account.get("output") or ""))]
    lines.append(("logs", f"{run / 'log'}"))
    if work is not None:
        lines.append(("history", f"dsgrid jobs history {job} shows Spark's pages of it"))
    lines.append(("next", _next(account, job)))
    shown = [(label, text) for label, text in lines if text]
    # A label is told once.
    labels = [label if i == 0 or shown[i - 1][0] != label else "" for i, (label, _) in enumerate(shown)]
    return "\n".join([f"job {job}", *(f"  {a:<{_LABEL}}{text}" for a, (_, text) in zip(labels, shown, strict=True))])


def _ended(account: Mapping[str, Any], with_losses: bool) -> str:
    code = account.get("exit_code")
    if code == 0:
        return "well, in spite of losses" if with_losses else "well"
    if not isinstance(code, int):
        return "nobody knows how"
    if code in _SIGNALLED:
        return f"exit code {code}: {_SIGNALLED[code]}"
    reason = str(account.get("reason") or "")
    if not reason or reason in (MEANINGS.get(code), SPEC_FAILED):
        return code_in_words(code)
    return f"exit code {code}: {reason}"


def _times(account: Mapping[str, Any]) -> str:
    began, ready, ended = (_moment(account.get(name)) for name in ("began", "ready", "ended"))
    if began is None or ended is None:
        return ""
    if ready is None:
        return f"{_time(ended - began)}; it never was ready"
    what = "in use" if account.get("kind") == INTERACTIVE else "the spec"
    parts = f"{_time(ready - began)} until it was ready, {_time(ended - ready)} {what}"
    return f"{_time(ended - began)}: {parts}"


def _time(seconds: float) -> str:
    # Moments are whole seconds.
    return f"{seconds:.0f} s" if seconds < 59.5 else in_seconds(seconds)


def _moment(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except ValueError:
        return None


def _of_nodes(account: Mapping[str, Any], used: Sequence[Usage], work: Work | None) -> list[tuple[str, str]]:
    names = [str(each) for each in account.get("nodes") or ()] or [usage.node for usage in used]
    lines = [("nodes", _nodes(names, used))]
    longest = max((one.seconds for one in used), default=0)
    remarks = account.get("kind") != INTERACTIVE and longest >= LONG_ENOUGH
    if longest >= TELLING:
        lines += [("cores", cores_used(used, remarks)), ("memory", memory_used(used, work, remarks))]
    if work is not None and work.spilled:
        least = "" if work.whole else "at least "
        told = f"{least}{in_bytes(work.spilled)} did not fit into memory and went to disks"
        told += f", of {in_bytes(work.shuffled)} shuffled"
        lines.append(("spilled", f"{told}: more memory, or more nodes, make it faster" if remarks else told))
    if work is not None and remarks and work.task_ms and work.garbage_ms > MUCH_GARBAGE * work.task_ms:
        share = work.garbage_ms / work.task_ms
        lines.append(
            ("garbage", f"Java's garbage collection took {share:.0%} of the tasks' time: more memory makes it faster")
        )
    return lines


def _nodes(names: Sequence[str], used: Sequence[Usage]) -> str:
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    cores = {usage.node: usage.cores for usage in used}
    missing = [name for name in names if name not in cores] if used else []
    untold = f"; of {len(missing)} there is no account of what they used" if missing else ""
    alike = Counter(cores[name] for name in names if name in cores)
    if not alike or missing:
        return f"{len(names)} ({shown}){untold}" if names else ""
    sizes = " + ".join(f"{count} x {_counted(each, 'core')}" for each, count in alike.items())
    return f"{sizes} ({shown})"


def cores_used(used: Sequence[Usage], remarks: bool) -> str:
    """Return how many of the cores were used, on average, and what to do where they were few.

    Parameters
    ----------
    remarks
        Whether to say what to do.
    """
    granted = sum(usage.cores for usage in used)
    offered = sum(usage.cores * usage.seconds for usage in used)
    if not offered:
        return ""
    share = min(1.0, sum(usage.cpu for usage in used) / offered)
    told = f"{share:.0%} used: {share * granted:.1f} of {granted} on average"
    if not remarks or share >= FEW_CORES:
        return told
    enough = share * granted / USUAL_CORES
    if len(used) > 1:
        nodes = max(1, math.ceil(enough / (granted / len(used))))
        return f"{told}: {_counted(nodes, 'node')} would do" if nodes < len(used) else told
    cores = max(1, math.ceil(enough))
    return f"{told}: {_counted(cores, 'core')} would do" if cores < granted else told


def memory_used(used: Sequence[Usage], work: Work | None, remarks: bool) -> str:
    """Return how much memory was used of what was granted, and what to do where it was little, or nearly all.

    Parameters
    ----------
    remarks
        Whether to say what to do.
    """
    known = [usage for usage in used if usage.memory > 0 and usage.peak > 0]
    if not known:
        return ""
    fullest = max(known, key=lambda usage: usage.peak / (usage.memory * MIB))
    share = fullest.peak / (fullest.memory * MIB)
    where = f" on {fullest.node}" if len(known) > 1 else ""
    told = f"at most {_gib(fullest.peak)} of {_gib(fullest.memory * MIB)} GiB{where}"
    if share >= NEAR_LIMIT or any(usage.oom_kills for usage in used):
        return f"{told}: that is close to the limit; ask for more (--mem)"
    spilled = work is not None and work.spilled
    if remarks and share < LITTLE_MEMORY and fullest.memory > SMALL_NODE and not spilled:
        return f"{told}: --mem={max(2, math.ceil(1.5 * fullest.peak / MIB / 1024))}G would do"
    return told


def _gib(count: float) -> str:
    return f"{count / MIB / 1024:,.1f}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _next(account: Mapping[str, Any], job: str) -> str:
    code, spec = account.get("exit_code"), account.get("spec")
    if not spec or code == 0:
        return ""
    given = [str(each) for each in account.get("arguments") or ()]
    # As large as it was, by the same engine: what is finished is taken up by the same job only.
    if account.get("engine") == "sail":
        given += ["--engine", "sail"]
    nodes = account.get("nodes")
    if account.get("kind") == CLUSTER and isinstance(nodes, list):
        given += ["--nodes", str(len(nodes))]
    again = shlex.join(["dsgrid", "submit", str(spec), *given])
    if code == TIME_LIMIT:
        return f"{again} --time LONGER   (goes on with what is finished)"
    if code in (INTERRUPTED, CANCELLED):
        return f"{again}   (goes on with what is finished)"
    return f"dsgrid jobs logs {job} --which all"


def _work(value: object) -> Work | None:
    if not isinstance(value, Mapping):
        return None
    numbers = {name: value.get(name, 0) for name in ("spilled", "shuffled", "task_ms", "garbage_ms", "stages")}
    if not all(isinstance(each, int) for each in numbers.values()):
        return None
    return Work(**numbers, whole=value.get("whole") is not False)
