"""The numbers of a picture, in the form in which they are drawn: panels of series over common places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from dsgrid.errors import UsageError
from dsgrid.query.plots.clock import Int64
from dsgrid.time.zones import DAY, HOUR

Float64 = npt.NDArray[np.float64]
MOST_POINTS: Final = 300_000
MOST_SORTED: Final = 2_000


@dataclass(frozen=True)
class Series:
    """What has one colour in one panel.

    Parameters
    ----------
    values
        One for each place; NaN where there is none.
    number
        Which of the colours it has; -1 for the rest of many.
    """

    name: str
    values: Float64
    number: int


@dataclass(frozen=True)
class Panel:
    """One of the panels of a picture; the values in it have one unit."""

    name: str
    unit: str
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Sheet:
    """All panels of a picture.

    Parameters
    ----------
    places
        Where values are along the axis: microseconds of a clock, numbers, or names.
    rows
        Of a heat map the names of its rows; the series of its panels are these.
    notes
        What was done to the numbers, for the caption.
    """

    panels: tuple[Panel, ...]
    instants: Int64 | None = None
    names: tuple[str, ...] = ()
    numbers: Float64 | None = None
    rows: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    mean: bool = False

    @property
    def least(self) -> float:
        """The smallest value."""
        return min(float(np.nanmin(one.values)) for one in self._filled())

    @property
    def most(self) -> float:
        """The largest value."""
        return max(float(np.nanmax(one.values)) for one in self._filled())

    def _filled(self) -> list[Series]:
        return [one for panel in self.panels for one in panel.series if not np.isnan(one.values).all()]

    @property
    def points(self) -> int:
        """How many values are drawn."""
        return sum(len(one.values) for panel in self.panels for one in panel.series)


def peak(sheet: Sheet, stacked: bool) -> int:
    """Return the instant of the highest value, or of the highest sum of a panel where series are stacked."""
    assert sheet.instants is not None
    tops = []
    for panel in sheet.panels:
        every = np.nan_to_num(np.array([one.values for one in panel.series]), nan=-np.inf)
        tops.append(np.where(np.isinf(every), 0.0, every).sum(axis=0) if stacked else every.max(axis=0))
    return int(sheet.instants[int(np.argmax(np.max(tops, axis=0)))])


def daily(sheet: Sheet) -> Sheet:
    """Return the means of days, where there are too many points for a browser to draw.

    Raises
    ------
    UsageError
        If means of days are too many, too.
    """
    if sheet.points <= MOST_POINTS:
        return sheet
    number = sheet.points
    if sheet.instants is not None:
        days, starts = np.unique(sheet.instants // DAY, return_index=True)
        if len(days) < len(sheet.instants):
            panels = tuple(
                replace(panel, series=tuple(replace(one, values=_means(one.values, starts)) for one in panel.series))
                for panel in sheet.panels
            )
            note = f"means of days: {number:,} values are too many to be drawn one by one (choose a shorter time)"
            sheet = replace(sheet, panels=panels, instants=days * DAY, notes=(*sheet.notes, note), mean=True)
    if sheet.points > MOST_POINTS:
        raise UsageError(
            f"{sheet.points:,} values are too many for a picture, {MOST_POINTS:,} are the most; choose some with "
            "--where, or fewer colours and panels"
        )
    return sheet


def _means(values: Float64, starts: npt.NDArray[np.int64]) -> Float64:
    there = ~np.isnan(values)
    sums = np.add.reduceat(np.where(there, values, 0.0), starts)
    counts = np.add.reduceat(there.astype(np.int64), starts)
    return np.divide(sums, counts, out=np.full(len(starts), np.nan), where=counts > 0)


def by_hour(sheet: Sheet) -> Sheet:
    """Return days along the axis and hours of days as rows, for a heat map; every panel has one series so far."""
    assert sheet.instants is not None
    days, day = np.unique(sheet.instants // DAY, return_inverse=True)
    times, time = np.unique(sheet.instants % DAY, return_inverse=True)
    names = tuple(f"{one // HOUR:02}:{one % HOUR * 60 // HOUR:02}" for one in times.tolist())
    # A day without values is a gap, and not narrower.
    whole = np.arange(days[0], days[-1] + 1)
    day = (days - days[0])[day]
    panels = []
    for panel in sheet.panels:
        grid = np.full((len(times), len(whole)), np.nan)
        grid[time, day] = panel.series[0].values
        series = tuple(Series(name, grid[number], number) for number, name in enumerate(names))
        panels.append(replace(panel, series=series))
    made = replace(sheet, panels=tuple(panels), instants=whole * DAY, rows=names)
    if made.points > MOST_POINTS:
        raise UsageError(
            f"{made.points:,} values are too many for a picture, {MOST_POINTS:,} are the most; choose some with --where"
        )
    return made


def sorted_down(sheet: Sheet) -> Sheet:
    """Return load duration curves: the values of each series from the highest to the lowest.

    Of long curves as many points are kept as can be seen, the first and the last among them.
    """
    length = max(int((~np.isnan(one.values)).sum()) for panel in sheet.panels for one in panel.series)
    kept = np.unique(np.linspace(0, length - 1, min(length, MOST_SORTED)).round().astype(np.int64))
    panels = []
    for panel in sheet.panels:
        curves = []
        for one in panel.series:
            values = np.full(length, np.nan)
            found = np.sort(one.values[~np.isnan(one.values)])[::-1]
            values[: len(found)] = found
            curves.append(replace(one, values=values[kept]))
        panels.append(replace(panel, series=tuple(curves)))
    return replace(sheet, panels=tuple(panels), instants=None, numbers=(kept + 1).astype(np.float64))


def without_empty(panels: Sequence[Panel]) -> tuple[Panel, ...]:
    """Return panels without series, and series without values: a legend shall name what can be seen."""
    left = [
        replace(one, series=tuple(each for each in one.series if not np.isnan(each.values).all())) for one in panels
    ]
    return tuple(one for one in left if one.series)
