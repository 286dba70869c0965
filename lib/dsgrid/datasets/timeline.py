"""When the rows of an unknown table are: its labels, numbers or years, in a form that a time dimension can be made of.

What one column does not tell (labels in parts, the last of many numbers, whose labels are whose) is read once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from dsgrid.datasets.files import TableFiles
from dsgrid.datasets.inspection import Column, Labels, distinct, micros
from dsgrid.datasets.recognition import TABLE, YEARS, Found, Recognised
from dsgrid.datasets.time_columns import ANNUAL, DATETIME, INDEX, TimeColumns
from dsgrid.time.grid import moment, wall

_PARTS = ("year", "month", "day", "hour", "minute")


@dataclass(frozen=True)
class Timeline:
    """The times of a table.

    Parameters
    ----------
    columns
        The columns that say them.
    labels
        Of a datetime: all labels, of one column or put together from their parts.
    year_of
        The dimension type whose records have labels or years of their own; empty when all have the same.
    of_records
        The labels of each record of this type, sorted.
    years
        Of annual data.
    numbers
        Of an index, sorted.
    """

    columns: TimeColumns
    labels: Labels | None = None
    year_of: str = ""
    of_records: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    years: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of time dimension."""
        return self.columns.kind


def timeline(files: TableFiles, found: Recognised) -> Timeline:
    """Return the times of a table whose columns are recognised.

    Parameters
    ----------
    files
        The files of the facts.
    """
    columns = found.time
    if columns.kind == DATETIME:
        labels = columns.columns["label"].labels if "label" in columns.columns else _from_parts(files, columns)
        return _by_record(files, found, Timeline(columns, labels))
    if columns.kind == INDEX:
        name = columns.columns["index"].name
        return Timeline(columns, numbers=tuple(sorted(int(number) for (number,) in distinct(files, [name]))))
    return _annual(files, found) if columns.kind == ANNUAL else Timeline(columns)


def _from_parts(files: TableFiles, columns: TimeColumns) -> Labels | None:
    """Put the labels together; parts that are no date are told when they are registered."""
    names = {part: columns.columns[part].name for part in _PARTS if part in columns.columns}
    readings = set()
    for row in distinct(files, list(names.values())):
        given = dict(zip(names, map(int, row), strict=True))
        try:
            day = datetime(given["year"], given["month"], given["day"])  # noqa: DTZ001 - a wall clock
        except ValueError:
            continue
        readings.add(wall(day + timedelta(hours=given.get("hour", 0), minutes=given.get("minute", 0))))
    return Labels(tuple(sorted(readings)), instants=False) if readings else None


def _by_record(files: TableFiles, found: Recognised, line: Timeline) -> Timeline:
    """Tell whether each weather year (or model year) has labels of its own, one after the other."""
    label = line.columns.columns.get("label")
    of_records: dict[str, set[int]] = defaultdict(set)
    for type_ in YEARS:
        own = found.dimensions.get(type_)
        if label is None or own is None or own.place != TABLE or len(own.ids) < 2:
            continue
        of_records.clear()
        for record, at in distinct(files, [own.column.name, label.name]):
            of_records[str(record)].add(micros(at))
        if _one_after_the_other(of_records):
            return _tied(line, type_, of_records)
    year = line.columns.columns.get("year")
    if year is not None and year.name in YEARS and line.labels is not None and len(year.values or ()) > 1:
        for at in line.labels.readings:
            of_records[f"{moment(at).year:04}"].add(at)
        return _tied(line, year.name, of_records)
    return line


def _one_after_the_other(of_records: Mapping[str, set[int]]) -> bool:
    runs = sorted((min(labels), max(labels)) for labels in of_records.values())
    return all(before[1] < after[0] for before, after in pairwise(runs))


def _tied(line: Timeline, type_: str, of_records: Mapping[str, set[int]]) -> Timeline:
    ordered = sorted(of_records.items(), key=lambda item: min(item[1]))
    return replace(line, year_of=type_, of_records={record: tuple(sorted(labels)) for record, labels in ordered})


def _annual(files: TableFiles, found: Recognised) -> Timeline:
    columns = found.time
    year = columns.columns.get("year")
    if year is None:
        type_ = next(type_ for type_ in YEARS if _are_years(found.dimensions.get(type_)))
        return Timeline(columns, year_of=type_, years=_years(found.dimensions[type_].ids))
    same = (type_ for type_ in YEARS if type_ in found.dimensions and _same(files, year, found.dimensions[type_]))
    return Timeline(columns, year_of=next(same, ""), years=_years(year.values or ()))


def _years(ids: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(sorted(map(int, ids)))


def _are_years(found: Found | None) -> bool:
    return found is not None and bool(found.ids) and all(id_.isdigit() and len(id_) == 4 for id_ in found.ids)


def _same(files: TableFiles, year: Column, found: Found) -> bool:
    """Tell whether the years of a column are those of the records beside them."""
    if found.column.name == year.name and found.place == TABLE:
        return True
    if set(found.ids) != set(year.values or ()):
        return False
    pairs: set[tuple[Any, ...]] = set()
    if found.place == TABLE:
        pairs = distinct(files, [year.name, found.column.name])
    return all(str(one) == str(other) for one, other in pairs)
