"""Bring the days of one year to another: which day of the data a day of the project takes its values from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dsgrid.errors import Problem
from dsgrid.time.pieces import Float64, Int64
from dsgrid.time.rules import TimeRules
from dsgrid.time.zones import DAY, TimeError

Days = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Readings:
    """Slots as readings of a clock, some of them perhaps on several days: int64 microseconds, and shares."""

    begin: Int64
    end: Int64
    slot: Int64
    share: Float64

    def at(self, chosen: npt.NDArray[np.bool_] | Int64) -> Readings:
        """Return some of the readings."""
        return Readings(self.begin[chosen], self.end[chosen], self.slot[chosen], self.share[chosen])


@dataclass(frozen=True)
class Aligned:
    """Readings brought to other days.

    Parameters
    ----------
    readings
        In order of their new beginnings.
    left_out
        The days of the project that a rule leaves without values.
    unused
        The days of the data that a rule leaves out.
    """

    readings: Readings
    left_out: Days
    unused: Days


def align_days(own: Readings, targets: Days, rules: TimeRules, leap_days: tuple[bool, bool]) -> Aligned:
    """Return the readings of the days that the target's days take their values from, on the target's days.

    Parameters
    ----------
    own
        Readings in the year of the data, sorted.
    targets
        Days since 1970 that need values, on the same clock.
    leap_days
        Whether the calendars of the data and of the project have 29 February.

    Raises
    ------
    TimeError
        If one of the years has a 29 February and the other has none, and no rule says what becomes of it.
    """
    days = np.unique(own.begin // DAY)
    years = _middle_year(days) - _middle_year(targets) if rules.align else 0
    weekday = rules.align == "same_weekday"
    nothing = np.zeros(0, np.int64)
    left_out, dropped = nothing, nothing
    if weekday:
        chosen = _same_weekday(targets, days, years)
    else:
        chosen, left_out, dropped = _same_date(targets, days, years, rules, leap_days)
    parts = [_taken(own, targets, source, share) for source, share in chosen]
    begin = np.concatenate([one.begin for one in parts])
    found = Readings(
        begin,
        np.concatenate([one.end for one in parts]),
        np.concatenate([one.slot for one in parts]),
        np.concatenate([one.share for one in parts]),
    ).at(np.argsort(begin, kind="stable"))
    if weekday:
        # A week more or less at the ends is what the days of the week cost.
        unused = np.setdiff1d(days, chosen[0][0])
        dropped = unused if len(unused) <= 7 else nothing
    return Aligned(found, left_out, dropped)


NONE = -(2**62)
Choice = list[tuple[Days, Float64]]
LEFT_OUT = {"drop_feb29": (2, 29), "drop_dec31": (12, 31), "drop_jan1": (1, 1)}


def _same_date(
    targets: Days, days: Days, years: int, rules: TimeRules, leap_days: tuple[bool, bool]
) -> tuple[Choice, Days, Days]:
    """Return the days to take, those of the project that are left without values, and those of the data left out."""
    year, month, day = _dates(targets)
    leap = (month == 2) & (day == 29)
    mine, theirs = is_leap(year) & leap_days[1], is_leap(year + years) & leap_days[0]
    plain = np.where(leap & ~is_leap(year + years), NONE, _day_number(year + years, month, day))
    ones = np.ones(len(targets))
    nothing = np.zeros(0, np.int64)
    lacks = leap & mine & ~theirs
    surplus = _surplus(targets, days, years, leap_days)
    rule = rules.leap_day
    fills = rule in ("repeat", "interpolate")
    if (lacks.any() and not rule) or (_skipped(targets, surplus, years).any() and (not rule or fills)):
        raise _no_rule(rule, lacking=bool(lacks.any()))
    if not rule or np.array_equal(mine, theirs):
        return [(plain, ones)], nothing, nothing
    if fills:
        before = np.where(lacks, _day_number(year + years, month, np.full_like(day, 28)), plain)
        if rule == "repeat":
            return [(before, ones)], nothing, nothing
        after = np.where(lacks, _day_number(year + years, month + 1, np.ones_like(day)), NONE)
        # One of both is not enough.
        both = ~lacks | (np.isin(before, days) & np.isin(after, days))
        before, after = np.where(both, before, NONE), np.where(both, after, NONE)
        return [(before, np.where(lacks, 0.5, 1.0)), (after, np.full(len(targets), 0.5))], nothing, nothing
    dates = LEFT_OUT[rule]
    left_out = targets[mine & ~theirs & (month == dates[0]) & (day == dates[1])]
    dropped = _on_date(days, np.unique(_dates(surplus)[0]), dates)
    if rule == "drop_feb29":
        return [(plain, ones)], left_out, dropped
    return [(np.where(mine == theirs, plain, _counted(targets, years, mine, theirs, rule)), ones)], left_out, dropped


def _surplus(targets: Days, days: Days, years: int, leap_days: tuple[bool, bool]) -> Days:
    """Return each 29 February of the data in whose year the project has none."""
    leap = days[_is_leap_day(days)] if leap_days[0] else days[:0]
    year = _dates(leap)[0] - years
    touched = np.isin(year, _dates(targets)[0])
    return leap[touched & ~(is_leap(year) & leap_days[1])]


def _skipped(targets: Days, surplus: Days, years: int) -> npt.NDArray[np.bool_]:
    """Tell which of these leap days the project would skip: it has the days before and after."""
    year = _dates(surplus)[0] - years
    ones = np.ones_like(year)
    around = [_day_number(year, 2 * ones, 28 * ones), _day_number(year, 3 * ones, ones)]
    return np.isin(around[0], targets) & np.isin(around[1], targets)


def _no_rule(rule: str, *, lacking: bool) -> TimeError:
    if rule:
        return TimeError(
            Problem(
                f'leap_day = "{rule}" fills 29 February of the project, but here the data have one and the project '
                "has none: drop_feb29, drop_dec31 or drop_jan1 leaves a day out",
                key="leap_day",
            )
        )
    has, has_not = ("project has", "data have") if lacking else ("data have", "project has")
    return TimeError(
        Problem(
            f"the {has} a 29 February and the {has_not} none; leap_day says what becomes of it: "
            f"drop_feb29, drop_dec31 or drop_jan1{', repeat or interpolate' if lacking else ''}",
            key="leap_day",
        )
    )


def _on_date(days: Days, years: Days, dates: tuple[int, int]) -> Days:
    """Return the days of some years that have a date."""
    year, month, day = _dates(days)
    return days[np.isin(year, years) & (month == dates[0]) & (day == dates[1])]


def _counted(targets: Days, years: int, mine: npt.NDArray[np.bool_], theirs: npt.NDArray[np.bool_], rule: str) -> Days:
    """Count days from 1 January (or back from 31 December) on both sides, in calendars with and without 29 February.

    Parameters
    ----------
    mine, theirs
        Whether the year of each of the project's days has 29 February in the project, and in the data.
    """
    year, month, _ = _dates(targets)
    ones = np.ones_like(month)
    number = targets - _day_number(year, ones, ones) - (is_leap(year) & ~mine & (month > 2))
    if rule == "drop_jan1":
        number += theirs.astype(np.int64) - mine
    known = (number >= 0) & (number < 365 + theirs)
    after = is_leap(year + years) & ~theirs & (number >= 59)
    return np.where(known, _day_number(year + years, ones, ones) + number + after, NONE)


def _same_weekday(targets: Days, days: Days, years: int) -> Choice:
    year, month, day = _dates(targets)
    plain = _day_number(year + years, month, day)
    nearest = plain + (targets - plain + 3) % 7 - 3
    # The nearest that the data have: at their ends it may be a week away.
    choices = np.stack([nearest, nearest - 7, nearest + 7])
    distance = np.abs(choices - plain) + np.where(np.isin(choices, days), 0, 14)
    source = choices[distance.argmin(axis=0), np.arange(len(targets))]
    return [(source, np.ones(len(targets)))]


def _taken(own: Readings, targets: Days, source: Days, share: Float64) -> Readings:
    """Return the slots of the source days, moved to the target's."""
    day = own.begin // DAY
    low, high = np.searchsorted(day, source, side="left"), np.searchsorted(day, source, side="right")
    count = high - low
    owner = np.repeat(np.arange(len(targets)), count)
    picked = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + low[owner]
    by = (targets - source)[owner] * DAY
    return Readings(own.begin[picked] + by, own.end[picked] + by, own.slot[picked], own.share[picked] * share[owner])


def _dates(days: Days) -> tuple[Days, Days, Days]:
    """Return year, month and day of the month of days since 1970."""
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    numbers = months.astype(np.int64)
    return numbers // 12 + 1970, numbers % 12 + 1, days - months.astype("datetime64[D]").astype(np.int64) + 1


def _day_number(year: Days, month: Days, day: Days) -> Days:
    """Return days since 1970; 29 February of a year without one is 1 March."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int64) + day - 1


def is_leap(year: Days) -> npt.NDArray[np.bool_]:
    """Tell which years have a 29 February."""
    return (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))


def _is_leap_day(days: Days) -> npt.NDArray[np.bool_]:
    _, month, day = _dates(days)
    return (month == 2) & (day == 29)


def _middle_year(days: Days) -> int:
    """Return the year that days are of: that of the day in the middle, as labels may reach over New Year."""
    return int(_dates(np.array([(days.min() + days.max()) // 2]))[0][0])
