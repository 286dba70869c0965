"""Carry a plan's contractions out on sums over time, without an engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import numpy as np

from dsgrid.query.plan import Contraction, Factor, Key, Plan, Source
from reference.answer import Answer
from reference.stored import TYPES

Keys = tuple[Key, ...]


def multiplied_out(plan: Plan) -> dict[Keys, tuple[float, float]]:
    """Return, for each output combination, the sum and the sum of absolute terms that stages 1 and 2 lead to."""
    found: dict[Keys, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for source in plan.sources:
        for sum_, size, records in _associations(source):
            choices = [list(_through(source.factor(type_), records[type_])) for type_ in TYPES]
            for choice in product(*choices):
                weight = float(np.prod([coefficient for _, coefficient in choice]))
                keys = tuple(plan.axis(type_).keys[code] for type_, (code, _) in zip(TYPES, choice, strict=True))
                found[keys][0] += sum_ * weight
                found[keys][1] += size * abs(weight)
    return {keys: (sum_, size) for keys, (sum_, size) in found.items()}


def stage1_combinations(source: Source) -> int:
    """Return how many combinations of codes and classes stage 1 leaves."""
    found = set()
    for _, _, records in _associations(source):
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


def _associations(source: Source) -> Iterator[tuple[float, float, dict[str, str]]]:
    table = source.associations
    assert table is not None
    for row in range(len(table)):
        records = {type_: source.factor(type_).records[table.codes[type_][row]] for type_ in TYPES}
        yield float(table.sums[row]), float(table.absolute_sums[row]), records


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
