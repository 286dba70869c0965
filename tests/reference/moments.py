"""What is known of each slot of the project: the words that results show, and the cells that filters see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

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
from reference.clock import Slot, project_slots, told, zone_named
from reference.refused import RefusedError
from reference.table import SLOT, Table, key

LABEL = "slot"
ZONE = "time_zone"
# What clocks are ahead of UTC by at a label, and at the beginning of its hour.
OFFSETS = {LABEL: "offset of the slot", "hourly": "offset of the hour"}


def shown(word: str) -> str:
    """Return the column of the rows that holds what a result shows of a word."""
    return f"#shown {word}"


def cell(word: str) -> str:
    """Return the column of the rows that holds what a filter sees of a word."""
    return f"#cell {word}"


def known(time: TimeDimension) -> frozenset[str]:
    """Return what the project's slots say of time."""
    if isinstance(time, NoTime):
        return frozenset()
    if isinstance(time, AnnualTime):
        return frozenset({LABEL, "annual"})
    if isinstance(time, RepresentativeTime):
        # Their slots have no label; the parts are what names them.
        return frozenset(told(time, None, "", "", hourly=False)[0])
    words = {word for word in TIME_WORDS if word != "hourly" or time.step <= timedelta(hours=1)}
    return frozenset({LABEL, ZONE, *words, *OFFSETS.values()})


def determined(words: Iterable[str], time: TimeDimension) -> frozenset[str]:
    """Return what columns of time say: ``daily`` says the month, ``month_of_year`` the season."""
    found = set(words)
    every = known(time)
    if LABEL in found:
        found |= every
    if "hourly" in found:
        found |= every - {LABEL, OFFSETS[LABEL]}
    if "daily" in found:
        found |= every & (set(TIME_WORDS) - {"hourly", "hour_of_day"})
    if "monthly" in found:
        found |= {"annual", "month_of_year"}
    if "month_of_year" in found:
        found.add("season")
    calendar = getattr(time, "calendar", None)
    if "day_of_week" in found and calendar is not None and not calendar.holidays:
        found.add("day_type")
    return frozenset(found & every)


@lru_cache
def moments(time: TimeDimension, asked: str | None, zone: str, record: str) -> list[dict[str, Any]]:
    """Return for each slot what is shown and what filters see, by the columns of rows."""
    of_slot = told(time, asked, zone, record, hourly=False)
    of_hour = told(time, asked, zone, record, hourly=True)
    slots = project_slots(time, zone) if isinstance(time, (DatetimeTime, IndexTime)) else []
    found = []
    for number, (one, other) in enumerate(zip(of_slot, of_hour, strict=True)):
        values = dict(one)
        if "utc_offset" in values:
            values[OFFSETS[LABEL]] = values.pop("utc_offset")
            values[OFFSETS["hourly"]] = other["utc_offset"]
        cells = {word: _plain(value) for word, value in values.items()}
        if isinstance(time, (DatetimeTime, IndexTime)):
            cells |= _labels(time, asked, zone, number, slots[number])
        found.append(
            {shown(word): value for word, value in values.items()} | {cell(word): one for word, one in cells.items()}
        )
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _labels(time: DatetimeTime | IndexTime, asked: str | None, zone: str, number: int, slot: Slot) -> dict[str, Any]:
    """Return what a clock shows at the label and at the beginning of the hour, as texts."""
    label, begin = slot.label, slot.begin
    if asked is not None and slot.label_instant is not None and slot.begin_instant is not None:
        clock = zone_named(zone if asked == GEOGRAPHY else asked)
        label, begin = slot.label_instant.astimezone(clock), slot.begin_instant.astimezone(clock)
    hour = begin - timedelta(minutes=begin.minute, seconds=begin.second)
    cells: dict[str, Any] = {"hourly": _text(hour)}
    cells[LABEL] = time.first + number if isinstance(time, IndexTime) else _text(label)
    return cells


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def places(asked: str | None, project: Project) -> list[tuple[str, str]]:
    """Return the zones and records of years that slots of the project may have."""
    geographies = [one for one in project.base if one.type == "geography"]
    zones = {str(record.get("time_zone") or "") for one in geographies for record in one.records}
    records = {id_ for one in project.base if project.time.year_of == one.type for id_ in one.records.ids}
    return [
        (zone, record)
        for zone in sorted(zones if _on_clocks(asked, project) else {""})
        for record in sorted(records or {""})
    ]


def every_moment(asked: str | None, project: Project, where: Iterable[tuple[str, str]] = ()) -> pd.DataFrame:
    """Return what is known of all slots, in some places or in all."""
    chosen = list(where) or places(asked, project)
    rows = [one for zone, record in chosen for one in moments(project.time, asked, zone, record)]
    return pd.DataFrame(rows)


def _on_clocks(asked: str | None, project: Project) -> bool:
    return asked == GEOGRAPHY or is_local(project.time)


def with_moments(table: Table, query: Query, project: Project) -> Table:
    """Return a table at base level whose rows say what is known of their slots."""
    time, asked = project.time, query.output.zone
    refuse_zone(query, project)
    if table.timeless is not False or isinstance(time, NoTime):
        return table
    rows = table.rows.drop(columns=[name for name in table.rows if name.startswith(("#shown", "#cell", "#place"))])
    geography = next(column for column in table.columns if column.type == "geography")
    assert geography.dimension is not None
    zones = {record.id: str(record.get("time_zone") or "") for record in geography.dimension.records}
    rows = rows.assign(**{"#place zone": "", "#place record": ""})
    reached = _reached_places(table, zones if _on_clocks(asked, project) else None, project)
    if _on_clocks(asked, project):
        rows["#place zone"] = rows[key(geography.name)].map(zones)
    if time.year_of:
        rows["#place record"] = rows[key(next(column.name for column in table.columns if column.type == time.year_of))]
    every = [
        {"#place zone": zone, "#place record": record, SLOT: number, **one}
        for zone, record in sorted(set(zip(rows["#place zone"], rows["#place record"], strict=True)))
        for number, one in enumerate(moments(time, asked, zone, record))
    ]
    names = ["#place zone", "#place record", SLOT]
    if not every:
        one = moments(time, asked, *places(asked, project)[0])[0]
        empty = rows.assign(**{name: pd.Series(dtype=object) for name in one})
        return _with(table, empty.drop(columns=names[:2]), known(time), reached)
    rows = rows.merge(pd.DataFrame(every), on=names, how="left", validate="many_to_one")
    return _with(table, rows.drop(columns=names[:2]), known(time), reached)


def _with(table: Table, rows: pd.DataFrame, words: frozenset[str], reached: tuple[tuple[str, str], ...]) -> Table:
    return replace(table, rows=rows, words=words, places=reached)


def _reached_places(table: Table, zones: dict[str, str] | None, project: Project) -> tuple[tuple[str, str], ...]:
    year_of = project.time.year_of  # type: ignore[union-attr]
    own = {""} if zones is None else {zones[id_] for (id_,) in table.reached["geography"]}
    records = {id_ for (id_,) in table.reached[year_of]} if year_of else {""}
    return tuple((zone, record) for zone in sorted(own) for record in sorted(records))


def refuse_zone(query: Query, project: Project) -> None:
    """Refuse to tell time elsewhere that has no instants."""
    gridded = isinstance(project.time, (DatetimeTime, IndexTime))
    if query.output.zone is not None and (not gridded or project.time.clock == "profile"):  # type: ignore[union-attr]
        raise RefusedError("no instants to be told elsewhere")
