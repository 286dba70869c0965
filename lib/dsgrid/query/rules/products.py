"""Turn a product with a dataset without time into a factor of several dimensions: it is never multiplied out.

``homes * (1 + rate)`` needs no table of all homes at base level: the rates are known from stored sums, so homes are
contracted to what the rates and the result can tell apart, and multiplied then, as projections are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dsgrid.dimensions.units import is_temperature
from dsgrid.errors import SpecError
from dsgrid.query.combination import Agreement, Combination, Combined, Leaf, Shifted
from dsgrid.query.model import Filter
from dsgrid.query.multiplier import Multiplier
from dsgrid.query.plan import Plan, ToUnit
from dsgrid.query.rules.class_values import Float64, values_by_class
from dsgrid.query.rules.growth import is_growth
from dsgrid.query.source import Source
from dsgrid.time.dimension import NoTime


def factor_products(plan: Plan) -> Plan:
    """Give the sources of a leaf multipliers in place of the product with another leaf; that one needs no engine.

    The expression has to be a product (or a quotient) of sources that are added up and one dataset of rates without
    time, perhaps with numbers: ``a * g``, ``(a + b) / (1 + g)``. Keys have been compared before.

    Examples
    --------
    Where growth is 0.1 in county a and 0.2 in county c, the query::

        expression = "homes * (1 + growth)"

    multiplies the values of homes, which are one leaf::

        a: * 1.1
        c: * 1.2
    """
    found = _factored(plan)
    if found is None:
        return plan
    rates = next(source for source in plan.sources if source.leaf == found.leaf)
    kept = [source for source in plan.sources if source.leaf != found.leaf]
    sources = tuple(
        replace(source, leaf=0, multipliers=(*source.multipliers, _multiplier(plan, source, rates, found)))
        for source in kept
    )
    plan = replace(
        plan,
        sources=sources,
        combination=Leaf(),
        agreements=_agreements(plan, found.leaf),
        factored=(*plan.factored, rates),
    )
    if isinstance(plan.moves[0] if plan.moves else None, ToUnit) and not is_temperature(plan.query.output.unit or ""):
        # Values get the unit of the result on their way, as no number is added to them.
        plan = replace(plan, moves=plan.moves[1:], converts_late=False)
    return plan


def _agreements(plan: Plan, leaf: int) -> tuple[Agreement, ...]:
    """Return what the sources that are left still have to be to each other."""
    left = [index for index, source in enumerate(plan.sources) if source.leaf != leaf]
    number = {old: new for new, old in enumerate(left)}
    found = []
    for one in plan.agreements:
        sides = [tuple(number[index] for index in side if index in number) for side in (one.left, one.right)]
        if all(sides):
            found.append(Agreement(one.operator, sides[0], sides[1]))
    return tuple(found)


@dataclass(frozen=True)
class _Factored:
    """A factor: the leaf of the rates, and ``scale * rate + offset``; to be divided by if `divides`."""

    leaf: int
    scale: float
    offset: float
    divides: bool


def _factored(plan: Plan) -> _Factored | None:
    combination = plan.combination
    if not isinstance(combination, Combined) or combination.operator not in "*/" or combination.fill:
        return None
    if any(isinstance(move, Filter) for move in plan.moves[:1]):
        return None  # a filter on values sees the product at base level
    sides = [(combination.left, combination.right)]
    if combination.operator == "*":
        sides.append((combination.right, combination.left))
    for other, rates in sides:
        line = _line(rates)
        if (
            isinstance(other, Leaf)
            and line is not None
            and _are_rates(plan, line[0])
            and not _are_rates(plan, other.number)
        ):
            return _Factored(*line, divides=combination.operator == "/")
    return None


def _line(combination: Combination) -> tuple[int, float, float] | None:
    """Return the leaf, the scale and the offset of an expression that is a leaf with numbers."""
    if isinstance(combination, Leaf):
        return combination.number, 1.0, 0.0
    if isinstance(combination, Shifted) and not combination.inverse:
        inner = _line(combination.of)
        if inner is not None:
            leaf, scale, offset = inner
            return leaf, scale * combination.scale, offset * combination.scale + combination.offset
    return None


def _are_rates(plan: Plan, leaf: int) -> bool:
    sources = [source for source in plan.sources if source.leaf == leaf]
    if len(sources) != 1:
        return False
    one = sources[0]
    assert one.associations is not None
    plain = not one.multipliers and one.growth is None and not any(factor.adjusted for factor in one.factors)
    alone = isinstance(one.dataset.time, NoTime) and bool((one.associations.rows == 1).all())
    return plain and alone and is_growth(one) and not one.time_filters


def _multiplier(plan: Plan, source: Source, rates: Source, found: _Factored) -> Multiplier:
    wanted = {factor.type: factor.base_ids for factor in source.factors}
    values = values_by_class(rates, wanted)
    factors: Float64 = found.scale * rates.scale * values.values + found.offset
    if found.divides:
        zeros = np.flatnonzero(factors == 0)
        if len(zeros):
            made = Multiplier("", values.numbers, values.sizes, values.places, factors)
            place = made.shown(int(values.places[zeros[0]]), source.bases)
            raise SpecError(
                plan.query.members_node.problem(f"the expression divides by 0: {rates.name} makes it so for {place}")
            )
        factors = 1.0 / factors
    what = f"{'division' if found.divides else 'multiplication'} by {rates.dataset.id}@{rates.dataset.version}"
    return Multiplier(what, values.numbers, values.sizes, values.places, factors)
