"""The columns that a report adds to its groups and periods: what they are called, hold, and are told in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from dsgrid.query.plan import Axis
from dsgrid.query.reports.load import Load

LOAD: Final = "load"  # told in the unit of the row
STATUS: Final = ("both", "only_modelled", "only_benchmark")


@dataclass(frozen=True)
class Measure:
    """A column of a report.

    Parameters
    ----------
    holds
        ``float64``, ``int64``, ``string``, or ``slot`` for what the column of slots of the load holds.
    unit
        `LOAD`, another unit, or nothing.
    """

    name: str
    holds: str = "float64"
    unit: str = LOAD


def measures_of(load: Load) -> tuple[Measure, ...]:
    """Return the columns that a report adds, in their order; the unit comes after them."""
    return _OF[load.report.kind](load)


def system_time(load: Load) -> str:
    """Return the name of the column that says when a system has its peak."""
    assert load.slot_column is not None
    return f"system_{load.slot_column.name}"


def first_year(load: Load) -> tuple[Axis, int] | None:
    """Return the axis of model years and the digit of the first that occurs; None where groups are of no such year."""
    axis = next((one for one in load.form.axes if one.type == "model_year" and one.columns), None)
    if axis is None:
        return None
    alive = load.form.left.get("model_year", tuple(range(len(axis.keys))))
    return (axis, min(alive)) if alive else None


def _peak_load(load: Load) -> tuple[Measure, ...]:
    own = (Measure("peak"), Measure("ties", "int64", ""))
    if load.report.coincident_with is None:
        return own
    when = () if load.slot_column is None else (Measure(system_time(load), "slot", ""),)
    return (
        *own,
        Measure("coincident_peak"),
        Measure("coincidence_factor", unit=""),
        *when,
        Measure("system_peak"),
        Measure("system_ties", "int64", ""),
        Measure("sum_of_peaks"),
        Measure("diversity_factor", unit=""),
    )


def _load_duration(load: Load) -> tuple[Measure, ...]:
    return (Measure("rank", "int64", ""), Measure("hours", unit="h"), Measure("share_of_time", unit=""), Measure(LOAD))


def _annual_summary(load: Load) -> tuple[Measure, ...]:
    change = () if first_year(load) is None else (Measure("change"), Measure("change_percent", unit="%"))
    slots = (Measure("mean"), Measure("min"), Measure("max")) if load.in_slots else ()
    return (Measure("total"), Measure("share_of_total", unit=""), *change, *slots)


def _load_factor(load: Load) -> tuple[Measure, ...]:
    return (Measure("mean"), Measure("peak"), Measure("load_factor", unit=""), Measure("slots", "int64", ""))


def _calibration(load: Load) -> tuple[Measure, ...]:
    tolerance = () if load.report.tolerance is None else (Measure("tolerance", "string", ""),)
    return (
        Measure("modelled"),
        Measure("benchmark"),
        Measure("difference"),
        Measure("difference_percent", unit="%"),
        Measure("status", "string", ""),
        *tolerance,
    )


_OF: Final[Mapping[str, Callable[[Load], tuple[Measure, ...]]]] = {
    "peak_load": _peak_load,
    "load_duration": _load_duration,
    "annual_summary": _annual_summary,
    "load_factor": _load_factor,
    "calibration": _calibration,
}
