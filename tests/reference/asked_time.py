"""What a query asks of time: its columns, and what it may not ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dsgrid.query.model import Query
from dsgrid.registry.model import Project
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.dimension import (
    AnnualTime,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    TimeDimension,
    is_local,
)
from dsgrid.time.labels import slot_keys
from reference.clock import PARTS, is_wall
from reference.moments import LABEL, OFFSETS, ZONE, determined, known
from reference.refused import RefusedError
from reference.table import TIME, Column, Table

COMPANIONS = (ZONE, *OFFSETS.values())


def columns_of_time(name: str, project: Project) -> list[Column]:
    """Return the columns that a name in `by` stands for; typical periods have several."""
    time = project.time
    if name == time.name and isinstance(time, RepresentativeTime):
        return [Column(PARTS[part], TIME, word=PARTS[part]) for part in time.by]
    if name == time.name:
        return [Column(name, TIME, word=LABEL)]
    return [Column(name, TIME, word=name)] if name in TIME_WORDS else []


def refuse_words(columns: Sequence[Column], table: Table, query: Query, project: Project) -> None:
    """Refuse words that mean nothing for the project's time, or that a table does not say."""
    asked = [column for column in columns if column.type == TIME]
    for column in asked:
        if column.word not in known(project.time):
            raise RefusedError(f"{column.name} means nothing")
        if column.word not in table.words:
            raise RefusedError(f"the table does not say {column.name}")
    if is_wall(project.time, query.output.zone) and sum(_is_stamp(column, project.time) for column in asked) > 1:
        raise RefusedError("two timestamps on clocks")


def refuse_numbers(columns: Sequence[Column], query: Query, project: Project) -> None:
    """Refuse to tell the numbers of slots in another zone."""
    words = {column.word for column in columns if column.type == TIME}
    if isinstance(project.time, IndexTime) and query.output.zone is not None and words == {LABEL}:
        raise RefusedError("numbers have no zone")


def with_companions(columns: Sequence[Column], query: Query, project: Project) -> list[Column]:
    """Return the columns and, beside timestamps on clocks, those that say what clock it is."""
    time = project.time
    found = list(columns)
    stamps = [index for index, column in enumerate(found) if _is_stamp(column, time)]
    if stamps and is_wall(time, query.output.zone):
        beside = [Column("time_zone", TIME, word=ZONE)]
        if getattr(time, "clock", "") != "profile":
            beside.append(Column("utc_offset", TIME, word=OFFSETS[found[stamps[-1]].word]))
        found[stamps[-1] + 1 : stamps[-1] + 1] = beside
    return found


def _is_stamp(column: Column, time: TimeDimension) -> bool:
    return column.word == "hourly" or (column.word == LABEL and isinstance(time, DatetimeTime))


def refuse_sum(before: Sequence[Column] | None, after: Sequence[Column], table: Table, project: Project) -> None:
    """Refuse sums over time of what does not add up.

    Parameters
    ----------
    before
        The columns of the table; None at base level, where every slot is there.
    """
    time = project.time
    if isinstance(time, NoTime) or table.timeless:
        return
    words = {column.word for column in after if column.type == TIME}
    own = _slots(time) if before is None else {column.word for column in before if column.type == TIME}
    zones = ["UTC"] if is_local(time) else []
    adds_up = table.measured and time.measurement in ("total", "")
    if not adds_up and (before is not None or len(slot_keys(time, zones)) > 1):
        # Where slots are hours, an hour is a slot; and so for years.
        said = set(determined(words, time))
        if ("hourly" in words and _hours(time)) or ("annual" in words and isinstance(time, AnnualTime)):
            said.add(LABEL)
        if not own - set(COMPANIONS) <= said:
            raise RefusedError("what does not add up over time")
    if isinstance(time, RepresentativeTime):
        apart = {PARTS[part] for part in time.by if part in ("month", "season", "day_type")}
        if not apart & own <= words:
            raise RefusedError("a sum of periods that occur nobody knows how often")


def _slots(time: TimeDimension) -> set[str]:
    return {PARTS[part] for part in time.by} if isinstance(time, RepresentativeTime) else {LABEL}


def _hours(time: TimeDimension) -> bool:
    return isinstance(time, DatetimeTime | IndexTime) and time.step.total_seconds() == 3600


def said_after(columns: Sequence[Column], table: Table, project: Project) -> Table:
    """Return a table that says no more of time than its columns do."""
    words = [column.word for column in columns if column.type == TIME]
    return replace(table, words=determined(words, project.time) & table.words)
