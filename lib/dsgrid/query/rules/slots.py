"""Carry labels through the contraction where the next step drops time: then nothing has to be joined by label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dsgrid.dimensions.types import TIME
from dsgrid.query.combination import Leaf
from dsgrid.query.model import Filter, Step
from dsgrid.query.plan import Plan
from dsgrid.query.rules.filters import is_of_time
from dsgrid.query.rules.reduce import first_table
from dsgrid.query.rules.tracing import resolve
from dsgrid.query.source import Source
from dsgrid.query.time_columns import is_wall, told
from dsgrid.time.dimension import DatetimeTime
from dsgrid.time.grid import slots as slot_labels
from dsgrid.time.overlap import Entries, merged
from dsgrid.time.table import INSTANTS, form_of


def carry_slots(plan: Plan) -> Plan:
    """Let rows keep the labels of slots, instead of codes of time, up to a step that drops time.

    The peak of each county over hours needs to know that hours differ, not which they are.

    Examples
    --------
    Of the hours in::

        [[step]]
        by = ["county", "hours"]

        [[step]]
        function = "max"
        by = ["county"]

    nothing has to be known but their labels::

        before: 4 codes of time
        after: 4 labels
    """
    if not _is_possible(plan):
        return plan
    slot_of = _slot_of_digit(plan)
    if slot_of is None:
        return plan
    labels = slot_labels(plan.time)  # type: ignore[arg-type]
    sources = tuple(_recoded(source, slot_of, len(labels)) for source in plan.sources)
    return replace(plan, sources=sources, slots=labels)


def _is_possible(plan: Plan) -> bool:
    if not plan.moves or not isinstance(plan.combination, Leaf) or len(plan.time_keys) < 2:
        return False
    if not isinstance(plan.time, DatetimeTime) or form_of(plan.time) != INSTANTS or is_wall(plan):
        return False
    if any(source.time is None or source.time.shape is not None for source in plan.sources):
        return False
    before = first_table(plan)
    for move in plan.moves:
        if isinstance(move, Step):
            found = [resolve(plan, before, name) for name in move.by]
            return not any(isinstance(column, str) or column.type == TIME for column in found)
        if isinstance(move, Filter) and is_of_time(plan.project, move):
            return False
    return False


def _slot_of_digit(plan: Plan) -> np.ndarray | None:
    """Return the slot that each digit of time stands for; None where it stands for several, or none."""
    words = [column.word for column in plan.columns_of(TIME)]
    values = told(plan)
    if any(word not in values for word in words):
        return None
    digits = {key: digit for digit, key in enumerate(plan.time_keys)}
    found = np.full(len(digits), -1, np.int64)
    for slot, key in enumerate(zip(*(values[word].tolist() for word in words), strict=True)):
        digit = digits.get(key)
        if digit is None:
            continue
        if found[digit] >= 0:
            return None
        found[digit] = slot
    return found if (found >= 0).all() else None


def _recoded(source: Source, slot_of: np.ndarray, count: int) -> Source:
    time = source.time
    assert time is not None
    entries: tuple[Entries, ...] = tuple(merged(one.source, slot_of[one.target], one.weight) for one in time.entries)
    return replace(source, time=replace(time, entries=entries, codes=count))
