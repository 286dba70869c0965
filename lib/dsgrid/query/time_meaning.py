"""What the columns of time of a result mean, for its manifest and for the metadata of its Parquet files."""

from __future__ import annotations

from typing import Any

from dsgrid.dimensions.types import TIME
from dsgrid.query.factor import Column
from dsgrid.query.plan import Plan
from dsgrid.query.time_columns import SLOT, TIME_ZONE, UTC_OFFSET, is_stamp, is_wall, kind_of
from dsgrid.time.dimension import GEOGRAPHY, AnnualTime, NoTime, is_local, step_of, zone_of
from dsgrid.time.shown import shown_span
from dsgrid.time.written import shown_step

OWN_COLUMN = f"that of each row, in column {TIME_ZONE}"


def told_zone(plan: Plan) -> str | None:
    """Return the named zone that timestamps are to be shown in; None where they are UTC, or what clocks show."""
    asked = plan.query.output.zone
    return None if asked is None or asked == GEOGRAPHY else asked


def calendar_zone(plan: Plan) -> str:
    """Return whose clock hours, days and years are those of; empty where time has no clock."""
    time = plan.time
    if isinstance(time, (AnnualTime, NoTime)):
        return ""
    asked = plan.query.output.zone
    if asked == GEOGRAPHY or (asked is None and is_local(time)):
        return "that of each geography"
    return asked or zone_of(time)


def described_time(plan: Plan) -> dict[str, Any]:
    """Return what the manifest says of the result's time."""
    time = plan.time
    step = step_of(time)
    found = {
        "kind": time.kind,
        "written_as": _written_as(plan),
        "calendar_zone": calendar_zone(plan) or None,
        "clock": getattr(time, "clock", None) if plan.query.output.zone is None else "prevailing",
        "interval": time.interval or None,
        "measurement": time.measurement or None,
        "step": None if step is None else shown_step(step),
        "project": shown_span(time),
    }
    return {key: value for key, value in found.items() if value is not None}


def _written_as(plan: Plan) -> str:
    stamps = [column for column in plan.columns_of(TIME) if is_stamp(plan, column)]
    if not stamps:
        return "labels" if plan.columns_of(TIME) else "nothing"
    if is_wall(plan):
        return f"wall-clock readings; the clock is {OWN_COLUMN}"
    zone = told_zone(plan)
    return f"instants, shown in {zone}" if zone else "UTC instants"


def meaning(plan: Plan, column: Column) -> dict[str, str]:
    """Return the metadata of a column of time: zone, interval, measurement and step, as texts."""
    if column.word in (TIME_ZONE, UTC_OFFSET):
        return {}
    found = {}
    stamp = is_stamp(plan, column)
    if stamp and is_wall(plan):
        found["time_zone"] = OWN_COLUMN
    elif stamp:
        found["time_zone"] = told_zone(plan) or "UTC"
    if calendar_zone(plan):
        found["calendar_zone"] = calendar_zone(plan)
    step = step_of(plan.time)
    if column.word == SLOT:
        found["interval"] = plan.time.interval
        if step is not None:
            found["step"] = shown_step(step)
    elif kind_of(plan, column) in ("timestamp", "wall", "date"):
        found["interval"] = "period_beginning"
    if plan.time.measurement:
        found["measurement"] = plan.time.measurement
    return found
