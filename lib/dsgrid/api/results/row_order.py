"""The order in which somebody wants the rows of a table, and the place that each row has in it.

Only the columns of the order are read, one after the other, and of each a number is kept for each row: some 40 bytes of
memory for each, whatever else the table has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from dsgrid.api.results.table_reading import StoredTable
from dsgrid.errors import UsageError
from dsgrid.registry.conditions import parse_order

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

MOST_COLUMNS: Final = 10
MOST_ROWS: Final = 5_000_000
# They stand on the disk twice while they are sorted.
MOST_CELLS: Final = 100_000_000
# Of different texts of a column, which are in memory together.
MOST_TEXTS: Final = 128 << 20
_SMALL: Final = 1 << 16

Order = tuple[tuple[str, bool], ...]


def order_of(written: str, table: StoredTable) -> Order:
    """Return (column, largest first) for each part of ``COLUMN,-COLUMN``, as lists of the registry have it.

    Raises
    ------
    UsageError
        For columns that there are not, that have no order, or that are too many.
    """
    if not written.strip():
        return ()
    names = table.schema.names
    found: dict[str, bool] = {}
    for name, is_descending in parse_order(written, names):
        found.setdefault(name, is_descending)
    if len(found) > MOST_COLUMNS:
        raise UsageError(f"the order has {len(found)} columns; expected at most {MOST_COLUMNS}")
    unsorted = [name for name in found if not _has_order(table.schema.field(name).type)]
    if unsorted:
        raise UsageError(f'"{unsorted[0]}" holds {table.schema.field(unsorted[0]).type}, which has no order')
    return tuple(found.items())


def too_large(table: StoredTable) -> str:
    """Return why a table is too large to be sorted; empty where it is not."""
    rows, columns = table.rows, len(table.schema)
    instead = "let the query sort them (`sort` in its [result]), or sort the files at home"
    if rows > MOST_ROWS:
        return f"the table has {rows:,} rows, and the server sorts {MOST_ROWS:,} at most; {instead}"
    if rows * columns > MOST_CELLS:
        return (
            f"the table has {rows:,} rows of {columns:,} columns, and the server sorts {MOST_CELLS:,} cells at most; "
            f"{instead}"
        )
    return ""


def places_of(table: StoredTable, order: Order) -> np.ndarray[Any, Any]:
    """Return for each row of a table the place that it gets.

    Texts are sorted by code point; what is not there (no number, too) comes last, whichever way; rows that the order
    does not tell apart stay as they were.

    Raises
    ------
    UsageError
        If a column has so many texts that they do not fit into memory.
    """
    import numpy as np

    turn: np.ndarray[Any, Any] | None = None
    for name, is_descending in reversed(order):
        keys = _keys(table, name, is_descending)
        while keys:
            # Taken out: the keys of another order are kept no longer than they are needed.
            turn = _turned(turn, keys)
    if turn is None:
        return np.arange(table.rows, dtype=np.int32)
    places = np.empty(len(turn), np.int32)
    places[turn] = np.arange(len(turn), dtype=np.int32)
    return places


def _turned(turn: np.ndarray[Any, Any] | None, keys: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """Return the numbers of rows, sorted by the first keys; those with the same key stay as they were."""
    import numpy as np

    if turn is None:
        return np.argsort(keys.pop(0), kind="stable").astype(np.int32)
    here = keys.pop(0)[turn]
    return turn[np.argsort(here, kind="stable")]


def _keys(table: StoredTable, name: str, is_descending: bool) -> list[np.ndarray[Any, Any]]:
    """Return what the rows are sorted by, the least important first: the column's own, and whether it is not there."""
    import numpy as np
    import pyarrow as pa

    type_ = table.schema.field(name).type
    if pa.types.is_floating(type_):
        keys = _numbers(table, name, np.dtype(type_.to_pandas_dtype()), np.nan)[0]
        # Numpy has what is no number at the end, and it is so with either sign.
        return [np.negative(keys, out=keys) if is_descending else keys]
    if _is_text(type_):
        keys, absent = _texts(table, name)
    else:
        own = np.int64 if pa.types.is_temporal(type_) else np.uint8 if pa.types.is_boolean(type_) else None
        keys, absent = _numbers(table, name, np.dtype(own or type_.to_pandas_dtype()), 0)
    keys = _short(keys)
    if is_descending:
        keys = np.invert(keys, out=keys)
    return [keys] if absent is None else [keys, absent]


def _has_order(type_: pa.DataType) -> bool:
    import pyarrow as pa

    own = (pa.types.is_floating, pa.types.is_integer, pa.types.is_boolean, pa.types.is_timestamp, pa.types.is_date)
    return _is_text(type_) or any(each(type_) for each in own)


def _is_text(type_: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def _numbers(
    table: StoredTable, name: str, dtype: np.dtype[Any], filling: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """Return the cells of a column, and which of them are not there."""
    import numpy as np
    import pyarrow as pa

    keys = np.empty(table.rows, dtype)
    absent = np.zeros(table.rows, bool)
    start = 0
    for piece in table.pieces(0, [name]):
        column = piece.column(name)
        if pa.types.is_boolean(column.type):
            column = column.cast(pa.uint8())
        elif pa.types.is_date32(column.type):
            column = column.cast(pa.int32())
        elif pa.types.is_temporal(column.type):
            column = column.cast(pa.int64())
        here = slice(start, start + len(column))
        if column.null_count:
            absent[here] = column.is_null().to_numpy()
            column = column.fill_null(pa.scalar(filling, column.type))
        keys[here] = column.to_numpy()
        start += len(column)
    return keys, absent if absent.any() else None


def _texts(table: StoredTable, name: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """Return for each cell of a column of texts the rank of its text, and which of them are not there."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    chunks: list[Any] = []
    new = 0
    for piece in table.pieces(0, [name]):
        column = piece.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        chunks += column.dictionary_encode().chunks
        new += chunks[-1].dictionary.nbytes if chunks else 0
        if new > MOST_TEXTS:
            chunks = _unified(chunks, name)
            new = chunks[0].dictionary.nbytes
    if not chunks:
        return np.empty(0, np.int32), None
    chunks = _unified(chunks, name)
    known = chunks[0].dictionary
    ranks = np.empty(len(known) + 1, np.int32)
    # Arrow compares the bytes of UTF-8, which are in the order of code points.
    ranks[pc.sort_indices(known).to_numpy()] = np.arange(len(known), dtype=np.int32)
    ranks[len(known)] = 0
    places = np.concatenate([one.indices.fill_null(len(known)).to_numpy(zero_copy_only=False) for one in chunks])
    absent = places == len(known)
    return ranks[places], absent if absent.any() else None


def _unified(chunks: Sequence[Any], name: str) -> list[Any]:
    """Return columns with one dictionary for all, where that is not too large."""
    import pyarrow as pa

    found = pa.chunked_array(chunks).unify_dictionaries().chunks
    if found[0].dictionary.nbytes > MOST_TEXTS // 2:
        raise UsageError(
            f'"{name}" has {len(found[0].dictionary):,} different texts, more than the server can sort; '
            "sort by others, or sort the files at home"
        )
    return list(found)


def _short(keys: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return whole numbers in as few bits as their range needs: those of 16 are sorted in no time."""
    import numpy as np

    if not len(keys):
        return keys
    low, high = int(keys.min()), int(keys.max())
    return (keys - low).astype(np.uint16) if high - low < _SMALL else keys
