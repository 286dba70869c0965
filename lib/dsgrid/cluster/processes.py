"""Processes of a job on this node: started with a log of their own, ended with everything that they started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

# What Java says whenever it starts.
ALWAYS: Final = ("NOTE: Picked up", "WARNING: Using incubator")
_PAUSE: Final = 0.05
_LIBC: Final = ctypes.CDLL(None)
_PR_SET_PDEATHSIG: Final = 1


def start(command: Sequence[str], *, log: Path | None, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own.

    Parameters
    ----------
    log
        The file that gets what it says, appended; None leaves that to our own output.
    """
    with contextlib.ExitStack() as opened:
        output = None
        if log is not None:
            output = opened.enter_context(open(log, "ab", opener=_private))
        return subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_the_parent,  # a call of the kernel's, no lock is taken
        )


def _end_with_the_parent() -> None:
    # Where the parent is killed, nobody is left to tear down, and Slurm without cgroups loses sight of what is here.
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def stop(process: subprocess.Popen[bytes], seconds: float) -> None:
    """End a process and all that it has started: asked to, and after some seconds killed.

    Parameters
    ----------
    seconds
        How long it may take; 0 kills at once.
    """
    children = descendants(process.pid)
    if process.poll() is None and seconds > 0:
        process.terminate()
        end = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < end:
            children |= descendants(process.pid)
            time.sleep(_PAUSE)
    children |= descendants(process.pid)
    if process.poll() is None:
        process.kill()
    # Also those whose parent has gone: the pid is still theirs if they were born when they were seen.
    for pid, born in children.items():
        if birth(pid) == born:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)


def descendants(pid: int) -> dict[int, int]:
    """Return the processes that a process has started, and those of these, each with the moment of its birth."""
    parents: dict[int, tuple[int, int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            found = _parent_and_birth(int(name))
            if found is not None:
                parents[int(name)] = found
    inside, grows = {pid}, True
    while grows:
        more = {child for child, (parent, _) in parents.items() if parent in inside} - inside
        inside |= more
        grows = bool(more)
    return {child: parents[child][1] for child in inside - {pid}}


def birth(pid: int) -> int | None:
    """Return when a process was born, in ticks since the machine was; None when there is none."""
    found = _parent_and_birth(pid)
    return None if found is None else found[1]


def _parent_and_birth(pid: int) -> tuple[int, int] | None:
    try:
        text = Path("/proc", str(pid), "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name, in parentheses, may hold anything; the state follows it.
    parts = text.rpartition(")")[2].split()
    return int(parts[1]), int(parts[19])


def tail(path: Path, lines: int = 20) -> str:
    """Return the end of a log, without what Java always says; nothing where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 400 * lines))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join([line for line in text.splitlines() if not line.startswith(ALWAYS)][-lines:])
