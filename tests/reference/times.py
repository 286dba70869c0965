"""How much of each of a dataset's slots goes to each of a project's: tick by tick, in plain Python.

Written from the guide of time and the dimensions alone; it shares no algorithm with `dsgrid.time`. Time is cut into
ticks that are short enough for every slot. A dictionary says which of the dataset's slots each tick holds, and each of
the project's slots is a list of ticks. What is missing or left over is told, not refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from math import gcd

from dsgrid.time.dimension import (
    AnnualTime,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    TimeDimension,
    calendar_of,
    is_local,
    step_of,
)
from dsgrid.time.labels import slot_keys
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules
from reference.aims import Aims, aims_of, ticks_of
from reference.days import DayClock, Days, in_whole_days
from reference.periods import of_typical, of_years, period_length
from reference.slots import (
    DAY,
    day_of,
    grid,
    instant_of,
    new_year,
    numbered,
    offset,
    period_of,
    shown,
    standard_offset,
)
from reference.ticks import Part, Ticks, Value, line, middles, where_shown

NO_RULES = TimeRules()
ANYWHERE = Place()


@dataclass(frozen=True)
class Laid:
    """How a dataset's slots become a project's.

    Parameters
    ----------
    weights
        By the numbers of both slots; of extremes, 1 for each slot that one is taken of.
    lacking
        The project's slots that the data do not cover.
    unused
        The dataset's slots that are not, or not wholly, used, though no rule leaves them out.
    """

    weights: dict[tuple[int, int], float]
    lacking: frozenset[int] = frozenset()
    unused: frozenset[int] = frozenset()


def weights(
    own: TimeDimension,
    target: TimeDimension,
    rules: TimeRules = NO_RULES,
    place: Place = ANYWHERE,
    zones: Sequence[str] = (),
) -> dict[tuple[int, int], float]:
    """Return how much of each of the dataset's slots goes to each of the project's, by their numbers.

    Parameters
    ----------
    zones
        The zones of all of the dataset's geographies, by which `slot_keys` numbers the slots of prevailing local
        clocks; that of the place, if empty.
    """
    return lay(own, target, rules, place, zones).weights


def label_keys(own: TimeDimension, zones: Sequence[str] = ()) -> list[int]:
    """Return what stands in the facts for each of the dataset's slots."""
    return [int(key) for key in slot_keys(own, zones)]


def lay(
    own: TimeDimension,
    target: TimeDimension,
    rules: TimeRules = NO_RULES,
    place: Place = ANYWHERE,
    zones: Sequence[str] = (),
) -> Laid:
    """Return the same with what is lacking and what is not used."""
    return _laid(own, target, rules, place, tuple(zones or [place.zone]))


@lru_cache(maxsize=256)
def _laid(own: TimeDimension, target: TimeDimension, rules: TimeRules, place: Place, zones: tuple[str, ...]) -> Laid:
    if isinstance(own, NoTime):
        return Laid({(0, 0): 1.0} if isinstance(target, NoTime) else {})
    if isinstance(own, AnnualTime) and isinstance(target, AnnualTime):
        return _same_years(own, target)
    if isinstance(own, RepresentativeTime) and isinstance(target, RepresentativeTime):
        return Laid({(slot, slot): 1.0 for slot in range(len(slot_keys(own)))})
    records: list[str | None] = [None]
    if isinstance(own, DatetimeTime) and own.year_of:
        named = dict.fromkeys(span.record for span in own.ranges)
        records = [one for one in named if one in place.own or not place.own]
    parts = [_Laying(own, target, rules, place, list(zones), one).result() for one in records]
    every: dict[tuple[int, int], float] = {}
    for part in parts:
        every |= part.weights
    lacking, unused = (frozenset[int]().union(*(getattr(one, name) for one in parts)) for name in ("lacking", "unused"))
    return Laid(every, lacking, unused)


def _same_years(own: AnnualTime, target: AnnualTime) -> Laid:
    if own.year_of:
        return Laid({(0, 0): 1.0})
    pairs = {(own.years.index(year), target.years.index(year)): 1.0 for year in own.years if year in target.years}
    lacking = frozenset(slot for slot, year in enumerate(target.years) if year not in own.years)
    return Laid(pairs, lacking, frozenset(slot for slot, year in enumerate(own.years) if year not in target.years))


@dataclass
class _Laying:
    """One dataset's time in one place, of one record's ranges."""

    own: TimeDimension
    target: TimeDimension
    rules: TimeRules
    place: Place
    zones: list[str]
    record: str | None
    tick: int = 1
    unused: set[int] = field(default_factory=set)
    exempt: set[date] = field(default_factory=set)

    def __post_init__(self) -> None:
        own, target = self.own, self.target
        self.own_zone = self.place.zone if is_local(own) else getattr(own, "zone", "")
        self.target_zone = self.place.target_zone if is_local(target) else getattr(target, "zone", "")
        self.own_profile = getattr(own, "clock", "") == "profile"
        self.target_profile = getattr(target, "clock", "") == "profile"
        gridded = [isinstance(one, (DatetimeTime, IndexTime)) for one in (own, target)]
        # Clocks come into it only where a profile meets something that has instants.
        self.on_readings = (self.own_profile or not gridded[0]) and (self.target_profile or not gridded[1])
        self.on_readings &= self.own_profile or self.target_profile
        self.own_step, self.target_step = (
            None if step is None else round(step.total_seconds()) for step in (step_of(own), step_of(target))
        )
        self.points = own.measurement == "measured"
        self.day_clock = DayClock.of(own, "" if self.on_readings else self.own_zone)

    def result(self) -> Laid:
        if isinstance(self.target, RepresentativeTime):
            return self._to_typical(self.target)
        slots = self._target_slots()
        days = self._target_days(slots)
        pieces: list[tuple[int, int, int, float]] = []
        if not isinstance(self.own, (AnnualTime, RepresentativeTime)):
            pieces = self._aligned(days)
        if self.own.measurement == "mean" and self.target.measurement == "measured":
            self.points = True
            pieces = [(slot, (begin + end) // 2, (begin + end) // 2, share) for slot, begin, end, share in pieces]
        self.tick = self._tick_of(
            [*(one for row in pieces for one in row[1:3]), *(one for row in slots for one in row[1:])]
        )
        clocked = self.target_profile and not self.on_readings
        zone = self.target_zone if clocked else None
        aims = aims_of(slots, self.tick, self.rules, zone, days=(self.target_step or 0) >= DAY)
        wanted = {tick for ticks in aims.values() for tick, _ in ticks}
        if isinstance(self.own, AnnualTime):
            assert isinstance(self.target, (DatetimeTime, IndexTime))
            clock = None if self.on_readings else self.target_zone
            made, reached = of_years(self.own, self.target, clock, wanted)
            self.unused |= set() if self.own.year_of else set(range(len(self.own.years))) - reached
            return self._summed(aims, made)
        if isinstance(self.own, RepresentativeTime):
            clock = None if self.on_readings else self.own_zone
            calendar = calendar_of(self.target)
            return self._summed(aims, of_typical(self.own, calendar, self.rules.holidays, clock, wanted))
        ticks = self._ticks(pieces)
        if self.own_profile and not self.on_readings and (self.own_step or 0) < DAY:
            ticks = where_shown(ticks, self.own_zone, self.rules, self.own_step or 0, self.own.measurement)
        span = self._turn(slots) if self.rules.wrap and self.rules.align != "same_weekday" else 0
        if span:
            ticks = self._wrapped(ticks, slots, span)
        return self._summed(aims, ticks, span)

    # The project's slots

    def _target_slots(self) -> list[tuple[int, int, int]]:
        """Return the project's slots: number, begin, end, as readings or as instants of their clock."""
        target = self.target
        if isinstance(target, AnnualTime):
            years = list(enumerate(target.years))
            if target.year_of and isinstance(self.own, RepresentativeTime):
                years = [(0, int(self.place.record))]
            elif target.year_of:
                years = [(0, self._year_of_data())]
            clock = None if self.on_readings else self.own_zone
            standard = self.own.clock == "standard"  # type: ignore[union-attr]
            return [
                (slot, new_year(year, clock, standard=standard), new_year(year + 1, clock, standard=standard))
                for slot, year in years
            ]
        assert isinstance(target, (DatetimeTime, IndexTime))
        every = [(begin, end) for _, begin, end, _ in grid(target, self.target_zone)]
        numbers = {one: number for number, one in enumerate(every)}
        record = self.place.record if target.year_of and self.place.record else None
        return [(numbers[begin, end], begin, end) for _, begin, end, _ in grid(target, self.target_zone, record)]

    def _year_of_data(self) -> int:
        moments = [one for _, *ends in numbered(self.own, self.own_zone, self.zones, self.record) for one in ends]
        middle = (min(moments) + max(moments)) // 2
        return day_of(middle if self.own_profile else shown(self.own_zone, middle)).year

    def _target_days(self, slots: list[tuple[int, int, int]]) -> set[date]:
        """Return the days of the project on the clock by which days are aligned."""
        found = set()
        for _, begin, end in slots:
            moments = [*range(begin, end, min(end - begin, DAY // 2)), end - 1] if end > begin else [begin]
            if self.target_profile and not self.on_readings:
                moments = [instant_of(self.target_zone, one) for one in moments]
            found |= {day_of(self.day_clock.shown(one)) for one in moments}
        return found

    # The dataset's slots

    def _ticks(self, pieces: Iterable[tuple[int, int, int, float]]) -> Ticks:
        found: Ticks = defaultdict(list)
        for slot, begin, end, share in pieces:
            for one in ticks_of(begin, end, self.tick):
                found[one].append(Part(slot, share, max(end - begin, 1)))
        return found

    def _turn(self, slots: list[tuple[int, int, int]]) -> int:
        """Return how long the project's time is."""
        low, high = self._ends(slots)
        return high - low

    def _ends(self, slots: list[tuple[int, int, int]]) -> tuple[int, int]:
        low, high = slots[0][1], slots[-1][2]
        if slots[0][1] == slots[0][2]:
            high += self.target_step or 0
        if self.target_profile and not self.on_readings:
            return instant_of(self.target_zone, low), instant_of(self.target_zone, high)
        return low, high

    def _wrapped(self, ticks: Ticks, slots: list[tuple[int, int, int]], span: int) -> Ticks:
        """Move what lies beyond one end of the project's time to the other."""
        low, high = self._ends(slots)
        more = (self.own_step or 0) if self.points else self.tick
        if not any(low < one + more and one < high for one in ticks):
            return ticks
        found: Ticks = defaultdict(list)
        for one, parts in ticks.items():
            found[one + span if one < low else one - span if one >= high else one] += parts
        return found

    def _to_typical(self, target: RepresentativeTime) -> Laid:
        """The mean over all periods of one kind, on the clock of the project."""
        pieces = [(*one, 1.0) for one in numbered(self.own, self.own_zone, self.zones, self.record)]
        step = self.target_step or 0
        self.tick = gcd(self._tick_of([one for _, begin, end, _ in pieces for one in (begin, end)]), step)
        ticks = self._ticks(pieces)
        clock = None if self.on_readings else self.target_zone
        standard = target.clock == "standard"
        moments = list(ticks)
        if self.points:
            # The readings at which periods begin, in the time that has readings.
            moments, known = [], set(ticks)
            for one in range(min(ticks), max(ticks) + 1, self.tick):
                on_clock = one if clock is None else shown(clock, one, standard=standard)
                around = range(0, self.own_step or 1, self.tick)
                near = all(any(one + sign * more in known for more in around) for sign in (-1, 1))
                moments += [one] if on_clock % DAY % step == 0 and near else []
        aims: Aims = defaultdict(list)
        periods: dict[int, float] = defaultdict(float)
        for one in moments:
            slot = period_of(target, clock, one, target.calendar)
            aims[slot].append((one, 1.0))
            periods[slot] += self.tick / period_length(target, clock, one)
        found = self._summed(aims, ticks)
        if self.own.measurement == "total":
            # The sum over all periods, divided by their number.
            divided = {(source, slot): weight / periods[slot] for (source, slot), weight in found.weights.items()}
            found = Laid(divided, found.lacking, found.unused)
        return Laid(found.weights, found.lacking | (set(range(len(slot_keys(target)))) - set(aims)), found.unused)

    # Days of another year

    def _aligned(self, days: set[date]) -> list[tuple[int, int, int, float]]:
        pieces = numbered(self.own, self.own_zone, self.zones, self.record)
        whole_days = self.own_profile and not self.on_readings and (self.own_step or 0) >= DAY
        if self.rules.align or self.rules.leap_day:
            shared = self._on_other_days(pieces, days)
        else:
            shared = [(*one, 1.0) for one in pieces]
        if whole_days:
            zone = self.own_zone
            shared = [
                (slot, instant_of(zone, begin), instant_of(zone, end), share) for slot, begin, end, share in shared
            ]
        return shared

    def _on_other_days(self, pieces: list[tuple[int, int, int]], days: set[date]) -> list[tuple[int, int, int, float]]:
        profile, clock = self.own_profile, self.day_clock
        on_clock = [(slot, *(one if profile else clock.shown(one) for one in ends)) for slot, *ends in pieces]
        if self.rules.wrap:
            on_clock = in_whole_days(on_clock, (self.own_step or 0) if self.points else 0)
        of_day: dict[date, list[tuple[int, int, int]]] = defaultdict(list)
        for one in on_clock:
            of_day[day_of(one[1])].append(one)
        leaps = [bool(getattr(time, "leap_days", True)) for time in (self.own, self.target)]
        calendar = Days(set(of_day), days, self.rules, *leaps)
        used, found = set(), []
        for day in sorted(days):
            for source, share in calendar.taken_by(day):
                used.add(source)
                by = (day - source).days * DAY
                for slot, *ends in of_day[source]:
                    begin, end = (one + by if profile else clock.instant_of(one + by) for one in ends)
                    found.append((slot, begin, end, share))
        self.exempt |= calendar.left_out_of_project()
        lost = {day for day, some in of_day.items() if some} - used - calendar.left_out_of_data()
        if self.rules.align != "same_weekday" or len(lost) > 7:
            self.unused |= {slot for day in lost for slot, _, _ in of_day[day]}
        return found

    # Sums

    def _tick_of(self, moments: list[int]) -> int:
        """Return a length that divides all slots and all steps of clocks."""
        zones = [zone for zone in (self.own_zone, self.target_zone) if zone]
        low, high = (min(moments), max(moments)) if moments else (0, 0)
        some = range(low - DAY, high + 2 * DAY, DAY)
        ahead = {offset(zone, one) for zone in zones for one in some}
        ahead |= {standard_offset(zone, day_of(one).year) for zone in zones for one in (low, high)}
        return gcd(3600, *ahead, *moments)

    def _summed(self, aims: Aims, ticks: Ticks, turn: int = 0) -> Laid:
        measurement = self.target.measurement
        value: Value = ticks.get
        if self.points:
            value = line(ticks, self.own_step or 0, turn, along=self.rules.resample or self.rules.interpolate)
        if self.points and measurement == "mean":
            value = middles(value, self.tick)
        found: dict[tuple[int, int], float] = defaultdict(float)
        lacking, seen = set(), set()
        for slot, every in aims.items():
            held = [(one, weight, value(one)) for one, weight in every]
            seen |= {one for one, _, _ in held}
            if any(not parts and day_of(self.day_clock.shown(one)) not in self.exempt for one, _, parts in held):
                lacking.add(slot)
            covered = sum(weight for _, weight, parts in held if parts)
            for _, weight, parts in held:
                for part in parts or ():
                    if measurement == "total":
                        found[part.slot, slot] += weight * part.share * self.tick / part.length
                    elif measurement in ("min", "max"):
                        found[part.slot, slot] = 1.0
                    else:
                        found[part.slot, slot] += weight * part.share / covered
        aligned = self.rules.align or self.rules.leap_day
        if isinstance(self.own, (AnnualTime, RepresentativeTime)):
            pass
        elif aligned:
            # Days that are taken need not be used to the last hour.
            self.unused |= {part.slot for parts in ticks.values() for part in parts} - {source for source, _ in found}
        elif not self.points:
            self.unused |= {part.slot for one, parts in ticks.items() if one not in seen for part in parts}
        else:
            # Readings between the project's need not be used, where lines are drawn.
            ends = (min(seen), max(seen)) if self.rules.resample or self.rules.interpolate else (1, 0)
            apart = {part.slot for one, parts in ticks.items() if not ends[0] <= one <= ends[1] for part in parts}
            self.unused |= apart - {source for source, _ in found}
        return Laid(
            {key: weight for key, weight in found.items() if weight}, frozenset(lacking), frozenset(self.unused)
        )
