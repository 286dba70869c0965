"""The values of each file of an export, as one array: as many files at a time as there is room for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dsgrid.query.handoff.rows import UNIT, VALUE, pieces
from dsgrid.query.handoff.source import Source
from dsgrid.query.handoff.survey import Survey
from dsgrid.time.pieces import Int64

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsgrid.query.result import Result

# The most cells that are filled at once, besides those of a file that has more.
LARGEST_GROUP: Final = 24_000_000


class RepeatedError(ValueError):
    """Two rows of a result are one cell of an export; the message says where."""


@dataclass(frozen=True)
class Block:
    """The values of one file: a row for each of its series, a column for each of its slots; NaN where there is none."""

    file: int
    series: Int64
    slots: Int64
    values: npt.NDArray[np.float64]


def blocks(result: Result, source: Source, zone: str | None, found: Survey) -> Iterator[Block]:
    """Yield the values of each file.

    Raises
    ------
    RepeatedError
        If rows that clocks of several zones tell apart are the same on one clock.
    """
    files = range(len(found.files))
    sizes = [len(found.series_of(file)) * len(found.slots_of[file]) for file in files]
    group: list[int] = []
    for file in files:
        if group and sum(sizes[one] for one in group) + sizes[file] > LARGEST_GROUP:
            yield from _filled(result, source, zone, found, group)
            group = []
        group.append(file)
    yield from _filled(result, source, zone, found, group)


def _filled(result: Result, source: Source, zone: str | None, found: Survey, group: list[int]) -> list[Block]:
    made = []
    series_place = np.full(len(found.series), -1, np.int64)
    slot_place = np.full((len(group), len(found.slots)), -1, np.int64)
    group_of = np.full(len(found.files), -1, np.int64)
    for number, file in enumerate(group):
        series, slots = found.series_of(file), found.slots_of[file]
        group_of[file] = number
        series_place[series] = np.arange(len(series))
        slot_place[number, slots] = np.arange(len(slots))
        made.append(Block(file, series, slots, np.full((len(series), len(slots)), np.nan)))
    counts = [0] * len(group)
    for piece in pieces(result, source, zone):
        which = found.series.find(piece)
        groups = group_of[found.file_of[which]]
        slots = found.slots.find(piece)
        values = piece.column(VALUE).to_numpy()
        for number, block in enumerate(made):
            mine = np.flatnonzero(groups == number)
            if len(mine):
                rows, places = series_place[which[mine]], slot_place[number, slots[mine]]
                block.values[rows, places] = values[mine]
                counts[number] += len(mine)
    for block, count in zip(made, counts, strict=True):
        if np.count_nonzero(~np.isnan(block.values)) < count:
            raise RepeatedError(f"several rows are of {_repeated(result, source, zone, found)} at one time")
    return made


def _repeated(result: Result, source: Source, zone: str | None, found: Survey) -> str:
    """Return a series that has several rows at one time."""
    seen: set[int] = set()
    for piece in pieces(result, source, zone):
        series, slots = found.series.find(piece), found.slots.find(piece)
        for one, code in zip(series.tolist(), (series * len(found.slots) + slots).tolist(), strict=True):
            if code in seen:
                return named(found, one)
            seen.add(code)
    return "one kind"


def named(found: Survey, series: int) -> str:
    """Return a series by its keys, as messages name it."""
    (row,) = found.series.table.slice(series, 1).drop_columns([UNIT]).to_pylist()
    return ", ".join(f"{key} {value}" for key, value in row.items()) or "everything"
