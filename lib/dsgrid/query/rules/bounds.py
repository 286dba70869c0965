"""Count the rows of every stage, leave out stages that would change nothing, refuse overlapping unions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import SpecError
from dsgrid.query.associations import AssociationTable, Reach, fan, reach
from dsgrid.query.plan import Bounds, Factor, Plan, Source, as_key

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
    first = _reach(source.associations, source.factors)
    outputs = reach(
        source.associations,
        {
            factor.type: (fan(factor.records, _output_rows(plan, source, factor.type)), plan.axis(factor.type).stride)
            for factor in source.factors
        },
    )
    combinations = first.entries if first.combinations is None else len(first.combinations)
    final = outputs.entries if outputs.combinations is None else len(outputs.combinations)
    merges_time = source.time.classes < source.time.slots
    bounds = Bounds(
        facts=sum(file.rows for file in source.dataset.files if file.role == "facts"),
        combinations=len(source.associations),
        stage1=combinations * source.time.classes,
        stage2=final * source.time.classes,
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
    found = _reach(rows, factors)
    return found.combinations is None or len(found.combinations) < found.entries


def _reach(associations: AssociationTable, factors: Iterable[Factor]) -> Reach:
    fans = {}
    stride = 1
    for factor in factors:
        assert factor.contraction is not None
        fans[factor.type] = (fan(factor.records, factor.contraction.table), stride)
        stride *= factor.contraction.codes
    return reach(associations, fans)


def _output_rows(plan: Plan, source: Source, type_: str) -> list[tuple[str, int, float]]:
    number = {key: index for index, key in enumerate(plan.axis(type_).keys)}
    matrix = source.factor(type_).to_output
    assert matrix is not None
    return [(record, number[as_key(key)], coefficient) for record, key, coefficient in matrix]


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
        first, second = _base_ids(one, type_), _base_ids(other, type_)
        if not first & second:
            return 0
        ids[type_] = sorted(first | second)
    reached = [_base_combinations(source, ids) for source in (one, other)]
    if reached[0] is None or reached[1] is None:
        return 1
    return len(np.intersect1d(reached[0], reached[1], assume_unique=True))


def _base_ids(source: Source, type_: str) -> set[str]:
    return {str(base_id) for row in source.factor(type_).to_base.entries.values() for base_id, _ in row}


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
