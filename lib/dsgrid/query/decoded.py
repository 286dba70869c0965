"""From row codes back to columns, on the driver: for results that travel through Arrow.

What a code stands for is known here anyway. The engine then neither joins names nor sends texts, and a result by hour
and state costs it two numbers per row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dsgrid.dimensions.types import TIME
from dsgrid.query.decoding import column_types
from dsgrid.query.factor import PERCENTILE
from dsgrid.query.form import pivot_digits, pivot_names
from dsgrid.query.literals import arrow_type
from dsgrid.query.plan import Axis, Plan
from dsgrid.query.rules.presentation import UNIT, VALUE
from dsgrid.query.terms import BALANCE, CODE, SLOT, keys_and_values
from dsgrid.query.time_columns import told
from dsgrid.time.pieces import Int64

if TYPE_CHECKING:
    import pyarrow as pa


def decoded(plan: Plan, coded: pa.Table) -> pa.Table:
    """Return the result's table: its columns in order, then ``value`` and ``unit``, or the pivoted columns.

    Parameters
    ----------
    coded
        ``#code, [#slot], value``; each code (and slot) once.
    """
    import pyarrow as pa

    codes, slots = _whole(coded.column(CODE)), _slot_numbers(plan, coded)
    value = coded.column(VALUE).combine_chunks()
    pivot = plan.query.output.pivot
    if pivot is None:
        columns = _columns(plan, codes, slots)
        columns[VALUE] = value
        columns[UNIT] = _units(plan, codes)
        names = [*(column.name for column in plan.columns), VALUE, UNIT]
        return pa.table([columns[name] for name in names], names=names)
    axis = plan.axis(pivot)
    digit = _digit(axis, codes)
    rest = codes - digit * axis.stride
    unique, slots, row = _rows(rest, slots)
    columns = _columns(plan, unique, slots)
    kept = [column.name for column in plan.columns if column.type != pivot]
    if pivot != "metric":
        columns[UNIT] = _units(plan, unique)
        kept.append(UNIT)
    arrays = [columns[name] for name in kept]
    valid = ~np.asarray(value.is_null())
    numbers = value.fill_null(0.0).to_numpy(zero_copy_only=False)
    for position in pivot_digits(plan, axis):
        chosen = (digit == position) & valid
        cells, present = np.zeros(len(unique)), np.zeros(len(unique), bool)
        cells[row[chosen]], present[row[chosen]] = numbers[chosen], True
        arrays.append(pa.array(cells, pa.float64(), mask=~present))
    return pa.table(arrays, names=[*kept, *pivot_names(plan, axis)])


def _rows(codes: Int64, slots: Int64 | None) -> tuple[Int64, Int64 | None, Int64]:
    """Return the distinct codes (and slots), and which of them each row has."""
    unique, row = np.unique(codes, return_inverse=True)
    row = row.reshape(-1).astype(np.int64)
    if slots is None:
        return unique, None, row
    count = int(slots.max(initial=0)) + 1
    pairs, row = np.unique(row * count + slots, return_inverse=True)
    return unique[pairs // count], pairs % count, row.reshape(-1).astype(np.int64)


def gathered(coded: pa.Table) -> pa.Table:
    """Return a coded table with each code (and slot) once: values, and balances, of equal ones are added up."""
    keys, values = keys_and_values(coded.column_names)
    # One thread: equal results are equal files, to the last digit.
    summed = coded.group_by(keys, use_threads=False).aggregate([(name, "sum") for name in values])
    names = {f"{name}_sum": name for name in values}
    return summed.rename_columns([names.get(name, name) for name in summed.column_names]).select(coded.column_names)


def carried_in(plan: Plan, coded: pa.Table) -> dict[str, float]:
    """Return the sum of the balances of a coded table, by unit."""
    axis = plan.axis("metric")
    balances = coded.column(BALANCE).combine_chunks().fill_null(0.0).to_numpy(zero_copy_only=False)
    sums = np.bincount(_digit(axis, _whole(coded.column(CODE))), weights=balances, minlength=axis.radix)
    found: dict[str, float] = {}
    for unit, total in zip(axis.units, sums.tolist(), strict=False):
        found[unit] = found.get(unit, 0.0) + total
    return found


def empty(plan: Plan) -> pa.Table:
    """Return the coded table of a result without rows."""
    import pyarrow as pa

    slot = {} if plan.slots is None else {SLOT: pa.array([], pa.timestamp("us", "UTC"))}
    return pa.table({CODE: pa.array([], pa.int64()), **slot, VALUE: pa.array([], pa.float64())})


def _whole(column: pa.ChunkedArray) -> Int64:
    return column.combine_chunks().to_numpy(zero_copy_only=False).astype(np.int64)


def _digit(axis: Axis, codes: Int64) -> Int64:
    return codes // axis.stride % axis.radix


def _slot_numbers(plan: Plan, coded: pa.Table) -> Int64 | None:
    """Return the position of each row's slot among the project's, where the result keeps slots apart."""
    import pyarrow as pa

    if plan.slots is None:
        return None
    labels = _whole(coded.column(SLOT).cast(pa.timestamp("us", "UTC")).cast(pa.int64()))
    order = np.argsort(plan.slots, kind="stable")
    return order[np.searchsorted(plan.slots, labels, sorter=order)]


def _columns(plan: Plan, codes: Int64, slots: Int64 | None) -> dict[str, Any]:
    """Return the columns of records and of time, by name."""
    found: dict[str, Any] = {}
    kinds = dict(column_types(plan))
    for axis in plan.axes:
        if axis.type != TIME and axis.columns:
            found.update(_records(plan, axis, codes))
    columns = plan.columns_of(TIME)
    if slots is not None:
        assert plan.slots is not None
        values = told(plan)
        for column in columns:
            shown = plan.slots if column.word == "slot" else values[column.word]
            found[column.name] = _taken(shown.tolist(), kinds[column.name], slots)
    elif columns:
        of_time = next((axis for axis in plan.axes if axis.type == TIME), None)
        digits = np.zeros(len(codes), np.int64) if of_time is None else _digit(of_time, codes)
        for index, column in enumerate(columns):
            found[column.name] = _taken([key[index] for key in plan.time_keys], kinds[column.name], digits)
    return found


def _records(plan: Plan, axis: Axis, codes: Int64) -> dict[str, Any]:
    digits = _digit(axis, codes)
    found = {}
    for index, column in enumerate(axis.columns):
        assert column.dimension is not None
        records = column.dimension.records.by_id
        ids = [key[index] for key in axis.keys]
        shown = [records[id_].name for id_ in ids] if plan.query.output.names else ids
        if column.type == PERCENTILE:
            found[column.name] = _taken([float(id_) for id_ in ids], "float64", digits)
        else:
            found[column.name] = _taken(shown, "string", digits)
    return found


def _units(plan: Plan, codes: Int64) -> Any:
    axis = plan.axis("metric")
    return _taken(list(axis.units), "string", _digit(axis, codes))


def _taken(values: list[Any], kind: str, digits: Int64) -> Any:
    import pyarrow as pa

    stamps = kind in ("timestamp", "wall")
    array = pa.array(values, pa.int64() if stamps else arrow_type(kind))
    return (array.cast(arrow_type(kind)) if stamps else array).take(pa.array(digits))
