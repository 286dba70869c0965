"""Where a query of a dataset leads without a project: target dimensions, by chains of mappings that are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from dsgrid.dimensions.kinds import check_mapping
from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.errors import DataError, NotFoundError, RegistryError, did_you_mean, listing
from dsgrid.operations.definitions import Gathered
from dsgrid.operations.derived_mappings import no_chain, one_chain
from dsgrid.operations.shapes import registered_shape
from dsgrid.query.of_dataset import Target, own_targets, own_times
from dsgrid.registry.chains import Chain, Hop, Reference, find_chains
from dsgrid.registry.model import Dataset
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parse_reference, parts
from dsgrid.spec.node import Node
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.rules import TimeRules

_SHOWN = 8


@dataclass(frozen=True)
class TargetTime:
    """The time that a dataset is brought to.

    Parameters
    ----------
    times
        What may be taken; the first to which the dataset's time can be brought is.
    shape
        The dataset whose course annual values follow.
    is_named
        Whether it is named; else it is the dataset's own.
    """

    times: tuple[TimeDimension, ...]
    rules: TimeRules = field(default_factory=TimeRules)
    shape: Dataset | None = None
    is_named: bool = True


def read_targets(root: Node, dataset: Dataset, registry: Registry) -> dict[str, Target]:
    """Return what each dimension type of a dataset is brought to: what ``[to]`` names, else its own dimension.

    Raises
    ------
    NotFoundError
        If a dimension is not registered, or no chain of registered mappings leads there; what is reached is named.
    SpecError
        If several chains lead there that do different things, or the dimension is of another type.
    """
    targets = own_targets(dataset)
    tables = root.get("to")
    gathered = Gathered()
    for type_ in RECORD_TYPES:
        node = None if tables is None else tables.get(type_)
        if node is not None:
            targets[type_] = gathered.take(partial(_target, type_, node, dataset, registry)) or targets[type_]
    gathered.raise_any()
    return targets


def read_target_time(root: Node, dataset: Dataset, registry: Registry) -> TargetTime:
    """Return the time that values are brought to, and by which rules: what ``[to]`` names, else the dataset's own.

    Raises
    ------
    NotFoundError
        If a dimension or a shape is not registered.
    SpecError
        If the dimension is none of time.
    """
    tables = root.get("to")
    node = None if tables is None else tables.get(TIME)
    if node is None:
        return TargetTime(own_times(dataset.time), is_named=False)
    place = _place(node)
    try:
        time = registry.time(*parse_reference(place.value))
    except NotFoundError as error:
        raise NotFoundError([place.problem(one.message) for one in error.problems]) from None
    except RegistryError:
        raise place.error(f'"{place.value}" has records, expected a time dimension') from None
    given = {} if place is node else {key: child.value for key, child in node.items() if key != "dimension"}
    rules = TimeRules(wrap=bool(given.pop("wrap_time", False)), **given)
    if not rules.shape:
        return TargetTime((time,), rules)
    shape = registered_shape(node["shape"], registry)
    return TargetTime((time,), replace(rules, shape=f"{shape.id}@{shape.version}"), shape)


def time_node(root: Node, key: str) -> Node:
    """Return where a spec says a rule of time, or names its years; else where it names the time, or the dataset."""
    tables = root.get("to")
    if tables is None:
        return root["dataset"]
    node = tables.get(TIME)
    if node is None:
        return tables[key] if key in tables else root["dataset"]
    rule = "wrap_time" if key == "wrap" else key
    return node[rule] if isinstance(node.value, dict) and rule in node else node


def reached(hops: Sequence[Hop], start: Reference) -> dict[Reference, str]:
    """Return the dimensions that chains lead to, with their names, the nearest first."""
    found: dict[Reference, str] = {}
    waiting = [start]
    for here in waiting:
        for hop in hops:
            if hop.from_ == here and hop.to != start and hop.to not in found:
                found[hop.to] = hop.to_name
                waiting.append(hop.to)
    return found


def _place(node: Node) -> Node:
    """Return where a target is named: alone, or as the key of a table."""
    return node if isinstance(node.value, str) else node["dimension"]


def _target(type_: str, node: Node, dataset: Dataset, registry: Registry) -> Target:
    place = _place(node)
    through = () if place is node or "through" not in node else tuple(one.value for one in node["through"])
    own = dataset.dimensions[type_]
    start = (own.id, own.version)
    hops = registry.reach(type_, dataset)
    versions = _versions(type_, place, registry, {id_ for id_, _ in [start, *reached(hops, start)]})
    at = place if not through else node["through"]
    for end in versions:
        if end == start and not through:
            return Target(own)
        chains = find_chains(hops, start, {end}, through)
        if chains:
            return _along(type_, at, chains, dataset, registry)
    wanted = registry.dimension("@".join(versions[0]))
    known = [f'"{name}" ({id_}@{version})' for (id_, version), name in reached(hops, start).items()]
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    there = f"; it leads to {', '.join(known[:_SHOWN])}{more}" if known and not through else ""
    raise NotFoundError(at.problem(f"{no_chain(hops, own, [wanted], through, '')}{there}"))


def _along(type_: str, place: Node, chains: Sequence[Chain], dataset: Dataset, registry: Registry) -> Target:
    """Return the target at the end of chains that all do the same."""
    chain, mapping = one_chain(place, chains, lambda hop: registry.hop(hop, dataset, type_))
    end = registry.dimension("@".join(chain.end))
    if all(hop.is_same for hop in chain.hops):
        return Target(end)
    problems = check_mapping(mapping, dataset.dimensions[type_].records.by_id, end.records.by_id)
    if problems:
        raise DataError([place.problem(f"{chain.references}: {problem.message}") for problem in problems])
    return Target(end, mapping)


def _versions(type_: str, place: Node, registry: Registry, near: set[str]) -> list[Reference]:
    """Return the versions of the dimension that a target names, the newest first.

    Parameters
    ----------
    near
        The ids of dimensions that are reached: where several have the name, one of these is meant.
    """
    name, version = parse_reference(place.value)
    rows = registry.dimensions(all_versions=True)
    named = [row for row in rows if row["id"] == name] or [row for row in rows if row["name"] == name]
    ids = {row["id"]: row for row in named}
    of_type = [id_ for id_, row in ids.items() if row["type"] == type_]
    meant = [id_ for id_ in of_type if id_ in near] or of_type
    if ids and not of_type:
        types = listing(sorted({row["type"] for row in ids.values()}))
        raise place.error(f'"{name}" is of the type {types}, expected a dimension of the type "{type_}"')
    if not ids:
        known = [each for row in rows if row["type"] == type_ for each in (row["name"], row["id"])]
        raise NotFoundError(
            place.problem(f'no {type_} dimension "{name}" is registered{did_you_mean(name, dict.fromkeys(known))}')
        )
    if len(meant) > 1:
        raise place.error(f'several dimensions are called "{name}"; name one by its id: {listing(sorted(meant))}')
    there = [row["version"] for row in rows if row["id"] == meant[0]]
    fitting = [one for one in there if version is None or f"{one}.".startswith(f"{version}.")]
    if not fitting:
        raise NotFoundError(
            place.problem(f"{meant[0]} has no version {version}; there are: {', '.join(sorted(there, key=parts))}")
        )
    return [(meant[0], one) for one in sorted(fitting, key=parts, reverse=True)]
