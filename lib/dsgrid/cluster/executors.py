"""How many equal executors fit on nodes that may differ, and how large they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dsgrid.cluster.shares import COMPRESSED, GIB, heap_in, least_total

# With more cores a JVM waits for its own collector; with fewer, each has its own copy of every small table.
_FEWEST: Final = 4
_MOST: Final = 8
_MOST_OF_ONE: Final = 12
# A heap between COMPRESSED and this holds hardly more than COMPRESSED does.
_WORTH_IT: Final = 48 * GIB
# What of the memory may be left unused, where more cores can be used then.
_FOR_CORES: Final = 1 / 16


@dataclass(frozen=True)
class Room:
    """What a node has for executors.

    Parameters
    ----------
    cores, memory
        All that there is for them.
    is_shared
        True for the node of the driver. It holds what fits beside that; the others decide how large executors are.
    """

    cores: int
    memory: int
    is_shared: bool = False


@dataclass(frozen=True)
class Shape:
    """Equal executors.

    Parameters
    ----------
    cores, heap
        Of each.
    total
        The memory of each: the heap, and what is beside it.
    counts
        How many there are on each node.
    """

    cores: int
    heap: int
    total: int
    counts: tuple[int, ...]


def executors_for(rooms: Sequence[Room]) -> Shape | None:
    """Return the executors of some nodes, or None where there is not enough memory for a single one.

    All executors of an application are the same, so that nodes which differ hold different numbers of them. Of all
    sizes that fill a node, the best is the one with which most memory, and most cores of the nodes that the driver
    leaves alone, are in executors; or one that uses more cores and hardly less memory.
    """
    unshared = [room for room in rooms if not room.is_shared]
    # Where none of the others has enough, the driver's node has to do.
    return _executors_for(rooms, unshared) or _executors_for(rooms, rooms)


def _executors_for(rooms: Sequence[Room], deciding: Sequence[Room]) -> Shape | None:
    if not deciding:
        return None
    cores = min(usual_cores([room.cores for room in rooms]), max(room.cores for room in deciding))
    found = _best(rooms, deciding, cores)
    if found is None or not COMPRESSED <= found.heap < _WORTH_IT:
        return found
    # Smaller ones have shorter pointers.
    for fewer in range(cores - 1, min(_FEWEST, cores) - 1, -1):
        other = _best(rooms, deciding, fewer)
        if other and other.heap < COMPRESSED and _held(other) >= _held(found):
            return other
    return found


def usual_cores(cores: Sequence[int]) -> int:
    """Return the cores of an executor that leaves few of the nodes' unused: 4 to 8, or all of a small node's."""
    nodes = Counter(cores)
    in_all = sum(cores)

    def cost(each: int) -> tuple[float, int]:
        unused = sum(count * (of_node % each) for of_node, count in nodes.items()) / in_all
        if each > _MOST:
            unused += 0.05
        elif each < _FEWEST:
            unused += 0.05 * (_FEWEST - each)
        else:
            unused += 0.002 * (_MOST - each)
        return unused, -each

    return min(range(1, min(max(cores), _MOST_OF_ONE) + 1), key=cost)


def _best(rooms: Sequence[Room], deciding: Sequence[Room], most_cores: int) -> Shape | None:
    """Return the best executors with so many cores at most; with fewer where memory is too little for all.

    Parameters
    ----------
    deciding
        The nodes whose cores have to be used.
    """
    alike, deciders = Counter(rooms), Counter(deciding)
    found = []
    for total in _totals(alike, most_cores):
        cores = _cores_with(total, most_cores)
        if not cores:
            continue
        used = cores * sum(_count(room, cores, total) * many for room, many in deciders.items())
        count = sum(_count(room, cores, total) * many for room, many in alike.items())
        if used:
            # Cores without much memory do more than memory without cores.
            found.append((count * heap_in(total, cores) * used**2, count * cores, total))
    if not found:
        return None
    enough = max(found)[0] * (1 - _FOR_CORES)
    _, _, total = max((one for one in found if one[0] >= enough), key=lambda one: (one[1], one[0], one[2]))
    cores = _cores_with(total, most_cores)
    return Shape(cores, heap_in(total, cores), total, tuple(_count(room, cores, total) for room in rooms))


def _totals(rooms: Counter[Room], most_cores: int) -> set[int]:
    """Return the sizes with which executors fill a node, and the largest ones of fewer cores."""
    least = least_total(1)
    filling = {room.memory // count for room in rooms for count in range(1, min(room.cores, room.memory // least) + 1)}
    return filling | {least_total(cores) - 1 for cores in range(2, most_cores + 1)}


def _cores_with(total: int, most: int) -> int:
    """Return the cores that executors of a size have memory for; 0 where it is too little for one."""
    return next((cores for cores in range(most, 0, -1) if least_total(cores) <= total), 0)


def _count(room: Room, cores: int, total: int) -> int:
    return min(room.cores // cores, room.memory // total)


def _held(shape: Shape) -> tuple[int, int]:
    """Return the cores in use, and what heaps hold with pointers of one length."""
    return shape.cores * sum(shape.counts), min(shape.heap, COMPRESSED) * sum(shape.counts)
