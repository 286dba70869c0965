"""How one node is divided where an engine has it for itself: Spark in one JVM, or Sail. In MiB; no effects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from dsgrid.cluster import shares
from dsgrid.cluster.granted import Node
from dsgrid.cluster.rooms import check_cores, least_memory, left_alone
from dsgrid.cluster.shares import LEAST_POOL, SUPERVISOR, cores_text, heap_in, least_total, option_text, size_text
from dsgrid.errors import UsageError

SAIL: Final = "sail"


@dataclass(frozen=True)
class Single:
    """What an engine on one node gets.

    Parameters
    ----------
    memory
        For ``dsgrid run --memory``: the heap of Spark's only JVM, or the pool of Sail's operators.
    cores
        All of the node's, or as many as there is memory for.
    why
        Plain sentences.
    """

    memory: int
    cores: int
    why: tuple[str, ...]


def single_size(node: Node, *, engine: str, headroom: float | None = None) -> Single:
    """Return what an engine gets that has one node for itself.

    Parameters
    ----------
    engine
        ``spark`` (one JVM with all cores) or ``sail``.
    headroom
        The share of the node that is left alone; see `dsgrid.cluster.shares.kept`.

    Raises
    ------
    UsageError
        The node is too small; with what would be enough.
    """
    check_cores((node,))
    return _sail(node, headroom) if engine == SAIL else _local(node, headroom)


def _local(node: Node, headroom: float | None) -> Single:
    """Return the heap of one JVM, and the cores that it has memory for."""
    left = _left_for_jvm(node, headroom)
    cores = next((cores for cores in range(node.cores, 0, -1) if least_total(cores) <= left), 0)
    if not cores:
        enough = least_memory(lambda size: _left_for_jvm(replace(node, memory=size), headroom) >= least_total(1))
        other = ", or take the embedded engine: --engine sail" if _pool(node, headroom) >= LEAST_POOL else ""
        raise UsageError(
            f"{size_text(node.memory)} on node {node.name} are too little for Spark; "
            f"ask for --mem={option_text(enough)} or more{other}"
        )
    heap = heap_in(left, cores)
    said = [_division(node, headroom, heap, "of heap for Spark in one JVM")]
    if cores < node.cores:
        said.append(f"{size_text(node.memory)} are enough for {cores_text(cores)} of {node.cores}")
    return Single(heap, cores, tuple(said))


def _left_for_jvm(node: Node, headroom: float | None) -> int:
    return node.memory - left_alone(node, headroom) - SUPERVISOR - shares.python(node.memory)


def _sail(node: Node, headroom: float | None) -> Single:
    pool = _pool(node, headroom)
    if pool < LEAST_POOL:
        enough = least_memory(lambda size: _pool(replace(node, memory=size), headroom) >= LEAST_POOL)
        raise UsageError(
            f"{size_text(node.memory)} on node {node.name} are too little for the embedded engine with "
            f"{cores_text(node.cores)}; ask for --mem={option_text(enough)} or more"
        )
    return Single(pool, node.cores, (_division(node, headroom, pool, "for the pool of the embedded engine"),))


def _pool(node: Node, headroom: float | None) -> int:
    beside = SUPERVISOR + shares.SAIL + shares.SAIL_PER_CORE * node.cores
    # Not everything that operators hold is counted to the pool.
    return 4 * (node.memory - left_alone(node, headroom) - beside) // 5


def _division(node: Node, headroom: float | None, memory: int, what: str) -> str:
    kept = left_alone(node, headroom)
    machine = f", {size_text(kept)} for the machine" if kept else ""
    rest = size_text(node.memory - kept - memory)
    has = f"{cores_text(node.cores)}, {size_text(node.memory)}"
    return f"{has}: {size_text(memory)} {what}, {rest} for what is outside it{machine}"
