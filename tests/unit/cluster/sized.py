"""Granted nodes for tests of sizing, and what the sizes take of each."""

from __future__ import annotations

from dsgrid.cluster import shares
from dsgrid.cluster.granted import Granted, Node
from dsgrid.cluster.sizing import Sizes

GIB = 1024


def nodes(count: int, cores: int, memory: int, *, whole: bool = False, name: str = "n") -> tuple[Node, ...]:
    """Return equal nodes; memory in MiB."""
    return tuple(Node(f"{name}{i}", f"10.0.0.{i}", cores, memory, whole) for i in range(count))


def of(*workers: Node) -> Granted:
    """Return a job of these nodes; the first is the head."""
    return Granted("12", workers[0], workers)


def het(head: Node, *workers: Node) -> Granted:
    """Return a heterogeneous job."""
    return Granted("12", head, workers, 1)


def equal(count: int, cores: int, memory: int, *, whole: bool = False) -> Granted:
    """Return a job of equal nodes."""
    return of(*nodes(count, cores, memory, whole=whole))


def taken(granted: Granted, sizes: Sizes, headroom: float | None = None) -> list[tuple[Node, int]]:
    """Return what all processes on each node take, and what is left alone there."""
    daemon = sizes.daemon + 100
    executor = sizes.executor_heap + sizes.executor_overhead
    head = granted.head
    of_lead = 40 + shares.steps(len(granted.workers)) + shares.python(head.memory)
    of_head = of_lead + daemon + sizes.driver + shares.overhead(sizes.driver)
    found = [] if granted.het_group is None else [(head, of_head + kept(head, headroom))]
    for index, node in enumerate(granted.workers):
        count = sizes.executors[index]
        memory = (40 + daemon + count * executor if count else 0) + kept(node, headroom)
        found.append((node, memory + (of_head if index == 0 and granted.het_group is None else 0)))
    return found


def kept(node: Node, headroom: float | None) -> int:
    """Return what is left alone on a node."""
    return shares.kept(node.memory, headroom, is_whole=node.is_whole)
