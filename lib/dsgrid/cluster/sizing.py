"""How what Slurm granted is divided: the driver, the daemons, as many equal executors as fit. In MiB; no effects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from dsgrid.cluster import shares
from dsgrid.cluster.executors import Shape, executors_for
from dsgrid.cluster.granted import Granted, Node
from dsgrid.cluster.rooms import check_cores, driver_heap, head_takes, least_memory, left_alone, rooms_for
from dsgrid.cluster.shares import (
    LEAST_DRIVER,
    SUPERVISOR,
    cores_text,
    least_total,
    option_text,
    size_text,
)
from dsgrid.errors import UsageError

# What a task of a shuffle is to read; small ones are put together while the query runs.
PARTITION_BYTES: Final = 128 << 20
# Every task of a stage keeps a number for each of them.
MOST_PARTITIONS: Final = 20_000

_ALONE: Final = "slurm/single_node.sbatch"


@dataclass(frozen=True)
class Sizes:
    """What the processes of a Spark cluster get.

    Parameters
    ----------
    driver
        The driver's heap, as for ``dsgrid run --memory``.
    daemon
        The heap of the Master and of each Worker.
    executor_cores, executor_heap, executor_overhead
        Of each executor; all are the same.
    executors
        How many there are on each node of `Granted.workers`. A node with none needs no Worker.
    partitions
        Into how many parts a shuffle goes before Spark puts small ones together.
    why
        Plain sentences.
    """

    driver: int
    daemon: int
    executor_cores: int
    executor_heap: int
    executor_overhead: int
    executors: tuple[int, ...]
    partitions: int
    why: tuple[str, ...]

    @property
    def cores(self) -> int:
        """The cores of all executors."""
        return self.executor_cores * sum(self.executors)

    def worker_cores(self, index: int) -> int:
        """Return the cores that the Worker of a node hands out."""
        return self.executor_cores * self.executors[index]

    def worker_memory(self, index: int) -> int:
        """Return the memory that the Worker of a node hands out: Spark counts heaps alone."""
        return self.executor_heap * self.executors[index]


def cluster_sizes(
    granted: Granted, *, shuffle_bytes: int | None = None, headroom: float | None = None, driver: int | None = None
) -> Sizes:
    """Return what each process of a Spark cluster gets.

    Parameters
    ----------
    granted
        The nodes.
    shuffle_bytes
        What the query is going to shuffle, where that is known.
    headroom
        The share of each node that is left alone; see `dsgrid.cluster.shares.kept`.
    driver
        The driver's heap, where it is not to be chosen here.

    Raises
    ------
    UsageError
        The nodes are too small; with what would be enough.
    """
    _check(granted, headroom, driver)
    heap = driver_heap(granted, headroom) if driver is None else driver
    shape = _shape(granted, headroom, heap)
    if shape is None:
        raise UsageError(_refusal(granted, headroom, driver, heap))
    partitions, why_partitions = _partitions(shape.cores * sum(shape.counts), shuffle_bytes)
    sizes = Sizes(
        driver=heap,
        daemon=shares.daemon_heap(len(granted.workers)),
        executor_cores=shape.cores,
        executor_heap=shape.heap,
        executor_overhead=shares.overhead(shape.heap, shape.cores),
        executors=shape.counts,
        partitions=partitions,
        why=(),
    )
    return replace(sizes, why=(*_why(granted, headroom, sizes, driver), why_partitions))


def _shape(granted: Granted, headroom: float | None, driver: int) -> Shape | None:
    if granted.head.memory < head_takes(granted, headroom, driver):
        return None
    return executors_for(rooms_for(granted, headroom, driver))


def _check(granted: Granted, headroom: float | None, driver: int | None) -> None:
    check_cores((granted.head, *granted.workers))
    if not granted.workers:
        raise UsageError("there is no node for workers; ask for --nodes=2 or more")
    if driver is not None and driver < shares.LEAST_HEAP:
        raise UsageError(f"{driver} MiB are too little for the driver; give it {LEAST_DRIVER} or more")


def _refusal(granted: Granted, headroom: float | None, driver: int | None, heap: int) -> str:
    """Return why no cluster fits, and which memory would do."""
    head, is_het = granted.head, granted.het_group is not None
    takes = head_takes(granted, headroom, heap)
    what = "the Master and the driver" + ("" if driver is None else f" with {size_text(driver)} of heap")
    other = f"use {_ALONE}" if driver is None else "give the driver less"
    if is_het and head.memory < takes:
        enough = least_memory(
            lambda size: _holds_driver(replace(granted, head=replace(head, memory=size)), headroom, driver)
        )
        return (
            f"{size_text(head.memory)} on node {head.name} are too little for {what}, which take {size_text(takes)}; "
            f"ask for --mem={option_text(enough)} or more in the first group"
        )
    enough = least_memory(lambda size: _fits(_with_memory(granted, size), headroom, driver))
    worker = size_text(SUPERVISOR + shares.daemon(len(granted.workers)) + least_total(1))
    most = size_text(max(node.memory for node in granted.workers))
    if is_het:
        return (
            f"{most} on the nodes of the second group are too little for a worker, which needs {worker}; ask for "
            f"--mem={option_text(enough)} or more there"
        )
    if len(granted.workers) == 1:
        needed = f"{what} take {size_text(takes)}, and a worker needs {worker}"
    elif head.memory < takes:
        most = size_text(head.memory)
        needed = f"{what} take {size_text(takes)} of the first one"
    else:
        needed = f"{what} take {size_text(takes)} of the first one, and a worker needs {worker} on one of them"
    return (
        f"{most} a node are too little for a Spark cluster: {needed}; ask for --mem={option_text(enough)} or more, "
        f"or {other}"
    )


def _with_memory(granted: Granted, size: int) -> Granted:
    """Return the same nodes with another memory; of a heterogeneous job those of the workers."""
    workers = tuple(replace(node, memory=size) for node in granted.workers)
    return replace(granted, workers=workers, head=workers[0] if granted.het_group is None else granted.head)


def _holds_driver(granted: Granted, headroom: float | None, driver: int | None) -> bool:
    heap = driver_heap(granted, headroom) if driver is None else driver
    return granted.head.memory >= head_takes(granted, headroom, heap)


def _fits(granted: Granted, headroom: float | None, driver: int | None) -> bool:
    return _shape(granted, headroom, driver_heap(granted, headroom) if driver is None else driver) is not None


# ---- partitions


def _partitions(cores: int, shuffle_bytes: int | None) -> tuple[int, str]:
    """Return the number of partitions and why it is that one."""
    least = max(cores, min(2 * cores, MOST_PARTITIONS))
    if shuffle_bytes is None:
        return least, f"shuffles in {least:,} parts, for {cores_text(cores)}; Spark puts small ones together"
    wanted = -(-shuffle_bytes // PARTITION_BYTES)
    told = size_text(max(1, shuffle_bytes >> 20))
    if wanted <= least:
        return least, f"shuffles in {least:,} parts, for {cores_text(cores)}: {told} are shuffled"
    found = min(wanted, max(least, MOST_PARTITIONS))
    each = size_text(max(1, (shuffle_bytes // found) >> 20))
    return found, f"shuffles in {found:,} parts of {each}: {told} are shuffled"


# ---- why


def _why(granted: Granted, headroom: float | None, sizes: Sizes, driver: int | None) -> list[str]:
    head_is_worker = granted.het_group is None
    said = []
    for (cores, memory, count), nodes in _alike(granted, sizes).items():
        many = f"{len(nodes)} nodes" if len(nodes) > 1 else f"node {nodes[0].name}"
        unused = cores - count * sizes.executor_cores
        lacks = ", for lack of memory" if unused >= sizes.executor_cores else ""
        rest = f"; {cores_text(unused)} unused{lacks}" if unused and count else ""
        shape = f" of {cores_text(sizes.executor_cores)} and {size_text(sizes.executor_heap)} of heap" if count else ""
        executors = f"{count or 'no'} executor{'s' * (count > 1)}{shape}"
        each = " on each" if len(nodes) > 1 and count else ""
        said.append(f"{many} with {cores_text(cores)} and {size_text(memory)}: {executors}{each}{rest}")
    takes = size_text(head_takes(granted, headroom, sizes.driver) - left_alone(granted.head, headroom))
    own = "has" if head_is_worker else "is for"
    said.append(
        f"the first node {own} the Master and the driver ({size_text(sizes.driver)} of heap), which take {takes} of it"
    )
    if head_is_worker and not sizes.executors[0]:
        said.append(
            f"that leaves too little for an executor like the others'{_for_one_more(granted, headroom, driver)}"
        )
    left = {left_alone(node, headroom) for node in granted.workers}
    if max(left):
        said.append(f"{size_text(max(left))} of each node are left to the machine")
    if len(granted.workers) == 1 and head_is_worker:
        said.append(f"on one node a cluster only costs memory; use {_ALONE}")
    return said


def _for_one_more(granted: Granted, headroom: float | None, driver: int | None) -> str:
    """Return the advice that lets the first node have an executor, too."""

    def has_one(size: int) -> bool:
        larger = _with_memory(granted, size)
        shape = _shape(larger, headroom, driver_heap(larger, headroom) if driver is None else driver)
        return shape is not None and shape.counts[0] > 0

    enough = least_memory(has_one)
    is_near = enough < 2 * granted.head.memory and has_one(enough)
    return f"; ask for --mem={option_text(enough)} to have one there, too" if is_near else ""


def _alike(granted: Granted, sizes: Sizes) -> dict[tuple[int, int, int], list[Node]]:
    found: dict[tuple[int, int, int], list[Node]] = {}
    for node, count in zip(granted.workers, sizes.executors, strict=True):
        found.setdefault((node.cores, node.memory, count), []).append(node)
    return found
