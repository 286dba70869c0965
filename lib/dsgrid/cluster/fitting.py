"""Whether what a job asks for is enough for Spark or Sail in it; and the one shape that fits several jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dsgrid.cluster.demand import Demand
from dsgrid.cluster.kinds import CLUSTER
from dsgrid.cluster.partitions import Partition
from dsgrid.cluster.spans import TARGET
from dsgrid.cluster.wish import Given, Wish, wish
from dsgrid.errors import UsageError


def fitted(
    demand: Demand,
    partitions: Sequence[Partition],
    given: Given,
    *,
    engine: str | None = None,
    usual: str = "spark",
    default: str | None = None,
) -> Wish:
    """Return what a job of this demand asks for, with the engine that suits it; see `dsgrid.cluster.wish.wish`.

    Parameters
    ----------
    engine
        What the user wants to compute it.
    usual
        What the site's jobs on one node are computed by; several nodes are always Spark's.
    """
    if not demand.engine:
        if (given.nodes or 1) > 1:
            raise UsageError(f"{demand.job} needs no engine and runs on one node, and --nodes is {given.nodes}")
        # Nothing is computed: what matters is that no JVM needs memory.
        return wish(demand, partitions, given, engine="sail", default=default)
    if engine is None and usual == "sail" and (given.nodes or 1) == 1:
        alone = wish(demand, partitions, given, engine="sail", default=default)
        if given.nodes == 1 or alone.expected is None or alone.expected <= TARGET:
            return alone
        together = wish(demand, partitions, given, engine="spark", default=default)
        is_better = together.kind == CLUSTER and (together.expected or 0) < alone.expected
        return together if is_better else alone
    return wish(demand, partitions, given, engine=engine or "spark", default=default)


def largest(wishes: Sequence[Wish]) -> Wish:
    """Return what is enough for each of several jobs; the reasons are those of the one that needs most.

    Memory of 0 is all that a node has.
    """
    most = max(wishes, key=lambda one: (one.nodes, one.cores, one.time))
    memory = 0 if any(one.memory == 0 for one in wishes) else max(one.memory for one in wishes)
    warnings = tuple(dict.fromkeys(warning for one in wishes for warning in one.warnings))
    return replace(
        most,
        cores=max(one.cores for one in wishes),
        memory=memory,
        time=max(one.time for one in wishes),
        warnings=warnings,
    )


def check_size(asked: Wish, headroom: float | None) -> None:
    """Raise what the job would end with on its nodes, before it waits for them.

    Where nobody says how much memory nodes have, and all of it is asked for, nothing is checked.

    Raises
    ------
    UsageError
        It is too little; with what would be enough.
    """
    from dsgrid.cluster.granted import Granted, Node
    from dsgrid.cluster.single import single_size
    from dsgrid.cluster.sizing import cluster_sizes

    memory = asked.memory or asked.node_memory
    if memory is None:
        return
    nodes = tuple(Node(f"node{i}", "127.0.0.1", asked.cores, memory, asked.memory == 0) for i in range(asked.nodes))
    try:
        if asked.kind == CLUSTER:
            cluster_sizes(Granted("0", nodes[0], nodes), headroom=headroom)
        else:
            single_size(nodes[0], engine=asked.engine, headroom=headroom)
    except UsageError as error:
        # Its advice is for sbatch.
        raise UsageError(str(error).replace("--mem=", "--memory ").replace("--cpus-per-task=", "--cores ")) from None
