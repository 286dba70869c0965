"""Time dimensions and rules as the tables of specs that register them again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dsgrid.errors import RegistryError
from dsgrid.time.dimension import (
    WEEKDAYS,
    AnnualTime,
    Calendar,
    IndexTime,
    NoTime,
    RepresentativeTime,
    TimeDimension,
)
from dsgrid.time.files import default_columns
from dsgrid.time.rules import TimeRules
from dsgrid.time.written import UNITS, shown_moment, shown_step

Document = dict[str, Any]


def time_table(time: TimeDimension, *, files: bool = False) -> Document:
    """Return the ``[time]`` table of a project or, with what its files look like, of a dataset."""
    table = {"kind": time.kind, "name": time.name, **_only(description=time.description), **_values(time)}
    return {**table, **_files(time)} if files else table


def files_beside(registered: TimeDimension, stored: TimeDimension) -> Document | None:
    """Return the keys beside ``use`` with which a registered time reads stored files; None when none would do."""
    before, after = dict(registered.columns), dict(stored.columns)
    if not before.keys() <= after.keys():
        return None  # labels in parts: a spec only says more columns, or others
    columns = {meaning: name for meaning, name in after.items() if before.get(meaning) != name}
    labels = getattr(stored, "labels", "")
    return _only(columns=columns, labels=labels if labels != getattr(registered, "labels", "") else "")


def rules_table(rules: TimeRules, shape: str = "") -> Document:
    """Return the ``[mapping.time]`` table of a submission; ``wrap_time`` stands beside the mappings.

    Parameters
    ----------
    shape
        How the shape is named; as the project and the dataset without its version, if this says nothing else.
    """
    named = {"shape": shape or rules.shape.partition("@")[0]}
    return {name: named.get(name, value) for name, value in rules.given.items() if name != "wrap"}


def _values(time: TimeDimension) -> Document:
    if isinstance(time, NoTime):
        return {}
    if isinstance(time, AnnualTime):
        consecutive = time.years == tuple(range(time.years[0], time.years[-1] + 1))
        years: Document = {"start": str(time.years[0]), "end": str(time.years[-1])}
        if not consecutive:
            years = {"years": [str(year) for year in time.years]}
        return {**years, "measurement": time.measurement, **_only(year_of=time.year_of)}
    if time.step % UNITS["s"]:
        raise RegistryError(f"time dimension {time.name} has a step of {time.step}, which no spec can say")
    period = {
        "step": shown_step(time.step),
        "zone": time.zone,
        **({"clock": time.clock} if time.clock != "prevailing" or time.zone.endswith("geography") else {}),
        "interval": time.interval,
        "measurement": time.measurement,
    }
    if isinstance(time, RepresentativeTime):
        return {"by": list(time.by), **period, **_calendar(time.calendar, holidays=False)}
    leap_days = {} if time.leap_days else {"leap_days": False}
    if isinstance(time, IndexTime):
        return {"start": shown_moment(time.start), "first": time.first, "last": time.last, **period, **leap_days}
    if len(time.ranges) == 1 and not time.ranges[0].record:
        spans: Document = {"start": shown_moment(time.start), "end": shown_moment(time.end)}
    else:
        spans = {
            "ranges": [
                {
                    "start": shown_moment(one.start),
                    "end": shown_moment(one.end),
                    **({time.year_of: one.record} if one.record else {}),
                }
                for one in time.ranges
            ]
        }
    return {**spans, **period, **leap_days, **_calendar(time.calendar)}


def _calendar(calendar: Calendar, *, holidays: bool = True) -> Document:
    usual = Calendar()
    document: Document = {}
    if calendar.seasons != usual.seasons:
        document["seasons"] = {name: list(months) for name, months in calendar.seasons}
    if calendar.day_types != usual.day_types:
        document["day_types"] = {name: [WEEKDAYS[day] for day in days] for name, days in calendar.day_types}
    if calendar.holidays and holidays:
        document["holidays"] = [day.isoformat() for day in calendar.holidays]
    return document


def _files(time: TimeDimension) -> Document:
    """Return the keys that say what the files look like, where that is not the usual."""
    usual = dict(default_columns(time))
    named = {meaning: name for meaning, name in time.columns if usual.get(meaning) != name}
    single = next(iter(usual), "") if not isinstance(time, RepresentativeTime) else ""
    columns: Document = {}
    if set(named) == {single} and single:
        columns["column"] = named[single]
    elif named:
        columns["columns"] = dict(time.columns) if single not in dict(time.columns) else named
    return {**columns, **_only(labels=getattr(time, "labels", ""))}


def without_names(time: TimeDimension) -> TimeDimension:
    """Return a time dimension without what names it, to compare what it is."""
    return replace(time, name="", description="", id="", version="")


def _only(**values: Any) -> Document:
    return {key: value for key, value in values.items() if value}
