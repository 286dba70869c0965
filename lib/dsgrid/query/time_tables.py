"""The time factor as small tables that the engine joins: from labels (or classes of slots) to the result's time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from dsgrid.datasets.labels import key_array
from dsgrid.dimensions.types import TIME
from dsgrid.query.plan import Plan
from dsgrid.query.source import Source
from dsgrid.time.overlap import Entries
from dsgrid.time.pieces import Float64, Int64

if TYPE_CHECKING:
    import pyarrow as pa

LABEL: Final = "#label"
PLACE: Final = "#place"
TIME_CODE: Final = "#time_code"
TIME_WEIGHT: Final = "#time_weight"
TIME_BALANCE: Final = "#time_balance"
# Up to so many places one row of a table has what a slot becomes in each of them.
MOST_PLACES: Final = 16


def class_table(source: Source) -> pa.Table:
    """Return ``label, time code, weight``: the class of each slot, and its coefficient (mode ``expand``)."""
    import pyarrow as pa

    time = source.time
    assert time is not None
    assert time.classes is not None
    number, coefficient = time.classes.number, time.classes.coefficient
    used = number >= 0
    if time.balances:
        # Slots that reach nothing are still to be accounted for.
        number, used = np.maximum(number, 0), np.ones(len(number), bool)
    return pa.table(
        {
            LABEL: key_array(source.dataset.time, time.keys[used]),
            TIME_CODE: pa.array(number[used], pa.int64()),
            TIME_WEIGHT: pa.array(coefficient[used], pa.float64()),
        }
    )


def code_table(plan: Plan, source: Source) -> pa.Table:
    """Return ``label, [place], time code, weight, [balance]``: where each slot, or each class, goes in each place.

    The time code is what it adds to a row's code, or the project's label where the result keeps slots apart.
    """
    import pyarrow as pa

    time = source.time
    assert time is not None
    classes = time.classes if time.mode == "expand" else None
    tables, count = (time.entries, time.slots) if classes is None else (classes.expansion, classes.count)
    rows = [_balanced(one, count) if time.balances else (one, np.ones(len(one))) for one in tables]
    slots = np.concatenate([one.source for one, _ in rows])
    labels = pa.array(slots, pa.int64()) if classes else key_array(source.dataset.time, time.keys[slots])
    columns = {LABEL: labels}
    if time.joins_places:
        columns[PLACE] = pa.array(np.repeat(np.arange(len(rows)), [len(one) for one, _ in rows]), pa.int64())
    columns[TIME_CODE] = time_codes(plan, np.concatenate([one.target for one, _ in rows]))
    columns[TIME_WEIGHT] = pa.array(np.concatenate([one.weight for one, _ in rows]), pa.float64())
    if time.balances:
        columns[TIME_BALANCE] = pa.array(np.concatenate([balance for _, balance in rows]), pa.float64())
    return pa.table(columns)


def is_wide(source: Source) -> bool:
    """Tell whether slots are joined once, and what they become is chosen by place afterwards (mode ``direct``)."""
    time = source.time
    assert time is not None
    if time.coupling.places > MOST_PLACES or (time.drops and not time.balances):
        return False  # slots that reach nothing are left out by an inner join
    return all(len(np.unique(one.source)) == len(one) for one in time.entries)


def wide_table(plan: Plan, source: Source) -> pa.Table:
    """Return ``label`` and the columns that `wide_columns` names: what each slot becomes in each place."""
    import pyarrow as pa

    time = source.time
    assert time is not None
    columns = {LABEL: key_array(source.dataset.time, time.keys)}
    for name, numbered in _wide(plan, source).items():
        for picked, values in dict(numbered).items():
            columns[picked] = time_codes(plan, values) if name == TIME_CODE else pa.array(values, pa.float64())
    return pa.table(columns)


def wide_columns(plan: Plan, source: Source) -> dict[str, list[str]]:
    """Return for each of time code, weight and balance the column that is meant in each place."""
    return {name: [picked for picked, _ in numbered] for name, numbered in _wide(plan, source).items()}


def _wide(plan: Plan, source: Source) -> dict[str, list[tuple[str, npt.NDArray[Any]]]]:
    """Return for each place the name of the column with its values; places with equal values share one."""
    time = source.time
    assert time is not None
    found: dict[str, list[tuple[str, npt.NDArray[Any]]]] = {}
    for entries in time.entries:
        # What reaches nothing is accounted for where others go, with the weight 0.
        code = np.full(time.slots, entries.target[0] if len(entries) else 0, np.int64)
        weight = np.zeros(time.slots)
        code[entries.source], weight[entries.source] = entries.target, entries.weight
        values = {
            TIME_CODE: code,
            TIME_WEIGHT: weight,
            **({TIME_BALANCE: np.ones(time.slots)} if time.balances else {}),
        }
        for name, column in values.items():
            numbered = found.setdefault(name, [])
            same = next((picked for picked, other in numbered if np.array_equal(other, column)), None)
            numbered.append((same or f"{name}_{len(numbered)}", column))
    return found


def time_codes(plan: Plan, codes: Int64) -> pa.Array:
    """Return what stands for codes of time in rows: labels of the project, or what they add to a row's code."""
    import pyarrow as pa

    if plan.slots is not None:
        return pa.array(plan.slots[codes], pa.int64()).cast(pa.timestamp("us", "UTC"))
    stride = plan.axis(TIME).stride if len(plan.time_keys) > 1 else 0
    return pa.array(codes * stride, pa.int64())


def _balanced(one: Entries, count: int) -> tuple[Entries, Float64]:
    """Return a matrix with a row of weight 0 for what reaches nothing, and the parts that each row accounts for.

    A row of facts with three targets is accounted for by a third in each; so sums are as if time were not mapped.
    """
    reaching = np.bincount(one.source, minlength=count)
    lost = np.flatnonzero(reaching == 0)
    some = one.target[0] if len(one) else 0
    entries = Entries(
        np.concatenate([one.source, lost]),
        np.concatenate([one.target, np.full(len(lost), some)]),
        np.concatenate([one.weight, np.zeros(len(lost))]),
    )
    balance = 1 / np.maximum(reaching, 1)
    return entries, balance[entries.source]
