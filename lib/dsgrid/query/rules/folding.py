"""Let the contraction take over the sums and filters that follow it: they are linear, too.

``sum over g of (sum over s of value[g, s])`` is one sum, and a filter on what a sum keeps deletes associations. So a
step that is a sum never costs a pass of its own, and a filter on a result prunes the scan.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dsgrid.dimensions.matrix import Matrix
from dsgrid.dimensions.types import TIME
from dsgrid.query.combination import Leaf
from dsgrid.query.factor import Factor, as_target
from dsgrid.query.model import Step
from dsgrid.query.plan import Axis, Move, Plan, ToUnit
from dsgrid.query.rules.filters import is_of_values
from dsgrid.query.rules.keep import kept_digits
from dsgrid.query.rules.reduce import first_table, reduced
from dsgrid.query.stages import Kept, Reduction, Relation, Table
from dsgrid.query.time_factor import TimeFactor
from dsgrid.time.overlap import Entries, compose, snapped


def fold_moves(plan: Plan) -> Plan:
    """Compose the first moves with the contraction, up to the first that is not linear.

    Examples
    --------
    The contraction of the first step in::

        [[step]]
        by = ["county", "daily"]

        [[step]]
        by = ["state"]

    takes the second one over::

        contraction: sum by state
        afterwards: nothing
    """
    if not isinstance(plan.combination, Leaf) or not plan.moves:
        return plan
    if any(source.time is not None and source.time.shape is not None for source in plan.sources):
        return plan  # a shape's course has codes of its own
    while plan.moves and _is_linear(plan, plan.moves[0]):
        move = plan.moves[0]
        assert not isinstance(move, ToUnit)
        if isinstance(move, Step):
            stage = reduced(plan, first_table(plan), move)
            plan = replace(_composed(plan, stage), step=move)
        else:
            plan = _restricted(plan, kept_digits(plan, first_table(plan), move))
        plan = replace(plan, moves=plan.moves[1:])
    return plan if plan.moves else plan.without_hidden


def _is_linear(plan: Plan, move: Move) -> bool:
    if isinstance(move, ToUnit):
        return False
    if isinstance(move, Step):
        before = plan.step
        return move.function == "sum" and not (before is not None and before.persist)
    return not is_of_values(plan.project, move)


def _composed(plan: Plan, stage: Reduction) -> Plan:
    after = stage.after
    relations = {relation.type: relation for relation in stage.relations}
    sources = tuple(
        replace(
            source,
            factors=tuple(_factor(factor, plan.axis(factor.type), after, relations) for factor in source.factors),
            time=None if source.time is None else _timed(source.time, relations[TIME], len(after.time_keys)),
        )
        for source in plan.sources
    )
    return _with_table(replace(plan, sources=sources), after)


def _factor(factor: Factor, axis: Axis, after: Table, relations: dict[str, Relation]) -> Factor:
    made = after.axis(factor.type)
    assert made is not None
    following: dict[int, list[tuple[int, float]]] = {}
    for old, new, coefficient in relations[factor.type].rows:
        following.setdefault(old, []).append((new, coefficient))
    entries = {}
    for record, row in (factor.to_output or Matrix({})).entries.items():
        sums: dict[object, float] = {}
        for target, coefficient in row:
            key, couple = as_target(target)
            for new, share in following.get(axis.numbers[key], ()):
                reached = (made.keys[new], couple)
                sums[reached] = sums.get(reached, 0.0) + coefficient * share
        if sums:
            entries[record] = tuple(sums.items())
    chain = (*factor.chain, *(c.name for c in made.columns if c.level == "supplemental" and c.name not in factor.chain))
    return replace(factor, to_output=Matrix(entries), chain=chain)


def _timed(time: TimeFactor, relation: Relation, count: int) -> TimeFactor:
    if relation.is_identity or not time.codes:
        return replace(time, codes=max(1, count)) if time.codes else time
    rows = sorted(relation.rows)
    following = Entries(
        np.array([old for old, _, _ in rows], np.int64),
        np.array([new for _, new, _ in rows], np.int64),
        np.ones(len(rows)),
    )
    return replace(time, entries=tuple(snapped(compose(one, following)) for one in time.entries), codes=max(1, count))


def _restricted(plan: Plan, stage: Kept) -> Plan:
    """Delete what a filter on the columns of the contraction leaves out."""
    if stage.type == TIME:
        return _restricted_time(plan, stage)
    axis = plan.axis(stage.type)
    keys = frozenset(axis.keys[digit] for digit in stage.digits)
    sources = []
    for source in plan.sources:
        factors = [
            replace(factor, to_output=only_keys(factor, keys)) if factor.type == stage.type else factor
            for factor in source.factors
        ]
        sources.append(replace(source, factors=tuple(factors)))
    units = tuple(unit for key, unit in zip(axis.keys, axis.units, strict=True) if key in keys) if axis.units else ()
    made = replace(axis, keys=tuple(key for key in axis.keys if key in keys), units=units)
    axes = tuple(made if one.type == stage.type else one for one in plan.axes)
    return replace(plan, sources=tuple(sources), axes=axes)


def only_keys(factor: Factor, keys: frozenset[tuple[str, ...]]) -> Matrix:
    """Return what of a factor leads to some of the output's keys."""
    entries = {}
    for record, row in (factor.to_output or Matrix({})).entries.items():
        left = tuple((target, coefficient) for target, coefficient in row if as_target(target)[0] in keys)
        if left:
            entries[record] = left
    return Matrix(entries)


def _restricted_time(plan: Plan, stage: Kept) -> Plan:
    number = {digit: index for index, digit in enumerate(stage.digits)}
    relation = Relation(TIME, tuple((old, new, 1.0) for old, new in number.items()), len(plan.time_keys))
    keys = tuple(plan.time_keys[digit] for digit in stage.digits)
    sources = []
    for source in plan.sources:
        assert source.time is not None
        # Nothing is foretold of a part of time, so nothing has to be balanced.
        time = replace(_timed(source.time, relation, len(keys)), uniform=1.0)
        sources.append(replace(source, time=time))
    axes = [axis for axis in plan.axes if axis.type != TIME]
    if len(keys) > 1:
        axes.append(Axis(TIME, plan.columns_of(TIME), tuple((str(index),) for index in range(len(keys)))))
    return replace(plan, sources=tuple(sources), axes=tuple(axes), time_keys=keys, foretold=False)


def _with_table(plan: Plan, table: Table) -> Plan:
    """Return the plan with the columns and axes of a table, the hidden columns of time last."""
    hidden = [column for column in table.time_columns if column not in table.columns]
    return replace(
        plan,
        columns=(*table.columns, *hidden),
        hidden=frozenset(column.name for column in hidden),
        axes=table.axes,
        time_keys=table.time_keys,
    )
