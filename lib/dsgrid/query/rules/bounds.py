"""Count the rows of every stage, and leave out stages that would change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
import numpy.typing as npt

from dsgrid.query.associations import Fan, fan, reach
from dsgrid.query.factor import Factor
from dsgrid.query.plan import Plan
from dsgrid.query.rules.contractions import output_rows, stage1_reach
from dsgrid.query.source import Bounds, Reached, Source
from dsgrid.query.time_factor import TimeFactor

Int64 = npt.NDArray[np.int64]


def count_rows(plan: Plan) -> Plan:
    """Set the bounds of every source, the result's rows, and which of the sums are needed.

    Examples
    --------
    No two of the 16 values that homes have are summed by::

        [[step]]
        by = ["county", "building", "hours"]

    so that nothing has to be grouped::

        stage 1: 16 rows, as they are
        result: 16 rows, as they are
    """
    sources, reached = [], []
    for source in plan.sources:
        counted, combinations = _count(plan, source)
        sources.append(counted)
        reached.append(combinations)
    known = [one for one in reached if one is not None]
    if len(known) < len(reached):
        rows = sum(source.bounds.stage2 for source in sources if source.bounds)
        overlapping = len(sources) > 1
    else:
        rows = result_rows(known)
        overlapping = any(
            _overlap([one for source, one in zip(sources, known, strict=True) if source.leaf == leaf])
            for leaf in {source.leaf for source in sources}
        )
    regroup = overlapping or any(
        _collides(source) or _shared_by_places(source, one) for source, one in zip(sources, reached, strict=True)
    )
    exact = len(known) == len(reached)
    return replace(plan, sources=tuple(sources), rows=rows, exact=exact, regroup=regroup, reached=tuple(known))


def _overlap(reached: Sequence[Reached]) -> bool:
    """Tell whether any row comes from several sources, so that they have to be summed."""
    return len(reached) > 1 and sum(result_rows([one]) for one in reached) > result_rows(reached)


def result_rows(reached: Sequence[Reached]) -> int:
    """Return how many rows there are: for each combination the codes of time that any of its places reaches."""
    sets: dict[bytes, int] = {}
    codes: list[Int64] = []
    combinations, numbers = [], []
    for one in reached:
        of_place = np.zeros(len(one.codes), np.int64)
        for place, known in enumerate(one.codes):
            of_place[place] = sets.setdefault(known.tobytes(), len(codes))
            if of_place[place] == len(codes):
                codes.append(known)
        combinations.append(one.combinations)
        numbers.append(of_place[one.place])
    pairs = np.unique(np.stack([np.concatenate(combinations), np.concatenate(numbers)]), axis=1)
    _, first, count = np.unique(pairs[0], return_index=True, return_counts=True)
    sizes = np.array([len(known) for known in codes], np.int64)
    rows = int(sizes[pairs[1][first[count == 1]]].sum())
    for begin, several in zip(first[count > 1].tolist(), count[count > 1].tolist(), strict=True):
        together = tuple(pairs[1][begin : begin + several].tolist())
        rows += _size_of_union(codes, together)
    return rows


def _size_of_union(codes: Sequence[Int64], numbers: tuple[int, ...]) -> int:
    return len(reduce(np.union1d, [codes[number] for number in numbers]))


def _count(plan: Plan, source: Source) -> tuple[Source, Reached | None]:
    assert source.associations is not None
    time = source.time
    assert time is not None
    first = stage1_reach(source.associations, source.factors)
    outputs = reach(
        source.associations,
        {factor.type: (_output_fan(plan, source, factor), 1) for factor in source.factors},
    )
    most = max((len(codes) for codes in time.reached), default=0)
    found = None
    if outputs.combinations is not None:
        place, rest = np.divmod(outputs.combinations, plan.span(source))
        # Classes of multipliers are gone from the code when the result is summed.
        found = Reached(rest % plan.size, place, time.reached)
    bounds = Bounds(
        facts=source.fact_rows,
        combinations=len(source.associations),
        stage1=first.size * time.stage1_rows,
        stage2=outputs.size * most if found is None else result_rows([found]),
        exact=first.combinations is not None and outputs.combinations is not None,
        parts=first.size * _most_targets(source) * (most if time.mode == "expand" else time.stage1_rows),
    )
    merges_time = time.stage1_rows < time.slots or (time.mode == "direct" and (time.coupling.places > 1 or time.drops))
    group_first = merges_time or _merges_rows(source)
    return replace(source, bounds=bounds, group_first=group_first), found


def _most_targets(source: Source) -> int:
    """Return how many rows one row of stage 1 becomes, at most, when its classes are expanded."""
    product = 1
    for factor in source.factors:
        counts: dict[int, int] = {}
        for class_, _, _ in factor.contraction.expansion if factor.contraction is not None else ():
            counts[class_] = counts.get(class_, 0) + 1
        product *= max(counts.values(), default=1)
    return product


def _output_fan(plan: Plan, source: Source, factor: Factor) -> Fan:
    rows = output_rows(plan.axis(factor.type), factor)
    return fan(
        factor.records,
        [(record, plan.place_value(source, factor.type, number), weight) for record, number, weight in rows],
    )


def _merges_rows(source: Source) -> bool:
    """Tell whether any two rows of the facts have one key after stage 1, so that they have to be summed.

    Registration has proved that no (association, label) occurs twice. What the records of a pivoted type have in
    common is added up inside of each row.
    """
    factors = [factor for factor in source.factors if factor.type != source.summed_wide]
    assert source.associations is not None
    rows = source.associations.distinct([factor.type for factor in factors])
    found = stage1_reach(rows, factors)
    return found.combinations is None or len(found.combinations) < found.entries


def _collides(source: Source) -> bool:
    """Tell whether rows of stage 2 reach one output, so that their parts have to be summed.

    Classes of one factor may, or slots that meet in one code.
    """
    time = source.time
    assert time is not None
    if time.mode == "expand" and (time.drops or _meet(time)):
        return True
    for factor in source.factors:
        contraction = factor.contraction
        assert contraction is not None
        targets = [target for _, target, _ in contraction.expansion]
        if len(set(targets)) < len(targets):
            return True
    return False


def _shared_by_places(source: Source, reached: Reached | None) -> bool:
    """Tell whether places of one combination reach the same code of time in stage 2, or classes of a multiplier do."""
    time = source.time
    assert time is not None
    if (time.mode != "expand" or time.coupling.places < 2) and not source.multipliers:
        return False
    if reached is None:
        return True
    sizes = np.array([len(codes) for codes in reached.codes], np.int64)
    return int(sizes[reached.place].sum()) > result_rows([reached])


def _meet(time: TimeFactor) -> bool:
    tables = time.entries if time.classes is None else time.classes.expansion
    return any(len(np.unique(one.target)) < len(one) for one in tables)
