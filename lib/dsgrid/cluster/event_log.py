"""What Spark's event logs of a job tell of its work: what did not fit into memory, and time spent on garbage.

Only the summaries of stages are read, and only for so long: event logs may have gigabytes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

# Nobody waits longer for a summary.
PATIENCE: Final = 15.0
_STAGE: Final = b'{"Event":"SparkListenerStageCompleted"'
_CHUNK: Final = 1 << 20
_METRICS: Final = {
    "internal.metrics.diskBytesSpilled": "spilled",
    "internal.metrics.shuffle.write.bytesWritten": "shuffled",
    "internal.metrics.executorRunTime": "task_ms",
    "internal.metrics.jvmGCTime": "garbage_ms",
}


@dataclass(frozen=True)
class Work:
    """What the stages of a job did, in all.

    Parameters
    ----------
    spilled
        Bytes that were written to disks because they did not fit into memory.
    shuffled
        Bytes that stages wrote for each other.
    task_ms, garbage_ms
        Milliseconds that tasks took, and that they stood still for Java's garbage collection.
    stages
        How many were seen.
    whole
        False where reading all would have taken too long: then it is at least that much.
    """

    spilled: int = 0
    shuffled: int = 0
    task_ms: int = 0
    garbage_ms: int = 0
    stages: int = 0
    whole: bool = True


def work_done(folder: Path, patience: float = PATIENCE) -> Work | None:
    """Return what the event logs in a folder tell; None where there are none.

    Parameters
    ----------
    patience
        Seconds, after which no more is read.
    """
    end = time.monotonic() + patience
    total = Work()
    try:
        files = sorted(file for file in folder.rglob("*") if file.is_file() and _is_log(file))
    except OSError:
        return None
    for file in files:
        for chunk in _lines(file):
            total = added(total, chunk)
            if time.monotonic() > end:
                return replace(total, whole=False)
    return total if files else None


def _is_log(file: Path) -> bool:
    return file.name.startswith(("events_", "app-", "local-")) and not file.name.endswith((".crc", ".tmp"))


def _lines(file: Path) -> Iterator[list[bytes]]:
    """Return the lines of a log, many at once; of one that breaks off those before."""
    import pyarrow as pa

    rest = b""
    try:
        compressed = ".zst" in file.name
        with pa.CompressedInputStream(str(file), "zstd") if compressed else file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                *whole, rest = (rest + chunk).split(b"\n")
                yield whole
    except (OSError, ValueError):  # PyArrow's errors are the one or the other
        pass
    yield [rest]


def added(work: Work, lines: Iterable[bytes]) -> Work:
    """Return what was done with what the lines of an event log tell."""
    for line in lines:
        if not line.startswith(_STAGE):
            continue
        try:
            found = json.loads(line)["Stage Info"].get("Accumulables", [])
            values = {each["Name"]: each.get("Value") for each in found}
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        more: dict[str, Any] = {
            field: getattr(work, field) + value
            for name, field in _METRICS.items()
            if isinstance(value := values.get(name), int)
        }
        work = replace(work, stages=work.stages + 1, **more)
    return work
