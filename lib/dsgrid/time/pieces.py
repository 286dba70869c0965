"""Pieces: where the slots of a time dimension lie on the axis of instants, in one zone.

Most slots are one piece. The hour of a clock-time profile that clocks repeat in autumn is two, the one that they leave
out in spring none; the Monday 08:00 of a representative week in March is four or five. Every mapping of time is
made by laying the pieces of two dimensions over each other (`dsgrid.time.overlap`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dsgrid.time.zones import DAY, Instants, to_instants, transitions

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]

SINGLE, FIRST, SECOND, AFTER_GAP = 0, 1, 2, 3


@dataclass(frozen=True)
class Pieces:
    """Parts of slots on the axis of instants.

    Parameters
    ----------
    begin, end
        UTC microseconds, int64, shape (n,); equal for readings at an instant.
    slot
        The number of the slot that each is a piece of.
    length
        How long the whole slot is that a total is spread over, in microseconds.
    share
        How much of the slot's value counts here: 1 but for rules that divide it.
    """

    begin: Instants
    end: Instants
    slot: Int64
    length: Int64
    share: Float64

    def __len__(self) -> int:
        return len(self.begin)

    @classmethod
    def of(cls, begin: Instants, end: Instants, slot: Int64, length: Int64 | None = None) -> Pieces:
        """Return whole pieces; without `length` each slot is as long as its piece."""
        return cls(begin, end, slot, end - begin if length is None else length, np.ones(len(begin)))

    def at(self, index: npt.NDArray[np.bool_] | Int64) -> Pieces:
        """Return some of the pieces."""
        return Pieces(self.begin[index], self.end[index], self.slot[index], self.length[index], self.share[index])

    def moved(self, by: int | Int64) -> Pieces:
        """Return the pieces, later by some microseconds."""
        return replace(self, begin=self.begin + by, end=self.end + by)


def joined(parts: Sequence[Pieces]) -> Pieces:
    """Return the pieces of several."""
    if len(parts) == 1:
        return parts[0]
    return Pieces(
        np.concatenate([one.begin for one in parts]),
        np.concatenate([one.end for one in parts]),
        np.concatenate([one.slot for one in parts]),
        np.concatenate([one.length for one in parts]),
        np.concatenate([one.share for one in parts]),
    )


@dataclass(frozen=True)
class Shown:
    """What a clock shows of a row of readings.

    Parameters
    ----------
    pieces
        The pieces of the readings that it shows, in the order of instants.
    showing
        For each piece: ``SINGLE``; ``FIRST`` or ``SECOND`` of two showings; ``AFTER_GAP``: the time after a gap into
        which a rule may shift what was left out.
    gaps
        The pieces of readings that it leaves out, placed as if the clock had not been put forward: on the time after
        the gap.
    """

    pieces: Pieces
    showing: Int64
    gaps: Pieces


def shown_by(zone: str, begin: Int64, end: Int64, slot: Int64) -> Shown:
    """Return what the clock of a zone shows of readings.

    Parameters
    ----------
    begin, end
        Readings, in microseconds of that clock, sorted; of slots shorter than a day.
    """
    found: list[Pieces] = []
    showing: list[Int64] = []
    gaps: list[Pieces] = []
    for low, high, offset, kind in _segments(zone, int(begin[0]), int(end[-1])):
        piece = _clipped(begin, end, slot, low, high, offset)
        if kind is None:
            gaps.append(piece)
        else:
            found.append(piece)
            showing.append(np.full(len(piece), kind, np.int64))
    return Shown(joined(found), np.concatenate(showing), joined(gaps) if gaps else found[0].at(np.zeros(0, np.int64)))


def days_shown_by(zone: str, begin: Int64, end: Int64, slot: Int64) -> Pieces:
    """Return whole days, or longer, of a zone's clock: as long as they last, 23 to 25 hours."""
    first, last = to_instants(zone, begin), to_instants(zone, end)
    return Pieces.of(first, last, slot)


def _segments(zone: str, first: int, last: int) -> Iterator[tuple[int, int, int, int | None]]:
    """Yield stretches of readings ``low`` to ``high`` with one offset, and how they are shown (None: not at all)."""
    for low, high, offset, kind in _whole_segments(zone, first, last):
        low, high = max(low, first), min(high, last)
        if low < high:
            yield low, high, offset, kind


def _whole_segments(zone: str, first: int, last: int) -> Iterator[tuple[int, int, int, int | None]]:
    changes, offsets = (each.tolist() for each in transitions(zone, first - 2 * DAY, last + 2 * DAY))
    low = changes[0] + offsets[0]
    for number, offset in enumerate(offsets[:-1]):
        after = offsets[number + 1]
        # The clock runs to one reading, and goes on from another one.
        reached, resumed = changes[number + 1] + offset, changes[number + 1] + after
        yield low, min(reached, resumed), offset, SINGLE
        if resumed > reached:
            yield reached, resumed, offset, None
            yield resumed, 2 * resumed - reached, after, AFTER_GAP
            low = 2 * resumed - reached
        else:
            yield resumed, reached, offset, FIRST
            yield resumed, reached, after, SECOND
            low = reached
    yield low, last, offsets[-1], SINGLE


def _clipped(begin: Int64, end: Int64, slot: Int64, low: int, high: int, offset: int) -> Pieces:
    """Return what of some slots lies between two readings, as instants."""
    first = int(np.searchsorted(end, low, side="right"))
    last = max(int(np.searchsorted(begin, high, side="left")), first)
    chosen = slice(first, last)
    starts, stops = np.maximum(begin[chosen], low), np.minimum(end[chosen], high)
    return Pieces.of(starts - offset, stops - offset, slot[chosen], (end - begin)[chosen])
