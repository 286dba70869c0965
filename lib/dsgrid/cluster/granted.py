"""What Slurm granted to a job: its nodes, and the cores and the memory that the job may use on each.

Cores are what Slurm counts: hardware threads, where a site lets Slurm count threads. Memory is in MiB.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from dsgrid.cluster.node_names import expand
from dsgrid.errors import ClusterError, UsageError

NodeFields = Callable[[str], Mapping[str, str]]
Resolve = Callable[[str], str | None]

_OUTSIDE: Final = (
    "not inside a job of Slurm: SLURM_JOB_ID is not set; submit a spec with: sbatch slurm/spark_job.sbatch SPEC, or "
    "get nodes by hand with: salloc --nodes=2 --ntasks-per-node=1 --cpus-per-task=8 --mem=16G"
)
_SIZES: Final = {"": 1.0, "K": 1 / 1024, "M": 1.0, "G": 1024.0, "T": 1024.0 * 1024}


@dataclass(frozen=True)
class Node:
    """A node, and what of it the job may use.

    Parameters
    ----------
    name
        Slurm's name for it.
    address
        The IPv4 address that Slurm itself uses for it. Host names may resolve to a loopback, or to a second network.
    cores
        CPUs as Slurm counts them.
    memory
        In MiB.
    is_whole
        True where nothing limits the job's memory, so that it has to leave something to the machine itself.
    """

    name: str
    address: str
    cores: int
    memory: int
    is_whole: bool = False


@dataclass(frozen=True)
class Granted:
    """The nodes of a job.

    Parameters
    ----------
    job
        Slurm's number of the job; of a task of an array its own.
    head
        Where the batch script runs, and with it the Master and the driver.
    workers
        Where there may be workers: all nodes with the head first, or those of the second group of a heterogeneous job.
    het_group
        What ``srun --het-group`` has to say to reach the workers; None in a job that is not heterogeneous.
    """

    job: str
    head: Node
    workers: tuple[Node, ...]
    het_group: int | None = None

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, the head first; once, if it is in both groups of a heterogeneous job."""
        return (self.head, *(node for node in self.workers if node.name != self.head.name))


def granted(
    environment: Mapping[str, str], node_fields: NodeFields, resolve: Resolve, *, limit: int | None = None
) -> Granted:
    """Return what Slurm granted to the job that this process belongs to.

    Parameters
    ----------
    environment
        That of the batch script; a step may have other values.
    node_fields
        Returns what ``scontrol show node`` says of a node.
    resolve
        Returns the IPv4 address of a host, or None.
    limit
        MiB that the control group of this process, on the head, is limited to (see `dsgrid.cluster.limit`).

    Raises
    ------
    UsageError
        This is no job, or none that a cluster can be made in.
    ClusterError
        Slurm does not say enough of a node, or its address cannot be found.
    """
    job = environment.get("SLURM_JOB_ID")
    if not job:
        raise UsageError(_OUTSIDE)
    groups = _groups(environment, job)
    if groups > 2:
        raise UsageError(
            f"this heterogeneous job has {groups} groups; two are needed: one node for the driver, and the workers"
        )
    if groups == 2:
        first, workers = (_group(environment, f"_HET_GROUP_{i}", node_fields, resolve) for i in (0, 1))
        if len(first) > 1:
            raise UsageError(
                f"the first group of this heterogeneous job has {len(first)} nodes, but the driver needs one; ask for: "
                "sbatch --nodes=1 [ITS OPTIONS] : --nodes=N [THOSE OF THE WORKERS] SCRIPT SPEC"
            )
        return Granted(job, _limited(first[0], limit), workers, het_group=1)
    head, *others = _group(environment, "", node_fields, resolve)
    head = _limited(head, limit)
    return Granted(job, head, (head, *others))


def counts(text: str) -> tuple[int, ...]:
    """Return the numbers, one for each node, that ``104(x2),36`` stands for.

    Raises
    ------
    ValueError
        It is no such text.
    """
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part.strip(), re.ASCII)
        if match is None:
            raise ValueError(text)
        found += [int(match[1])] * int(match[2] or 1)
    return tuple(found)


def _groups(environment: Mapping[str, str], job: str) -> int:
    """Return the number of groups; a variable of an outer job, from which this one was submitted, does not count."""
    size = environment.get("SLURM_HET_SIZE", "")
    is_ours = environment.get("SLURM_JOB_ID_HET_GROUP_0", job) == job
    return int(size) if size.isdigit() and is_ours else 1


def _limited(node: Node, limit: int | None) -> Node:
    if limit is None or limit >= node.memory:
        return node
    return Node(node.name, node.address, node.cores, limit)


def _group(environment: Mapping[str, str], suffix: str, node_fields: NodeFields, resolve: Resolve) -> tuple[Node, ...]:
    names = expand(_value(environment, f"SLURM_JOB_NODELIST{suffix}"))
    cores = _cores(environment, suffix, len(names))
    nodes = []
    for name, count in zip(names, cores, strict=True):
        fields = node_fields(name)
        memory, is_whole = _memory(environment, suffix, name, count, fields)
        nodes.append(Node(name, _address(name, fields, resolve), count, memory, is_whole))
    return tuple(nodes)


def _value(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise UsageError(
            f"{name} is not set, as it is in the batch script of every job; start there, or by sbatch with --export=ALL"
        )
    return value


def _cores(environment: Mapping[str, str], suffix: str, nodes: int) -> tuple[int, ...]:
    """Return the CPUs of each node: those of the allocation, which with --exclusive are more than were asked for."""
    name = f"SLURM_JOB_CPUS_PER_NODE{suffix}"
    if not environment.get(name) and environment.get(f"SLURM_CPUS_PER_TASK{suffix}"):
        name = f"SLURM_TASKS_PER_NODE{suffix}"
        each = _numbers(environment, f"SLURM_CPUS_PER_TASK{suffix}")
        tasks = _numbers(environment, name) if environment.get(name) else (1,) * nodes
        found = tuple(each[0] * count for count in tasks)
    else:
        found = _numbers(environment, name)
    if len(found) != nodes:
        raise UsageError(f"{name} is for {len(found)} nodes, but SLURM_JOB_NODELIST{suffix} names {nodes}")
    if min(found) < 1:
        raise UsageError(f"{name} grants no cores on a node; ask for --cpus-per-task=1 or more")
    return found


def _numbers(environment: Mapping[str, str], name: str) -> tuple[int, ...]:
    text = _value(environment, name)
    try:
        return counts(text)
    except ValueError:
        raise UsageError(f'{name} is "{text}", and not of the form 8(x2),4') from None


def _memory(
    environment: Mapping[str, str], suffix: str, name: str, cores: int, fields: Mapping[str, str]
) -> tuple[int, bool]:
    """Return the memory that the job may use on a node, and whether nothing but the machine limits it."""
    per_node = _size(environment, f"SLURM_MEM_PER_NODE{suffix}")
    if per_node:
        return per_node, False
    per_core = _size(environment, f"SLURM_MEM_PER_CPU{suffix}")
    if per_core:
        return per_core * cores, False
    # --mem=0, or nothing was said: then Slurm sets no variable.
    real = _field(name, fields, "RealMemory")
    whole = real - _number(fields.get("MemSpecLimit"))
    if whole < 1:
        raise ClusterError(f'Slurm says that node "{name}" has {real} MiB of memory; ask for some with --mem=16G')
    in_all = _number(fields.get("CPUEfctv")) or _number(fields.get("CPUTot"))
    # Where Slurm counts no memory others may be on the node, and ours is a share like that of the cores.
    if fields.get("AllocMem") == "0" and 0 < cores < in_all:
        return max(1, whole * cores // in_all), False
    return whole, True


def _size(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "").strip()
    match = re.fullmatch(r"(\d+)([KMGT]?)", text.upper() or "0", re.ASCII)
    if match is None:
        raise UsageError(f'{name} is "{text}", and not a number of MiB')
    return int(int(match[1]) * _SIZES[match[2]])


def _field(name: str, fields: Mapping[str, str], field: str) -> int:
    text = fields.get(field, "")
    if not text.isdigit():
        found = f'"{text}"' if text else "nothing"
        raise ClusterError(
            f'Slurm says {found} for {field} of node "{name}"; look at: scontrol show node {name}, or ask for memory '
            "with --mem=16G"
        )
    return int(text)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _address(name: str, fields: Mapping[str, str], resolve: Resolve) -> str:
    told = fields.get("NodeAddr", "")
    host = name if told in ("", "(null)") else told
    address = resolve(host)
    if not address:
        where = f'"{host}", Slurm\'s address of node "{name}"' if host != name else f'the name of node "{name}"'
        raise ClusterError(
            f"{where}, has no IPv4 address on this node; try: getent ahostsv4 {host}; leave the node out with "
            f"--exclude={name}, and tell the site's support"
        )
    return address
