"""The days around the peak, for a time that is too long for its hours to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dsgrid.query.plots.prepared import Prepared
from dsgrid.query.plots.series import peak
from dsgrid.query.plots.traces import moment
from dsgrid.query.plots.wish import AREA, LINE
from dsgrid.time.zones import DAY

_SPANS: Final = (("year", 365), ("month", 31), ("week", 7))


@dataclass(frozen=True)
class Zoom:
    """A part of the axis of time: its name, and its first and its last moment on the drawn clock."""

    name: str
    first: str
    last: str


def zooms(prepared: Prepared) -> tuple[Zoom, ...]:
    """Return the parts of the axis that show the peak, the shortest first; none for a short time."""
    sheet = prepared.sheet
    if prepared.picture.kind not in (LINE, AREA) or sheet.instants is None:
        return ()
    first, last = int(sheet.instants[0]), int(sheet.instants[-1])
    step = (last - first) / max(len(sheet.instants) - 1, 1)
    at = peak(sheet, stacked=prepared.picture.stacked)
    found = []
    for name, days in _SPANS:
        if last - first > 2 * days * DAY and step * 5 < days * DAY:
            begin = min(max((at - days * DAY // 2) // DAY * DAY, first), last - days * DAY)
            found.append(Zoom(f"{name} of the peak", moment(begin), moment(begin + days * DAY)))
    return tuple(reversed(found))
