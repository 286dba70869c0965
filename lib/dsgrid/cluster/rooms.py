"""What the driver and the daemons take of each node, and what they leave for executors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from dsgrid.cluster import shares
from dsgrid.cluster.executors import Room
from dsgrid.cluster.granted import Granted, Node
from dsgrid.cluster.shares import GIB, LEAST_DRIVER, SUPERVISOR, heap_in, with_overhead
from dsgrid.errors import UsageError

_MOST_DRIVER: Final = 4 * GIB
_MOST_DRIVER_OF_MANY: Final = 32 * GIB
_SEARCHED: Final = 1 << 26


def left_alone(node: Node, headroom: float | None) -> int:
    """Return what of a node is left to the machine; see `dsgrid.cluster.shares.kept`."""
    return shares.kept(node.memory, headroom, is_whole=node.is_whole)


def driver_heap(granted: Granted, headroom: float | None) -> int:
    """Return the driver's heap: it holds plans and small tables, and the state of every task."""
    head = granted.head
    cores = sum(node.cores for node in granted.workers)
    most = min(_MOST_DRIVER + 2 * max(0, cores - 2048), _MOST_DRIVER_OF_MANY)
    if granted.het_group is None:
        return max(LEAST_DRIVER, min(head.memory // 16, most))
    # It has its node for itself.
    return max(LEAST_DRIVER, min(heap_in(head.memory - head_takes(granted, headroom, None)), 4 * most))


def head_takes(granted: Granted, headroom: float | None, driver: int | None) -> int:
    """Return what the lead, the Master and the driver take of the head, and what is left alone there.

    Parameters
    ----------
    driver
        Its heap; None leaves its JVM out.
    """
    head = granted.head
    kept = left_alone(head, headroom)
    workers = len(granted.workers)
    beside = SUPERVISOR + shares.steps(workers) + shares.daemon(workers) + shares.python(head.memory)
    return kept + beside + (0 if driver is None else with_overhead(driver))


def rooms_for(granted: Granted, headroom: float | None, driver: int) -> list[Room]:
    """Return what each node has left for executors, when it has a Worker."""
    rooms = []
    each = SUPERVISOR + shares.daemon(len(granted.workers))
    for index, node in enumerate(granted.workers):
        if has_driver := index == 0 and granted.het_group is None:
            left = node.memory - head_takes(granted, headroom, driver) - each
        else:
            left = node.memory - left_alone(node, headroom) - each
        rooms.append(Room(node.cores, max(0, left), is_shared=has_driver and len(granted.workers) > 1))
    return rooms


def check_cores(nodes: Sequence[Node]) -> None:
    """Raise an error where a node has none."""
    without = [node.name for node in nodes if node.cores < 1]
    if without:
        raise UsageError(f"node {without[0]} has no cores for this job; ask for --cpus-per-task=1 or more")


def least_memory(fits: Callable[[int], bool]) -> int:
    """Return the least memory that fits."""
    low, high = 1, _SEARCHED
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return low
