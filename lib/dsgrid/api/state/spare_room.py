"""Room on the disk of the state folder that is kept for what makes room: else a full disk could not be tidied up.

That a job is cancelled or removed, and that results go which are kept no longer, is written down before it is done.
Where the disk takes nothing any more, a file that was kept for this goes first.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from dsgrid.api.state.database import State, StateFullError

SPARE: Final = "server.spare"
SIZE: Final = 1 << 20
_T = TypeVar("_T")


def keep_spare_room(folder: Path) -> None:
    """Keep the room, where the disk has it."""
    path = folder / SPARE
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(descriptor).st_size < SIZE:
                os.posix_fallocate(descriptor, 0, SIZE)
        except OSError:
            # A part of it would be in the way of others, and of no use.
            os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)


def with_spare_room(state: State, work: Callable[[], _T]) -> _T:
    """Do what makes room, and once more where the disk was too full for it.

    Parameters
    ----------
    work
        Changes the database; a step that fails keeps nothing.
    """
    try:
        return work()
    except StateFullError:
        with contextlib.suppress(OSError):  # it was used before, or never there
            os.truncate(state.folder / SPARE, 0)
        return work()
