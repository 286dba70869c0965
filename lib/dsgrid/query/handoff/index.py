"""Distinct rows of some columns, found piece by piece, and which of them a row is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from dsgrid.errors import UsageError
from dsgrid.time.pieces import Int64

if TYPE_CHECKING:
    import pyarrow as pa

_MANY = 1_000_000
_LARGEST_CODE = 2**62
_LARGEST_TABLE = 4_000_000


class Distinct:
    """Gathers the distinct rows of some columns of a table that comes in pieces."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = list(columns)
        self._found: list[pa.Table] = []
        self._rows = 0

    def add(self, piece: pa.Table) -> None:
        """Add the rows of a piece."""
        self._found.append(_distinct(piece, self._columns))
        self._rows += self._found[-1].num_rows
        if self._rows > _MANY:
            self._shrink()

    def table(self) -> pa.Table | None:
        """Return the distinct rows, in no order; None where no piece came."""
        self._shrink()
        return self._found[0] if self._found else None

    def _shrink(self) -> None:
        import pyarrow as pa

        if len(self._found) > 1:
            self._found = [_distinct(pa.concat_tables(self._found), self._columns)]
            self._rows = self._found[0].num_rows


def _distinct(table: pa.Table, columns: list[str]) -> pa.Table:
    selected = table.select(columns)
    return selected.group_by(columns).aggregate([]) if columns else selected.slice(0, 1)


class Index:
    """Numbers the distinct rows of some columns, in order.

    Parameters
    ----------
    distinct
        These rows, in any order.
    order
        By a column what its values are sorted by, where that is not themselves.
    """

    def __init__(self, distinct: pa.Table, order: Mapping[str, Callable[..., Any]] | None = None) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self.columns = distinct.column_names
        self._values = {}
        for name in self.columns:
            values = pc.unique(distinct.column(name).combine_chunks())
            key = (order or {}).get(name, lambda value: value)
            self._values[name] = pa.array(sorted(values.to_pylist(), key=key), values.type)
        codes = self._codes(distinct) if self.columns else np.zeros(1, np.int64)
        sorting = np.argsort(codes)
        self._sorted = codes[sorting]
        self._place = self._places()
        self.table = distinct.take(pa.array(sorting)) if self.columns else distinct

    def __len__(self) -> int:
        return len(self._sorted)

    def find(self, piece: pa.Table) -> Int64:
        """Return the number of each row of a piece: all of them are among the distinct ones."""
        if not self.columns:
            return np.zeros(piece.num_rows, np.int64)
        codes = self._codes(piece)
        return np.searchsorted(self._sorted, codes) if self._place is None else self._place[codes]

    def _places(self) -> Int64 | None:
        """Return the number of each code, where there are not too many codes for that."""
        size = prod(len(values) for values in self._values.values())
        if size > _LARGEST_TABLE:
            return None
        places = np.zeros(size, np.int64)
        places[self._sorted] = np.arange(len(self._sorted))
        return places

    def _codes(self, table: pa.Table) -> Int64:
        import pyarrow.compute as pc

        codes, size = np.zeros(table.num_rows, np.int64), 1
        for name in self.columns:
            values = self._values[name]
            places = pc.index_in(table.column(name), value_set=values)
            size *= len(values)
            if size > _LARGEST_CODE:
                raise UsageError(f"the records of {', '.join(self.columns)} have too many combinations to be exported")
            codes = codes * len(values) + places.to_numpy().astype(np.int64)
        return codes

    def tuples(self, columns: Sequence[str] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows in order, of all columns or of some."""
        chosen = self.columns if columns is None else list(columns)
        if not chosen:
            return [()] * len(self)
        return list(zip(*(self.table.column(name).to_pylist() for name in chosen), strict=True))
