"""Rows in the formats that the server has: pages of JSON, CSV, Arrow, Parquet, and text."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from typing import IO, Any, Final, TextIO

from dsgrid.operations import shown_rows
from dsgrid.operations.records import Selection, arrow_schema, arrow_tables, write_csv
from dsgrid.operations.shown_rows import Rows
from dsgrid.operations.text_tables import grid
from dsgrid.registry.conditions import Cell

_AHEAD: Final = 4_096  # rows that decide how wide the columns of a text are
_CHECKED: Final = 1_024
INTEGERS: Final = frozenset(
    {"base", "supplemental", "required", "submitted", "rows", "bytes", "records", "associations", "key"}
)
Row = tuple[Cell, ...]


def selection_of(name: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Selection:
    """Return the rows of a list like those of a table."""

    def types() -> tuple[frozenset[str], ...]:
        return tuple(frozenset({_type(column, [row[column] for row in rows])}) for column in columns)

    return Selection(name, tuple(columns), types, (tuple(row[column] for column in columns) for row in rows))


def write_list(
    file: IO[bytes], form: str, name: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], width: int | None
) -> None:
    """Write a list that is short enough for one page, in any format."""
    if form == "json":
        file.write(dumps({"items": rows, "total": len(rows), "next": None}).encode())
    else:
        write_table(selection_of(name, columns, rows), form, file, width)


def _type(column: str, cells: Sequence[Any]) -> str:
    known = [cell for cell in cells if cell is not None]
    if not known:
        return "integer" if column in INTEGERS else "text"
    if all(isinstance(cell, bool) for cell in known):
        return "boolean"
    if all(isinstance(cell, int) and not isinstance(cell, bool) for cell in known):
        return "integer"
    return "real" if all(isinstance(cell, float) for cell in known) else "text"


def write_table(selection: Selection, format: str, file: IO[bytes], width: int | None = None) -> None:
    """Write all rows to a file of bytes as ``csv``, ``arrow`` (a stream), ``parquet`` or ``text``."""
    if format == "csv":
        with _texts(file) as texts:
            write_csv(selection, texts)
    elif format == "text":
        with _texts(file) as texts:
            for line in grid(selection.columns, selection.rows, width, ahead=_AHEAD):
                texts.write(f"{line}\n")
    else:
        import pyarrow.parquet as pq
        from pyarrow import ipc

        schema = arrow_schema(selection)
        made: Any = (
            pq.ParquetWriter(file, schema, compression="zstd") if format == "parquet" else ipc.new_stream(file, schema)
        )
        with made as writer:
            for piece in arrow_tables(selection, schema):
                writer.write_table(piece)


def write_page(
    selection: Selection,
    file: IO[bytes],
    count: int,
    after: Callable[[bool], Mapping[str, Any]],
) -> None:
    """Write a page as JSON: ``items``, each an object, and what is said about them.

    Parameters
    ----------
    count
        How many rows a page has.
    after
        Is told whether there are more rows, and returns the members after ``items``.
    """
    with _texts(file) as texts:
        texts.write('{"items":[')
        for number, row in enumerate(islice(selection.rows, count)):
            texts.write("\n" if not number else ",\n")
            texts.write(dumps(dict(zip(selection.columns, row, strict=True))))
        has_more = next(selection.rows, None) is not None
        rest = dumps(after(has_more))
        texts.write(f"],\n{rest[1:]}")


def write_shown(rows: Rows, format: str, file: IO[bytes], count: int, width: int | None = None) -> None:
    """Write the first rows of a dataset as ``json``, ``csv``, ``arrow`` or ``text``."""
    if format == "arrow":
        from pyarrow import ipc

        with ipc.new_stream(file, rows.schema) as writer:
            for piece in rows.limited(count):
                writer.write_table(piece.cast(rows.schema))
        return
    with _texts(file) as texts:
        if format == "csv":
            shown_rows.write_csv(rows, texts, count)
        elif format == "text":
            texts.write(f"{shown_rows.text_table(rows, count, width)}\n")
        else:
            texts.write('{"items":')
            shown_rows.write_json(rows, texts, count)
            rest = dumps({"total": rows.total, "next": None, "remarks": [*rows.sums, *rows.caption]})
            texts.write(f",{rest[1:]}")


def in_time(selection: Selection, checked: Callable[[Iterator[Row], int], Iterator[Row]]) -> Selection:
    """Return rows that are taken only as long as there is time."""
    return replace(selection, rows=checked(selection.rows, _CHECKED))


def dumps(value: Any) -> str:
    """Return a value as JSON; numbers that JSON does not have (NaN, infinity) are null."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, default=str, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def _texts(file: IO[bytes]) -> Iterator[TextIO]:
    """Give a file of bytes as one of texts, which stays open."""
    # What is no text in Unicode (half of a pair) is an error nowhere here.
    texts = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="", write_through=False)
    try:
        yield texts
        texts.flush()
    finally:
        # It may fail once more on a full disk: the error on its way says so.
        with suppress(OSError, ValueError):
            texts.detach()
