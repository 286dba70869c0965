"""Casting the batches of a file to stated types; a cell that does not fit is named with its line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dsgrid.errors import DataError, Problem
from dsgrid.spec.node import shown

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.storage.location import Location


def numbered(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield batches, each with the number of rows before it."""
    start = 0
    for batch in batches:
        yield start, batch
        start += batch.num_rows


def coerce(batch: pa.RecordBatch, target: pa.Schema, path: Location, start: int, format_: str) -> pa.RecordBatch:
    """Return a batch with the columns and types of `target`.

    Parameters
    ----------
    path, start, format_
        Where the batch comes from, to name the first cell that has no such type.
    """
    import pyarrow as pa

    arrays = []
    for field in target:
        column = batch.column(field.name)
        try:
            arrays.append(column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise DataError(_bad_cell(column, field, path, start, format_)) from None
    return pa.RecordBatch.from_arrays(arrays, schema=target)


def _bad_cell(column: pa.Array, field: pa.Field, path: Location, start: int, format_: str) -> Problem:
    """Find the first cell that cannot be cast."""
    import pyarrow as pa

    for index in range(len(column)):
        try:
            column.slice(index, 1).cast(field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            value = column[index]
            row = start + index
            where = f"{shown(path)}:{row + (2 if format_ == 'csv' else 1)}" if format_ != "parquet" else shown(path)
            at = f" in row {row + 1:,}" if format_ == "parquet" else ""
            expected = _expectation(field, value)
            return Problem(f'column "{field.name}": "{value}"{at} is not {expected}', where)
    raise AssertionError("the batch failed but no cell does")


def _expectation(field: pa.Field, value: pa.Scalar) -> str:
    import pyarrow as pa

    if pa.types.is_timestamp(value.type):
        return "a whole number of microseconds"
    if pa.types.is_timestamp(field.type):
        without = field.type.tz is None
        try:
            value.cast(pa.timestamp("us", "UTC" if without else None))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return f"a timestamp such as 2012-07-01 00:00{'' if without else '-05:00'}"
        return f"a timestamp {'without' if without else 'with'} an offset, as the first one is"
    return "an integer" if pa.types.is_integer(field.type) else f"a {field.type}"
