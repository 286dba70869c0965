"""The memory of a server: what answers have used goes back, so that a process that stays does not grow."""

from __future__ import annotations

import os
from typing import Final

_POOL: Final = "ARROW_DEFAULT_MEMORY_POOL"


def give_memory_back() -> None:
    """Let Arrow take its memory from the system, in this process only; before anything has imported pyarrow.

    Its own allocator keeps some for each thread that has ever used it. With forty threads of a server that was 400 MB
    more, for as long as it ran.
    """
    if _POOL in os.environ:
        return
    os.environ[_POOL] = "system"
    try:
        import pyarrow as pa

        # Read once, now. Engines that this process starts have many cores for one job, and are quicker as they are.
        pa.default_memory_pool()
    finally:
        del os.environ[_POOL]
