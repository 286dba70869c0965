"""A table in another order, made piece by piece: more of it is never in memory than a few pieces.

It is known beforehand where each row goes. So the rows are laid into a file on the disk, those that will be neighbours
into one heap, and then heap after heap is put in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final

from dsgrid.api.results.row_order import Order, places_of
from dsgrid.api.results.table_reading import StoredTable, row_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

# Of a heap, and of the rows that are laid into heaps at once, as they lie in memory, about.
HEAP_BYTES: Final = 8 << 20
_LAID_BYTES: Final = 16 << 20
_PLACE: Final = "\x00place"


@dataclass(frozen=True)
class Sorting:
    """The rows of a table in an order.

    Parameters
    ----------
    order
        See `dsgrid.api.results.row_order.order_of`.
    room
        A folder on whose disk there is room for the rows; nothing is left there, however it ends.
    """

    table: StoredTable
    order: Order
    room: Path

    @property
    def schema(self) -> pa.Schema:
        """The columns of the table."""
        return self.table.schema

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows, sorted, piece by piece."""
        places = places_of(self.table, self.order)
        heap_rows = max(1, HEAP_BYTES // row_bytes(self.schema))
        with TemporaryFile(dir=self.room, buffering=0) as file:
            heaps = _Heaps(file, -(-len(places) // heap_rows))
            plain = _plain(self.schema)
            for rows, first in _together(self.table.pieces()):
                _lay(rows.cast(plain), places[first : first + rows.num_rows], heap_rows, heaps)
            del places
            for number in range(heaps.count):
                yield _in_order(heaps.taken(number), self.schema)


class _Heaps:
    """Heaps of rows in one file."""

    def __init__(self, file: IO[bytes], count: int) -> None:
        self.count = count
        self._file = file
        self._parts: list[list[tuple[int, int, int]]] = [[] for _ in range(count)]
        self._end = 0
        self._schema: pa.Schema | None = None

    def lay(self, heap: int, rows: pa.Table) -> None:
        """Lay rows on a heap."""
        import pyarrow as pa

        self._schema = rows.schema
        for batch in rows.to_batches():
            whole = batch.serialize()
            packed = pa.compress(whole, codec="lz4", asbytes=True)
            left = memoryview(packed)
            while left:
                # A disk that becomes full takes a part, and refuses the rest.
                left = left[self._file.write(left) :]
            self._parts[heap].append((self._end, len(packed), whole.size))
            self._end += len(packed)

    def taken(self, heap: int) -> pa.Table:
        """Return the rows of a heap."""
        import pyarrow as pa

        batches = []
        for start, size, whole in self._parts[heap]:
            self._file.seek(start)
            packed = self._file.read(size)
            batches.append(pa.ipc.read_record_batch(pa.decompress(packed, whole, codec="lz4"), self._schema))
        return pa.Table.from_batches(batches, self._schema)


def _plain(schema: pa.Schema) -> pa.Schema:
    """Return a schema whose columns are laid down with all that they mean, and refer to no dictionary."""
    import pyarrow as pa

    types = [one.type.value_type if pa.types.is_dictionary(one.type) else one.type for one in schema]
    return pa.schema(list(zip(schema.names, types, strict=True)))


def _together(pieces: Iterator[pa.Table]) -> Iterator[tuple[pa.Table, int]]:
    """Yield neighbouring pieces as larger ones, each with the number of its first row."""
    import pyarrow as pa

    pending: list[pa.Table] = []
    size = first = 0
    for piece in pieces:
        pending.append(piece)
        size += piece.nbytes
        if size >= _LAID_BYTES:
            rows = pa.concat_tables(pending)
            yield rows, first
            first += rows.num_rows
            pending, size = [], 0
    if pending:
        yield pa.concat_tables(pending), first


def _lay(rows: pa.Table, places: np.ndarray[Any, Any], heap_rows: int, heaps: _Heaps) -> None:
    """Lay neighbouring rows on the heaps where they belong, with their places."""
    import numpy as np
    import pyarrow as pa

    turn = np.argsort(places, kind="stable")
    places = places[turn]
    turned = rows.combine_chunks().take(pa.array(turn)).append_column(_PLACE, pa.array(places))
    ends = np.searchsorted(places, np.arange(1, heaps.count + 1, dtype=np.int64) * heap_rows)
    start = 0
    for number, end in enumerate(map(int, ends)):
        if end > start:
            heaps.lay(number, turned.slice(start, end - start))
        start = end


def _in_order(heap: pa.Table, schema: pa.Schema) -> pa.Table:
    import pyarrow.compute as pc

    turn = pc.sort_indices(heap.column(_PLACE))
    return heap.select(range(len(schema))).combine_chunks().take(turn).cast(schema)
