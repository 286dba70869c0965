"""The hidden folder beside a target, in which one process at a time writes what is to take the target's place."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dsgrid.errors import RegistryLockedError
from dsgrid.registry import disk
from dsgrid.spec.node import shown


@contextmanager
def unfinished_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder` that no other process writes in; it is gone when the block fails.

    What a process that was killed left there is removed. The block gives the folder its name, or empties it.

    Raises
    ------
    RegistryLockedError
        When another process is writing the same folder.
    """
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    descriptor = _locked(unfinished, folder)
    try:
        for path in unfinished.iterdir():
            if path.is_dir() and not path.is_symlink():
                disk.remove_folder(path)
            else:
                disk.remove_file(path)
        yield unfinished
    except BaseException:
        disk.remove_folder(unfinished)
        raise
    finally:
        os.close(descriptor)


def _locked(unfinished: Path, folder: Path) -> int:
    """Make the folder if it is not there, and lock it: the lock goes with the process, however that ends."""
    while True:
        with contextlib.suppress(FileExistsError):
            disk.make_folder(unfinished)
        try:
            descriptor = os.open(unfinished, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue  # who had it was done just now
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise RegistryLockedError(f"another process is writing {shown(folder)}; wait for its end") from error
        except OSError:
            pass  # some network filesystems lock no folders: there only one process at a time may write
        if _is_current(descriptor, unfinished):
            return descriptor
        os.close(descriptor)


def _is_current(descriptor: int, unfinished: Path) -> bool:
    """Tell whether the folder that is locked is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), unfinished.stat())
    except FileNotFoundError:
        return False
