"""The few things that are done to a disk, or to an object store, one function each: a test can fail any of them.

An object store has no folders to make and no names to sync: an object is there, whole and for good, when its writing
has ended without an error.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from dsgrid.errors import UsageError
from dsgrid.storage.location import Location
from dsgrid.storage.s3 import S3Path


@contextlib.contextmanager
def _naming(path: Location) -> Iterator[None]:
    """Name the file that is written in an error that names none: Python does so only where a file is opened."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def make_folder(folder: Location) -> None:
    """Make a folder that must not exist yet, with its parents; in an object store, see that the bucket is there."""
    if isinstance(folder, Path):
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), error.filename) from error
        folder.mkdir()
    else:
        # Told here within seconds: an engine tries again for minutes.
        folder.require_bucket()


def write_file(path: Location, data: bytes) -> None:
    """Write a file; it may still be in the page cache only."""
    with _naming(path):
        path.write_bytes(data)


def sync(path: Location) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if not isinstance(path, Path):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def swap_file(path: Location, new: Location) -> None:
    """Put `new` in the place of `path` in one step."""
    if isinstance(path, Path) and isinstance(new, Path):
        os.replace(new, path)
    else:
        copy_file(new, path)
        remove_file(new)


def copy_file(source: Location, target: Location) -> None:
    """Copy a file, from and to wherever it is; it may still be in the page cache only."""
    if isinstance(source, S3Path) and isinstance(target, S3Path):
        source.copy_to(target)
    elif isinstance(source, Path) and isinstance(target, Path):
        shutil.copyfile(source, target)
    else:
        with _naming(target), source.open("rb") as reader, target.open("wb") as writer:
            shutil.copyfileobj(reader, writer, 8 << 20)


def copy_hashed(source: Location, target: Location) -> str:
    """Copy a file as `copy_file` does, and return the sha256 of what was read."""
    digest = hashlib.sha256()
    with _naming(target), source.open("rb") as reader, target.open("wb") as writer:
        while block := reader.read(8 << 20):
            digest.update(block)
            writer.write(block)
    return digest.hexdigest()


def link_file(source: Location, target: Location) -> None:
    """Give a file a second name on the same filesystem (a hard link): published files never change."""
    if not (isinstance(source, Path) and isinstance(target, Path)):
        raise UsageError(f"{source} cannot be linked to {target}: an object store has no links; copy the data")
    os.link(source, target)


def symlink_file(source: Path, target: Path) -> None:
    """Let a name stand for a file that may be on another filesystem (a symbolic link, by its whole path)."""
    target.symlink_to(source.absolute())


def remove_folder(folder: Location) -> None:
    """Remove a folder with everything in it; one that is gone already is no error."""
    if isinstance(folder, S3Path):
        folder.remove_all()
    elif folder.exists():
        shutil.rmtree(folder)


def remove_empty_folder(folder: Location) -> None:
    """Remove a folder that may be empty; what is in use, or gone, stays as it is."""
    if isinstance(folder, Path):
        with contextlib.suppress(OSError):
            folder.rmdir()


def remove_file(path: Location) -> None:
    """Remove a file; one that is gone already is no error."""
    path.unlink(missing_ok=True)
