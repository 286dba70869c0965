"""Whether the years of a dataset's records agree with the years of its labels."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from dsgrid.dimensions.dimension import Dimension
from dsgrid.errors import listing
from dsgrid.time.dimension import AnnualTime, DatetimeTime, IndexTime, TimeDimension, is_local
from dsgrid.time.grid import readings, slots_in
from dsgrid.time.shown import shown_years
from dsgrid.time.written import shown_moment
from dsgrid.time.zones import DAY, to_wall

_YEAR = re.compile(r"\d{4}")
AnyTime = TypeVar("AnyTime", bound=TimeDimension)


def year_disagreements(time: TimeDimension, dimensions: dict[str, Dimension]) -> list[str]:
    """Return in which ways weather years and model years contradict the time dimension.

    Ranges and years that say to which record they belong are taken at their word, and have to name every record.
    Otherwise a dataset whose weather years are called by years has labels of these years: data of the weather of 2012
    with labels of 2018 are a mistake, unless their range says ``weather_year = "2012"``.
    """
    if isinstance(time, AnnualTime):
        return _annual(time, dimensions)
    if not isinstance(time, (DatetimeTime, IndexTime)):
        return []
    if time.year_of:
        return _tied(time, dimensions)
    ids = dimensions["weather_year"].records.ids
    if not all(_YEAR.fullmatch(id_) for id_ in ids):
        return []
    years = _years(time)
    other = [id_ for id_ in ids if int(id_) not in years]
    if other:
        plural = "s" if len(other) > 1 else ""
        way = (
            f'"start", {shown_moment(time.start)}, says which year label {time.first} is in'
            if isinstance(time, IndexTime)
            else 'where that is meant, a range says to which weather year it belongs: weather_year = "..."'
        )
        return [f"the weather year{plural} {listing(other)} and the labels, of {shown_years(years)}, disagree; {way}"]
    if len(ids) > 1:
        way = (
            "an index has the labels of one weather year"
            if isinstance(time, IndexTime)
            else '`ranges` say which belong to which: weather_year = "..."'
        )
        return [f"each of the weather years {listing(list(ids))} would have the labels of {shown_years(years)}; {way}"]
    return []


def project_disagreements(time: TimeDimension, base: Iterable[Dimension]) -> list[str]:
    """Return in which ways a project's base dimensions do not go with its time."""
    found = []
    for dimension in base:
        if dimension.type == "geography" and is_local(time):
            lacking = [record.id for record in dimension.records if not record.get("time_zone")]
            if lacking:
                found.append(
                    f"time is told in the zone of each geography, but {len(lacking):,} of the records of "
                    f'"{dimension.name}" have no time_zone: {listing(lacking)}'
                )
        if dimension.type == time.year_of:
            found += year_disagreements(time, {dimension.type: dimension})
    if is_local(time) and getattr(time, "clock", "") == "prevailing" and time.kind != "representative":
        found.append(
            "a project in the zone of each geography needs slots that all have: its clock is "
            '"standard" or "profile", not "prevailing"'
        )
    return found


def of_records(time: AnyTime, ids: Collection[str]) -> AnyTime:
    """Return a time dimension with the ranges or years of only some of the records that these belong to."""
    if isinstance(time, AnnualTime) and time.year_of:
        return replace(time, years=tuple(year for year in time.years if str(year) in ids))
    if isinstance(time, DatetimeTime) and time.year_of:
        return replace(time, ranges=tuple(one for one in time.ranges if one.record in ids))
    return time


def _annual(time: AnnualTime, dimensions: dict[str, Dimension]) -> list[str]:
    if not time.year_of:
        return []
    ids = dimensions[time.year_of].records.ids
    words = time.year_of.replace("_", " ")
    return _differences(f"{words}s", set(ids), {str(year) for year in time.years}, "the years of the time dimension")


def _tied(time: DatetimeTime | IndexTime, dimensions: dict[str, Dimension]) -> list[str]:
    assert isinstance(time, DatetimeTime)
    words = time.year_of.replace("_", " ")
    records = {one.record for one in time.ranges}
    return _differences(f"{words}s", set(dimensions[time.year_of].records.ids), records, "the ranges")


def _differences(what: str, ids: set[str], said: set[str], where: str) -> list[str]:
    lacking, surplus = sorted(ids - said), sorted(said - ids)
    return [
        *([f"of the {what}, {listing(lacking)} {_are(lacking)} not in {where}"] if lacking else []),
        *([f"{where} name {listing(surplus)}, which {_are(surplus)} none of the {what}"] if surplus else []),
    ]


def _are(names: list[str]) -> str:
    return "are" if len(names) > 1 else "is"


def _years(time: DatetimeTime | IndexTime) -> list[int]:
    """Return the years that slots begin in; but for those with less than two days of them, if there are others."""
    if time.clock != "prevailing":
        found = readings(time).begin
    else:
        zone = "UTC" if is_local(time) else time.zone
        found = to_wall(zone, slots_in(time, zone).begin)
    years, counts = np.unique(
        found.astype("datetime64[us]").astype("datetime64[Y]").astype(int) + 1970, return_counts=True
    )
    step = int(np.diff(found[:2])[0]) if len(found) > 1 else DAY
    most = counts * step >= 2 * DAY
    return (years[most] if most.any() else years).tolist()
