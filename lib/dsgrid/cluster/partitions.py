"""The partitions that a job can be sized for: what the site's file says, else what Slurm tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dsgrid.cluster.durations import MINUTE, seconds_of, slurm_time
from dsgrid.errors import UsageError, did_you_mean, listing

if TYPE_CHECKING:
    from dsgrid.cluster.site import Site

# The name, CPUs and MiB of a node, the longest time, how many nodes, "up", and who shares nodes.
SINFO_FORMAT: Final = "%P|%c|%m|%l|%D|%a|%h"
# Slurm keeps something of a node's memory for itself where the site says so; sinfo does not tell.
_OF_A_NODE: Final = 0.95
SLURM: Final = "Slurm"


@dataclass(frozen=True)
class Partition:
    """A partition; None stands for what is not known, or not limited.

    Parameters
    ----------
    cores, memory
        Of one node; memory in MiB, what jobs may have of it.
    max_time
        In seconds.
    whole
        Whether a job has whole nodes.
    whence
        Who says so: the site's file, or Slurm.
    is_default
        Whether jobs that name no partition run in it.
    """

    name: str
    cores: int | None = None
    memory: int | None = None
    max_time: int | None = None
    max_nodes: int | None = None
    whole: bool = False
    whence: str = "the site's file"
    is_default: bool = False

    @property
    def usable(self) -> int | None:
        """The memory that a job may surely ask for."""
        return int(self.memory * _OF_A_NODE) if self.memory and self.whence == SLURM else self.memory


UNKNOWN: Final = Partition("", whence="nobody")


def parse_sinfo(text: str) -> tuple[Partition, ...]:
    """Return the partitions of sinfo's lines; of nodes that differ those that are most."""
    largest: dict[str, tuple[int, Partition]] = {}
    nodes: dict[str, int] = {}
    for line in text.splitlines():
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != len(SINFO_FORMAT.split("|")) or parts[5] != "up":
            continue
        label, cores, memory, time, count, _, sharing = parts
        name, number = label.rstrip("*"), _number(count) or 0
        found = Partition(
            name,
            _number(cores),
            _number(memory),
            _seconds(time),
            whole=sharing.startswith("EXCL"),
            whence=SLURM,
            is_default=label.endswith("*"),
        )
        nodes[name] = nodes.get(name, 0) + number
        if name not in largest or number > largest[name][0]:
            largest[name] = (number, found)
    return tuple(replace(found, max_nodes=nodes[name] or None) for name, (_, found) in largest.items())


def _seconds(text: str) -> int | None:
    # Of what is "infinite", and of what is nothing, no job's limit follows.
    try:
        return seconds_of(text)
    except UsageError:
        return None


def _number(text: str) -> int | None:
    # "8+" is said of nodes that differ: the least.
    digits = text.rstrip("+")
    return int(digits) if digits.isascii() and digits.isdigit() and int(digits) > 0 else None


def completed(said: Sequence[Partition], told: Sequence[Partition]) -> tuple[Partition, ...]:
    """Return the partitions of the site's file, with what Slurm adds; all of Slurm's where it has none."""
    by_name = {one.name: one for one in told}
    if not said:
        return tuple(told)
    return tuple(_completed(one, by_name.get(one.name)) for one in said)


def _completed(one: Partition, told: Partition | None) -> Partition:
    if told is None:
        return one
    names = ("cores", "memory", "max_time", "max_nodes")
    added = {name: getattr(told, name) for name in names if getattr(one, name) is None}
    return replace(one, is_default=told.is_default, **added)


def of_site(site: Site) -> tuple[Partition, ...]:
    """Return the partitions that the file of a site tells of."""
    return tuple(
        Partition(
            one.name,
            one.cores,
            one.memory,
            None if one.max_time is None else one.max_time * MINUTE,
            one.max_nodes,
            whole=not one.shared,
        )
        for one in site.partitions
    )


def candidates(
    partitions: Sequence[Partition], wanted: str | None, default: str | None, needs: Mapping[str, int | None]
) -> tuple[Partition, ...]:
    """Return the partitions that can run a job, the best first; never none.

    Parameters
    ----------
    wanted
        What the user names; it has to do.
    default
        What the site names; it comes first, or Slurm's own default.
    needs
        What the user wants at least of ``cores``, ``memory``, ``max_nodes`` and ``max_time``.

    Raises
    ------
    UsageError
        There is no such partition, or none that has it.
    """
    by_name = {one.name: one for one in partitions}
    if wanted is not None:
        if by_name and wanted not in by_name:
            raise UsageError(f'there is no partition "{wanted}"{did_you_mean(wanted, by_name)}')
        one = by_name.get(wanted) or replace(UNKNOWN, name=wanted)
        reason = lacks(one, needs)
        if reason:
            others = [each.name for each in partitions if not lacks(each, needs)]
            advice = f"; there it is possible: {listing(others)}" if others else ""
            raise UsageError(f'partition "{wanted}" {reason}{advice}')
        return (one,)
    if default is not None and default not in by_name:
        partitions = (replace(UNKNOWN, name=default), *partitions)
    first = [one for one in partitions if one.name == default] or [one for one in partitions if one.is_default]
    ordered = [*first, *(one for one in partitions if one not in first)]
    found = tuple(one for one in ordered if not lacks(one, needs))
    if ordered and not found:
        reasons = "; ".join(f'"{one.name}" {lacks(one, needs)}' for one in ordered)
        raise UsageError(f"no partition can run that: {reasons}")
    return found or (UNKNOWN,)


_WORDS: Final = {
    "cores": "has {} cores a node",
    "memory": "has {} MiB a node",
    "max_nodes": "gives at most {} nodes",
    "max_time": "lets jobs run for at most {}",
}


def lacks(one: Partition, needs: Mapping[str, int | None]) -> str:
    """Return what a partition has less of than is needed; empty where it has all."""
    for name, needed in needs.items():
        has = getattr(one, name)
        if needed is not None and has is not None and has < needed:
            say = slurm_time if name == "max_time" else "{:,}".format
            return f"{_WORDS[name].format(say(has))}, and {say(needed)} are wanted"
    return ""
