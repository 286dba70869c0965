"""What a query asks of time: its columns, what it may not ask, and the values of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pandas as pd

from dsgrid.query.model import Query
from dsgrid.registry.model import Project
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.dimension import (
    GEOGRAPHY,
    AnnualTime,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    TimeDimension,
    is_local,
)
from dsgrid.time.labels import slot_keys
from reference.clock import PARTS, is_wall, told
from reference.refused import RefusedError


def time_columns(named: list[str], query: Query, project: Project, own: Sequence[TimeDimension]) -> list[str]:
    """Return the columns of a result: the project's time in its parts, and where clocks are, what clock it is."""
    time = project.time
    if not query.steps and all(isinstance(one, NoTime) for one in own):
        named = [name for name in named if name != time.name]
    columns: list[str] = []
    for name in named:
        if name == time.name and isinstance(time, RepresentativeTime):
            columns += [PARTS[part] for part in time.by]
        else:
            columns.append(name)
    if len(set(columns)) < len(columns):
        raise RefusedError("a column twice")
    stamps = [index for index, name in enumerate(columns) if _is_stamp(name, time)]
    if stamps and is_wall(time, query.output.zone):
        beside = ["time_zone"] + (["utc_offset"] if getattr(time, "clock", "") != "profile" else [])
        columns[stamps[-1] + 1 : stamps[-1] + 1] = beside
    return columns


def _is_stamp(name: str, time: TimeDimension) -> bool:
    return name == "hourly" or (name == time.name and isinstance(time, DatetimeTime))


def refuse_time(query: Query, project: Project, own: Sequence[TimeDimension], columns: Sequence[str]) -> None:
    """Refuse words that mean nothing for the project's time, and sums over time of what does not add up."""
    time = project.time
    asked = [name for name in columns if name in TIME_WORDS or name == time.name]
    gridded = isinstance(time, (DatetimeTime, IndexTime))
    for name in asked:
        if name == time.name and not isinstance(time, NoTime):
            continue
        if isinstance(time, NoTime) or (isinstance(time, AnnualTime) and name != "annual"):
            raise RefusedError(f"{name} means nothing")
        if isinstance(time, RepresentativeTime) and name not in told(time, None, "", "", hourly=False)[0]:
            raise RefusedError(f"{name} means nothing")
        if name == "hourly" and gridded and time.step > timedelta(hours=1):
            raise RefusedError("hours of longer steps")
    if query.output.zone is not None and (not gridded or time.clock == "profile"):
        raise RefusedError("no instants to be told elsewhere")
    if is_wall(time, query.output.zone) and sum(_is_stamp(name, time) for name in asked) > 1:
        raise RefusedError("two timestamps on clocks")
    if asked and any(isinstance(one, NoTime) for one in own):
        raise RefusedError("no time to be asked for")
    if query.steps and time.measurement not in ("total", "") and not all(isinstance(one, NoTime) for one in own):
        zones = ["UTC"] if is_local(time) else []
        if not _keeps_slots(time, asked) and len(slot_keys(time, zones)) > 1:
            raise RefusedError("what does not add up over time")
    if isinstance(time, RepresentativeTime) and query.steps and not all(isinstance(one, NoTime) for one in own):
        told_apart = [PARTS[part] for part in time.by if part in ("month", "season", "day_type")]
        if not set(told_apart) <= set(asked):
            raise RefusedError("a sum of periods that occur nobody knows how often")
    if isinstance(time, IndexTime) and query.steps and query.output.zone is not None and set(asked) == {time.name}:
        raise RefusedError("numbers have no zone")


def _keeps_slots(time: TimeDimension, asked: Sequence[str]) -> bool:
    if time.name in asked:
        return True
    if isinstance(time, AnnualTime):
        return "annual" in asked
    if isinstance(time, RepresentativeTime):
        return {PARTS[part] for part in time.by} <= set(asked)
    return "hourly" in asked and time.step == timedelta(hours=1)  # type: ignore[union-attr]


def shown_time(rows: pd.DataFrame, query: Query, project: Project, columns: Sequence[str]) -> pd.DataFrame:
    """Add the columns of time: of each row's slot, on the clock that it is to be told on."""
    time = project.time
    wanted = [name for name in columns if name in (*TIME_WORDS, "time_zone", "utc_offset", time.name)]
    if not wanted:
        return rows
    base = next(one for one in project.base if one.type == "geography")
    zones = {record.id: str(record.get("time_zone") or "") for record in base.records}
    local = query.output.zone == GEOGRAPHY or is_local(time)
    clocks = rows["@geography"].map(zones) if local else pd.Series("", index=rows.index)
    records = rows[f"@{time.year_of}"] if time.year_of else pd.Series("", index=rows.index)
    values = {
        (zone, record): told(time, query.output.zone, zone, record, "hourly" in wanted)
        for zone, record in set(zip(clocks, records, strict=True))
    }
    picked = [values[zone, record][slot] for zone, record, slot in zip(clocks, records, rows["@slot"], strict=True)]
    inner = {name: "slot" if name == time.name else name for name in wanted}
    return rows.assign(**{name: [one[inner[name]] for one in picked] for name in wanted})
