"""The control group that Slurm made for a job on a node, where it did: exact numbers, of all of the job's processes.

A site decides whether Slurm makes any; each number is None where nobody counts it. Standard library only.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_JOB: Final = re.compile(r"job_\d+")
_MEMORY: Final = "memory"
_CPU: Final = "cpuacct"
_UNIFIED: Final = ""


@dataclass(frozen=True)
class Cgroup:
    """Where a job's control groups are; the two versions of Linux's differ in all names.

    Parameters
    ----------
    memory, cpu
        The folders of version 1, one for each controller.
    unified
        The folder of version 2.
    """

    memory: Path | None = None
    cpu: Path | None = None
    unified: Path | None = None

    def memory_held(self) -> int | None:
        """Return the bytes that processes and files in memory hold.

        The kernel's own peak is no measure of that: it counts what is cached of files as well, which fills whatever
        memory there is.
        """
        names = ("total_rss", "total_shmem") if self.memory else ("anon", "shmem")
        found = _numbers(_read(self.memory or self.unified, "memory.stat"))
        return sum(found.get(name, 0) for name in names) if names[0] in found else None

    def cpu_seconds(self) -> float | None:
        """Return the CPU time of all processes that there are and were."""
        if self.cpu:
            text = _read(self.cpu, "cpuacct.usage").strip()
            if text.isdigit():
                return int(text) / 1e9
        used = _numbers(_read(self.unified, "cpu.stat")).get("usage_usec")
        return None if used is None else used / 1e6

    def kills(self) -> dict[str, int] | None:
        """Return how often the kernel killed a process for memory, by the group that it was in.

        Version 1 counts it in the innermost group, which is gone when its step has ended.
        """
        if self.memory is None:
            killed = _numbers(_read(self.unified, "memory.events")).get("oom_kill")
            return None if killed is None else {"": killed}
        found = {}
        for folder, _, _ in os.walk(self.memory):
            killed = _numbers(_read(Path(folder), "memory.oom_control")).get("oom_kill")
            if killed is not None:
                found[folder] = killed
        return found or None


def job_cgroup(groups: str, mounts: str) -> Cgroup:
    """Return the groups of the job that a process belongs to.

    Parameters
    ----------
    groups
        The text of its ``/proc/PID/cgroup``.
    mounts
        The text of ``/proc/self/mountinfo``, which says where they are shown.
    """
    places = _mounts(mounts)
    found: dict[str, Path] = {}
    for line in groups.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        inside = _of_job(path)
        if inside is None:
            continue
        for name in controllers.split(","):
            place = places.get(name)
            if place is not None:
                found[name] = _below(place, inside)
    return Cgroup(found.get(_MEMORY), found.get(_CPU), found.get(_UNIFIED))


def own_cgroup() -> Cgroup:
    """Return the groups of the job that this process belongs to; empty where there are none."""
    try:
        return job_cgroup(Path("/proc/self/cgroup").read_text(), Path("/proc/self/mountinfo").read_text())
    except OSError:
        return Cgroup()


def _of_job(path: str) -> str | None:
    """Return the part of a group's path that ends with the job; below it are steps and tasks."""
    parts = path.split("/")
    return next(("/".join(parts[: i + 1]) for i, part in enumerate(parts) if _JOB.fullmatch(part)), None)


def _mounts(text: str) -> dict[str, tuple[str, str]]:
    """Return by controller where groups are shown, and which of them is the topmost there."""
    found: dict[str, tuple[str, str]] = {}
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, described = before.split(), after.split()
        if len(fields) < 5 or len(described) < 3:
            continue
        if described[0] == "cgroup2":
            found.setdefault(_UNIFIED, (fields[4], fields[3]))
        elif described[0] == "cgroup":
            for name in described[2].split(","):
                found.setdefault(name, (fields[4], fields[3]))
    return found


def _below(place: tuple[str, str], path: str) -> Path:
    shown, top = place
    inside = path.removeprefix(top) if top != "/" else path
    return Path(shown) / inside.lstrip("/")


def _read(folder: Path | None, name: str) -> str:
    if folder is None:
        return ""
    try:
        return (folder / name).read_text()
    except OSError:
        return ""


def _numbers(text: str) -> dict[str, int]:
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if value.strip().isdigit():
            found[name] = int(value)
    return found
