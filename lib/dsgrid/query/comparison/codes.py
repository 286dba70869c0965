"""Numbers for the values of keys: a row of either table becomes a few small integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dsgrid.errors import DataError
from dsgrid.query.comparison.forms import Canonical, FormError

if TYPE_CHECKING:
    import pyarrow as pa

Codes = npt.NDArray[np.int32]


class Codebook:
    """The values of one key in both tables, numbered in the order in which they come."""

    def __init__(self) -> None:
        self.values: list[Canonical] = []
        self._codes: dict[Any, int] = {}

    def __len__(self) -> int:
        return len(self.values)

    def code(self, value: Canonical) -> int:
        """Return the number of a value, a new one of one that was not there."""
        # True equals 1 in Python, and is another value.
        name = (value,) if isinstance(value, bool) else value
        found = self._codes.get(name)
        if found is None:
            found = self._codes[name] = len(self.values)
            self.values.append(value)
        return found


class Encoder:
    """Numbers the values of a column of one table.

    Parameters
    ----------
    book
        Shared with the other table.
    take
        Brings a value to the form in which both can be compared.
    where
        The table and the column, for messages.
    blank
        Whether an empty text is no value: a CSV cannot tell them apart.
    """

    def __init__(self, book: Codebook, take: Callable[[Any], Canonical], where: str, blank: bool = False) -> None:
        self.seen: set[int] = set()
        self._book = book
        self._take = take
        self._where = where
        self._blank = blank
        # By the value as the file has it.
        self._known: dict[Any, int] = {}
        self._ids: Mapping[Any, Any] = {}

    def translate(self, ids: Mapping[Any, Any]) -> None:
        """From now on take values that are names of records for the records' ids."""
        self._ids = ids

    def constant(self, value: Any, rows: int) -> Codes:
        """Return the number of one value, for so many rows."""
        return np.full(rows, self._code(value), np.int32)

    def column(self, values: pa.ChunkedArray) -> Codes:
        """Return the number of each value."""
        distinct, places = distinct_values(values)
        numbers = np.array([self._code(value) for value in distinct] or [0], np.int32)
        return numbers[places]

    def _code(self, value: Any) -> int:
        name = (value,) if isinstance(value, bool) else value
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._book.code(self._canonical(value))
            self.seen.add(found)
        return found

    def _canonical(self, value: Any) -> Canonical:
        if value is None or (self._blank and value == ""):
            return None
        try:
            return self._take(self._ids.get(value, value))
        except FormError as error:
            raise DataError(f'{self._where}: "{value}" {error}') from None


def distinct_values(values: pa.ChunkedArray) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """Return the different values of a column, and for each row the place of its own; timestamps as microseconds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_timestamp(kind):
        values = values.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
    if not pa.types.is_dictionary(values.type):
        values = pc.dictionary_encode(values)
    array = values.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], values.type)
    distinct = array.dictionary.to_pylist()
    if array.null_count:
        distinct.append(None)
        return distinct, pc.fill_null(array.indices, len(distinct) - 1).to_numpy(zero_copy_only=False).astype(np.int64)
    return distinct, array.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def combined(columns: Sequence[npt.NDArray[Any]], sizes: Sequence[int], rows: int) -> npt.NDArray[np.int64]:
    """Return one number for the codes of each row; they are equal where all codes are.

    Parameters
    ----------
    columns
        The codes of each key.
    sizes
        How many codes each key has.
    """
    found = np.zeros(rows, np.int64)
    reached = 1
    for codes, size in zip(columns, sizes, strict=True):
        if reached * max(size, 1) >= 1 << 62:
            different, found = np.unique(found, return_inverse=True)
            reached = max(len(different), 1)
        found = found * max(size, 1) + codes
        reached *= max(size, 1)
    return found
