"""JSON-lines input: one object per line. Neither engine reads it reliably, so Python does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dsgrid.datasets.compressed import text_file
from dsgrid.errors import DataError, Problem
from dsgrid.spec.node import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from dsgrid.storage.location import Location

BATCH_ROWS = 65_536


def names(path: Location) -> tuple[str, ...]:
    """Return the keys of the first object."""
    for _, row in objects(path):
        return tuple(row)
    raise DataError(Problem("the file holds no rows", shown(path)))


def batches(
    path: Location, types: Mapping[str, pa.DataType], as_text: frozenset[str] = frozenset()
) -> Iterator[pa.RecordBatch]:
    """Yield the columns in `types`. A key that an object lacks is NULL; a key that the first lacks is an error.

    Integers in the columns `as_text` (years, days of the week), and true and false, are taken as text.
    """
    import pyarrow as pa

    schema = pa.schema(list(types.items()))
    known = frozenset(names(path))
    rows: list[tuple[int, dict[str, Any]]] = []
    for line, row in objects(path):
        surplus = next((key for key in row if key not in known), None)
        if surplus is not None:
            raise DataError(Problem(f'the first line has no "{surplus}"', f"{shown(path)}:{line}"))
        for name in as_text:
            if isinstance(row.get(name), int):
                row[name] = str(row[name]).lower()  # true and false, too
        rows.append((line, row))
        if len(rows) == BATCH_ROWS:
            yield _batch(path, rows, schema)
            rows = []
    if rows:
        yield _batch(path, rows, schema)


def objects(path: Location) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each object with the number of its line."""
    try:
        with text_file(path) as file:
            for line, text in enumerate(file, start=1):
                if not text.strip():
                    continue
                try:
                    row = json.loads(text)
                except json.JSONDecodeError as error:
                    message = f"no JSON object ({error.msg}); expected one object per line"
                    raise DataError(Problem(message, f"{shown(path)}:{line}:{error.colno}")) from None
                if not isinstance(row, dict):
                    raise DataError(Problem("no JSON object; expected one object per line", f"{shown(path)}:{line}"))
                yield line, row
    except UnicodeDecodeError:
        raise DataError(Problem("the file is no UTF-8 text", shown(path))) from None


def _batch(path: Location, rows: list[tuple[int, dict[str, Any]]], schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    arrays = []
    for field in schema:
        try:
            arrays.append(_array([row.get(field.name) for _, row in rows], field.type))
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
            raise DataError(_bad_cell(path, rows, field)) from None
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(cells: list[Any], type_: pa.DataType) -> pa.Array:
    import pyarrow as pa

    # pyarrow would cut fractions off.
    if pa.types.is_integer(type_) and any(isinstance(cell, float) and not cell.is_integer() for cell in cells):
        raise TypeError
    return pa.array(cells, type_)


def _bad_cell(path: Location, rows: list[tuple[int, dict[str, Any]]], field: pa.Field) -> Problem:
    import pyarrow as pa

    for line, row in rows:
        value = row.get(field.name)
        try:
            _array([value], field.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
            hint = ""
            if pa.types.is_string(field.type) and type(value) is int:
                hint = "; write it as a string, a number loses its leading zeros"
            expected = {"int64": "an integer", "double": "a number"}.get(str(field.type), f"a {field.type}")
            return Problem(f'"{field.name}": {json.dumps(value)} is not {expected}{hint}', f"{shown(path)}:{line}")
    raise AssertionError("the batch failed but no cell does")
