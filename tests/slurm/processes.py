"""The processes of this machine, as /proc tells them."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process that was there a moment ago."""

    pid: int
    session: int
    command: str  # as `ps` would show it to everybody
    environment: dict[str, str] = field(repr=False)

    @property
    def job(self) -> str | None:
        """The job that it was started by, even if it has left the job's session."""
        return self.environment.get("SLURM_JOB_ID")

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def process(pid: int) -> Process | None:
    """Return the process with this number; None if it has ended."""
    folder = Path("/proc", str(pid))
    try:
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        variables = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
        session = int(_numbers(folder)[3])
    except OSError:
        return None
    if not command:
        return None  # it has ended, and nobody has asked for its exit code yet
    return Process(pid, session, command, dict(line.split("=", 1) for line in variables if "=" in line))


def all_processes() -> list[Process]:
    """Return every process of the machine."""
    found = (process(int(folder.name)) for folder in Path("/proc").glob("[0-9]*"))
    return [each for each in found if each is not None]


def descendants(pid: int) -> list[int]:
    """Return the numbers of all that a process has started, and of what these have started; parents come first."""
    children = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            children[int(_numbers(folder)[1])].append(int(folder.name))
        except OSError:
            continue  # it has ended
    found = list(children[pid])
    for each in found:
        found.extend(children[each])
    return found


def _numbers(folder: Path) -> list[str]:
    # State, parent, group, session...: what stands after the name, which may hold blanks and parentheses.
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except ProcessLookupError as error:
        raise FileNotFoundError(folder) from error
