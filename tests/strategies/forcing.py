"""Plans that do what the planner would not choose: their results have to be the same."""

from __future__ import annotations

from dataclasses import replace

from dsgrid.query.factor import Factor
from dsgrid.query.plan import Plan
from dsgrid.query.rules import RULES, Rule
from dsgrid.query.rules.bounds import count_rows
from dsgrid.query.rules.contractions import _direct, _expanding, choose_contractions
from dsgrid.query.rules.folding import fold_moves
from dsgrid.query.rules.gathering import gather_on_driver
from dsgrid.query.rules.products import factor_products
from dsgrid.query.rules.slots import carry_slots
from dsgrid.query.rules.time_modes import _classes, choose_time_modes
from dsgrid.query.source import Source
from dsgrid.query.time_factor import TimeFactor

# As the planner chooses; every record fanned out in stage 1; classes wherever they are possible; no stage left out;
# slots mapped in stage 2, all by themselves or in classes; sums that follow sums as stages; rows with codes of time
# instead of labels; the last sum by the engine; products with rates at base level.
WAYS = (
    "chosen",
    "fanned out",
    "by classes",
    "nothing left out",
    "slots kept",
    "slots classed",
    "not folded",
    "slots coded",
    "not gathered",
    "products multiplied out",
)
# The rules that some ways leave out.
LEFT_OUT = {
    "not folded": fold_moves,
    "slots coded": carry_slots,
    "not gathered": gather_on_driver,
    "products multiplied out": factor_products,
}


def rules(way: str) -> tuple[Rule, ...]:
    """Return the planner's rules with one choice forced."""

    def contract(plan: Plan) -> Plan:
        plan = choose_contractions(plan)
        return replace(plan, sources=tuple(_forced(plan, source, way) for source in plan.sources))

    def count(plan: Plan) -> Plan:
        plan = count_rows(plan)
        if way != "nothing left out":
            return plan
        return replace(plan, sources=tuple(replace(one, group_first=True) for one in plan.sources), regroup=True)

    def choose(plan: Plan) -> Plan:
        plan = choose_time_modes(plan)
        return replace(plan, sources=tuple(replace(one, time=_timed(one, way)) for one in plan.sources))

    forced = {choose_contractions: contract, count_rows: count, choose_time_modes: choose}
    return tuple(forced.get(rule, rule) for rule in RULES if rule is not LEFT_OUT.get(way))


def _timed(source: Source, way: str) -> TimeFactor:
    time = source.time
    assert time is not None
    if time.function != "sum" or not way.startswith("slots"):
        return time
    return replace(time, mode="expand", classes=_classes(time) if way == "slots classed" else None)


def _forced(plan: Plan, source: Source, way: str) -> Source:
    return replace(source, factors=tuple(_factor(plan, source, factor, way) for factor in source.factors))


def _factor(plan: Plan, source: Source, factor: Factor, way: str) -> Factor:
    axis = plan.axis(factor.type)
    assert source.time is not None
    places = source.time.coupling.size(factor.type)
    # A trivial type has no column that could be joined.
    has_column = factor.type not in source.dataset.layout.trivial
    # Where time is mapped in stage 1, places have to be known there.
    settled = source.time.mode == "direct" and factor.type in source.time.coupling.sizes
    if way == "by classes" and not settled:
        return replace(factor, contraction=_expanding(axis, factor) or factor.contraction)
    if has_column and way == "fanned out":
        return replace(factor, contraction=_direct(axis, factor, places))
    if has_column and way == "nothing left out" and factor.contraction and factor.contraction.mode == "idle":
        return replace(factor, contraction=_direct(axis, factor, places))
    return factor
