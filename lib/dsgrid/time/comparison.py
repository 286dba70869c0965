"""What differs between two time dimensions. Nothing about time can be added: all but the description is major."""

from __future__ import annotations

from dsgrid.dimensions.changes import Change, compare_keys
from dsgrid.time.dimension import DatetimeTime

_LEVELS = {
    **dict.fromkeys(
        ("name", "kind", "start", "end", "step", "zone", "interval", "measurement", "column", "labels"), "major"
    ),
    "description": "patch",
}


def compare_times(old: DatetimeTime, new: DatetimeTime, where: str = "") -> tuple[Change, ...]:
    """Return what differs between two time dimensions.

    Parameters
    ----------
    where
        The key path of the time in what holds it: ``time``.
    """
    return tuple(compare_keys(_keys(old), _keys(new), where, _LEVELS))


def _keys(time: DatetimeTime) -> dict[str, str]:
    return {
        "name": time.name,
        "kind": time.kind,
        "start": str(time.start),
        "end": str(time.end),
        "step": str(time.step),
        "zone": time.zone,
        "interval": time.interval,
        "measurement": time.measurement,
        "column": time.column,
        "labels": time.labels,
        "description": time.description,
    }
