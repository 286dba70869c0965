"""The labels of stored facts as one key, by which small tables about slots are joined."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from dsgrid.time.dimension import RepresentativeTime, TimeDimension
from dsgrid.time.stored import (
    FOLD,
    INDEX,
    INSTANTS,
    NOTHING,
    READINGS,
    TIMESTAMP,
    YEAR,
    has_fold,
    label_form,
    part_values,
)

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray
    from pyspark.sql import Column


def key_kind(time: TimeDimension) -> str:
    """Return the type of a key: ``timestamp`` or ``int64``."""
    return "timestamp" if label_form(time) in (INSTANTS, READINGS) else "int64"


def label_key(time: TimeDimension) -> Column:
    """Return the key of a row's label, see `dsgrid.time.labels.slot_keys`; NULL for a label that cannot be.

    Instants and readings are timestamps (a reading as if it were UTC, a second showing one microsecond later), so that
    the engines join them as they are stored. Parts of a representative period are numbered, the last one fastest.
    """
    from pyspark.sql import functions as F

    form = label_form(time)
    if form == INSTANTS:
        return F.col(TIMESTAMP)
    if form == READINGS:
        reading = F.col(TIMESTAMP).cast("timestamp")
        if not has_fold(time):
            return reading
        return F.when(F.col(FOLD) == 1, reading + F.expr("INTERVAL 1 MICROSECOND")).otherwise(reading)
    if form == NOTHING:
        return F.lit(0).cast("long")
    if not isinstance(time, RepresentativeTime):
        return F.col(INDEX if time.kind == "index" else YEAR).cast("long")
    numbers = [(_position(time, part), len(part_values(time.calendar, part))) for part in time.by]
    first, *others = numbers
    return reduce(lambda key, part: key * F.lit(part[1]) + part[0], others, first[0]).cast("long")


def _position(time: RepresentativeTime, part: str) -> Column:
    """Return the position of a cell among the values of its part; NULL when it is none of them."""
    from pyspark.sql import functions as F

    cell, values = F.col(part), part_values(time.calendar, part)
    if part in ("season", "day_type"):
        chosen = F.when(cell == values[0], F.lit(0))
        for number, value in enumerate(values[1:], start=1):
            chosen = chosen.when(cell == value, F.lit(number))
        return chosen
    return F.when(cell.between(values[0], values[-1]), cell - F.lit(values[0]))


def key_array(time: TimeDimension, keys: NDArray[np.int64]) -> pa.Array:
    """Return keys as an Arrow array of their type."""
    import pyarrow as pa

    array = pa.array(keys, pa.int64())
    return array.cast(pa.timestamp("us", "UTC")) if key_kind(time) == "timestamp" else array
