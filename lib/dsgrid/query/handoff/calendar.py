"""The calendar of an export: whole years, what becomes of 29 February, and years of other years."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dsgrid.errors import listing
from dsgrid.query.handoff.clock import Clock, is_leap, years_of
from dsgrid.query.handoff.model import DROP_DEC_31, DROP_FEB_29, KEEP, Export
from dsgrid.time.pieces import Int64
from dsgrid.time.zones import HOUR

_DAY = 24
_FEB_29 = 59  # the days of a year before it


class CalendarError(ValueError):
    """The hours of a table are not those of the calendar that is asked for.

    Parameters
    ----------
    key
        The key of the export that it is about; empty where none is.
    """

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class Laid:
    """Slots on a calendar, in the order in which they were given.

    Parameters
    ----------
    begins
        The instants at which they begin; of hours that were wrapped, and of years that were renamed, those that the
        labels say.
    years, hours
        The year of each, and which hour of that year it is: the first is 1. Only of hours, and where they are asked.
    kept
        Whether they are written.
    notes
        What was done, in sentences.
    """

    begins: Int64
    years: Int64
    hours: Int64
    kept: npt.NDArray[np.bool_]
    notes: tuple[str, ...] = ()


def lay(begins: Int64, clock: Clock, asked: Export, year: int | None = None) -> Laid:
    """Lay the hours of a table on the calendar that an export asks for.

    Parameters
    ----------
    begins
        The instants at which they begin.
    year
        The year that labels shall say; None for their own.

    Raises
    ------
    CalendarError
        If hours do not begin with those of the clock, are not whole years where these are asked, or a leap year comes
        without its rule.
    """
    notes: list[str] = []
    readings = clock.readings(begins)
    if (odd := readings % HOUR).any():
        minutes = int(odd.max()) // (HOUR // 60)
        raise CalendarError(f"hours begin {minutes} minutes after those of the clock {clock.shown}", "zone")
    whole = asked.whole_years or year is not None
    if whole:
        begins = _whole_years(begins, clock, asked.wrap, notes)
        readings = clock.readings(begins)
    years = years_of(readings)
    hours = (begins - clock.begins(years)) // HOUR + 1
    laid = Laid(begins, years, hours, np.ones(len(begins), bool))
    if whole:
        laid = _leap_day(laid, asked, notes)
    if year is not None:
        laid = _renamed(laid, clock, asked, year, notes)
    return replace(laid, notes=tuple(notes))


def _whole_years(begins: Int64, clock: Clock, wrap: bool, notes: list[str]) -> Int64:
    """Return the hours of whole years; where that is allowed, those beyond one end stand at the other."""
    years, counts = np.unique(years_of(clock.readings(begins)), return_counts=True)
    edges = clock.begins(np.append(years, years[-1] + 1)) if len(years) else np.zeros(1, np.int64)
    lengths = (clock.begins(years + 1) - edges[:-1]) // HOUR
    if (counts == lengths).all():
        return begins
    found = [
        f"{year} ({count:,} of {length:,})"
        for year, count, length in zip(years.tolist(), counts.tolist(), lengths.tolist(), strict=True)
    ]
    of = f"whole years are needed, but on the clock {clock.shown} the hours are of {' and '.join(found)}"
    if not wrap:
        hint = "; ask for the zone whose years they are, or for wrap = true" if len(years) > 1 else ""
        raise CalendarError(of + hint, "calendar")
    for inner in (slice(0, -1), slice(1, None)):
        kept = years[inner]
        if not len(kept) or kept[-1] - kept[0] != len(kept) - 1:
            continue
        first, last = clock.begins(np.array([kept[0], kept[-1] + 1]))
        length = last - first
        before, after = begins < first, begins >= last
        moved = begins + np.where(before, length, 0) - np.where(after, length, 0)
        number = int((before | after).sum())
        # Each hour of these years once, and more than half of them where they were.
        if number * 2 < len(moved) and np.array_equal(np.sort(moved), np.arange(first, last, HOUR)):
            ends = ("before the beginning", "at the end") if before.any() else ("after the end", "at the beginning")
            span = str(kept[0]) if len(kept) == 1 else f"{kept[0]} to {kept[-1]}"
            hours = f"{number:,} hour{'s' if number != 1 else ''} {ends[0]} of {span}"
            notes.append(f"On the clock {clock.shown}, {hours} stand{'s' if number == 1 else ''} {ends[1]} (wrap).")
            return moved
    raise CalendarError(f"{of}; wrapping does not make whole years of them", "wrap")


def _leap_day(laid: Laid, asked: Export, notes: list[str]) -> Laid:
    leap = np.array([is_leap(year) for year in laid.years.tolist()], bool)
    named = [str(year) for year in np.unique(laid.years[leap]).tolist()]
    if not named:
        return laid
    years = " and ".join(named)
    if asked.leap_day is None:
        if not asked.whole_years:
            return laid
        choice = listing((DROP_FEB_29, DROP_DEC_31, KEEP))
        message = f"{years} has 8,784 hours; say which of them are left out: leap_day is one of {choice}"
        raise CalendarError(message, "calendar")
    if asked.leap_day == KEEP:
        if asked.whole_years:
            notes.append(f"{years} has 8,784 hours: nothing is left out (leap_day = keep).")
        return laid
    day = (laid.hours - 1) // _DAY
    if asked.leap_day == DROP_FEB_29:
        dropped = leap & (day == _FEB_29)
        hours = laid.hours - np.where(leap & (day > _FEB_29), _DAY, 0)
        notes.append(f"29 February of {years} is left out (leap_day = drop_feb_29).")
    else:
        dropped = leap & (laid.hours > 365 * _DAY)
        hours = laid.hours
        notes.append(f"31 December of {years} is left out (leap_day = drop_dec_31).")
    return replace(laid, hours=hours, kept=~dropped)


def _renamed(laid: Laid, clock: Clock, asked: Export, year: int, notes: list[str]) -> Laid:
    """Return the hours of one year with the labels of another."""
    if not clock.is_steady:
        message = f"the clock {clock.shown} is put forward on other days of {year}; ask for a zone with one offset"
        raise CalendarError(message, "year")
    own = np.unique(laid.years).tolist()
    if len(own) > 1:
        raise CalendarError(f"a table has hours of {len(own)} years ({own[0]} to {own[-1]}), not of one", "year")
    (source,) = own
    if is_leap(source) and not is_leap(year) and asked.leap_day in (None, KEEP):
        raise CalendarError(
            f"{source} is a leap year and {year} is not; say which day is left out: leap_day is one of "
            f"{listing((DROP_FEB_29, DROP_DEC_31))}",
            "year",
        )
    lacks = not is_leap(source) or asked.leap_day == DROP_FEB_29
    skipped = is_leap(year) and lacks
    # By day and month: what comes after 28 February keeps its date.
    elapsed = laid.hours - 1 + np.where(skipped & (laid.hours > _FEB_29 * _DAY), _DAY, 0)
    begins = clock.begins(np.array([year])) + elapsed * HOUR
    if source != year:
        notes.append(f"Hours of {source} are labelled as of {year}; days of the week are those of {source}.")
    if skipped:
        notes.append(f"There is no 29 February {year}.")
    return replace(laid, begins=begins, years=np.full(len(begins), year, np.int64))
