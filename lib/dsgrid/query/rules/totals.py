"""What the result has to add up to, computed from the stored sums before any fact is read."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from dsgrid.dimensions.matrix import Matrix
from dsgrid.query.plan import Factor, Plan, Source, as_target


def expect_totals(plan: Plan) -> Plan:
    """Set the expected totals of every source, one per unit.

    ``total[u] = time * sum over associations a of sum[a] * product over types of rowsum[type, record of a]``, where the
    row sums of the metric are taken over the outputs with unit `u`, and `time` is what the weights of each slot sum to.
    Where that differs between slots it is 1, and the total is what rows have before time is mapped.
    """
    return replace(plan, sources=tuple(replace(source, totals=_totals(plan, source)) for source in plan.sources))


def _totals(plan: Plan, source: Source) -> tuple[tuple[str, float, float], ...]:
    associations = source.associations
    assert associations is not None
    assert source.time is not None
    of_time = 1.0 if source.time.uniform is None else source.time.uniform
    weight = np.full(len(associations), of_time)
    size = np.full(len(associations), abs(of_time))
    for factor in source.factors:
        if factor.type != "metric":
            position = associations.codes[factor.type]
            weight *= _row_sums(factor, None)[position]
            size *= _row_sums(factor, None, absolute=True)[position]
    axis = plan.axis("metric")
    metric = source.factor("metric")
    position = associations.codes["metric"]
    totals = []
    for unit in dict.fromkeys(axis.units):
        keys = {key for key, of_key in zip(axis.keys, axis.units, strict=True) if of_key == unit}
        expected = associations.sums * weight * _row_sums(metric, keys)[position]
        absolute = associations.absolute_sums * size * _row_sums(metric, keys, absolute=True)[position]
        totals.append((unit, math.fsum(expected), math.fsum(absolute)))
    return tuple(totals)


def _row_sums(factor: Factor, keys: set[tuple[str, ...]] | None, absolute: bool = False) -> np.ndarray:
    matrix = factor.to_output or Matrix({})
    sums = np.zeros(len(factor.records))
    for index, record in enumerate(factor.records):
        sums[index] = math.fsum(
            abs(coefficient) if absolute else coefficient
            for target, coefficient in matrix.entries.get(record, ())
            if keys is None or as_target(target)[0] in keys
        )
    return sums
