"""Run a command and measure the whole of it: time, memory and bytes read, of the process and its children."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_EVERY = 0.05


@dataclass(frozen=True)
class Cost:
    """What a command cost.

    Parameters
    ----------
    peak
        The largest sum of resident bytes of the process tree, looked at every 50 ms.
    read
        The bytes that the processes have asked the system for, cached or not; None where the system does not count
        them. Programs and their libraries are among them.
    """

    wall: float
    cpu: float
    peak: int
    read: int | None = None


class MeasuredCommandError(Exception):
    """A measured command failed; the text is the end of what it said."""


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Cost:
    """Run a command in a folder and return its cost."""
    started = time.monotonic()
    with (folder / "last.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=dict(environment), stdout=log, stderr=subprocess.STDOUT)
        watch = _Watch(process.pid)
        watch.start()
        # What has ended still tells what it read, until it is waited for.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        read = _bytes_read(process.pid)
        # wait4 counts the children, too, that the process itself has waited for.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        watch.ended.set()
        watch.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise MeasuredCommandError((folder / "last.log").read_text(errors="replace")[-2000:])
    peak = max(watch.peak, usage.ru_maxrss * 1024)
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak, read)


class _Watch(threading.Thread):
    """Looks at the memory of a process tree until `ended` is set."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.peak = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(_EVERY):
            self.peak = max(self.peak, _tree_memory(self.pid))


def _bytes_read(pid: int) -> int | None:
    """Return what a process and the children that it has waited for have read."""
    try:
        lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("rchar:")), None)


def _tree_memory(root: int) -> int:
    parents, memory = {}, {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                # The command's name, in brackets, may hold blanks.
                stat = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                memory[int(entry.name)] = int(Path(entry.path, "statm").read_text().split()[1]) * _PAGE
            except OSError:
                continue  # it has just ended
            parents[int(entry.name)] = int(stat[1])
    total = 0
    for pid in memory:
        ancestor = pid
        while ancestor in parents and ancestor != root:
            ancestor = parents[ancestor]
        total += memory[pid] if ancestor == root else 0
    return total
