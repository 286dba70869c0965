"""Some of the rows, and some of the columns, of what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from dsgrid.errors import NotFoundError, Problem, SpecError, did_you_mean
from dsgrid.operations.question import Condition
from dsgrid.operations.question_grammar import parse_condition
from dsgrid.operations.question_types import compared
from dsgrid.operations.shown_rows import Rows
from dsgrid.query.predicates import PredicateError, kept, kept_numbers

if TYPE_CHECKING:
    import pyarrow as pa


def chosen(rows: Rows, columns: Sequence[str], where: Sequence[str]) -> Rows:
    """Return rows that pass all tests, with the columns that are wanted."""
    known = rows.schema.names
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise NotFoundError([Problem(_no_column(name, known), key="--columns") for name in unknown])
    tests = [_test(text, rows.schema) for text in where]
    shown = list(dict.fromkeys(columns)) or list(known)
    if not columns and not tests:
        return rows

    def pieces() -> Iterator[pa.Table]:
        for piece in rows.pieces():
            for test in tests:
                piece = test(piece)
            yield piece.select(shown)

    import pyarrow as pa

    schema = pa.schema([rows.schema.field(name) for name in shown])
    # Sums are those of all rows.
    sums = () if tests else rows.sums
    return Rows(schema, pieces, rows.labels, sums, rows.caption, None if tests else rows.total)


def _test(text: str, schema: pa.Schema) -> Any:
    """Return what keeps the rows of a table that pass a test."""
    import pyarrow as pa

    condition = parse_condition(text)
    name = f"{condition.name}.{condition.attribute}" if condition.attribute else condition.name
    if name not in schema.names:
        raise NotFoundError(Problem(_no_column(name, schema.names), key=f'--where "{text}"'))
    type_ = schema.field(name).type
    numeric = pa.types.is_integer(type_) or pa.types.is_floating(type_)
    # What makes no sense for such a column is told before anything is read.
    _kept(condition, ["" if not numeric else 0], numeric=numeric)
    return partial(_passing, condition=condition, name=name, numeric=numeric)


def _kept(condition: Condition, cells: Sequence[Any], *, numeric: bool) -> list[bool]:
    try:
        return kept(compared(condition, numeric=numeric), cells)
    except PredicateError as error:
        raise SpecError(Problem(str(error), key=f'--where "{condition.written}"')) from None


def _passing(table: pa.Table, condition: Condition, name: str, numeric: bool) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    column = table.column(name)
    if numeric and (not column.null_count or pa.types.is_floating(column.type)):
        # Values are many and hardly ever the same: each in plain Python would take a hundred times as long.
        found = kept_numbers(compared(condition, numeric=True), column.to_numpy())
        if found is not None:
            return table.filter(pa.array(found))
    encoded = column.combine_chunks().dictionary_encode()
    cells = encoded.dictionary.to_pylist()
    passes = _kept(condition, [*cells, None], numeric=numeric)
    places = encoded.indices.fill_null(len(cells)).to_numpy(zero_copy_only=False)
    return table.filter(pa.array(np.array(passes, bool)[places]))


def _no_column(name: str, known: Sequence[str]) -> str:
    return f'no column "{name}"{did_you_mean(name, known)}'
