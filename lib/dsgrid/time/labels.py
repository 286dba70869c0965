"""The labels of slots: which number or instant in stored facts stands for which slot."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dsgrid.time.dimension import AnnualTime, DatetimeTime, IndexTime, NoTime, RepresentativeTime, TimeDimension
from dsgrid.time.grid import readings, slots_in, wall_clock_table
from dsgrid.time.pieces import Int64
from dsgrid.time.stored import INSTANTS, label_form, part_values


def slot_keys(time: TimeDimension, zones: Iterable[str] = ()) -> Int64:
    """Return what stands for each slot in the facts, sorted: slot number ``i`` is ``slot_keys(time)[i]``.

    Returns
    -------
    ndarray
        int64. Instants: UTC microseconds of the label. Readings: microseconds of the clock, and one more where a
        reading is shown for the second time; of a prevailing clock those of all `zones`. Years and indices are
        themselves. Representative periods are numbered by their parts, the last one fastest; where there is no label,
        the only slot is 0.
    """
    if isinstance(time, NoTime) or (isinstance(time, AnnualTime) and time.year_of):
        return np.zeros(1, np.int64)
    if isinstance(time, AnnualTime):
        return np.array(time.years, np.int64)
    if isinstance(time, RepresentativeTime):
        sizes = [len(part_values(time.calendar, part)) for part in time.by]
        return np.arange(int(np.prod(sizes)), dtype=np.int64)
    if isinstance(time, IndexTime):
        return np.arange(time.first, time.last + 1, dtype=np.int64)
    if label_form(time) == INSTANTS:
        return slots_in(time, time.zone).labels
    if time.clock == "prevailing":
        found = [keys_in(time, zone) for zone in dict.fromkeys(zones)]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
    return readings(time).labels


def keys_in(time: DatetimeTime, zone: str) -> Int64:
    """Return the keys of a prevailing local clock's slots in one zone, in the order of time."""
    table = wall_clock_table(time, zone)
    return table.labels + table.folds
