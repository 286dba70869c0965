"""Processes of a job on this node: started with a log of their own, ended with everything that they started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

# What Java says whenever it starts.
ALWAYS: Final = ("NOTE: Picked up", "WARNING: Using incubator")
_PAUSE: Final = 0.05
# How long the kernel may take to end what was killed.
_GONE_SECONDS: Final = 5.0
# Looked up here: between a fork and the new program is no place for it.
_PRCTL: Final = getattr(ctypes.CDLL(None), "prctl", None)
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36


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
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def stop(process: subprocess.Popen[bytes], seconds: float) -> None:
    """End a process and all that it has started: asked to, and after some seconds killed.

    Parameters
    ----------
    seconds
        How long it may take; 0 kills at once.
    """
    stop_all((process,), seconds)


def stop_all(processes: Iterable[subprocess.Popen[bytes]], seconds: float) -> None:
    """End processes, and all that they have started, together: however many there are, it takes no longer.

    Parameters
    ----------
    seconds
        How long they may take; 0 kills at once.
    """
    running = [process for process in processes if process.poll() is None]
    children = descendants(*(process.pid for process in running))
    if seconds > 0:
        for process in running:
            process.terminate()
        end = time.monotonic() + seconds
        while (left := [process.pid for process in running if process.poll() is None]) and time.monotonic() < end:
            children |= descendants(*left)
            time.sleep(_PAUSE)
    children |= descendants(*(process.pid for process in running if process.poll() is None))
    for process in running:
        process.kill()
    # Also those whose parent has gone: the pid is still theirs if they were born when they were seen.
    _kill(children)
    end = time.monotonic() + _GONE_SECONDS
    for process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, end - time.monotonic()))


def exit_code(process: subprocess.Popen[bytes]) -> int:
    """Return the exit code of a process that has ended; a signal that ended it counts as in a shell."""
    code = int(process.returncode)
    return code if code >= 0 else 128 - code


def adopt_orphans() -> None:
    """Let this process inherit what the processes that it starts leave behind; `kill_descendants` finds it then."""
    if _PRCTL is not None:
        _PRCTL(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def bury_orphans(child: subprocess.Popen[bytes]) -> None:
    """Take the exit codes of adopted processes, which stay in the kernel's table until then; not that of the child."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
            if ended.si_pid == child.pid:
                return
            os.waitpid(ended.si_pid, 0)


def kill_descendants() -> None:
    """Kill all that this process has started, and what these have."""
    _kill(descendants(os.getpid()))


def _kill(births: Mapping[int, int]) -> None:
    for pid, born in births.items():
        if birth(pid) == born:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def descendants(*pids: int) -> dict[int, int]:
    """Return the processes that some have started, and those of these, each with the moment of its birth."""
    if not pids:
        return {}
    parents: dict[int, tuple[int, int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            found = _parent_and_birth(int(name))
            if found is not None:
                parents[int(name)] = found
    inside, grows = set(pids), True
    while grows:
        more = {child for child, (parent, _) in parents.items() if parent in inside} - inside
        inside |= more
        grows = bool(more)
    return {child: parents[child][1] for child in inside - set(pids)}


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
