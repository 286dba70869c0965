"""What Spark's event log says about a run: its jobs, and the bytes that it shuffled."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Work:
    """What an engine had to do.

    Parameters
    ----------
    shuffle_bytes
        The bytes that tasks wrote for others to fetch.
    """

    jobs: int
    shuffle_bytes: int


def settings(folder: Path) -> dict[str, str]:
    """Return Spark's settings for one plain log per run in a folder, which has to exist."""
    return {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": folder.absolute().as_uri(),
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
    }


def read_work(folder: Path) -> Work | None:
    """Return the work of all logs in a folder; None where there is none."""
    logs = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    if not logs:
        return None
    found = []
    for path in logs:
        with path.open(encoding="utf-8") as lines:
            found.append(work_of(lines))
    return Work(sum(one.jobs for one in found), sum(one.shuffle_bytes for one in found))


def work_of(lines: Iterable[str]) -> Work:
    """Return the work that the lines of a log, one event each, tell of."""
    jobs = written = 0
    for line in lines:
        # Most events are long and of no interest: they are not parsed.
        if '"SparkListenerJobStart"' in line[:60]:
            jobs += 1
        elif '"SparkListenerTaskEnd"' in line[:60]:
            metrics = json.loads(line).get("Task Metrics") or {}  # a task that was killed has none
            written += int(metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0))
    return Work(jobs, written)
