"""What Spark's logs say of losses: line by line, without knowing which of them matter.

The Master tells which workers it has lost, each Worker how its executors ended, the driver which tasks failed and why.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MASTER: Final = "master"
WORKER: Final = "worker"
DRIVER: Final = "driver"
EXECUTOR: Final = "executor"

# Kinds of signs.
JOINED: Final = "joined"
REMOVED: Final = "removed"
EXITED: Final = "exited"
SILENT: Final = "silent"
PYTHON: Final = "python"
FETCH: Final = "fetch"
HEAP: Final = "heap"
DISK: Final = "disk"

# Of a longer log the end counts.
LONGEST: Final = 64 << 20

_TIME: Final = re.compile(rb"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:[.,](\d{1,6}))? ")
_HEAP: Final = rb"java\.lang\.OutOfMemoryError"
_DISK: Final = rb"No space left on device|Disk quota exceeded"
_TASK: Final = rb"WARN TaskSetManager: Lost task \S+ in stage \S+ \(TID \d+\) \((?P<host>[^ )]+) executor .*"
# Of the driver itself, not of a task that failed, however it is told.
_OWN: Final = rb"^(?!.*Lost task ).*"
# What a line has to hold to be looked at.
_HINTS: Final = {
    MASTER: re.compile(rb"g worker "),
    WORKER: re.compile(rb"state EXITED"),
    DRIVER: re.compile(rb"FetchFailed|heartbeat timed out|Python worker exited|" + _DISK + rb"|" + _HEAP),
    EXECUTOR: re.compile(_DISK + rb"|" + _HEAP),
}
# Then the first of these counts.
_PATTERNS: Final = {
    MASTER: {
        rb"INFO Master: Registering worker (?P<host>\S+):\d+ with ": JOINED,
        rb"INFO Master: Removing worker \S+ on (?P<host>\S+):\d+": REMOVED,
    },
    # "Unknown Executor ... finished" is one that the Worker had ended itself.
    WORKER: {rb"INFO Worker: Executor \S+ finished with state EXITED .*exitStatus (?P<code>-?\d+)": EXITED},
    DRIVER: {
        rb"WARN TaskSetManager: Lost task .*: FetchFailed\(BlockManagerId\([^,]+, (?P<host>[^,]+),": FETCH,
        rb"ERROR TaskSchedulerImpl: Lost executor \S+ on (?P<host>\S+): Executor heartbeat timed out": SILENT,
        _TASK + rb"Python worker exited unexpectedly": PYTHON,
        _TASK + rb"(?:" + _DISK + rb")": DISK,
        _TASK + _HEAP: HEAP,
        _OWN + rb"(?:" + _DISK + rb")": DISK,
        _OWN + _HEAP: HEAP,
    },
    EXECUTOR: {_HEAP: HEAP, _DISK: DISK},
}
_COMPILED: Final = {
    source: tuple((kind, re.compile(pattern)) for pattern, kind in patterns.items())
    for source, patterns in _PATTERNS.items()
}


@dataclass(frozen=True)
class Sign:
    """A line of a log that may tell of a loss.

    Parameters
    ----------
    kind
        One of those above.
    host
        The address, or the name, that the line has for the node; empty where it names none.
    time
        Seconds since 1970, as the clock of the node that wrote it had it; None where the line has no time.
    exact
        Whether the time is exact; else it is that of the second's begin.
    code
        The exit code that it names.
    """

    kind: str
    host: str = ""
    time: float | None = None
    exact: bool = False
    code: int | None = None

    def is_before(self, moment: float | None) -> bool:
        """Tell whether it happened before a moment, as far as that is known."""
        if moment is None or self.time is None:
            return True
        return self.time < (moment if self.exact else int(moment))


def signs(lines: Iterable[bytes], source: str) -> Iterator[Sign]:
    """Return the signs in the lines of a log.

    Parameters
    ----------
    source
        Whose log it is: `MASTER`, `WORKER`, `DRIVER` or `EXECUTOR`.
    """
    hint, patterns = _HINTS[source], _COMPILED[source]
    # The lines of a trace have the time of the line that they explain.
    latest: re.Match[bytes] | None = None
    for line in lines:
        latest = _TIME.match(line) or latest
        if not hint.search(line):
            continue
        for kind, pattern in patterns:
            match = pattern.search(line)
            if match:
                named = match.groupdict()
                host = (named.get("host") or b"").decode(errors="replace")
                code = named.get("code")
                yield Sign(kind, host, *_moment(latest), code=None if code is None else int(code))
                break


def signs_in(path: Path, source: str, offset: int = 0) -> Iterator[Sign]:
    """Return the signs in a file; none where it cannot be read.

    Parameters
    ----------
    offset
        Where to begin: before it is what an earlier run has said.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - LONGEST, offset if offset <= size else 0))
            yield from signs(file, source)
    except OSError:
        return


def _moment(found: re.Match[bytes] | None) -> tuple[float | None, bool]:
    if found is None:
        return None, False
    fraction = found[2]
    try:
        seconds = time.mktime(time.strptime(found[1].decode(), "%Y-%m-%d %H:%M:%S"))
    except (ValueError, OverflowError):
        return None, False
    return seconds + (float(b"0." + fraction) if fraction else 0.0), fraction is not None
