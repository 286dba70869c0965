"""What surrounds a job while it runs: the working directory, the environment, where its output goes, and signals."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dsgrid.api.jobs.attempt_folder import OUTPUT, REQUEST, Order
from dsgrid.registry.registration import SUBMITTER
from dsgrid.spec.fence import VARIABLE as FENCE

# So much less than the server a job gets of the processor, and so much sooner the kernel ends it for want of memory.
_NICENESS: Final = 5
_OOM_SCORE: Final = "500"


@contextlib.contextmanager
def surroundings(folder: Path, order: Order) -> Iterator[None]:
    """Have the attempt's folder as the working directory, and in the environment what processes of the job need."""
    named = {FENCE: str(folder / REQUEST), SUBMITTER: order.user}
    before = {name: os.environ.get(name) for name in named}
    here = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.environ.update(named)
        os.chdir(folder)
        yield
    finally:
        os.fchdir(here)
        os.close(here)
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def captured(folder: Path) -> Iterator[None]:
    """Have everything that is printed, also by an engine or a program that is started, in the attempt's folder."""
    output = os.open(folder / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    before = {stream: os.dup(stream) for stream in (1, 2)}
    stream = os.fdopen(output, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    flush()
    try:
        for each in before:
            os.dup2(output, each)
        with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            yield
    finally:
        for each, kept in before.items():
            os.dup2(kept, each)
            os.close(kept)
        with contextlib.suppress(OSError):  # a full disk: what was printed is lost, and nothing else
            stream.close()


def flush() -> None:
    """Have all that was printed where it goes."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


@contextlib.contextmanager
def heedless() -> Iterator[None]:
    """Have SIGTERM and SIGHUP wait until the block is over, and be forgotten then."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def yield_to_others(niceness: int = _NICENESS) -> None:
    """Let the server and its clients go first: in the use of processors, and in that of memory."""
    with contextlib.suppress(OSError):
        os.nice(niceness)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)
