"""A power supply: a daemon and all that it starts hang on this process, and go when it goes.

    python -m tests.slurm.power_supply [--at-once] [--finally COMMAND] -- DAEMON [ARGUMENTS]

It ends when its standard input is closed: that happens also when whoever holds the other end is killed, so that nothing
of a test stays. SIGUSR1 is the power failure: everything is killed at once, and nothing can say goodbye. What a daemon
leaves to init (jobs that outlive it, say) is left to this process instead, and so it is not lost.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import select
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType

from tests.slurm.processes import descendants

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
SECONDS = 10  # that a daemon has to end in good order


class PowerFailure(BaseException):
    """The power is cut."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--finally", dest="last", action="append", default=[], metavar="COMMAND")
    parser.add_argument(
        "--at-once", action="store_true", help="never ask the daemon to end, for one that does not listen"
    )
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args(arguments)
    signal.signal(signal.SIGUSR1, _fail)
    for name in ("INT", "TERM", "HUP"):  # only the other end of the pipe says when it is over
        signal.signal(getattr(signal, f"SIG{name}"), signal.SIG_IGN)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        daemon = subprocess.Popen(asked.command, stdin=subprocess.DEVNULL, preexec_fn=_as_a_daemon)
        _wait_for_the_end_of_input()
        if not asked.at_once:
            _ask_to_end(daemon.pid)
    except PowerFailure:
        pass
    _kill_all()
    for command in asked.last:
        subprocess.run(shlex.split(command), stdin=subprocess.DEVNULL, check=False, timeout=SECONDS)
    return 0


def _wait_for_the_end_of_input() -> None:
    while not select.select([sys.stdin], [], [], 0.3)[0]:
        _reap()


def _ask_to_end(daemon: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(daemon, signal.SIGTERM)
    end = time.monotonic() + SECONDS
    while daemon in descendants(os.getpid()) and time.monotonic() < end:
        time.sleep(0.05)
        _reap()


def _kill_all() -> None:
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    while pids := descendants(os.getpid()):  # again, since one of them may just have started another
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _reap()
        time.sleep(0.01)


def _reap() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _as_a_daemon() -> None:
    for name in ("INT", "TERM", "HUP"):
        signal.signal(getattr(signal, f"SIG{name}"), signal.SIG_DFL)
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # if this process is killed itself


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _fail(number: int, frame: FrameType | None) -> None:
    raise PowerFailure


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
