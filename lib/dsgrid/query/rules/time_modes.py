"""Decide, per source, in which of the two stages its slots become the time of the result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dsgrid.dimensions.matrix import Key, Matrix, Row, quotient
from dsgrid.query.plan import Plan
from dsgrid.query.source import Source
from dsgrid.query.time_factor import LabelClasses, TimeFactor
from dsgrid.time.overlap import Entries, merged


def choose_time_modes(plan: Plan) -> Plan:
    """Give the time factor of every source its mode.

    Slots that no place can tell apart (hours of a typical week, say, that occur as often as each other) are summed in
    stage 1, so that a result by year never holds hours; what has to be spread over more slots is spread in stage 2,
    when the facts have become few.

    Examples
    --------
    The four hours in::

        [[step]]
        by = ["county", "daily"]

    are joined with their days in stage 1::

        direct: 4 slots -> 2 codes
    """
    return replace(plan, sources=tuple(replace(source, time=_chosen(plan, source)) for source in plan.sources))


def _chosen(plan: Plan, source: Source) -> TimeFactor:
    time = source.time
    assert time is not None
    if time.shape is not None:
        return replace(time, mode="expand")
    constant = _constant(time)
    if plan.slots is None and time.codes == 1 and constant is not None and time.function == "sum":
        return replace(time, mode="drop", constant=constant)
    offset = _offset(plan, time)
    if offset is not None:
        return replace(time, mode="offset", offset=offset)
    merges = max(len(codes) for codes in time.reached) < time.slots
    if time.function != "sum" or (merges and _is_single(time) and _is_settled(source, time)):
        return replace(time, mode="direct")
    return replace(time, mode="expand", classes=_classes(time))


def _constant(time: TimeFactor) -> float | None:
    """Return the one weight of all slots in all places; None where there are several, or slots that reach nothing.

    Places that have become equal, when sums were composed, still stand in the codes of rows.
    """
    if time.coupling.places > 1:
        return None
    for one in time.entries:
        if len(one) != time.slots or not _same(one.weight):
            return None
    return float(time.entries[0].weight[0]) if _same(np.array([one.weight[0] for one in time.entries])) else None


def _same(weights: np.ndarray) -> bool:
    return bool((weights == weights[0]).all()) if len(weights) else False


def _offset(plan: Plan, time: TimeFactor) -> int | None:
    """Return what labels differ by from the project's, where that is all that is to be done."""
    if plan.slots is None or time.coupling.places > 1:
        return None
    one = time.entries[0]
    if len(one) != time.slots or not (one.weight == 1).all() or not _is_single(time) or _meets(one):
        return None
    offsets = plan.slots[one.target] - time.keys[one.source]
    return int(offsets[0]) if len(offsets) and bool((offsets == offsets[0]).all()) else None


def _is_single(time: TimeFactor) -> bool:
    """Tell whether every slot reaches one code at most, in each place."""
    return all(len(np.unique(one.source)) == len(one) for one in time.entries)


def _meets(one: Entries) -> bool:
    return len(np.unique(one.target)) < len(one)


def _is_settled(source: Source, time: TimeFactor) -> bool:
    """Tell whether each row of the facts is in one place, and it is known in stage 1 without a fan-out."""
    for type_ in time.coupling.sizes:
        matrix = source.factor(type_).to_output or Matrix({})
        if type_ == source.dataset.layout.pivot or any(len(row) > 1 for row in matrix.entries.values()):
            return False
    return True


def _classes(time: TimeFactor) -> LabelClasses | None:
    """Return the classes of slots; None where all slots are a class of their own."""
    if any(len(np.unique(one.source)) == time.slots and not _meets(one) for one in time.entries):
        return None
    rows: dict[str, list[tuple[Key, float]]] = {}
    for place, one in enumerate(time.entries):
        for slot, code, weight in zip(one.source.tolist(), one.target.tolist(), one.weight.tolist(), strict=True):
            rows.setdefault(slot, []).append(((place, code), weight))
    entries: dict[str, Row] = {slot: tuple(row) for slot, row in rows.items()}
    found = quotient(Matrix(entries))
    if len(found.expansion) == time.slots:
        return None
    number = np.full(time.slots, -1, np.int64)
    coefficient = np.zeros(time.slots)
    for slot, (class_, weight) in found.classes.items():
        number[int(slot)], coefficient[int(slot)] = class_, weight
    expansion: list[list[tuple[int, int, float]]] = [[] for _ in time.entries]
    for class_, row in enumerate(found.expansion):
        for target, weight in row:
            assert isinstance(target, tuple)
            place, code = target
            expansion[place].append((class_, code, weight))
    return LabelClasses(number, coefficient, tuple(_entries(rows_) for rows_ in expansion))


def _entries(rows: list[tuple[int, int, float]]) -> Entries:
    sources, targets, weights = (np.array([row[index] for row in rows]) for index in range(3))
    return merged(sources.astype(np.int64), targets.astype(np.int64), weights.astype(np.float64))
