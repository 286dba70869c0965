"""What a result has that can be exported: its keys, its values with their units, and what its time means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsgrid.dimensions.types import TIME
from dsgrid.query.rules.presentation import UNIT, VALUE
from dsgrid.query.time_columns import TIME_ZONE, UTC_OFFSET
from dsgrid.time.dimension import GEOGRAPHY
from dsgrid.time.written import parse_step
from dsgrid.time.zones import HOUR

# What the pivoted dimension is called where the manifest of an older result does not say it.
PIVOTED = "pivoted"
MICROSECOND = 1_000_000


@dataclass(frozen=True)
class Stamp:
    """The column of timestamps.

    Parameters
    ----------
    wall
        Whether it holds readings of the clock of each row, and not instants.
    zone
        The clock that days and hours of the result are told on.
    standard
        Whether that clock knows no summer time.
    step
        How long a slot is, in microseconds.
    """

    name: str
    wall: bool
    zone: str
    standard: bool
    interval: str
    step: int
    measurement: str


@dataclass(frozen=True)
class Source:
    """The columns of a result, by what they are.

    Parameters
    ----------
    keys
        The columns of records, and the dimension whose records are columns, if there is one: `pivoted`.
    metrics
        Those of the keys whose records have units.
    stamp
        The column of timestamps; None where time is told otherwise, or not at all.
    periods
        The columns of time where there are no timestamps.
    left
        The columns of time that timestamps say already.
    values
        The columns of values with their units; None where the column ``unit`` says it.
    adds_up
        Whether sums of the values mean something.
    """

    keys: tuple[str, ...]
    metrics: tuple[str, ...]
    stamp: Stamp | None
    periods: tuple[str, ...]
    left: tuple[str, ...]
    pivoted: str | None
    values: tuple[tuple[str, str | None], ...]
    has_units: bool
    adds_up: bool


def source_of(
    columns: Sequence[Mapping[str, Any]], time: Mapping[str, Any], adds_up: bool, pivot: str | None = None
) -> Source:
    """Return what a result has, from what its manifest says of its columns and its time.

    Parameters
    ----------
    pivot
        The dimension whose records are columns of values.

    Examples
    --------
    >>> columns = [{"name": "state", "type": "geography"}, {"name": "fuel", "type": "metric"}]
    >>> columns += [{"name": "value", "type": "value", "unit": "MWh"}, {"name": "unit", "type": "unit"}]
    >>> source_of(columns, {}, True).keys
    ('state', 'fuel')
    """
    values = tuple((str(one["name"]), one.get("unit")) for one in columns if one["type"] == VALUE)
    pivoted = pivot
    if pivoted is None and [name for name, _ in values] != [VALUE]:
        pivoted = PIVOTED
    has_units = any(one["type"] == UNIT for one in columns)
    keys = tuple(str(one["name"]) for one in columns if one["type"] not in (TIME, VALUE, UNIT))
    metrics = tuple(str(one["name"]) for one in columns if one["type"] == "metric")
    if pivoted is not None:
        keys = (*keys, pivoted)
        metrics = (*metrics, *(() if has_units else (pivoted,)))
    of_time = [one for one in columns if one["type"] == TIME]
    stamps = [one for one in of_time if one["holds"] in ("timestamp", "wall")]
    stamp = None if not stamps else _stamp(stamps, time)
    others = tuple(str(one["name"]) for one in of_time if stamp is None or one["name"] != stamp.name)
    left = tuple(name for name in others if name not in (TIME_ZONE, UTC_OFFSET)) if stamp else ()
    return Source(keys, metrics, stamp, () if stamp else others, left, pivoted, values, has_units, adds_up)


def result_source(manifest: Mapping[str, Any]) -> Source:
    """Return what a result has, from its manifest."""
    pivot = manifest.get("form", {}).get("pivot")
    adds_up = bool(manifest.get("adds_up", True))
    return source_of(manifest["columns"], manifest.get("time", {}), adds_up, None if pivot is None else pivot["name"])


def _stamp(columns: Sequence[Mapping[str, Any]], time: Mapping[str, Any]) -> Stamp:
    """Return the finer one of two columns of timestamps: that of the project's slots, which says its step."""
    column = next((one for one in columns if "step" in one), columns[0])
    zone = str(column.get("calendar_zone") or "UTC")
    wall = column["holds"] == "wall"
    return Stamp(
        str(column["name"]),
        wall,
        # A profile is told on one clock, or on that of each row.
        GEOGRAPHY if wall else zone,
        time.get("clock") == "standard",
        str(column.get("interval", "period_beginning")),
        int(parse_step(column["step"]).total_seconds()) * MICROSECOND if "step" in column else HOUR,
        str(column.get("measurement", "")),
    )
