"""A state folder is its user's alone: tokens are in there, and what people asked."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from dsgrid.errors import UsageError


def require_private(folder: Path) -> None:
    """Refuse a state folder that others may use; one that is not there yet is made as it should be.

    Raises
    ------
    UsageError
        It is somebody else's, or others have rights on it.
    """
    try:
        told = folder.stat()
    except FileNotFoundError:
        return
    if told.st_uid != os.geteuid():
        raise UsageError(f"the state folder {folder} is another user's; expected one of your own")
    others = stat.S_IMODE(told.st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
    if others:
        raise UsageError(
            f"others may use the state folder {folder} (mode {stat.S_IMODE(told.st_mode):o}), which holds tokens and "
            f"what people asked; expected: chmod 700 {folder}"
        )
