"""How a program of ours ends: with an exit code, and with a message that a user can act on."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

from dsgrid.errors import DsgridError

REFUSED = 9
KILLED = 137
INTERRUPTED = 130
TERMINATED = 143
# What a file system refuses is no defect. That a file is missing may be one.
_REFUSED = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
        errno.EISDIR,
        errno.ENAMETOOLONG,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
        errno.ESTALE,
    }
)


@dataclass
class Ended:
    """How it ended, and whether tracebacks are shown."""

    code: int = 0
    debug: bool = False


@contextlib.contextmanager
def exit_code(debug: bool = False) -> Iterator[Ended]:
    """Turn whatever ends the block into an exit code and a message on stderr that a user can act on."""
    ended = Ended(debug=debug)
    _raise_on_sigterm()
    _say_everything()
    try:
        yield ended
    except DsgridError as error:
        if ended.debug:
            traceback.print_exc()
        _complain(error)
        ended.code = error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        ended.code = INTERRUPTED
    except _TerminatedError:
        print("terminated", file=sys.stderr)
        ended.code = TERMINATED
    except Exception as error:
        if ended.debug:
            traceback.print_exc()
        if isinstance(error, OSError) and error.errno in _REFUSED:
            print(refusal(error), file=sys.stderr)
            ended.code = REFUSED
            return
        hint = "" if ended.debug else "; run it again with --debug and report what that shows"
        print(f"a defect in dsgrid: {type(error).__name__}: {error}{hint}", file=sys.stderr)
        ended.code = 1


def code_of(error: BaseException) -> int:
    """Return the exit code of a program that this ends."""
    if isinstance(error, DsgridError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, _TerminatedError):
        return TERMINATED
    return REFUSED if isinstance(error, OSError) and error.errno in _REFUSED else 1


def refusal(error: OSError) -> str:
    """Return the one line for what the file system refused; PyArrow's errors name no file."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    # Of a copy the first name is the source's; what is full is where the copy goes.
    name = (full and error.filename2) or error.filename
    path = f"{name}: " if name else ""
    reason = os.strerror(error.errno or 0)
    where = ": the disk of the registry, or that of the results, is full" if full and not name else ""
    return f"{path}{reason}{where}"


def _complain(error: DsgridError) -> None:
    for problem in error.problems:
        print(problem, file=sys.stderr)
    count = len(error.problems)
    errors = f"{count} error{'s' if count > 1 else ''}"
    if count > 1:
        print(errors, file=sys.stderr)


def _say_everything() -> None:
    """See to it that there is an output, and that what its encoding has no letter for does not end a job."""
    if sys.stdout is None:
        # Closed by who started us (``>&-``, a daemon). As with an open /dev/null, nobody reads it.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr has it always


class _TerminatedError(BaseException):
    """SIGTERM, as an exception: `finally` and `with` clean up as they do for Ctrl-C."""


def _raise_on_sigterm() -> None:
    def handler(_number: int, _frame: FrameType | None) -> None:
        raise _TerminatedError

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)
        # The terminal is gone; with nohup that is to be no matter.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, handler)
