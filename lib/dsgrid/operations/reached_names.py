"""Dimensions that a query of a dataset names beside its targets: those that registered mappings lead to from these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.errors import DsgridError, NotFoundError, Problem, SpecError
from dsgrid.operations.derived_mappings import one_chain
from dsgrid.operations.targets import reached
from dsgrid.query.of_dataset import RESERVED
from dsgrid.registry.chains import Hop, Reference, find_chains
from dsgrid.registry.model import Dataset
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parts
from dsgrid.spec.node import Node

# The keys of a spec under which names of dimensions stand.
_NAMING: Final = frozenset({"by", "dimension", "weights", "coincident_with"})
_MARK: Final = "."


@dataclass(frozen=True)
class _Way:
    """A dimension that is reached, from the target of its type."""

    type: str
    end: Reference
    hops: tuple[Hop, ...]


def read_supplementals(
    root: Node, dataset: Dataset, bases: Iterable[Dimension], registry: Registry, *, all_: bool = False
) -> tuple[Supplemental, ...]:
    """Return the dimensions that a query names and that chains of registered mappings lead to from its targets.

    Parameters
    ----------
    bases
        The targets, one of each type, under the names that the query knows them by.
    all_
        Take every dimension that is reached, whether it is named or not, but for those that several ways lead to.

    Raises
    ------
    SpecError
        If a name belongs to several of them, or several chains lead there that do different things.
    """
    of_type = {one.type: one for one in bases}
    ways = _ways(dataset, of_type, registry)
    taken = RESERVED | {one.name.casefold() for one in of_type.values()}
    named: dict[str, Node] = dict.fromkeys(ways, root) if all_ else {}
    if not all_:
        for name, node in _names(root):
            named.setdefault(name, node)
    found = []
    problems: list[Problem] = []
    for name, node in named.items():
        if name not in ways or name.casefold() in taken:
            continue
        try:
            found.append(_supplemental(name, node, ways[name], dataset, of_type, registry))
        except DsgridError as error:
            if not all_:
                problems.extend(error.problems)
    if problems:
        raise SpecError(problems)
    return tuple(found)


def _ways(dataset: Dataset, bases: Mapping[str, Dimension], registry: Registry) -> dict[str, list[_Way]]:
    ways: dict[str, list[_Way]] = {}
    for type_, start in bases.items():
        hops = registry.reach(type_, dataset)
        for end, name in reached(hops, (start.id, start.version)).items():
            ways.setdefault(name, []).append(_Way(type_, end, hops))
    return ways


def _names(node: Node, key: str = "") -> Iterator[tuple[str, Node]]:
    """Yield what a query names, without attributes, each with its place."""
    if isinstance(node.value, dict):
        for name, child in node.items():
            if name != "to":
                yield from _names(child, name)
    elif isinstance(node.value, list):
        for child in node:
            yield from _names(child, key)
    elif isinstance(node.value, str) and key in _NAMING:
        yield node.value, node
        yield node.value.partition(_MARK)[0], node


def _supplemental(
    name: str, node: Node, ways: Sequence[_Way], dataset: Dataset, bases: Mapping[str, Dimension], registry: Registry
) -> Supplemental:
    ids = sorted({way.end[0] for way in ways})
    if len(ids) > 1:
        cure = "; bring the data to one of them with [to]"
        raise node.error(f'several dimensions that mappings lead to are called "{name}": {", ".join(ids)}{cure}')
    way = max(ways, key=lambda one: parts(one.end[1]))
    of = bases[way.type]
    chains = find_chains(way.hops, (of.id, of.version), {way.end})
    if not chains:
        raise NotFoundError(node.problem(f'"{name}" is more mappings away than are looked through'))
    try:
        _, mapping = one_chain(node, chains, lambda hop: registry.hop(hop, dataset, way.type))
    except SpecError as error:
        cure = f"; bring {way.type} there with [to.{way.type}], which takes `through`"
        told = [replace(one, message=f"{one.message.partition('; say which')[0]}{cure}") for one in error.problems]
        raise SpecError(told) from None
    return Supplemental(replace(registry.dimension("@".join(way.end)), name=name), of.name, mapping)
