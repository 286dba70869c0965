"""Time dimensions as rows: a row for what all kinds have, and rows for ranges, columns, parts and calendars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from dsgrid.registry.database import Database, Row
from dsgrid.time.dimension import (
    AnnualTime,
    Calendar,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    Span,
    TimeDimension,
)

MICROSECOND = timedelta(microseconds=1)


def has_times(database: Database, key: int) -> bool:
    """Tell whether the version of a time dimension has its rows already."""
    return database.row("SELECT 1 FROM times WHERE dimension_version = ?", (key,)) is not None


def read_times(database: Database, key: int, named: dict[str, Any]) -> TimeDimension | None:
    """Return the time dimension of a version's key; None when it is no time dimension.

    Parameters
    ----------
    named
        Its ``name``, ``description``, ``id`` and ``version``.
    """
    row = database.row("SELECT * FROM times WHERE dimension_version = ?", (key,))
    if row is None:
        return None
    ranges = database.select("time_ranges", "first_label, last_label, record", order="position", dimension_version=key)
    columns = database.select("time_columns", "meaning, name", order="position", dimension_version=key)
    files: dict[str, Any] = {"columns": tuple((meaning, name) for meaning, name in columns)}
    if row["kind"] == "none":
        return NoTime(**named)
    if row["kind"] == "annual":
        years = tuple(year for first, last, _ in ranges for year in range(int(first), int(last) + 1))
        return AnnualTime(years=years, measurement=row["measurement"], year_of=row["year_of"], **files, **named)
    period: dict[str, Any] = {name: row[name] for name in ("zone", "clock", "interval", "measurement")}
    period |= {"step": row["step_microseconds"] * MICROSECOND, "calendar": _read_calendar(database, key)}
    if row["kind"] == "representative":
        parts = database.select("time_parts", "part", order="position", dimension_version=key)
        return RepresentativeTime(by=tuple(part for (part,) in parts), **period, **files, **named)
    period["leap_days"] = bool(row["leap_days"])
    if row["kind"] == "index":
        return IndexTime(
            start=datetime.fromisoformat(ranges[0][0]),
            first=row["first_index"],
            last=row["last_index"],
            **period,
            **files,
            **named,
        )
    spans = tuple(
        Span(datetime.fromisoformat(first), datetime.fromisoformat(last), record) for first, last, record in ranges
    )
    return DatetimeTime(ranges=spans, year_of=row["year_of"], labels=row["labels"], **period, **files, **named)


def write_times(database: Database, time: TimeDimension, key: int) -> None:
    """Write the rows of a time dimension under a version's key."""
    step = None if isinstance(time, (AnnualTime, NoTime)) else time.step // MICROSECOND
    database.insert(
        "times",
        dimension_version=key,
        kind=time.kind,
        step_microseconds=step,
        zone=getattr(time, "zone", ""),
        clock=getattr(time, "clock", ""),
        interval=time.interval,
        measurement=time.measurement,
        leap_days=int(getattr(time, "leap_days", True)),
        year_of=time.year_of,
        labels=getattr(time, "labels", ""),
        first_index=time.first if isinstance(time, IndexTime) else None,
        last_index=time.last if isinstance(time, IndexTime) else None,
    )
    _write(database, "time_ranges", ("first_label", "last_label", "record"), key, _ranges(time))
    _write(database, "time_columns", ("meaning", "name"), key, time.columns)
    if isinstance(time, RepresentativeTime):
        _write(database, "time_parts", ("part",), key, ((part,) for part in time.by))
    if not isinstance(time, (AnnualTime, NoTime)):
        _write(database, "time_groups", ("part", "name", "member"), key, _groups(time.calendar))
        database.insert_many(
            "time_holidays", ("dimension_version", "date"), [(key, day.isoformat()) for day in time.calendar.holidays]
        )


def _write(database: Database, table: str, columns: tuple[str, ...], key: int, rows: Any) -> None:
    numbered = [(key, position, *row) for position, row in enumerate(rows)]
    database.insert_many(table, ("dimension_version", "position", *columns), numbered)


def _ranges(time: TimeDimension) -> Iterator[tuple[str, str, str]]:
    if isinstance(time, DatetimeTime):
        for one in time.ranges:
            yield one.start.isoformat(" "), one.end.isoformat(" "), one.record
    elif isinstance(time, IndexTime):
        yield time.start.isoformat(" "), time.start.isoformat(" "), ""
    elif isinstance(time, AnnualTime):
        runs: list[list[int]] = []
        for year in time.years:
            if runs and year == runs[-1][1] + 1:
                runs[-1][1] = year
            else:
                runs.append([year, year])
        for first, last in runs:
            yield str(first), str(last), ""


def _groups(calendar: Calendar) -> Iterator[tuple[str, str, int | None]]:
    """Yield the members of seasons and day types, where they are not the usual ones."""
    usual = Calendar()
    for part, groups, known in (
        ("season", calendar.seasons, usual.seasons),
        ("day_type", calendar.day_types, usual.day_types),
    ):
        if groups != known:
            for name, members in groups:
                for member in members or (None,):
                    yield part, name, member


def _read_calendar(database: Database, key: int) -> Calendar:
    usual = Calendar()
    found: dict[str, dict[str, list[int]]] = {"season": {}, "day_type": {}}
    rows: list[Row] = database.select("time_groups", "part, name, member", order="position", dimension_version=key)
    for part, name, member in rows:
        members = found[part].setdefault(name, [])
        if member is not None:
            members.append(member)
    groups = {part: tuple((name, tuple(each)) for name, each in names.items()) for part, names in found.items()}
    days = database.select("time_holidays", "date", order="date", dimension_version=key)
    return Calendar(
        groups["season"] or usual.seasons,
        groups["day_type"] or usual.day_types,
        tuple(date.fromisoformat(day) for (day,) in days),
    )
