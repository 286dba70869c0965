"""The clock on which the days of one year are brought to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dsgrid.time.dimension import Gridded
from dsgrid.time.grid import micros
from dsgrid.time.pieces import Int64, Pieces
from dsgrid.time.zones import DAY, january_offsets, standard_offsets, to_instants, to_wall

PROFILE, PREVAILING, STANDARD, JANUARY = "profile", "prevailing", "standard", "january"


@dataclass(frozen=True)
class DayClock:
    """The clock on which whole days of a dataset are moved.

    Parameters
    ----------
    zone
        Whose clock it is; ``UTC`` where readings are compared as they are.
    kind
        ``profile`` and ``standard``: the clock that the dataset goes by. Of those on a prevailing clock, days go by
        that (``prevailing``); shorter steps by the offset that the clock has when the year begins (``january``), so
        that they keep their order when clocks change.
    """

    zone: str
    kind: str

    @classmethod
    def of(cls, own: Gridded, zone: str) -> DayClock:
        """Return the clock of a dataset in a zone."""
        if own.clock != "prevailing":
            return cls(zone, own.clock)
        return cls(zone, PREVAILING if micros(own.step) >= DAY else JANUARY)

    def shown(self, moments: Int64) -> Int64:
        """Return what the clock shows at the moments of a dataset; those of a profile are readings already."""
        return moments if self.kind == PROFILE else self._shown(moments)

    def _shown(self, instants: Int64) -> Int64:
        if self.kind in (PROFILE, PREVAILING):
            return to_wall(self.zone, instants)
        return instants + self._offsets(instants)

    def _offsets(self, moments: Int64) -> Int64:
        found = standard_offsets if self.kind == STANDARD else january_offsets
        return found(self.zone, moments)

    def instants(self, readings: Int64) -> Int64:
        """Return when the clock shows readings; a profile's for the first time, or as if it were not put forward."""
        if self.kind in (PROFILE, PREVAILING):
            return to_instants(self.zone, readings)
        return readings - self._offsets(readings)

    def days_of(self, blocks: Pieces) -> Int64:
        """Return the days that stretches of time touch on the clock, since 1970."""
        last = np.maximum(blocks.end - 1, blocks.begin)
        first = self._shown(blocks.begin) // DAY
        ends = zip(first.tolist(), (self._shown(last) // DAY).tolist(), strict=True)
        return np.unique(np.concatenate([np.arange(low, high + 1) for low, high in ends]))
