"""What there is in a result: which series of values, at which times, and which file each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsgrid.query.handoff.index import Distinct, Index
from dsgrid.query.handoff.rows import TIME, UNIT, ZONE, pieces
from dsgrid.query.handoff.source import Source
from dsgrid.time.pieces import Int64

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.query.result import Result


@dataclass(frozen=True)
class Survey:
    """The series of a result, its slots, and its files.

    Parameters
    ----------
    series
        Each combination of keys, with its unit.
    slots
        Each time that there is.
    files
        Each combination that has a file.
    file_of
        The file of each series.
    slots_of
        The slots of each file.
    """

    series: Index
    slots: Index
    files: Index
    file_of: Int64
    slots_of: tuple[Int64, ...]

    def series_of(self, file: int) -> Int64:
        """Return the series of a file."""
        return np.flatnonzero(self.file_of == file)


def time_columns(source: Source, by_zone: bool) -> list[str]:
    """Return the columns of time that pieces of a result have."""
    if source.stamp is None:
        return list(source.periods)
    return [TIME, ZONE] if by_zone else [TIME]


def survey(result: Result, source: Source, zone: str | None, by_zone: bool, files: tuple[str, ...]) -> Survey | None:
    """Return what there is in a result; None where it has no values."""
    times = time_columns(source, by_zone)
    series, slots = Distinct([*source.keys, UNIT]), Distinct([*files, *times])
    for piece in pieces(result, source, zone):
        if piece.num_rows:
            series.add(piece)
            slots.add(piece)
    found, at = series.table(), slots.table()
    if found is None or at is None:
        return None
    order = {} if source.pivoted is None else {source.pivoted: [name for name, _ in source.values].index}
    own = Index(found, order)
    of_files = Index(_only(found, list(files)), order)
    of_slots = Index(_only(at, times))
    which, place = of_files.find(at), of_slots.find(at)
    slots_of = tuple(np.unique(place[which == file]) for file in range(len(of_files)))
    return Survey(own, of_slots, of_files, of_files.find(own.table), slots_of)


def _only(table: pa.Table, columns: list[str]) -> pa.Table:
    distinct = Distinct(columns)
    distinct.add(table)
    found = distinct.table()
    assert found is not None
    return found
