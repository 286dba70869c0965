"""Multiply the values of chosen records: in their own matrix, or as a factor of several dimension types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import Problem, SpecError, did_you_mean, listing
from dsgrid.query.model import VALUE, Adjustment, Filter, Test
from dsgrid.query.multiplier import Multiplier
from dsgrid.query.plan import Plan
from dsgrid.query.rules.filters import is_of_time, kept_records
from dsgrid.query.rules.growth import is_growth
from dsgrid.query.source import Source

Chosen = Mapping[str, frozenset[str]]  # by type, the base records that are meant


def adjust(plan: Plan) -> Plan:
    """Give the sources the factors of the query's adjustments.

    An adjustment on records of one type becomes part of that type's matrix. One on several types is a multiplier:
    the classes of a type are which of the adjustments mean its record.

    Raises
    ------
    SpecError
        For dimensions and records that there are not, sources that the query does not name, and entries that mean no
        record.

    Examples
    --------
    The query::

        [[adjust]]
        where = { county = "a" }
        multiply = 1.1

        [[adjust]]
        where = { state = "x", building = "flat" }
        multiply = 0.5

    multiplies the values of::

        a: * 1.1
        (a, b) x (flat): * 0.5
    """
    problems: list[Problem] = []
    chosen: list[tuple[Adjustment, Chosen]] = []
    for adjustment in plan.query.adjustments:
        found = _chosen(plan, adjustment, problems)
        chosen.append((adjustment, found))
        problems.extend(_unknown_members(plan, adjustment))
    if problems:
        raise SpecError(problems)
    return replace(plan, sources=tuple(_adjusted(source, chosen) for source in plan.sources))


def _chosen(plan: Plan, adjustment: Adjustment, problems: list[Problem]) -> Chosen:
    found: dict[str, frozenset[str]] = {}
    types = {base.name: base.type for base in plan.project.base}
    for name, ids in adjustment.where:
        node = adjustment.node["where"][name]
        condition = Filter(name, "id", Test("in", ids), None, (), node)
        if name == VALUE or is_of_time(plan.project, condition):
            problems.append(node.problem(f'"{name}" is no dimension of records, and adjustments are of records'))
            continue
        kept = kept_records(plan.project, condition)
        if isinstance(kept, Problem):
            problems.append(replace(kept, where=node.where, key=node.key))
            continue
        base, records, _ = kept
        type_ = types[base]
        meant = found.get(type_, records) & records
        if meant:
            found[type_] = meant
        else:
            problems.append(node.problem(_of_nothing(plan, name, ids, base, alone=not records)))
        for source in plan.sources:
            name_ = source.member.name if source.member is not None else ""
            if source.factor(type_).base.name != base and (name_ in adjustment.members or not adjustment.members):
                problems.append(
                    node.problem(
                        f'{source.name} maps to "{source.factor(type_).base.name}", and not to "{base}"; say with '
                        "`sources` whose values are meant"
                    )
                )
    return found


def _of_nothing(plan: Plan, name: str, ids: Sequence[str], base: str, *, alone: bool) -> str:
    """Return that an entry means no record, either by itself or together with those before it."""
    if not alone:
        return f'no record of "{base}" is meant by this adjustment: this entry and those before it exclude each other'
    return (
        f'no record is meant by this adjustment: no record of "{base}" has an association with {listing(ids)} of '
        f'"{name}" in project {plan.project.id}'
    )


def _unknown_members(plan: Plan, adjustment: Adjustment) -> list[Problem]:
    known = [member.name for member in plan.query.members]
    return [
        adjustment.node["sources"][index].problem(f'the query has no source "{name}"{did_you_mean(name, known)}')
        for index, name in enumerate(adjustment.members)
        if name not in known
    ]


def _adjusted(source: Source, every: Sequence[tuple[Adjustment, Chosen]]) -> Source:
    name = source.member.name if source.member is not None else ""
    # A rate of growth is multiplied with what it grows, which is adjusted already.
    own = [(one, chosen) for one, chosen in every if name in one.members or not (one.members or is_growth(source))]
    single = [(one, chosen) for one, chosen in own if len(chosen) == 1]
    several = [(one, chosen) for one, chosen in own if len(chosen) > 1]
    for adjustment, chosen in single:
        ((type_, ids),) = chosen.items()
        source = _in_matrix(source, type_, ids, adjustment.multiply)
    if not several:
        return source
    multiplier = _multiplier(source, several)
    if not multiplier.sizes:
        return replace(source, scale=source.scale * float(multiplier.factors[0]))
    return replace(source, multipliers=(*source.multipliers, multiplier))


def _in_matrix(source: Source, type_: str, ids: frozenset[str], factor: float) -> Source:
    factors = []
    for one in source.factors:
        if one.type == type_:
            reached = [id_ for id_ in one.base_ids if id_ in ids]
            one = replace(
                one, adjusted={**one.adjusted, **{id_: one.adjusted.get(id_, 1.0) * factor for id_ in reached}}
            )
        factors.append(one)
    return replace(source, factors=tuple(factors))


def _multiplier(source: Source, several: Sequence[tuple[Adjustment, Chosen]]) -> Multiplier:
    numbers: dict[str, Mapping[str, int]] = {}
    patterns: list[list[tuple[bool, ...]]] = []
    for type_ in RECORD_TYPES:
        meant = {
            id_: tuple(type_ not in chosen or id_ in chosen[type_] for _, chosen in several)
            for id_ in source.factor(type_).base_ids
        }
        different = list(dict.fromkeys(meant.values()))
        if len(different) > 1 or (different and not all(different[0])):
            numbers[type_] = {id_: different.index(pattern) for id_, pattern in meant.items()}
            patterns.append(different)
    factors = np.ones(1)
    held = np.ones((1, len(several)), bool)
    for different in patterns:
        # The first type is the fastest digit of a place.
        held = (np.array(different)[:, None, :] & held[None, :, :]).reshape(-1, len(several))
    factors = np.prod(np.where(held, [one.multiply for one, _ in several], 1.0), axis=1)
    sizes = {type_: len(different) for type_, different in zip(numbers, patterns, strict=True)}
    count = f"{len(several)} adjustment{'s' if len(several) > 1 else ''}"
    return Multiplier(count, numbers, sizes, np.arange(len(factors)), factors)
