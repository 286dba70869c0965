"""Count the rows of every stage, leave out stages that would change nothing, refuse overlapping unions."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import SpecError
from dsgrid.query.associations import fan, reach
from dsgrid.query.plan import Bounds, Plan, Source
from dsgrid.query.rules.contractions import output_rows, stage1_reach

Int64 = npt.NDArray[np.int64]


def count_rows(plan: Plan) -> Plan:
    """Set the bounds of every source, the result's rows, and which of the sums are needed."""
    sources = tuple(_count(plan, source) for source in plan.sources)
    slots = sources[0].time.classes if sources and sources[0].time else 1
    reached = [source.outputs for source in sources]
    if any(combinations is None for combinations in reached):
        rows = sum(source.bounds.stage2 for source in sources if source.bounds)
        overlapping = len(sources) > 1
    else:
        known = [combinations for combinations in reached if combinations is not None]
        union = reduce(np.union1d, known)
        rows = len(union) * slots
        overlapping = sum(map(len, known)) > len(union)
    regroup = overlapping or any(_collides(source) for source in sources)
    return replace(plan, sources=sources, rows=rows, regroup=regroup)


def _count(plan: Plan, source: Source) -> Source:
    assert source.associations is not None
    assert source.time is not None
    first = stage1_reach(source.associations, source.factors)
    outputs = reach(
        source.associations,
        {
            factor.type: (fan(factor.records, output_rows(axis, factor)), axis.stride)
            for factor, axis in ((factor, plan.axis(factor.type)) for factor in source.factors)
        },
    )
    merges_time = source.time.classes < source.time.slots
    bounds = Bounds(
        facts=source.fact_rows,
        combinations=len(source.associations),
        stage1=first.size * source.time.classes,
        stage2=outputs.size * source.time.classes,
        exact=first.combinations is not None and outputs.combinations is not None,
    )
    group_first = merges_time or _merges_rows(source)
    return replace(source, bounds=bounds, outputs=outputs.combinations, group_first=group_first)


def _merges_rows(source: Source) -> bool:
    """Tell whether any two rows of the facts have one key after stage 1, so that they have to be summed.

    Registration has proved that no (association, label) occurs twice. What the records of a pivoted type have in
    common is added up inside of each row.
    """
    factors = [factor for factor in source.factors if factor.type != source.dataset.layout.pivot]
    assert source.associations is not None
    rows = source.associations.distinct([factor.type for factor in factors])
    found = stage1_reach(rows, factors)
    return found.combinations is None or len(found.combinations) < found.entries


def _collides(source: Source) -> bool:
    """Tell whether two classes of stage 2 reach one output, so that their parts have to be summed."""
    for factor in source.factors:
        contraction = factor.contraction
        assert contraction is not None
        targets = [target for _, target, _ in contraction.expansion]
        if len(set(targets)) < len(targets):
            return True
    return False


def refuse_overlap(plan: Plan) -> Plan:
    """Refuse a union whose datasets say something about the same base combination, unless asked to sum."""
    if plan.query.overlap == "sum":
        return plan
    for index, one in enumerate(plan.sources):
        for other in plan.sources[index + 1 :]:
            shared = _shared_base(one, other)
            if shared:
                raise SpecError(
                    plan.query.node["datasets"].problem(
                        f"{one.dataset.id} and {other.dataset.id} both have values for {shared} base combinations; "
                        'choose one with a filter, or set overlap = "sum"'
                    )
                )
    return plan


def _shared_base(one: Source, other: Source) -> int:
    ids: dict[str, list[str]] = {}
    for type_ in RECORD_TYPES:
        first, second = set(one.factor(type_).base_ids), set(other.factor(type_).base_ids)
        if not first & second:
            return 0
        ids[type_] = sorted(first | second)
    reached = [_base_combinations(source, ids) for source in (one, other)]
    if reached[0] is None or reached[1] is None:
        return 1
    return len(np.intersect1d(reached[0], reached[1], assume_unique=True))


def _base_combinations(source: Source, ids: dict[str, list[str]]) -> Int64 | None:
    assert source.associations is not None
    fans = {}
    stride = 1
    for type_, known in ids.items():
        number = {id_: index for index, id_ in enumerate(known)}
        factor = source.factor(type_)
        rows = [(record, number[str(base)], coefficient) for record, base, coefficient in factor.to_base]
        fans[type_] = (fan(factor.records, rows), stride)
        stride *= len(known)
    return reach(source.associations, fans).combinations
