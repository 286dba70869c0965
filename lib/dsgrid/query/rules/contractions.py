"""Decide, per factor, what stage 1 sums into and what stage 2 expands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import prod

from dsgrid.dimensions.matrix import Matrix, quotient
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import SpecError
from dsgrid.query.associations import LARGEST_CODE, AssociationTable, Reach, fan, reach
from dsgrid.query.factor import Contraction, Factor, as_target
from dsgrid.query.plan import Axis, Plan
from dsgrid.query.source import Source


def choose_contractions(plan: Plan) -> Plan:
    """Give every axis its stride and every factor its contraction.

    Records whose rows are equal up to a scalar form a class: stage 1 sums them, stage 2 expands the class once. It
    pays where stage 1 leaves few rows; where it would not (many records split with different shares over few
    outputs), the records are fanned out in stage 1 and summed at once.

    Examples
    --------
    Where homes have records p and q, of which q is twice what p is in each county, the query::

        [[step]]
        by = ["county"]

    sums them before they are spread::

        stage 1: p -> class 0 * 1, q -> class 0 * 2
        stage 2: class 0 -> a * 0.25, class 0 -> b * 0.75
    """
    axes = _with_strides(plan)
    plan = replace(plan, axes=axes)
    return replace(plan, sources=tuple(_contract(plan, source) for source in plan.sources))


def _with_strides(plan: Plan) -> tuple[Axis, ...]:
    stride = 1
    axes = []
    for axis in plan.axes:
        axes.append(replace(axis, stride=stride))
        stride *= axis.radix
    # Above the result's own digits stand the classes of multipliers, and the places of time.
    above = max(
        (prod(source.couples(type_) for type_ in RECORD_TYPES) for source in plan.sources if source.time is not None),
        default=1,
    )
    if stride * above > LARGEST_CODE:
        sizes = " x ".join(str(len(axis.keys)) for axis in plan.axes)
        raise SpecError(plan.query.node.problem(f"the result would have too many possible rows to number: {sizes}"))
    return tuple(axes)


def _contract(plan: Plan, source: Source) -> Source:
    assert source.associations is not None
    time = source.time
    assert time is not None
    # Where time is mapped in stage 1, the place of a row has to be known there.
    settled = set(time.coupling.sizes) if time.mode == "direct" else set()
    fanned, classed = {}, {}
    for factor in source.factors:
        axis = plan.axis(factor.type)
        fanned[factor.type] = _direct(axis, factor, source.couples(factor.type))
        classed[factor.type] = None if factor.type in settled else _expanding(axis, factor)
    present = _present(source)
    chosen = {}
    tried = [replace(factor, contraction=classed[factor.type] or fanned[factor.type]) for factor in source.factors]
    rows = stage1_reach(source.associations, tried).size * time.stage1_rows
    for factor in source.factors:
        direct, expanding = fanned[factor.type], classed[factor.type]
        if factor.type in source.dataset.layout.trivial and expanding is not None:
            # There is no column to fan out: the one class is expanded when the facts have become few.
            chosen[factor.type] = expanding
        elif expanding is None:
            chosen[factor.type] = _idle(direct, present[factor.type]) or direct
        elif factor.type == source.summed_wide:
            # Here a code is a column, not a row: the fewer, the cheaper.
            chosen[factor.type] = expanding if expanding.codes < direct.codes else direct
        else:
            fan_out = len(direct.table) / max(1, len({record for record, _, _ in direct.table}))
            expansion = len(expanding.expansion) / max(1, expanding.codes)
            chosen[factor.type] = expanding if rows * expansion < source.fact_rows * (fan_out - 1) else direct
    factors = tuple(replace(factor, contraction=chosen[factor.type]) for factor in source.factors)
    return replace(source, factors=factors)


def _direct(axis: Axis, factor: Factor, couples: int) -> Contraction:
    return Contraction("direct", tuple(output_rows(axis, factor)), codes=axis.radix * couples)


def _expanding(axis: Axis, factor: Factor) -> Contraction | None:
    """Return the contraction through classes; None where no record has several targets."""
    matrix = factor.to_output or Matrix({})
    if all(len(row) == 1 for row in matrix.entries.values()):
        return None
    found = quotient(matrix)
    table = tuple((record, class_, coefficient) for record, (class_, coefficient) in found.classes.items())
    expansion = tuple(
        (class_, axis.number(*as_target(target)), coefficient)
        for class_, row in enumerate(found.expansion)
        for target, coefficient in row
    )
    return Contraction("expand", table, expansion, codes=len(found.expansion))


def _idle(direct: Contraction, present: frozenset[str]) -> Contraction | None:
    """Return the contraction that needs no join: all records of the facts reach one key with coefficient 1.

    Records without facts may reach other keys, so they leave the table.
    """
    table = tuple(row for row in direct.table if row[0] in present)
    if len({code for _, code, _ in table}) != 1 or len(table) < len(present):
        return None
    idle = replace(direct, mode="idle", table=table)
    return None if idle.weighted else idle


def _present(source: Source) -> dict[str, frozenset[str]]:
    import numpy as np

    assert source.associations is not None
    return {
        factor.type: frozenset(
            factor.records[position] for position in np.unique(source.associations.codes[factor.type])
        )
        for factor in source.factors
    }


def stage1_reach(associations: AssociationTable, factors: Iterable[Factor]) -> Reach:
    """Return what the associations reach in stage 1, given the contractions of these factors."""
    fans = {}
    stride = 1
    for factor in factors:
        assert factor.contraction is not None
        fans[factor.type] = (fan(factor.records, factor.contraction.table), stride)
        stride *= factor.contraction.codes
    return reach(associations, fans)


def output_rows(axis: Axis, factor: Factor) -> list[tuple[str, int, float]]:
    """Return rows ``(record, number of the target on the axis, coefficient)`` of a factor composed to the output."""
    matrix = factor.to_output or Matrix({})
    return [(record, axis.number(*as_target(target)), coefficient) for record, target, coefficient in matrix]
