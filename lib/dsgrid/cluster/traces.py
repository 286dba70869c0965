"""The traces of losses in a run folder: what each log says of a node before the job began to end everything itself."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dsgrid.cluster import spark_logs
from dsgrid.cluster.folder import Folder
from dsgrid.cluster.spark_logs import Sign, signs_in
from dsgrid.cluster.usage import read_usages

KILLED: Final = 137
TERMINATED: Final = 143
# Executors end like this by themselves when their driver has gone, a moment before anybody knows that it has.
_FOLLOWED: Final = frozenset({0, 1, TERMINATED})
_GRACE: Final = 3.0
# Kinds of signs besides those of `spark_logs`: what the driver says of itself, and what executors' own logs say.
OWN: Final = "own "
LOG: Final = "log "


@dataclass
class Traces:
    """What the sources say of one node.

    Parameters
    ----------
    signs
        By their kinds; of executors that have ended not here.
    executors, workers
        How often each exit code was seen.
    given_up
        Whether its worker ended so often that it was not started again.
    back
        Whether its worker has registered again after the Master had removed it.
    kills
        How often a process was killed for memory.
    """

    signs: Counter[str] = field(default_factory=Counter)
    executors: Counter[int] = field(default_factory=Counter)
    workers: Counter[int] = field(default_factory=Counter)
    given_up: bool = False
    back: bool = False
    kills: int = 0


def read_traces(
    folder: Folder,
    *,
    names: Mapping[str, str],
    head: str,
    until: float | None = None,
    output: Path | None = None,
    offset: int = 0,
) -> dict[str, Traces]:
    """Return what the logs say of each node.

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
    """
    found: defaultdict[str, Traces] = defaultdict(Traces)
    _of_master(found, signs_in(folder.log / "master.log", spark_logs.MASTER), names, until)
    own = folder.log / "driver.log"
    _of_driver(found, signs_in(own, spark_logs.DRIVER), names, head, until)
    if output is not None:
        signs = signs_in(output, spark_logs.DRIVER, offset)
        # What drivers say in both, such as errors, is told once.
        _of_driver(found, (sign for sign in signs if not sign.host or not own.is_file()), names, head, until)
    for node, log in _logs(folder.log, "worker-", names.values()):
        for sign in signs_in(log, spark_logs.WORKER):
            _count_end(found[node].executors, sign.code, sign.time, until, sign.is_before(until))
    for node, log in _logs(folder.log, "executor-", names.values()):
        # One executor may say it many times.
        kinds = {sign.kind for sign in signs_in(log, spark_logs.EXECUTOR) if sign.is_before(until)}
        found[node].signs.update(f"{LOG}{kind}" for kind in kinds)
    for node, log in _logs(folder.log, "events-", names.values()):
        _of_supervisor(found[node], log, until)
    for usage in read_usages(folder.usage):
        found[usage.node].kills = usage.oom_kills or 0
    return dict(found)


def _node_of(host: str, names: Mapping[str, str], head: str) -> str:
    if host in names:
        return names[host]
    # Without a cluster the driver computes itself, and calls its host as it likes.
    return head if not host or len(names) == 1 else host


def _logs(folder: Path, begin: str, nodes: Iterable[str]) -> Iterable[tuple[str, Path]]:
    """Return the logs of each node; of names that begin alike the longest is meant."""
    known = sorted(set(nodes), key=len, reverse=True)
    try:
        files = sorted(folder.glob(f"{begin}*"))
    except OSError:
        return
    for file in files:
        rest = file.name.removeprefix(begin)
        node = next((name for name in known if rest.startswith((f"{name}-", f"{name}."))), None)
        if node is not None:
            yield node, file


def _of_master(
    found: defaultdict[str, Traces], signs: Iterable[Sign], names: Mapping[str, str], until: float | None
) -> None:
    for sign in signs:
        if not sign.is_before(until):
            continue
        traces = found[names.get(sign.host, sign.host)]
        traces.back = sign.kind == spark_logs.JOINED
        traces.signs[sign.kind] += 1


def _of_driver(
    found: defaultdict[str, Traces], signs: Iterable[Sign], names: Mapping[str, str], head: str, until: float | None
) -> None:
    for sign in signs:
        if sign.is_before(until):
            found[_node_of(sign.host, names, head)].signs[sign.kind if sign.host else f"{OWN}{sign.kind}"] += 1


def _of_supervisor(traces: Traces, log: Path, until: float | None) -> None:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            event = json.loads(line)
            if event["what"] != "worker_ended":
                continue
            code, moment, again = int(event["code"]), _seconds(event["time"]), int(event.get("restart", 0))
        except (ValueError, KeyError, TypeError):
            continue
        if _count_end(traces.workers, code, moment, until, until is None or moment < until):
            traces.given_up = again == 0


def _seconds(moment: Any) -> float:
    return float(moment) if isinstance(moment, (int, float)) else datetime.fromisoformat(moment).timestamp()


def _count_end(
    counts: Counter[int], code: int | None, moment: float | None, until: float | None, is_before: bool
) -> bool:
    """Count an end, unless it is part of the job's own, or followed from it."""
    if code is None or not is_before:
        return False
    if until is not None and moment is not None and code in _FOLLOWED and moment > until - _GRACE:
        return False
    counts[128 - code if code < 0 else code] += 1
    return True
