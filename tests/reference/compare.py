"""Compare a written result with the reference's answer."""

from __future__ import annotations

import math

import pandas as pd
import pyarrow as pa

from reference.answer import Answer

# The engines sum in any order; the design promises this, relative to the sum of the absolute terms.
TOLERANCE = 1e-9


def assert_same(found: pa.Table, expected: Answer) -> None:
    """Assert equal columns, rows, presence of cells, and values within the tolerance."""
    wanted = {*expected.keys, *expected.values}
    assert wanted <= set(found.column_names) <= wanted | expected.empty
    for name in set(found.column_names) - wanted:
        assert found.column(name).null_count == found.num_rows, f"{name} has values"
    assert found.num_rows == len(expected.table), f"{found.num_rows} rows instead of {len(expected.table)}"
    sizes = {name: expected.sizes[name].tolist() for name in expected.values}
    own = _sorted(_plain(found.to_pandas(), expected), expected.values)
    other = _plain(expected.table, expected)
    other = _sorted([(key, cells, index) for index, (key, cells, _) in enumerate(other)], expected.values)
    for (key, cells, _), (wanted_key, wanted, index) in zip(own, other, strict=True):
        assert key == wanted_key, f"{key} instead of {wanted_key}"
        for name, cell, value in zip(expected.values, cells, wanted, strict=True):
            if value is None or cell is None:
                assert cell is value, f"{key}, {name}: {cell} instead of {value}"
                continue
            allowed = TOLERANCE * sizes[name][index]
            assert abs(cell - value) <= allowed, f"{key}, {name}: {cell!r} instead of {value!r}"


Row = tuple[tuple[str, ...], tuple[float | None, ...], int]


def _plain(table: pd.DataFrame, expected: Answer) -> list[Row]:
    keys = {}
    for name in expected.keys:
        column = table[name]
        if name == "percentile":
            keys[name] = [str(float(value)) for value in column]
        elif isinstance(column.dtype, pd.DatetimeTZDtype):
            keys[name] = [str(value) for value in column.astype("int64") // (1000 if column.dt.unit == "ns" else 1)]
        else:
            keys[name] = [str(value) for value in column]
    cells = [[None if math.isnan(value) else float(value) for value in table[name]] for name in expected.values]
    return [
        (tuple(keys[name][row] for name in expected.keys), tuple(column[row] for column in cells), row)
        for row in range(len(table))
    ]


def _sorted(rows: list[Row], values: list[str]) -> list[Row]:
    """Sort by key; rows with equal keys (two records of one name) by value."""
    return sorted(rows, key=lambda row: (row[0], tuple(-math.inf if cell is None else cell for cell in row[1])))
