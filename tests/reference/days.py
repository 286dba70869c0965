"""Which days of the data the days of a project take, where they are of another year or another calendar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from dsgrid.time.dimension import TimeDimension, step_of
from dsgrid.time.rules import TimeRules
from reference.slots import DAY, day_of, instant_of, new_year, offset, standard_offset

LEFT_OUT = {"drop_dec31": (12, 31), "drop_jan1": (1, 1), "drop_feb29": (2, 29)}


@dataclass(frozen=True)
class DayClock:
    """The clock on which the days of a dataset are brought to others; without a zone, readings are taken as they are.

    A profile and a standard clock are their own. On a prevailing clock, days begin when people's do; hours go by what
    the clock is ahead of UTC when the year begins.
    """

    zone: str
    kind: str

    @classmethod
    def of(cls, own: TimeDimension, zone: str) -> DayClock:
        step = step_of(own)
        clock = getattr(own, "clock", "")
        if clock == "prevailing" and step is not None and step < timedelta(days=1):
            clock = "january"
        return cls(zone, clock)

    def shown(self, instant: int) -> int:
        """Return what the clock shows; of a profile what the zone's clock does."""
        return instant + self._ahead(instant) if self.zone else instant

    def instant_of(self, reading: int) -> int:
        """Return when it shows a reading."""
        if not self.zone:
            return reading
        if self.kind in ("standard", "january"):
            return reading - self._ahead(reading)
        return instant_of(self.zone, reading)

    def _ahead(self, moment: int) -> int:
        if self.kind == "standard":
            return standard_offset(self.zone, day_of(moment).year)
        if self.kind == "january":
            return offset(self.zone, new_year(day_of(moment).year, None, standard=False))
        return offset(self.zone, moment)


def in_whole_days(pieces: list[tuple[int, int, int]], step: int) -> list[tuple[int, int, int]]:
    """Return readings of whole days: a part of a day at one end of the data goes to the other end.

    Parameters
    ----------
    step
        How long a reading without a length stands for.
    """
    first, last = pieces[0][1], pieces[-1][2]
    turn = last - first + step
    into = first % DAY
    if turn % DAY or not into:
        return pieces
    if into >= DAY // 2:
        return [(s, b + turn, e + turn) if b < first - into + DAY else (s, b, e) for s, b, e in pieces]
    return [(s, b - turn, e - turn) if b >= first + turn - into else (s, b, e) for s, b, e in pieces]


@dataclass
class Days:
    """The days of both sides, on one clock; the rules; and whether their calendars have 29 February."""

    data: set[date]
    project: set[date]
    rules: TimeRules
    data_leaps: bool
    project_leaps: bool

    def __post_init__(self) -> None:
        self.years = _middle(self.project) - _middle(self.data) if self.rules.align else 0

    def left_out_of_data(self) -> set[date]:
        """Return the days of the data that the rule for leap days leaves out."""
        if self.rules.align == "same_weekday":
            return set()
        years = {day.year for day in self.project}
        here = {day for day in self.data if self._is_left_out(day) and day.year + self.years in years}
        return {day for day in here if self._there(day.year) and not self._here(day.year + self.years)}

    def left_out_of_project(self) -> set[date]:
        """Return the days of the project that the rule for leap days leaves without values."""
        if self.rules.align == "same_weekday":
            return set()
        here = {day for day in self.project if self._is_left_out(day)}
        return {day for day in here if self._here(day.year) and not self._there(day.year - self.years)}

    def _is_left_out(self, day: date) -> bool:
        return (day.month, day.day) == LEFT_OUT.get(self.rules.leap_day)

    def _here(self, year: int) -> bool:
        return is_leap(year) and self.project_leaps

    def _there(self, year: int) -> bool:
        return is_leap(year) and self.data_leaps

    def taken_by(self, day: date) -> list[tuple[date, float]]:
        """Return the days of the data that a day of the project takes, with their shares."""
        year, rule = day.year - self.years, self.rules.leap_day
        here, there = self._here(day.year), self._there(year)
        if self.rules.align == "same_weekday":
            return self._same_weekday(day, year)
        if here != there and rule in ("drop_dec31", "drop_jan1"):
            mine, other = calendar(day.year, here), calendar(year, there)
            # On the clock of the data a project may touch a 29 February that it has not on its own.
            number = mine.index(day if day in mine else day + timedelta(days=1)) + (
                len(other) - len(mine) if rule == "drop_jan1" else 0
            )
            return [(other[number], 1.0)] if 0 <= number < len(other) else []
        if (day.month, day.day) == (2, 29) and not there:
            if rule == "repeat" and here:
                return [(date(year, 2, 28), 1.0)]
            both = [date(year, 2, 28), date(year, 3, 1)]
            if rule == "interpolate" and here and self.data >= set(both):
                return [(one, 0.5) for one in both]
            return [(day.replace(year=year), 1.0)] if is_leap(year) else []
        return [(day.replace(year=year), 1.0)]

    def _same_weekday(self, day: date, year: int) -> list[tuple[date, float]]:
        leap = (day.month, day.day) == (2, 29) and not is_leap(year)
        same = date(year, 3, 1) if leap else day.replace(year=year)
        near = [same + timedelta(days=days) for days in range(-10, 11)]
        near = [one for one in near if one in self.data and one.weekday() == day.weekday()]
        return [(min(near, key=lambda one: abs(one - same)), 1.0)] if near else []


def is_leap(year: int) -> bool:
    """Tell whether a year of the calendar has 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def calendar(year: int, leap: bool) -> list[date]:
    """Return the days of a year, with or without 29 February."""
    every = [date(year, 1, 1) + timedelta(days=number) for number in range(366 if is_leap(year) else 365)]
    return [day for day in every if leap or (day.month, day.day) != (2, 29)]


def _middle(days: Iterable[date]) -> int:
    """Return the year in the middle: labels may reach over New Year."""
    first, last = min(days), max(days)
    return (first + (last - first) // 2).year
