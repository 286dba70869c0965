"""Which year, and which typical period, each tick of a project's time takes its value from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from dsgrid.time.dimension import AnnualTime, Calendar, DatetimeTime, IndexTime, RepresentativeTime
from reference.days import is_leap
from reference.slots import DAY, day_of, instant_of, new_year, period_of, shown
from reference.ticks import Part, Ticks


def of_years(
    own: AnnualTime, target: DatetimeTime | IndexTime, clock: str | None, wanted: Iterable[int]
) -> tuple[Ticks, set[int]]:
    """Return which annual value each tick takes, by the year on the project's clock, and which values are used.

    Parameters
    ----------
    clock
        The zone of the project's clock; None: ticks are readings.
    """
    standard = target.clock == "standard"
    found: Ticks = defaultdict(list)
    lengths: dict[int, int] = {}
    for one in wanted:
        year = day_of(one if clock is None else shown(clock, one, standard=standard)).year
        if year not in lengths:
            lengths[year] = new_year(year + 1, clock, standard=standard) - new_year(year, clock, standard=standard)
            lengths[year] -= DAY if is_leap(year) and not target.leap_days else 0
        if own.year_of or year in own.years:
            found[one].append(Part(0 if own.year_of else own.years.index(year), 1.0, lengths[year]))
    return found, {own.years.index(year) for year in lengths if year in own.years}


def of_typical(
    own: RepresentativeTime, holidays: Calendar, treated_as: str, clock: str | None, wanted: Iterable[int]
) -> Ticks:
    """Return which typical period each tick takes, on the clock of a zone.

    Parameters
    ----------
    holidays
        The project's calendar.
    treated_as
        The day type or day of the week whose values holidays take.
    """
    if own.measurement == "measured":
        # The readings on both sides of an instant.
        step, standard = round(own.step.total_seconds()), own.clock == "standard"
        reading = {one: one if clock is None else shown(clock, one, standard=standard) for one in wanted}
        floors = {one - at % DAY % step for one, at in reading.items()}
        wanted = floors | {one + step for one in floors}
    found: Ticks = defaultdict(list)
    for one in wanted:
        slot = period_of(own, clock, one, holidays, treated_as)
        found[one].append(Part(slot, 1.0, period_length(own, clock, one)))
    return found


def period_length(time: RepresentativeTime, clock: str | None, moment: int) -> int:
    """Return how long the typical period lasts that a moment lies in: days have 23 to 25 hours."""
    step, standard = round(time.step.total_seconds()), time.clock == "standard"
    if step < DAY or clock is None:
        return step
    midnight = shown(clock, moment, standard=standard) // DAY * DAY
    begin, end = (instant_of(clock, midnight + more, standard=standard) for more in (0, DAY))
    return end - begin
