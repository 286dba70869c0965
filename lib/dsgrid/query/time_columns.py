"""The result's columns of time: which clock they are told on, of which type they are, which values slots have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dsgrid.dimensions.types import TIME
from dsgrid.query.factor import Column
from dsgrid.query.plan import Plan
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.calendar import WORD_OF_PART, words
from dsgrid.time.dimension import (
    GEOGRAPHY,
    AnnualTime,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    TimeDimension,
    is_local,
    zone_of,
)
from dsgrid.time.grid import readings, slots_in
from dsgrid.time.labels import slot_keys
from dsgrid.time.pieces import Int64
from dsgrid.time.stored import part_values
from dsgrid.time.table import INSTANTS, LOCAL, PROFILE, form_of, grid_form_of
from dsgrid.time.targets import own_zone
from dsgrid.time.zones import HOUR, to_wall

SLOT: Final = "slot"
TIME_ZONE: Final = "time_zone"
UTC_OFFSET: Final = "utc_offset"
# In front of a word that holds timestamps: what the clock shows there, which filters compare with.
SHOWN: Final = "#shown "

KINDS: Final = {
    "daily": "date",
    "monthly": "date",
    "season": "string",
    "day_type": "string",
    TIME_ZONE: "string",
    UTC_OFFSET: "string",
}


def is_wall(plan: Plan) -> bool:
    """Tell whether timestamps are what clocks show, with a column beside them that says where."""
    zone = plan.query.output.zone
    return zone == GEOGRAPHY or (zone is None and grid_form_of(plan.time) in (LOCAL, PROFILE))


def by_geography(plan: Plan) -> bool:
    """Tell whether each of the project's geographies has its time told on its own clock."""
    zone = plan.query.output.zone
    return zone == GEOGRAPHY or (zone is None and is_local(plan.time))


def is_stamp(plan: Plan, column: Column) -> bool:
    """Tell whether a column of time holds timestamps."""
    return column.word == "hourly" or (column.word == SLOT and isinstance(plan.time, DatetimeTime))


def kind_of(plan: Plan, column: Column) -> str:
    """Return what a column of time holds, as `dsgrid.query.literals.arrow_type` names it."""
    if is_stamp(plan, column):
        return "wall" if is_wall(plan) else "timestamp"
    if column.word == SLOT:
        return "int64" if isinstance(plan.time, IndexTime) else "int32"
    return KINDS.get(column.word, "int32")


def slots_stay_apart(plan: Plan) -> bool:
    """Tell whether rows of the result are instants of single slots, so that labels may be carried through."""
    if plan.followed or not isinstance(plan.time, DatetimeTime) or form_of(plan.time) != INSTANTS or is_wall(plan):
        return False
    return one_row_per_slot(plan)


def one_row_per_slot(plan: Plan) -> bool:
    """Tell whether no two slots of the project become one row."""
    chosen = {column.word for column in plan.columns_of(TIME)}
    time = plan.time
    if SLOT in chosen or isinstance(time, NoTime):
        return True
    if isinstance(time, AnnualTime):
        return "annual" in chosen
    if isinstance(time, RepresentativeTime):
        return {WORD_OF_PART[part] for part in time.by} <= chosen
    return "hourly" in chosen and time.step == timedelta(hours=1)


def known_words(time: TimeDimension) -> tuple[str, ...]:
    """Return the words that mean something for a project's time."""
    if isinstance(time, NoTime):
        return ()
    if isinstance(time, AnnualTime):
        return ("annual",)
    if isinstance(time, RepresentativeTime):
        found = {WORD_OF_PART[part] for part in time.by}
        if "month" in time.by:
            found.add("season")
        if "day_of_week" in time.by and not time.calendar.holidays:
            found.add("day_type")
        return tuple(word for word in TIME_WORDS if word in found)
    return TIME_WORDS


def told(plan: Plan, zone: str = "", record: str = "") -> Mapping[str, npt.NDArray[Any]]:
    """Return the value of each word for each slot of the project's time.

    Parameters
    ----------
    zone
        The zone of the geography, where that matters.
    record
        The base record whose year it is, where years belong to records.
    """
    time = plan.time
    if isinstance(time, NoTime):
        return {}
    if isinstance(time, AnnualTime):
        years = np.array([_year(record)] if time.year_of else time.years, np.int32)
        return {SLOT: years, "annual": years}
    if isinstance(time, RepresentativeTime):
        return _parts(time)
    return _gridded(plan, time, zone)


def _year(record: str) -> int:
    # Submitting has proved that records of years are years.
    return int(record)


def _parts(time: RepresentativeTime) -> dict[str, npt.NDArray[Any]]:
    each = [np.array(part_values(time.calendar, part), dtype=object) for part in time.by]
    grids = np.meshgrid(*each, indexing="ij")
    found = {part: grid.ravel() for part, grid in zip(time.by, grids, strict=True)}
    values = {WORD_OF_PART[part]: column for part, column in found.items()}
    if "month" in found and "season" not in found:
        values["season"] = _named(time.calendar.seasons, found["month"])
    if "day_of_week" in found and "day_type" not in found:
        values["day_type"] = _named(time.calendar.day_types, found["day_of_week"])
    return values


def _named(groups: tuple[tuple[str, tuple[int, ...]], ...], column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    names = {member: name for name, members in groups for member in members}
    return np.array([names[int(member)] for member in column], dtype=object)


def _gridded(plan: Plan, time: DatetimeTime | IndexTime, zone: str) -> dict[str, npt.NDArray[Any]]:
    asked = plan.query.output.zone
    if grid_form_of(time) == PROFILE:
        shown = readings(time)
        values = words(shown.begin, None, time.calendar)
        labels, at, begin = shown.labels, shown.labels, shown.begin
        clock, ahead = zone if is_local(time) else zone_of(time), None
    else:
        own = own_zone(time, zone)
        found = slots_in(time, own)
        clock = own if asked is None else zone if asked == GEOGRAPHY else asked
        if asked is None and time.clock == "standard":
            shown = readings(time)
            begin, at = shown.begin, shown.labels
        else:
            begin, at = to_wall(clock, found.begin), to_wall(clock, found.labels)
        wall = is_wall(plan)
        values = words(begin, None if wall else found.begin, time.calendar)
        labels = at if wall else found.labels
        hourly = any(column.word == "hourly" for column in plan.columns_of(TIME))
        ahead = begin - found.begin if hourly else at - found.labels
    number = len(labels)
    if not isinstance(time, IndexTime):
        values[SHOWN + SLOT] = at
    values[SHOWN + "hourly"] = begin - begin % HOUR
    values[SLOT] = slot_keys(time) if isinstance(time, IndexTime) else labels
    values[TIME_ZONE] = np.full(number, clock, dtype=object)
    values[UTC_OFFSET] = np.full(number, "", dtype=object) if ahead is None else shown_offsets(ahead)
    return values


def shown_offsets(ahead: Int64) -> npt.NDArray[Any]:
    """Return offsets from UTC as text: ``-05:00``."""
    unique, inverse = np.unique(ahead, return_inverse=True)
    texts = []
    for value in unique.tolist():
        hours, minutes = divmod(abs(value) // (HOUR // 60), 60)
        texts.append(f"{'-' if value < 0 else '+'}{hours:02}:{minutes:02}")
    return np.array(texts, dtype=object)[inverse]
