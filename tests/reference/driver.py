"""Carry a plan out without an engine: contractions by record, and the weights of time by place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from dsgrid.query.factor import Contraction, Factor, Key
from dsgrid.query.plan import Plan
from dsgrid.query.source import Source
from dsgrid.query.time_factor import TimeFactor
from reference.answer import Answer
from reference.stored import TYPES, Stored, long_facts

Keys = tuple[Key, ...]


def multiplied_out(plan: Plan, datasets: Sequence[Stored]) -> dict[Keys, tuple[float, float]]:
    """Return, for each output combination, the sum over time (and of absolute terms) that stages 1 and 2 lead to."""
    found: dict[Keys, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for source, stored in zip(plan.sources, datasets, strict=True):
        weights = [weights_of(source, place) for place in range(_time(source).coupling.places)]
        for values, records in _series(source, stored):
            choices = [list(_through(source.factor(type_), records[type_])) for type_ in TYPES]
            for choice in product(*choices):
                weight = float(np.prod([coefficient for _, coefficient in choice]))
                slots, shares = values
                of_time = weights[_place(plan, source, [number for number, _ in choice])][slots]
                sum_, size = float(shares @ of_time), float(np.abs(shares) @ np.abs(of_time))
                keys = tuple(_key(plan, type_, number) for type_, (number, _) in zip(TYPES, choice, strict=True))
                found[keys][0] += sum_ * weight
                found[keys][1] += size * abs(weight)
    return {keys: (sum_, size) for keys, (sum_, size) in found.items()}


def _key(plan: Plan, type_: str, number: int) -> Key:
    """Return the key of a number, whatever the place above it."""
    axis = plan.axis(type_)
    return axis.keys[number % axis.radix]


def _time(source: Source) -> TimeFactor:
    assert source.time is not None
    return source.time


def _place(plan: Plan, source: Source, numbers: Sequence[int]) -> int:
    """Return the place that a choice of targets is in, from the code that execution would give its row."""
    code = sum(plan.place_value(source, type_, number) for type_, number in zip(TYPES, numbers, strict=True))
    return code // plan.size


def weights_of(source: Source, place: int) -> np.ndarray:
    """Return what the weights of each slot sum to in a place, as execution would apply them."""
    time = _time(source)
    if time.mode == "drop":
        return np.full(time.slots, time.constant)
    if time.mode == "offset":
        return np.ones(time.slots)
    if time.classes is None:
        entries = time.entries[place]
        return np.bincount(entries.source, weights=entries.weight, minlength=time.slots)
    expansion = time.classes.expansion[place]
    of_class = np.bincount(expansion.source, weights=expansion.weight, minlength=time.classes.count)
    number = time.classes.number
    return np.where(number >= 0, of_class[np.maximum(number, 0)] * time.classes.coefficient, 0.0)


def _series(source: Source, stored: Stored) -> Iterator[tuple[tuple[np.ndarray, np.ndarray], dict[str, str]]]:
    """Yield the slots and values of each combination of a dataset, with its records."""
    keys = _time(source).keys
    for records, rows in long_facts(stored).groupby(TYPES, sort=False):
        slots = np.searchsorted(keys, rows["label"].to_numpy(dtype=np.int64))
        yield (slots, rows["value"].to_numpy(dtype=float)), dict(zip(TYPES, records, strict=True))


def stage1_combinations(source: Source) -> int:
    """Return how many combinations of codes and classes stage 1 leaves."""
    found = set()
    for records in _associations(source):
        choices = [_codes(source.factor(type_), records[type_]) for type_ in TYPES]
        found.update(product(*choices))
    return len(found)


def expected_sums(plan: Plan, answer: Answer) -> dict[Keys, tuple[float, float]]:
    """Return the sums over time of a stacked answer, by output combination."""
    found: dict[Keys, list[float]] = defaultdict(lambda: [0.0, 0.0])
    names = [[column.name for column in plan.columns_of(type_)] for type_ in TYPES]
    for row, size in zip(answer.table.to_dict("records"), answer.sizes["value"], strict=True):
        keys = tuple(tuple(row[name] for name in of_type) for of_type in names)
        found[keys][0] += row["value"]
        found[keys][1] += size
    return {keys: (sum_, size) for keys, (sum_, size) in found.items()}


def _associations(source: Source) -> Iterator[dict[str, str]]:
    table = source.associations
    assert table is not None
    for row in range(len(table)):
        yield {type_: source.factor(type_).records[table.codes[type_][row]] for type_ in TYPES}


def _contraction(factor: Factor) -> Contraction:
    assert factor.contraction is not None
    return factor.contraction


def _through(factor: Factor, record: str) -> Iterator[tuple[int, float]]:
    """Yield the output keys of a record, as execution would reach them."""
    contraction = _contraction(factor)
    if contraction.mode == "idle":
        # No join: whatever the record, it goes where the first one goes.
        yield contraction.table[0][1], 1.0
        return
    for own, code, coefficient in contraction.table:
        if own != record:
            continue
        if contraction.mode == "direct":
            yield code, coefficient
            continue
        for class_, target, share in contraction.expansion:
            if class_ == code:
                yield target, coefficient * share


def _codes(factor: Factor, record: str) -> list[int]:
    contraction = _contraction(factor)
    if contraction.mode == "idle":
        return [contraction.table[0][1]]
    return [code for own, code, _ in contraction.table if own == record]
