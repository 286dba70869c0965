"""What a job asks Slurm for: how many nodes, cores, memory and time, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dsgrid.cluster.demand import Demand
from dsgrid.cluster.durations import in_words
from dsgrid.cluster.kinds import CLUSTER, SINGLE
from dsgrid.cluster.partitions import Partition, candidates
from dsgrid.cluster.rates import RATES, START_OF_CLUSTER, TOGETHER, seconds, work
from dsgrid.cluster.spans import TARGET, parts_of, time_limit
from dsgrid.errors import UsageError

# What is asked for where nobody says how large nodes are.
_CORES: Final = 8
_PER_CORE: Final = 2_048
_NODES: Final = 8
_LEAST: Final = {("spark", SINGLE): 3_072, ("sail", SINGLE): 2_048, ("spark", CLUSTER): 4_096}
_WITHOUT_ENGINE: Final = 2_048
_ROUND: Final = 256
_MIB: Final = 1 << 20


@dataclass(frozen=True)
class Given:
    """What the user asks for; None leaves it to us.

    Parameters
    ----------
    cores, memory
        Of each node; memory in MiB, and 0 means all that the node has.
    time
        In seconds.
    """

    nodes: int | None = None
    cores: int | None = None
    memory: int | None = None
    time: int | None = None
    partition: str | None = None
    parts: int | None = None

    def needs(self) -> dict[str, int | None]:
        """Return what a partition has to have."""
        return {"cores": self.cores, "memory": self.memory, "max_nodes": self.nodes, "max_time": self.time}


@dataclass(frozen=True)
class Wish:
    """What a job asks Slurm for.

    Parameters
    ----------
    kind
        ``single``, a job on one node, or ``cluster``.
    cores, memory
        Of each node; memory in MiB, and 0 means all that the node has.
    time
        The time limit, in seconds.
    parts
        Into how many parts a query is divided; None leaves that to `dsgrid run`.
    partition
        None leaves it to Slurm.
    whole
        Whether no other job may run on these nodes.
    node_memory
        What a node of that partition has; None where nobody says.
    expected
        How many seconds it is going to take; None where that is not known.
    why
        The reasons, each for one of the above.
    warnings
        What may go wrong with it.
    """

    kind: str
    engine: str
    nodes: int
    cores: int
    memory: int
    time: int
    parts: int | None = None
    partition: str | None = None
    whole: bool = False
    node_memory: int | None = None
    expected: float | None = None
    why: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = field(default=())


def wish(
    demand: Demand,
    partitions: Sequence[Partition] = (),
    given: Given | None = None,
    *,
    engine: str = "spark",
    default: str | None = None,
) -> Wish:
    """Return what a job of this demand asks for; what the user gives wins.

    Parameters
    ----------
    partitions
        Those that there are.
    engine
        ``spark`` or ``sail``.
    default
        The partition that the site names as its default.

    Raises
    ------
    UsageError
        It is impossible, or not wise; with what would be possible.
    """
    given = given or Given()
    if engine == "sail" and given.nodes is not None and given.nodes > 1:
        raise UsageError(
            f"Sail computes on one node, and --nodes is {given.nodes}; leave out --engine sail, or --nodes"
        )
    possible = candidates(partitions, given.partition, default, given.needs())
    best, first = possible[0], default or next((one.name for one in partitions if one.is_default), None)
    if given.partition is not None or first is not None:
        found = _sized(demand, best, given, engine)
        if given.partition is None and best.name != first:
            return _in_partition(
                found, best, name=best.name, why=f'the default, "{first}", has less than was asked for'
            )
        # What is Slurm's own default need not be named.
        return _in_partition(found, best, name=given.partition or default, why=None)
    # Nobody says which: part of a node where that is enough, else what Slurm chooses by a job's size and time.
    sized = [(one, _sized(demand, one, given, engine)) for one in possible]
    small = next((pair for pair in sized if not pair[0].whole and _is_small(pair[1], pair[0], given)), None)
    if small is not None and any(one.whole for one in possible):
        return _in_partition(small[1], small[0], name=small[0].name, why="several jobs share a node there")
    best, found = next((pair for pair in sized if not pair[1].warnings), sized[0])
    return _in_partition(found, best, name=None, why=None)


def _is_small(found: Wish, partition: Partition, given: Given) -> bool:
    most = partition.cores
    # A time that the user chose is as short anywhere else.
    is_held_up = bool(found.warnings) and given.time is None
    return found.kind == SINGLE and not is_held_up and (most is None or 2 * found.cores <= most)


def _in_partition(found: Wish, partition: Partition, *, name: str | None, why: str | None) -> Wish:
    told = f"{name} ({why})" if name and why else name
    said = (("partition", told),) if told else ()
    if name is None and partition.name:
        said = (("partition", f'left to Slurm (sized for nodes of "{partition.name}")'),)
    return replace(found, partition=name, why=(*found.why, *said))


def _sized(demand: Demand, partition: Partition, given: Given, engine: str) -> Wish:
    """Return what a job asks of a partition."""
    needed = work(demand, engine)
    kind, nodes, why_nodes = _nodes(demand, partition, given, engine, needed)
    cores, why_cores = _cores(demand, partition, given, engine, kind, needed)
    memory, why_memory = _memory(demand, partition, given, engine, kind, nodes, cores)
    expected = None if needed is None else seconds(needed, engine, kind, nodes, cores)
    time, why_time, warnings = time_limit(partition, given.time, expected, demand)
    parts, why_parts = parts_of(demand, given.parts, expected, time, engine)
    why = [("nodes", why_nodes), ("cores", why_cores), ("memory", why_memory), ("time", why_time), ("parts", why_parts)]
    return Wish(
        kind,
        engine,
        nodes,
        cores,
        memory,
        time,
        parts,
        whole=partition.whole,
        node_memory=partition.memory,
        expected=expected,
        why=tuple((what, reason) for what, reason in why if reason),
        warnings=tuple(warnings),
    )


# ---- nodes


def _nodes(
    demand: Demand, partition: Partition, given: Given, engine: str, needed: float | None
) -> tuple[str, int, str]:
    if not demand.engine:
        return SINGLE, 1, "1 (it needs no engine)"
    if given.nodes is not None:
        kind = CLUSTER if given.nodes > 1 else SINGLE
        return kind, given.nodes, f"{given.nodes} (as was asked for)"
    if engine == "sail":
        return SINGLE, 1, "1 (Sail computes on one node)"
    if needed is None:
        return SINGLE, 1, "1 (it is not known how much there is to do; --nodes makes it more)"
    cores = given.cores or partition.cores or _CORES
    alone = seconds(needed, engine, SINGLE, 1, cores)
    if alone <= TARGET:
        do = "core does" if cores == 1 else f"{cores} cores do"
        return SINGLE, 1, f"1 (its {do} it in {in_words(alone)} or less)"
    span = TARGET - RATES[engine].start - START_OF_CLUSTER
    wanted = max(2, math.ceil(needed / (span * cores * TOGETHER)))
    most = partition.max_nodes if partition.max_nodes is not None else _NODES
    if most < 2:
        return SINGLE, 1, f'1 (partition "{partition.name}" gives no more; it takes {in_words(alone)})'
    if wanted > most:
        limit = f'partition "{partition.name}" has or gives' if partition.max_nodes else "without --nodes a job gets"
        return CLUSTER, most, f"{most} ({limit} no more; {wanted:,} would do it in {in_words(TARGET)})"
    return CLUSTER, wanted, f"{wanted} (one takes {in_words(alone)}, these {in_words(TARGET)} or less)"


# ---- cores


def _cores(
    demand: Demand, partition: Partition, given: Given, engine: str, kind: str, needed: float | None
) -> tuple[int, str]:
    if given.cores is not None:
        return given.cores, f"{given.cores} a node (as was asked for)"
    most = partition.cores
    if partition.whole and most is not None:
        return most, f"{most} a node (jobs have whole nodes there)"
    if not demand.engine:
        return 1, "1 (it needs no engine)"
    if kind == CLUSTER:
        if most is None:
            return _CORES, f"{_CORES} a node (nobody says how many there are)"
        return most, f"{most} a node (all that there are)"
    limit = most if most is not None else _CORES
    if needed is None:
        return min(_CORES, limit), f"{min(_CORES, limit)} (it is not known how much there is to do)"
    span = TARGET - RATES[engine].start
    cores = 4
    while cores * span < needed and cores < limit:
        cores *= 2
    cores = min(cores, limit)
    return cores, f"{cores} (they do it in {in_words(seconds(needed, engine, SINGLE, 1, cores))})"


# ---- memory


def _memory(
    demand: Demand, partition: Partition, given: Given, engine: str, kind: str, nodes: int, cores: int
) -> tuple[int, str]:
    if given.memory is not None:
        return given.memory, f"{_size(given.memory)} a node (as was asked for)"
    if partition.whole:
        return 0, "all of each node (jobs have whole nodes there)"
    most = partition.usable
    per_core = _PER_CORE
    if most is not None and partition.cores:
        per_core = most // partition.cores
    least = _LEAST.get((engine, kind), _WITHOUT_ENGINE) if demand.engine else _WITHOUT_ENGINE
    # What is sent between tasks had best not be spilled: it is held once, and again where it is summed.
    held = math.ceil(3 * demand.shuffle_bytes / nodes / _MIB)
    wanted = max(cores * per_core, least)
    why = f"{cores} cores x {_size(per_core)}"
    if wanted == least and cores * per_core < least:
        why = "the least that does"
    if held > wanted:
        wanted, why = held, f"what is shuffled then stays in memory ({_size(demand.shuffle_bytes // _MIB)} in all)"
    wanted = math.ceil(wanted / _ROUND) * _ROUND
    if most is not None and wanted > most:
        why = why if cores * per_core >= most - _ROUND else "all that there is"
        wanted = most
    return wanted, f"{_size(wanted)} a node ({why})"


def _size(mebibytes: int) -> str:
    if mebibytes == 0:
        return "all"
    return f"{mebibytes / 1024:,.3g} GiB" if mebibytes >= 1024 else f"{mebibytes} MiB"
