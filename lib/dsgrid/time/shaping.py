"""Annual values that follow the course of another dataset: which slot of the shape is of which year and slot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from dsgrid.errors import Problem
from dsgrid.time.dimension import AnnualTime, DatetimeTime, IndexTime, Span, TimeDimension, is_local
from dsgrid.time.grid import readings, slots_in
from dsgrid.time.judging import check_rules
from dsgrid.time.mapping import TimeMap, map_time
from dsgrid.time.pieces import Int64
from dsgrid.time.rules import TimeRules
from dsgrid.time.shown import shown_span
from dsgrid.time.table import LOCAL, PROFILE, grid_form_of
from dsgrid.time.targets import on_readings
from dsgrid.time.written import shown_step
from dsgrid.time.zones import TimeError, to_wall


@dataclass(frozen=True)
class Shaping:
    """How the slots of a shape divide the years of the project.

    Parameters
    ----------
    course
        From the shape's slots to `whole`'s.
    whole
        The project's time, completed to whole calendar years.
    years
        The calendar year of each slot of `whole`.
    projects
        The number of the project's slot that each slot of `whole` is; -1 where the project has none.
    """

    course: TimeMap
    whole: DatetimeTime
    years: Int64
    projects: Int64


def shape_time(shape: TimeDimension, target: TimeDimension, rules: TimeRules) -> Shaping:
    """Return how a shape's slots divide the years of a project.

    Parameters
    ----------
    rules
        Those of the submission: `align`, `wrap` and so on say how the shape's time becomes the project's.

    Raises
    ------
    TimeError
        If the shape does not have one value for each slot of every year that the project touches.
    """
    if not isinstance(shape, (DatetimeTime, IndexTime)) or grid_form_of(shape) == LOCAL or _lacks_a_zone(shape, target):
        raise _unfit(f"a shape has slots in one zone; this one has {shown_span(shape)}")
    if not isinstance(target, (DatetimeTime, IndexTime)) or grid_form_of(target) == LOCAL:
        raise _unfit(f"a shape gives annual values the slots of a project in one zone; it has {shown_span(target)}")
    if shape.measurement != "total":
        raise _unfit(f'a shape divides totals, so its measurement is "total", not "{shape.measurement}"')
    if shape.year_of:
        raise _unfit(f"a shape holds for all years; the ranges of this one belong to {shape.year_of}s")
    whole, years = whole_years(target)
    try:
        course = map_time(shape, whole, replace(rules, shape="", spread=""))
    except TimeError as error:
        said = [replace(one, message=f"the shape: {one.message}", key=one.key or "shape") for one in error.problems]
        raise TimeError(said) from None
    return Shaping(course, whole, years, _numbers(whole, target))


def _lacks_a_zone(shape: DatetimeTime | IndexTime, target: TimeDimension) -> bool:
    """Tell whether readings of each geography's clock would have to become instants."""
    return is_local(shape) and not on_readings(shape, target)


def whole_years(target: DatetimeTime | IndexTime) -> tuple[DatetimeTime, Int64]:
    """Return a project's time with all slots of the years that it touches, and the year of each."""
    touched = np.unique(_years(target))
    lag = target.step if target.interval == "period_ending" else timedelta(0)
    ranges = tuple(
        Span(datetime(year, 1, 1) + lag, datetime(year + 1, 1, 1) - target.step + lag)  # noqa: DTZ001 - of a clock
        for year in touched.tolist()
    )
    whole = DatetimeTime(
        target.name,
        ranges,
        target.step,
        target.zone,
        target.interval,
        target.measurement,
        clock=target.clock,
        leap_days=target.leap_days,
        calendar=target.calendar,
    )
    try:
        return whole, _years(whole)
    except TimeError:
        raise _unfit(f"years are no whole number of the project's steps of {shown_step(target.step)}") from None


def _unfit(message: str) -> TimeError:
    return TimeError(Problem(message, key="shape"))


def _years(time: DatetimeTime | IndexTime) -> Int64:
    """Return the year of each slot's beginning, on the clock of the dimension."""
    if time.clock == "prevailing":
        shown = to_wall(time.zone, slots_in(time, time.zone).begin)
    else:
        shown = readings(time).begin
    return shown.astype("datetime64[us]").astype("datetime64[Y]").astype(np.int64) + 1970


def _numbers(whole: DatetimeTime, target: DatetimeTime | IndexTime) -> Int64:
    """Return which slot of the project each slot of the whole years is."""
    every, own = _begins(whole), _begins(target)
    order = np.argsort(own, kind="stable")
    place = np.minimum(np.searchsorted(own[order], every), len(own) - 1)
    found = np.where(own[order][place] == every, order[place], -1)
    if int((found >= 0).sum()) < len(own):
        raise _unfit(f"years are no whole number of the project's slots: {shown_span(target)}")
    return found


def _begins(time: DatetimeTime | IndexTime) -> Int64:
    if grid_form_of(time) == PROFILE:
        return readings(time).begin
    return slots_in(time, time.zone).begin


def check_shape(own: TimeDimension, shape: TimeDimension, target: TimeDimension, rules: TimeRules) -> TimeRules:
    """Refuse what a shape cannot do, and return the rules by which annual values are spread over the same slots.

    Raises
    ------
    TimeError
        If the dataset is not annual, or the shape does not divide the years of the project.
    """
    check_rules(own, target, TimeRules(spread=rules.spread, shape=rules.shape, trim=rules.trim))
    assert isinstance(own, AnnualTime), "the closed table takes no shape for anything else"
    shape_time(shape, target, rules)
    return flat_rules(own, rules)


def flat_rules(own: AnnualTime, rules: TimeRules) -> TimeRules:
    """Return the rules under which annual values are spread flat, over the same slots as a shape would."""
    return TimeRules(spread="flat" if own.measurement == "total" else "", trim=rules.trim)
