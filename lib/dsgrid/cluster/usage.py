"""What a job uses on a node: peak memory, CPU time, and kills for memory; watched, and written down.

It lives in a process of every node for as long as the job: standard library only, and hardly any work.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from dsgrid.cluster.cgroup import Cgroup, own_cgroup
from dsgrid.cluster.folder import read_json, write_json
from dsgrid.cluster.process_tree import ProcessTree

# Seconds between two looks: often at first, so that of a short job something is seen; then so rarely that looking
# takes less than half a percent of a core, however many processes a node has.
FIRST: Final = 0.25
LONGEST: Final = 5.0
SHARE: Final = 0.005
# A thousand nodes write to one file system: rarely, but soon at first.
WRITE_FIRST: Final = 5.0
WRITE_EVERY: Final = 60.0
MIB: Final = 1 << 20

CGROUP: Final = "cgroup"
PROCESSES: Final = "processes"


@dataclass(frozen=True)
class Usage:
    """What a job has used on a node.

    Parameters
    ----------
    node
        Its name.
    peak
        The most bytes of memory that were held at once, as far as was looked. Cached files are not counted.
    cpu
        Seconds of CPU time.
    seconds
        How long it was watched.
    cores, memory
        What was granted; memory in MiB.
    oom_kills
        How often the kernel killed a process because the job's memory was full; None where nobody counts it.
    by
        Who told: the job's ``cgroup``, or its ``processes``.
    """

    node: str
    peak: int = 0
    cpu: float = 0.0
    seconds: float = 0.0
    cores: int = 1
    memory: int = 0
    oom_kills: int | None = None
    by: str = PROCESSES


class Watch:
    """Watch what a job uses on this node, from a thread of its own; also as a context.

    Parameters
    ----------
    root
        The process that all come from; by default this one.
    node, cores, memory
        The node's name, and what was granted of it; memory in MiB.
    environment
        By default this process's; see `ProcessTree`.
    cgroup
        By default this process's.
    """

    def __init__(
        self,
        root: int | None = None,
        *,
        node: str,
        cores: int,
        memory: int,
        environment: Mapping[str, str] | None = None,
        cgroup: Cgroup | None = None,
    ) -> None:
        self._file: Path | None = None
        self._node, self._cores, self._memory = node, cores, memory
        self._cgroup = own_cgroup() if cgroup is None else cgroup
        self._tree = ProcessTree(root or os.getpid(), os.environ if environment is None else environment)
        self._began = time.monotonic()
        self._peak = 0
        self._cpu = 0.0
        self._kills: dict[str, int] = {}
        self._counted = False
        self._by = PROCESSES
        self._written = -math.inf
        self._write_every = WRITE_FIRST
        self._busy = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="usage", daemon=True)

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, file: Path | None = None) -> None:
        """Begin to watch.

        Parameters
        ----------
        file
            Where it is written what was used: at once, now and then, and at the end. So a lost node leaves its last.
        """
        self._file = file
        self._thread.start()

    def stop(self) -> Usage:
        """Look a last time, write it, and return it; more calls change nothing."""
        if not self._over.is_set():
            self._over.set()
            if self._thread.is_alive():
                self._thread.join()
            self.look()
            self._write()
        return self.usage()

    def usage(self) -> Usage:
        """Return what was used until the last look."""
        with self._busy:
            return Usage(
                node=self._node,
                peak=self._peak,
                cpu=round(self._cpu, 2),
                seconds=round(time.monotonic() - self._began, 2),
                cores=self._cores,
                memory=self._memory,
                oom_kills=sum(self._kills.values()) if self._counted else None,
                by=self._by,
            )

    def look(self) -> None:
        """Look now."""
        with self._busy:
            memory, cpu = self._cgroup.memory_held(), self._cgroup.cpu_seconds()
            self._by = PROCESSES if memory is None else CGROUP
            if memory is None or cpu is None:
                with contextlib.suppress(OSError):  # no /proc: nothing is known
                    seen = self._tree.look()
                    memory = seen.memory if memory is None else memory
                    cpu = seen.cpu if cpu is None else cpu
            self._peak = max(self._peak, memory or 0)
            self._cpu = max(self._cpu, cpu or 0.0)
            kills = self._cgroup.kills()
            if kills is not None:
                self._counted = True
                self._kills.update(kills)

    def _run(self) -> None:
        pause = FIRST
        while True:
            before = time.thread_time()
            self.look()
            took = time.thread_time() - before
            if time.monotonic() - self._written >= self._write_every:
                self._write_every = min(self._write_every * 2, WRITE_EVERY)
                self._write()
            pause = max(min(pause * 1.5, LONGEST), took / SHARE)
            if self._over.wait(pause):
                return

    def _write(self) -> None:
        self._written = time.monotonic()
        if self._file is not None:
            # A full disk is no reason to end a job.
            with contextlib.suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                write_json(self._file, asdict(self.usage()))


def read_usages(folder: Path) -> tuple[Usage, ...]:
    """Return what was written down of each node, in the order of their names; damaged files are left out."""
    try:
        files = sorted(folder.glob("*.json"))
    except OSError:
        return ()
    return usages(read_json(file) for file in files)


def usages(values: Iterable[Mapping[str, Any]]) -> tuple[Usage, ...]:
    """Return usages from what was written of them; what has not the form of one is left out."""
    known = {each.name for each in fields(Usage)}
    found = []
    for value in values:
        try:
            one = Usage(**{name: item for name, item in value.items() if name in known})
            found.append(_checked(one))
        except (TypeError, ValueError):
            continue
    return tuple(found)


def _checked(usage: Usage) -> Usage:
    return Usage(
        node=str(usage.node),
        peak=int(usage.peak),
        cpu=float(usage.cpu),
        seconds=float(usage.seconds),
        cores=int(usage.cores),
        memory=int(usage.memory),
        oom_kills=None if usage.oom_kills is None else int(usage.oom_kills),
        by=str(usage.by),
    )
