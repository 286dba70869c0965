"""Two numbers that tell whether tables are equal, whatever the order of their rows and the engine that wrote them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pandas.util import hash_array

TOLERANCE = 1e-9
_ODD = np.uint64(0x9E3779B97F4A7C15)

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Checksum:
    """What a table adds up to.

    Parameters
    ----------
    total
        The sum of its values.
    weighted
        Their sum, each weighted by a number between 0 and 1 that its key columns decide: a value that stands beside
        other keys changes it.
    """

    rows: int
    total: float
    weighted: float


def checksum(paths: Iterable[Path], keys: Sequence[str]) -> Checksum:
    """Return the checksum of a table in Parquet files, which has the columns of the keys and ``value``."""
    rows, total, weighted = 0, 0.0, 0.0
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(1 << 20, columns=[*keys, "value"]):
                values = batch.column("value").to_numpy(zero_copy_only=False)
                rows += len(values)
                total += float(values.sum())
                weighted += float((values * weights([batch.column(name) for name in keys])).sum())
    return Checksum(rows, total, weighted)


def weights(columns: Sequence[pa.Array]) -> npt.NDArray[np.float64]:
    """Return a number between 0 and 1 for each row: the same for the same keys, in all engines."""
    mixed = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        mixed = (mixed * _ODD) ^ _hashed(column)
    return hash_array(mixed) / float(1 << 64)


def _hashed(column: pa.Array) -> Hashes:
    if pa.types.is_timestamp(column.type):
        # An instant is the same whatever zone it is written in.
        instants = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
        return hash_array(instants.to_numpy(zero_copy_only=False))
    # Engines write a year as a number or as text.
    coded = pc.dictionary_encode(column.cast(pa.string()))
    each = hash_array(np.array(coded.dictionary.to_pylist(), dtype=object))
    return each[coded.indices.to_numpy(zero_copy_only=False)]


def equal(one: Checksum, other: Checksum) -> bool:
    """Tell whether two tables are the same but for rounding."""
    return one.rows == other.rows and _close(one.total, other.total) and _close(one.weighted, other.weighted)


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other))
