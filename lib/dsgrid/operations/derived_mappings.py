"""Mappings that a submission takes from what is registered: chains that are found, and reverses of supplementals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dsgrid.dimensions.additivity import additivity
from dsgrid.dimensions.composition import (
    COMPOSED,
    REVERSED,
    compose_all,
    described,
    reverse_mapping,
    same_associations,
)
from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.ids import unknown_ids
from dsgrid.dimensions.kinds import check_mapping
from dsgrid.dimensions.mapping import Mapping
from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES
from dsgrid.errors import DataError, NotFoundError, SpecError, did_you_mean, listing
from dsgrid.operations.reuse import needed_registry
from dsgrid.registry.chains import MOST, Chain, Hop, find_chains, names_of
from dsgrid.registry.model import Dataset, Project, TypeMapping
from dsgrid.registry.registry import Registry
from dsgrid.spec.node import Node

_SHOWN = 5


# Chains --------------------------------------------------------------------------------------------------------------


def found_mapping(
    type_: str, node: Node, project: Project, own: Dimension, bases: Sequence[Dimension], registry: Registry | None
) -> TypeMapping:
    """Return what registered mappings make together, from the dataset's dimension to one of some base dimensions.

    Raises
    ------
    NotFoundError
        If no chain leads there; what is there is named.
    SpecError
        If several chains lead there that do different things, or to different base dimensions.
    """
    opened = needed_registry(node["find"], registry)
    place = node.get("through") or node["find"]
    if not own.id:
        raise place.error(
            f'the dataset defines its {type_} dimension "{own.name}" itself, and no registered mapping begins there; '
            f"let it `use` a registered one in [dimension.{type_}], or give `kind` and `records`"
        )
    by_end = {(base.id, base.version): base.name for base in bases}
    if (own.id, own.version) in by_end:
        return TypeMapping(by_end[own.id, own.version])
    hops = opened.hops(type_, project)
    through = tuple(each.value for each in node["through"]) if "through" in node else ()
    chains = find_chains(hops, (own.id, own.version), by_end, through)
    if not chains:
        raise NotFoundError(place.problem(no_chain(hops, own, bases, through)))
    ends = [base.name for base in bases if (base.id, base.version) in {chain.end for chain in chains}]
    if len(ends) > 1:
        raise place.error(
            f"registered mappings lead from {own.name} to several base {type_} dimensions; say which with `to`: "
            f"{listing(ends)}"
        )
    chain, mapping = one_chain(place, chains, lambda hop: opened.mapping(hop.reference))
    base = next(base for base in bases if base.name == ends[0])
    problems = check_mapping(mapping, own.records.by_id, base.records.by_id)
    if problems:
        raise DataError([place.problem(f"{chain.references}: {problem.message}") for problem in problems])
    return TypeMapping(base.name, mapping)


def one_chain(place: Node, chains: Sequence[Chain], read: Callable[[Hop], Mapping]) -> tuple[Chain, Mapping]:
    """Return the shortest of chains that all do the same, and what it does.

    Raises
    ------
    SpecError
        If they do different things, or are too many to be compared.
    """
    if len(chains) >= MOST:
        raise place.error(
            f"{MOST} or more chains of registered mappings lead there, such as {chains[0]}; say which with "
            f"through = {_written(chains[0].ids)}"
        )
    mappings: dict[str, Mapping] = {}
    composed = []
    for chain in chains:
        for hop in chain.hops:
            mappings.setdefault(hop.reference, read(hop))
        composed.append(compose_all([mappings[hop.reference] for hop in chain.hops]))
    others = [chain for chain, one in zip(chains, composed, strict=True) if not same_associations(one, composed[0])]
    if others:
        count = 1 + len(others)
        detail = [f"  {chain}\n    through = {_written(chain.ids)}" for chain in chains]
        problem = place.problem(
            f"{count} chains of registered mappings lead there, and they do different things: {chains[0]}; "
            f"{others[0]}{f'; and {count - 2} more' if count > 2 else ''}; say which, such as through = "
            f"{_written(chains[0].ids)}"
        )
        raise SpecError(replace(problem, detail="\n".join(detail)))
    if len(chains[0].hops) == 1:
        return chains[0], composed[0]
    return chains[0], described(composed[0], COMPOSED, chains[0].references)


def no_chain(
    hops: Sequence[Hop], own: Dimension, bases: Sequence[Dimension], through: Sequence[str], what: str = "base "
) -> str:
    """Return why no chain leads from a dimension to any of some others: what begins here, and what ends there.

    Parameters
    ----------
    what
        What the others are, to stand before their names.
    """
    start = (own.id, own.version)
    ends = {(base.id, base.version) for base in bases}
    to = " or ".join(f'"{base.name}" ({base.id}@{base.version})' for base in bases)
    head = f'no chain of registered mappings leads from "{own.name}" ({own.id}@{own.version}) to {what}{to}'
    if through:
        chains = find_chains(hops, start, ends)
        if chains:
            known = names_of(hop for chain in chains for hop in chain.hops)
            odd = [each for each in through if each.rpartition("@")[0] not in known and each not in known]
            hint = did_you_mean(odd[0], known, 20) if odd else f"; there is {'; '.join(map(str, chains[:_SHOWN]))}"
            return f"no chain of registered mappings goes through {', then '.join(through)}{hint}"
    leaving = [f"{hop.reference} to {hop.to[0]}@{hop.to[1]}" for hop in hops if hop.from_ == start]
    arriving = [f"{hop.reference} from {hop.from_[0]}@{hop.from_[1]}" for hop in hops if hop.to in ends]
    other = [f"{hop.reference} from {hop.from_[1]}" for hop in hops if hop.from_[0] == own.id and hop.from_ != start]
    return (
        f"{head}; from it: {_some(leaving)}; to there: {_some(arriving)}"
        f"{f'; from other versions of it: {_some(other)}' if other else ''}"
    )


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return f"{', '.join(texts[:_SHOWN])}{more}" if texts else "nothing"


def _written(ids: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{id_}"' for id_ in ids) + "]"


# Reverses ------------------------------------------------------------------------------------------------------------


def reversed_mapping(type_: str, node: Node, project: Project, dataset: Dataset) -> TypeMapping:
    """Return the reverse of how a supplemental dimension is made, for the dataset's records, which are some of its.

    Raises
    ------
    SpecError
        If there is no such supplemental, or the spec does not say that the reverse copies.
    DataError
        If the reverse is not well-defined: the dataset has other records, some base record is in several of them, or
        values that add up would be copied.
    """
    place, own = node["reverse_of"], dataset.dimensions[type_]
    supplemental = _supplemental(type_, node, project)
    other = unknown_ids(own.records.ids, supplemental.dimension.records.by_id, f'record of "{place.value}"')
    if other is not None:
        raise DataError(place.problem(other))
    ways = f'"{place.value}" -> "{supplemental.of}"'
    try:
        mapping = reverse_mapping(supplemental.mapping, own.records.ids)
    except ValueError as error:
        raise DataError(
            place.problem(f"{ways} has no reverse: {error}; give a mapping with `kind` and `records`")
        ) from None
    if mapping.kind == "duplication":
        _refuse_copies(type_, node, dataset, mapping, ways)
    allowed = ("one_to_one", "duplication") if mapping.kind == "one_to_one" else ("duplication",)
    kind = node.string("kind", mapping.kind)
    if kind not in allowed:
        raise node["kind"].error(
            f"the reverse of a supplemental dimension is a {' or '.join(allowed)} here, not {kind}; fractions need "
            "`records`"
        )
    base = next(base for base in project.base if base.name == supplemental.of)
    mapping = replace(mapping, kind=kind)
    problems = check_mapping(mapping, own.records.by_id, base.records.by_id)
    if problems:
        raise DataError([place.problem(f"{ways}: {problem.message}") for problem in problems])
    of = supplemental.mapping
    name = f"{of.id}@{of.version}" if of.id else f'"{supplemental.of}" -> "{place.value}"'
    return TypeMapping(base.name, described(mapping, REVERSED, name))


def _supplemental(type_: str, node: Node, project: Project) -> Supplemental:
    place = node["reverse_of"]
    known = {each.dimension.name: each for each in project.supplemental if each.dimension.type == type_}
    found = known.get(place.value)
    if found is None:
        raise place.error(
            f'project {project.id} has no supplemental {type_} "{place.value}"{did_you_mean(place.value, known)}'
        )
    if "to" in node and node["to"].value != found.of:
        raise node["to"].error(f'"{place.value}" is a supplemental of "{found.of}", not of "{node["to"].value}"')
    return found


def _refuse_copies(type_: str, node: Node, dataset: Dataset, mapping: Mapping, ways: str) -> None:
    """Refuse to copy what adds up, and to copy without being asked."""
    targets: dict[str, int] = {}
    for each in mapping.associations:
        targets[each.from_id] = targets.get(each.from_id, 0) + 1
    id_ = max(targets, key=lambda each: targets[each])
    copies = f'{ways} copies the value of "{id_}" to {targets[id_]:,} records'
    additive = [] if type_ in NAMED_REDUCTION_TYPES else additive_metrics(dataset.dimensions["metric"])
    if additive:
        metric, unit = additive[0]
        more = f" and {len(additive) - 1:,} more metrics" if len(additive) > 1 else ""
        raise DataError(
            node["reverse_of"].problem(
                f'{copies}, but "{metric}" ({unit or "no unit"}){more} add{"" if more else "s"} up over {type_}, so '
                "the copies would be counted many times; a total needs weights: give a one_to_many_disaggregation, "
                "whose `records` say which fraction each record gets"
            )
        )
    if "kind" not in node:
        raise node["reverse_of"].error(f'{copies}; say that this is meant with kind = "duplication"')


def additive_metrics(metric: Dimension) -> list[tuple[str, str]]:
    """Return id and unit of the records of a metric dimension whose values add up over places, sectors and the like."""
    units = [(record.id, str(record.get("unit") or "")) for record in metric.records]
    return [(id_, unit) for id_, unit in units if additivity(metric.record_class, unit).over_categories]


# What could be asked for ---------------------------------------------------------------------------------------------


def hint(type_: str, project: Project, own: Dimension, bases: Sequence[Dimension], registry: Registry | None) -> str:
    """Return what a spec without a mapping could say to get one, to end a message with; perhaps nothing."""
    if registry is not None and own.id:
        chains = find_chains(
            registry.hops(type_, project), (own.id, own.version), {(each.id, each.version) for each in bases}
        )
        if chains:
            return f" (find = true in it takes what is registered: {chains[0]})"
    names = {base.name for base in bases}
    for each in project.supplemental:
        ids = each.dimension.records.by_id
        if each.of in names and all(id_ in ids for id_ in own.records.ids):
            name = each.dimension.name
            return (
                f' (its ids are those of supplemental "{name}": a one_to_many_disaggregation splits totals, and '
                f'reverse_of = "{name}" copies rates)'
            )
    return ""
