"""The few things that are done to a disk, one function each, so that a test can fail any of them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder that must not exist yet, with its parents."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir()


def write_file(path: Path, data: bytes) -> None:
    """Write a file; it may still be in the page cache only."""
    path.write_bytes(data)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def swap_file(path: Path, new: Path) -> None:
    """Put `new` in the place of `path` in one step."""
    os.replace(new, path)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file; it may still be in the page cache only."""
    shutil.copyfile(source, target)


def link_file(source: Path, target: Path) -> None:
    """Give a file a second name on the same filesystem (a hard link): published files never change."""
    os.link(source, target)


def remove_folder(folder: Path) -> None:
    """Remove a folder with everything in it; one that is gone already is no error."""
    if folder.exists():
        shutil.rmtree(folder)


def remove_file(path: Path) -> None:
    """Remove a file; one that is gone already is no error."""
    path.unlink(missing_ok=True)
