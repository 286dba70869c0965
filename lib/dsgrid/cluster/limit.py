"""The limit that the kernel sets to the memory of a process and those that it starts: that of its control groups."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final

_UNIFIED: Final = ("/sys/fs/cgroup", "memory.max")
_FORMER: Final = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
# Version 1 says "no limit" by a number close to 2**63.
_NONE: Final = 1 << 60


def memory_limit(groups: str, read: Callable[[str], str | None]) -> int | None:
    """Return the MiB that the control groups of a process leave it, or None where they set no limit.

    Each group has the limits of those above it, too. In a container the path may begin above what is shown there:
    what cannot be read sets no limit.

    Parameters
    ----------
    groups
        The text of ``/proc/self/cgroup``, of version 1 or 2.
    read
        Returns the text of a file, or None.
    """
    limits = []
    for line in groups.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "memory" not in controllers.split(","):
            continue
        root, name = _FORMER if controllers else _UNIFIED
        inner = PurePosixPath(path.strip().lstrip("/"))
        for group in (inner, *inner.parents):
            text = (read(str(PurePosixPath(root, group, name))) or "").strip()
            if text.isdigit() and 0 < int(text) < _NONE:
                limits.append(int(text) >> 20)
    return min(limits, default=None)


def own_memory_limit() -> int | None:
    """Return the MiB that the control groups of this process leave it, or None."""
    return memory_limit(_text("/proc/self/cgroup") or "", _text)


def _text(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
