"""What stands at axes, in legends and in hovers: names, units, clocks."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

from dsgrid.query.plots.clock import convention, cycle_clock
from dsgrid.query.plots.columns import INSTANT, UNIT, Column, spaced
from dsgrid.query.plots.prepared import Prepared

_PER = {"hourly": "hour", "daily": "day", "1h": "hour", "1d": "day"}


def text(name: str) -> str:
    """Return a text that comes from data for a place where Plotly understands tags, entities and ``%{...}``."""
    return html.escape(name, quote=False).replace("%{", "%&#123;")


def number_format(most: float) -> str:
    """Return the format of numbers up to `most`: thousands marked, as many digits as say something."""
    size = abs(most)
    if not size or not math.isfinite(size):
        return ",.6~r"
    digits = 3 - math.floor(math.log10(size))
    return f",.{min(max(digits, 0), 3)}f" if size >= 0.1 else ",.4~r"


def value_title(prepared: Prepared, unit: str) -> str:
    """Return the title of an axis of values: what it is and its unit, as far as that is sure."""
    shown = f"{unit}{_per(prepared)}" if unit else "no unit"
    metrics = [one for one in prepared.scene.columns if one.type == "metric"]
    if len(metrics) == 1 and metrics[0].count == 1 and metrics[0].values[0] is not None:
        return f"{metrics[0].values[0]}, {shown}"
    return shown


def _per(prepared: Prepared) -> str:
    """Return what the amounts along an axis of time are of: `` per hour``; nothing where they are no amounts."""
    if not prepared.picture.x or not prepared.scene.adds_up:
        return ""
    x = prepared.scene.column(prepared.picture.x)
    if x.role != INSTANT:
        return ""
    step = _PER.get(x.name) or _PER.get(x.step)
    per = f" per {step}" if step else f" per {x.step}" if x.step else ""
    return f"{per}, mean of each day" if prepared.sheet.mean else per


def place_title(prepared: Prepared, manifest: Mapping[str, Any]) -> str:
    """Return the title of the axis along which places are: of time with its clock, and which end labels are."""
    if not prepared.picture.x:
        return ""
    x = prepared.scene.column(prepared.picture.x)
    if prepared.picture.kind == "load_duration":
        return f"{_intervals(x)}, from the highest value to the lowest"
    if x.role == INSTANT:
        return time_title(prepared, x)
    return column_title(x, manifest)


def column_title(column: Column, manifest: Mapping[str, Any]) -> str:
    """Return the name of a column; of hours, months and years with the clock that they are of."""
    if column.name == UNIT:
        return UNIT
    clock = cycle_clock(manifest, column) if column.is_time else ""
    return ", ".join(one for one in (spaced(column.name), clock) if one)


def time_title(prepared: Prepared, x: Column) -> str:
    """Return the clock of an axis of time, and which end of an interval a label is."""
    # Means of days stand at the days' beginnings.
    end = "day beginning" if prepared.sheet.mean else convention(x)
    return ", ".join(one for one in (prepared.clock.name, end) if one)


def _intervals(x: Column) -> str:
    return {"hour": "hours", "day": "days"}.get(_PER.get(x.name) or _PER.get(x.step) or "", "intervals of time")
