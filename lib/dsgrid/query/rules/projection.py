"""Let values of a base year grow: the growth becomes a factor of several dimensions, and is never multiplied out.

``value[g, s, e, y] = value[g, s, e, base_year] * factor[class of g, class of s, class of e, y]``, where the factor is
``(1 + r) ** (y - base_year)`` or ``r``, and `r` is what the growth dataset's values are after they have been mapped to
the project's base dimensions.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dsgrid.dimensions.matrix import Matrix, Row
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import Problem, SpecError, listing
from dsgrid.query.factor import Factor
from dsgrid.query.multiplier import Multiplier
from dsgrid.query.plan import Plan
from dsgrid.query.radix import stride_of
from dsgrid.query.rules.class_values import values_by_class
from dsgrid.query.rules.growth import is_growth
from dsgrid.query.source import Source

YEAR = "model_year"


def project(plan: Plan) -> Plan:
    """Give every source that grows its multiplier, and let its base year reach the years of the growth.

    Raises
    ------
    SpecError
        If there is no such base year; for a growth dataset with several values per combination, or whose weights do
        not sum to 1 where it is mapped to; for years that are no numbers.

    Examples
    --------
    Where homes grow by 10 % a year, as growth says up to 2022, the values of the source in::

        expression = "future"

        [source.future]
        kind = "exponential_growth"
        initial = "homes"
        growth = "growth"

    go from their year to::

        2020 -> 2020 * 1, 2021 * 1.1, 2022 * 1.21
    """
    return replace(plan, sources=tuple(_projected(plan, source) for source in plan.sources))


def _projected(plan: Plan, source: Source) -> Source:
    if source.growth is None:
        return source
    assert source.member is not None
    assert source.member.growth_node is not None
    node = source.member.growth_node
    problem = _unsuitable(plan, source, source.growth)
    if problem:
        raise SpecError(node.problem(problem))
    years = source.factor(YEAR)
    base = _base_year(source, years)
    grown = source.growth.factor(YEAR).base_ids
    wrong = [id_ for id_ in (base, *grown) if not id_.lstrip("-").isdigit()]
    if wrong and source.member.kind == "exponential_growth":
        raise SpecError(node.problem(f'the model year "{wrong[0]}" is no number, so nobody knows how far it has grown'))
    entries: dict[str, Row] = {
        record: tuple((year, coefficient) for year in grown)
        for record, row in years.to_base.entries.items()
        for target, coefficient in row
        if target == base
    }
    factors = tuple(
        replace(
            factor,
            to_base=Matrix(entries),
            left_out=tuple(
                (record, f"not of the base year {base}") for record in factor.records if record not in entries
            ),
        )
        if factor.type == YEAR
        else factor
        for factor in source.factors
    )
    multiplier = _multiplier(source, source.growth, base)
    return replace(source, factors=factors, multipliers=(*source.multipliers, multiplier))


def _unsuitable(plan: Plan, source: Source, growth: Source) -> str:
    assert growth.associations is not None
    for type_ in RECORD_TYPES:
        own, other = source.factor(type_).base.name, growth.factor(type_).base.name
        if own != other:
            return f'growth {growth.dataset.id} maps to "{other}", but {source.dataset.id} to "{own}"'
    if (growth.associations.rows != 1).any():
        return (
            f"growth {growth.dataset.id} has several values of time for each of its combinations; a growth rate needs "
            "one of each model year"
        )
    if not is_growth(growth) and any(_units(growth)):
        return (
            f'the values of growth {growth.dataset.id} have the unit "{next(filter(None, _units(growth)))}"; rates of '
            "growth and multipliers have none"
        )
    return ""


def _units(source: Source) -> list[str]:
    return [str(record.get("unit") or "") for record in source.dataset.dimensions["metric"].records]


def _base_year(source: Source, years: Factor) -> str:
    member = source.member
    assert member is not None
    known = _years_with_data(source, years)
    if not known:
        raise SpecError(
            member.dataset_node.problem(f"{source.dataset.id} has no values that reach a model year of the project")
        )
    if member.base_year is None:
        return min(known, key=lambda id_: (len(id_), id_) if id_.isdigit() else (99, id_))
    if member.base_year not in known:
        growth = member.growth_node
        assert growth is not None
        raise SpecError(
            Problem(
                f'{source.dataset.id} has no values of the model year "{member.base_year}"; it has {listing(known)}',
                growth.where,
                growth.key.replace("growth", "base_year"),
            )
        )
    return member.base_year


def _years_with_data(source: Source, years: Factor) -> tuple[str, ...]:
    """Return the project's years of combinations that reach it; a year that only has what is dropped grows nothing."""
    associations = source.associations
    assert associations is not None
    reaching = np.ones(len(associations), bool)
    for factor in source.factors:
        mapped = np.array([record in factor.to_base.entries for record in factor.records], bool)
        reaching &= mapped[associations.codes[factor.type]]
    present = {years.records[position] for position in np.unique(associations.codes[YEAR][reaching])}
    return tuple(dict.fromkeys(str(base) for record, base, _ in years.to_base if record in present))


def _multiplier(source: Source, growth: Source, base_year: str) -> Multiplier:
    """Return the factors by classes of base records that the growth dataset does not tell apart."""
    assert source.member is not None
    wanted = {factor.type: factor.base_ids for factor in source.factors}
    found = values_by_class(growth, {**wanted, YEAR: growth.factor(YEAR).base_ids}, apart=(YEAR,))
    factors = found.values
    if source.member.kind == "exponential_growth":
        years = np.array([int(id_) for id_ in found.numbers[YEAR]], np.int64)
        passed = years[found.places // stride_of(found.sizes, YEAR) % found.sizes[YEAR]] - int(base_year)
        factors = (1.0 + found.values) ** passed
    what = f"{source.member.kind} by {growth.dataset.id}@{growth.dataset.version} from {base_year}"
    return Multiplier(what, found.numbers, found.sizes, found.places, factors, found.weights)
