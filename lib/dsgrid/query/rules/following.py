"""What is left to be done after the contraction becomes stages: barriers, in the order that the query gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np

from dsgrid.dimensions.types import TIME
from dsgrid.dimensions.units import UnitError, affine
from dsgrid.query.associations import fan
from dsgrid.query.combination import Leaf
from dsgrid.query.factor import PERCENTILE
from dsgrid.query.model import Step
from dsgrid.query.plan import Axis, Move, Plan, ToUnit
from dsgrid.query.predicates import PredicateError, value_operands
from dsgrid.query.rules.bounds import result_rows
from dsgrid.query.rules.filters import is_of_values
from dsgrid.query.rules.keep import kept_digits
from dsgrid.query.rules.reduce import first_table, reduced
from dsgrid.query.source import Reached
from dsgrid.query.stages import Converted, Kept, KeptValues, Reduction, Relation, Stage, Table
from dsgrid.time.pieces import Int64


def follow_moves(plan: Plan) -> Plan:
    """Turn the moves that are left into stages, and count the rows that each of them leaves.

    Examples
    --------
    The second step in::

        [[step]]
        by = ["county", "daily"]

        [[step]]
        function = "max"
        by = ["county"]

    becomes a stage::

        contraction: 6 rows
        max by county: 3 rows
    """
    linear = isinstance(plan.combination, Leaf)
    if not plan.moves and linear:
        return plan
    table = first_table(plan)
    reached: Sequence[Reached] = _reached(plan) if plan.exact else ()
    rows, exact = result_rows(reached) if plan.exact and not linear else plan.rows, plan.exact
    foretold = plan.foretold and linear
    stages: list[Stage] = []
    counts = [(rows, exact)]
    for move in plan.moves:
        stage = _stage(plan, table, move)
        stages.append(stage)
        foretold = foretold and _is_foretold(stage)
        if isinstance(stage, KeptValues):
            exact = False
        elif not isinstance(stage, Converted):
            reached = [_after(one, stage) for one in reached]
            if isinstance(stage, Reduction) and stage.function == "percentile":
                reached = [_with_percentiles(one, stage) for one in reached]
            most = rows * (_fan_out(stage) if isinstance(stage, Reduction) else 1)
            # What values have left out may still be counted: then it is a bound.
            rows = min(most, result_rows(reached)) if reached else most
        counts.append((rows, exact))
        table = stage.after
    carried = any(not stage.adds for stage in stages)
    return replace(
        plan,
        stages=tuple(stages),
        stage_rows=tuple(counts),
        moves=(),
        foretold=foretold,
        carried=carried,
        rows=rows,
        exact=exact,
    )


def _reached(plan: Plan) -> list[Reached]:
    """Return what the sources reach; a factor without time has no slots of its own, so it adds none."""
    timeless = plan.timeless if len(plan.timeless) < len({source.leaf for source in plan.sources}) else frozenset()
    return [one for source, one in zip(plan.sources, plan.reached, strict=True) if source.leaf not in timeless]


def _stage(plan: Plan, table: Table, move: Move) -> Stage:
    if isinstance(move, ToUnit):
        return _converted(plan, table, move.unit)
    if isinstance(move, Step):
        return reduced(plan, table, move)
    if not is_of_values(plan.project, move):
        return kept_digits(plan, table, move)
    try:
        value_operands(move.test)
    except PredicateError as error:
        raise move.node.error(str(error)) from None
    return KeptValues(move.test, table)


def _converted(plan: Plan, table: Table, unit: str) -> Converted:
    axis = table.axis("metric")
    assert axis is not None
    ways = []
    for own in axis.units:
        try:
            ways.append(affine(own, unit))
        except UnitError as error:
            node = plan.query.output.node or plan.query.node
            raise (node.get("unit") or node).error(str(error)) from None
    return Converted(unit, table, tuple(scale for scale, _ in ways), tuple(offset for _, offset in ways))


def _is_foretold(stage: Stage) -> bool:
    """Tell whether all of the table gets through a stage, in its units: then what it adds up to is still known."""
    if isinstance(stage, Converted):
        return not any(stage.offsets)
    if not isinstance(stage, Reduction):
        return False
    return _keeps_units(stage) and all(len(relation.targets) == relation.size for relation in stage.relations)


def _keeps_units(stage: Reduction) -> bool:
    before, after = stage.before.axis("metric"), stage.after.axis("metric")
    relation = next(one for one in stage.relations if one.type == "metric")
    assert before is not None
    assert after is not None
    return all(before.units[old] == after.units[new] for old, new, _ in relation.rows)


def _fan_out(stage: Reduction) -> int:
    """Return how many rows one row may become."""
    most = prod(max(relation.targets.values(), default=1) for relation in stage.relations)
    return most * (len(stage.step.percentiles) if stage.function == "percentile" else 1)


def _after(one: Reached, stage: Reduction | Kept) -> Reached:
    """Return the combinations and the codes of time that a stage leaves."""
    if isinstance(stage, Kept):
        return _after_kept(one, stage)
    relations = {relation.type: relation for relation in stage.relations}
    combinations, place = one.combinations, one.place
    made = np.zeros(len(combinations), np.int64)
    for axis in stage.before.axes:
        if axis.type == TIME:
            continue
        after = stage.after.axis(axis.type)
        if after is None or relations[axis.type].is_dropped:
            continue
        made, combinations, place = _spread(made, combinations, place, (axis, after), relations[axis.type])
    codes = tuple(_coded(of_place, relations[TIME]) for of_place in one.codes)
    pairs = np.unique(np.stack([made, place]), axis=1)
    return Reached(pairs[0], pairs[1], codes)


def _with_percentiles(one: Reached, stage: Reduction) -> Reached:
    """Return the combinations of a table of percentiles: each has a row for every percentile."""
    axis = stage.after.axis(PERCENTILE)
    assert axis is not None
    number = len(stage.step.percentiles)
    digits = np.tile(np.arange(number), len(one.combinations)) * axis.stride
    return Reached(np.repeat(one.combinations, number) + digits, np.repeat(one.place, number), one.codes)


def _spread(
    made: Int64, combinations: Int64, place: Int64, axes: tuple[Axis, Axis], relation: Relation
) -> tuple[Int64, Int64, Int64]:
    """Add the digits of one axis after a stage to the codes; a digit that becomes several makes several rows."""
    before, after = axes
    digits = combinations // before.stride % before.radix
    goes = fan(range(before.radix), relation.rows)
    repeated, picked = goes.spread(digits)
    return made[repeated] + goes.codes[picked] * after.stride, combinations[repeated], place[repeated]


def _coded(codes: Int64, relation: Relation) -> Int64:
    """Return the codes of time after a stage."""
    if relation.is_dropped:
        return codes[:0] if not len(codes) else np.zeros(1, np.int64)
    if relation.is_identity:
        return codes
    following = np.full(int(codes.max(initial=-1)) + 1, -1, np.int64)
    for old, new, _ in relation.rows:
        if old < len(following):
            following[old] = new
    found = np.unique(following[codes])
    return found[found >= 0]


def _after_kept(one: Reached, stage: Kept) -> Reached:
    if stage.type == TIME:
        return replace(one, codes=tuple(np.intersect1d(codes, stage.digits) for codes in one.codes))
    axis = stage.before.axis(stage.type)
    assert axis is not None
    stays = np.isin(one.combinations // axis.stride % axis.radix, stage.digits)
    return Reached(one.combinations[stays], one.place[stays], one.codes)
