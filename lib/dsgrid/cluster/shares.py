"""What each process of a job takes of a node's memory, in MiB.

Measured with dsgrid's own queries and registrations, by resident memory, and rounded up: a node's memory is a limit
that kills. What a heap is given is not all that its process takes.
"""

from __future__ import annotations

import re
from typing import Final

from dsgrid.errors import UsageError

GIB: Final = 1024
# Our own process that leads the job, with the steps of a few workers, and the one that watches a worker.
SUPERVISOR: Final = 40
# Below it Spark itself refuses to start.
LEAST_HEAP: Final = 512
LEAST_DRIVER: Final = 700
# A task has to sort and to sum; with less it spills all the time, or fails.
LEAST_PER_CORE: Final = 128
# From here on a JVM's pointers take twice as much, which the next 4 GiB of a heap are used up by.
COMPRESSED: Final = 31 * GIB
UNCOMPRESSED: Final = 35 * GIB
# Sail's pool: what a query of some size needs to make progress, and what is outside it.
LEAST_POOL: Final = 256
SAIL: Final = 500
SAIL_PER_CORE: Final = 32

# The two processes of srun that wait on the first node for each step; so many are counted to the supervisor.
_STEP: Final = 4
_FEW_STEPS: Final = 4
_DAEMON_BESIDE: Final = 100
_LARGE_HEAP: Final = 8 * GIB


def overhead(heap: int, cores: int = 1) -> int:
    """Return what a JVM of Spark takes beside its heap.

    That is classes and compiled code, and for each task buffers of the network and of compression, Arrow, and a Python
    process. With two tasks 313 were taken by queries that spilled, and about 140 by Python in registrations.
    """
    least = _least_overhead(cores)
    if heap <= _LARGE_HEAP:
        return max(least, 3 * heap // 10)
    return max(least, 3 * _LARGE_HEAP // 10 + (heap - _LARGE_HEAP) // 10)


def _least_overhead(cores: int) -> int:
    return max(384, 320 + 64 * cores)


def heap_in(memory: int, cores: int = 1) -> int:
    """Return the largest heap that fits into so much memory with its overhead; 0 where none does.

    None is just above `COMPRESSED`, where it would hold less than below.
    """
    # Not less than the heap that is looked for, and hardly more: with one share, the other, or the least beside it.
    heap = max((memory + 1) * 10 // 13, (memory + 1 - _LARGE_HEAP // 5) * 10 // 11) + 1
    heap = max(0, min(heap, memory - _least_overhead(cores)))
    while heap and with_overhead(heap, cores) > memory:
        heap -= 1
    return COMPRESSED if COMPRESSED < heap < UNCOMPRESSED else heap


def with_overhead(heap: int, cores: int = 1) -> int:
    """Return the memory of a JVM with such a heap and so many tasks at once."""
    return heap + overhead(heap, cores)


def least_total(cores: int) -> int:
    """Return the least memory of a JVM with so many tasks at once."""
    return with_overhead(max(LEAST_HEAP, cores * LEAST_PER_CORE), cores)


def daemon_heap(workers: int) -> int:
    """Return the heap of the Master, and of each Worker, in a cluster of so many nodes."""
    return next((heap for most, heap in ((32, 192), (128, 384), (512, 768)) if workers <= most), 1536)


def daemon(workers: int) -> int:
    """Return the memory of the Master, or of a Worker."""
    return daemon_heap(workers) + _DAEMON_BESIDE


def steps(workers: int) -> int:
    """Return what waits on the first node for the steps of so many workers, beside what the supervisor has for it."""
    return _STEP * max(0, workers - _FEW_STEPS)


def python(memory: int) -> int:
    """Return what the driver's Python processes take on such a node: they read tables, plan, and send the plan."""
    return min(max(350, memory // 32), 4 * GIB)


def kept(memory: int, headroom: float | None, *, is_whole: bool) -> int:
    """Return what is left to the machine itself, and to whoever else is on it.

    Parameters
    ----------
    headroom
        The share of the node, as the site wants it. By default 5 % where nothing limits the job's memory, 256 MiB at
        least and 8 GiB at most, and none where Slurm limits it.
    """
    if headroom is not None:
        if not 0 <= headroom < 1:
            raise UsageError(f"a memory headroom of {headroom} is not a share from 0 to less than 1, such as 0.05")
        return round(memory * headroom)
    return min(max(256, memory // 20), 8 * GIB, memory) if is_whole else 0


def size_text(memory: int) -> str:
    """Return so many MiB for people: ``900 MiB``, ``13.6 GiB``, ``2 TiB``."""
    for unit, name in ((GIB * GIB, "TiB"), (GIB, "GiB")):
        if memory >= unit:
            return f"{re.sub(r'[.]0$', '', f'{memory / unit:.1f}')} {name}"
    return f"{memory} MiB"


def option_text(memory: int) -> str:
    """Return the value of ``--mem`` for at least so much: ``3G``, ``1536M``."""
    step = 256 if memory < 4 * GIB else GIB
    rounded = -(-memory // step) * step
    return f"{rounded // GIB}G" if rounded % GIB == 0 else f"{rounded}M"


def cores_text(count: int) -> str:
    """Return so many cores in words."""
    return f"{count:,} core{'s' * (count != 1)}"
