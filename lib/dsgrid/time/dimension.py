"""Time dimensions as values. The other kinds of time join `DatetimeTime` here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class DatetimeTime:
    """Equally spaced slots on the axis of instants.

    Parameters
    ----------
    start, end
        Labels of the first and the last slot: wall-clock times in `zone`, without tzinfo.
    step
        The length of a slot. Slots are stepped in elapsed time: a year of hours in a prevailing zone has 8760.
    zone
        A fixed offset (``-05:00``) or an IANA name.
    interval
        ``period_beginning``, ``period_ending`` or ``instantaneous``: what a label says about its slot.
    measurement
        ``total``, ``mean``, ``min``, ``max`` or ``measured``.
    column
        The name of the column in the files (datasets only).
    labels
        How the files write a label (datasets only): ``instants`` (with an offset), ``wall_clock`` (in `zone`), or
        empty: the column's type says it.
    """

    name: str
    start: datetime
    end: datetime
    step: timedelta
    zone: str
    interval: str
    measurement: str
    description: str = ""
    column: str = "timestamp"
    labels: str = ""
    id: str = ""
    version: str = ""

    kind = "datetime"
