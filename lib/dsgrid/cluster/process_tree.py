"""The processes of a job on one node: what memory they hold, and what CPU time they and those before them took.

Linux tells it in /proc. Standard library only: it lives in a process of every node for as long as the job.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
# What Slurm gives to every process of a job on a node. On a real cluster a host is one node; in tests it may be many.
MARKS: Final = ("SLURM_JOB_ID", "SLURMD_NODENAME")
# A process that Slurm has made has its environment only a moment later.
_LOOKS: Final = 2


@dataclass(frozen=True)
class Seen:
    """What was seen of a job's processes.

    Parameters
    ----------
    memory
        Bytes that they hold for themselves now: what is shared with a file, such as a library, is not counted. What a
        process shares with the one that it was forked from is counted twice; of Java there is hardly any of that.
    cpu
        Seconds of CPU time until now, of all that there are and were.
    count
        How many there are.
    """

    memory: int
    cpu: float
    count: int


@dataclass
class _Process:
    start: int
    parent: int
    own: int = 0
    reaped: int = 0  # what the kernel says that its children took that have ended
    booked: int = 0  # what we have seen them take
    seen: bool = field(default=True, repr=False)

    @property
    def ticks(self) -> int:
        # The kernel knows also children that nobody saw; but nothing of those that it reaps by itself.
        return self.own + max(self.reaped, self.booked)


class ProcessTree:
    """Some processes: one, all that come from it, and all whose environment has certain marks.

    Parameters
    ----------
    root
        The process that all come from.
    environment
        Where it has the variables of `MARKS`, processes that have the same are counted as well: the steps of a job
        have no parent in common, and daemons leave theirs.
    proc
        Where Linux tells of processes.
    """

    def __init__(self, root: int, environment: Mapping[str, str], proc: Path = PROC) -> None:
        self._root = root
        self._proc = str(proc)
        present = all(environment.get(name) for name in MARKS)
        self._marks = [f"\0{name}={environment[name]}\0".encode() for name in MARKS] if present else []
        self._ours: dict[int, _Process] = {}
        # By their inodes in /proc, as numbers of processes are used again; with how often we looked.
        self._strangers: dict[int, tuple[int, int]] = {}
        self._gone = 0
        self._tick = os.sysconf("SC_CLK_TCK")
        self._page = os.sysconf("SC_PAGE_SIZE")

    def look(self) -> Seen:
        """Look at all of them."""
        for process in self._ours.values():
            process.seen = False
        strangers: dict[int, tuple[int, int]] = {}
        order: list[tuple[int, int, int]] = []
        for pid, inode in self._pids():
            known = self._ours.get(pid)
            before = self._strangers.get(pid)
            if known is not None:
                order.append((known.start, pid, inode))
            elif before is not None and before[0] == inode and before[1] >= _LOOKS:
                strangers[pid] = before
            elif stat := self._stat(pid):
                order.append((_start(stat), pid, inode))
        memory = 0
        # Parents first. So a child that ends meanwhile is missed once, not counted twice.
        for _, pid, inode in sorted(order):
            stat = self._stat(pid)
            if not stat:
                continue
            if self._is_ours(pid, _start(stat), int(stat[1])):
                self._update(pid, stat)
                memory += self._memory(pid)
            else:
                before = self._strangers.get(pid)
                strangers[pid] = (inode, before[1] + 1 if before is not None and before[0] == inode else 1)
        self._strangers = strangers
        self._book_the_gone()
        ticks = self._gone + sum(process.ticks for process in self._ours.values())
        return Seen(memory, ticks / self._tick, len(self._ours))

    def _pids(self) -> list[tuple[int, int]]:
        with os.scandir(self._proc) as entries:
            return [(int(entry.name), entry.inode()) for entry in entries if entry.name.isdigit()]

    def _stat(self, pid: int) -> list[bytes]:
        """Return the fields behind the name, which may hold blanks and parentheses; none where it has ended."""
        fields = self._read(pid, "stat").rpartition(b")")[2].split()
        return fields if len(fields) > 19 else []

    def _read(self, pid: int, name: str) -> bytes:
        try:
            with open(f"{self._proc}/{pid}/{name}", "rb", buffering=0) as file:
                return file.readall()
        except OSError:  # it has ended, or is somebody else's
            return b""

    def _is_ours(self, pid: int, start: int, parent: int) -> bool:
        known = self._ours.get(pid)
        if known is not None and known.start == start:
            return True
        if pid == self._root:
            return True
        before = self._ours.get(parent)
        if before is not None and before.seen:
            return True
        if not self._marks:
            return False
        variables = b"\0" + self._read(pid, "environ") + b"\0"
        return all(mark in variables for mark in self._marks)

    def _update(self, pid: int, stat: list[bytes]) -> None:
        start = _start(stat)
        known = self._ours.get(pid)
        if known is not None and known.start != start:
            self._book(pid, known)
            known = None
        if known is None:
            known = self._ours[pid] = _Process(start, int(stat[1]))
        known.parent = int(stat[1])
        known.own = int(stat[11]) + int(stat[12])
        known.reaped = int(stat[13]) + int(stat[14])
        known.seen = True

    def _memory(self, pid: int) -> int:
        pages = self._read(pid, "statm").split()
        return max(0, int(pages[1]) - int(pages[2])) * self._page if len(pages) > 2 else 0

    def _book_the_gone(self) -> None:
        # Those that began last first: a child's time is its parent's before the parent's is booked.
        gone = [(process.start, pid) for pid, process in self._ours.items() if not process.seen]
        for _, pid in sorted(gone, reverse=True):
            self._book(pid, self._ours.pop(pid))

    def _book(self, pid: int, process: _Process) -> None:
        parent = self._ours.get(process.parent)
        if parent is not None and parent is not process:
            parent.booked += process.ticks
        else:
            self._gone += process.ticks


def _start(stat: list[bytes]) -> int:
    return int(stat[19])
