"""The matrix that brings a dataset's time to the project's: one small table per place, made with `zoneinfo`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dsgrid.errors import Problem
from dsgrid.time.dimension import (
    AnnualTime,
    DatetimeTime,
    NoTime,
    RepresentativeTime,
    TimeDimension,
    is_local,
)
from dsgrid.time.judging import check_comparable, check_rules
from dsgrid.time.labels import slot_keys
from dsgrid.time.laying import lay
from dsgrid.time.overlap import Entries, merged
from dsgrid.time.pieces import Int64
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules
from dsgrid.time.shown import shown_years
from dsgrid.time.sources import source_pieces
from dsgrid.time.targets import target_pieces, target_slots
from dsgrid.time.typical import same_periods
from dsgrid.time.zones import TimeError


@dataclass(frozen=True)
class TimeMap:
    """How the slots of a dataset become those of a project.

    Parameters
    ----------
    keys
        What stands for each of the dataset's slots in the facts, see `dsgrid.time.labels.slot_keys`.
    targets
        The number of the project's slots.
    classes
        The different matrices, from the dataset's slots to the project's.
    of_place
        For each place the position of its matrix in `classes`.
    function
        ``sum``: values times weights are added up. ``min`` or ``max``: the extreme of what meets is taken.
    notes
        What a reader of the result should know: slots that were wrapped, days that were left out.
    """

    keys: Int64
    targets: int
    classes: tuple[Entries, ...]
    of_place: tuple[int, ...]
    function: str = "sum"
    notes: tuple[str, ...] = ()

    @property
    def is_timeless(self) -> bool:
        """Whether the dataset has no time, and so says nothing about any slot."""
        return not self.classes


def map_time(
    own: TimeDimension,
    target: TimeDimension,
    rules: TimeRules = TimeRules(),  # noqa: B008 - a frozen value
    places: Sequence[Place] = (Place(),),
) -> TimeMap:
    """Return the matrices that bring a dataset's time to a project's.

    Parameters
    ----------
    own, target
        The time dimensions of the dataset and of the project.
    places
        The situations that the dataset's data are in. Those whose matrices are equal share one.

    Raises
    ------
    TimeError
        If the closed table (`dsgrid.time.table`) refuses, a rule is missing or means nothing here, the project's
        slots are not covered, or slots of the dataset lie outside of the project's time.
    """
    check_rules(own, target, rules)
    check_comparable(own, target, rules)
    if isinstance(own, NoTime):
        one = Entries(np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1))
        timeless = not isinstance(target, NoTime)
        return TimeMap(slot_keys(own), target_slots(target), () if timeless else (one,), (0,) * len(places))
    zones = [place.zone for place in places] if is_local(own) else []
    keys = slot_keys(own, zones)
    found: list[Entries] = []
    of_place: list[int] = []
    notes: dict[str, None] = {}
    function = "sum"
    for place in places:
        try:
            laid = _entries(own, target, rules, place, keys)
        except TimeError as error:
            raise TimeError([_in_place(one, place, places) for one in error.problems]) from None
        notes.update(dict.fromkeys(laid.notes))
        number = next((index for index, other in enumerate(found) if other.same_as(laid.entries)), len(found))
        if number == len(found):
            found.append(laid.entries)
        of_place.append(number)
        if own.measurement in ("min", "max") and _meet(laid.entries):
            function = own.measurement
    return TimeMap(keys, target_slots(target), tuple(found), tuple(of_place), function, tuple(notes))


def _in_place(problem: Problem, place: Place, places: Sequence[Place]) -> Problem:
    """Return a problem that says for which zone it is, where there are several."""
    zones = {(one.zone, one.target_zone) for one in places}
    named = " and ".join(dict.fromkeys(zone for zone in (place.zone, place.target_zone) if zone))
    return replace(problem, message=f"in {named}: {problem.message}") if len(zones) > 1 and named else problem


@dataclass(frozen=True)
class _Laid:
    entries: Entries
    notes: tuple[str, ...] = ()


def _entries(own: TimeDimension, target: TimeDimension, rules: TimeRules, place: Place, keys: Int64) -> _Laid:
    if isinstance(own, AnnualTime) and isinstance(target, AnnualTime):
        return _Laid(_same_years(own, target, rules))
    if isinstance(own, RepresentativeTime) and isinstance(target, RepresentativeTime):
        return _Laid(same_periods(own, target, place))
    laid = [_laid(own, target, rules, one, keys) for one in _apart(own, place)]
    if len(laid) == 1:
        return laid[0]
    parts = [(one.entries.source, one.entries.target, one.entries.weight) for one in laid]
    entries = merged(*(np.concatenate(each) for each in zip(*parts, strict=True)))
    return _Laid(entries, tuple(dict.fromkeys(note for one in laid for note in one.notes)))


def _apart(own: TimeDimension, place: Place) -> list[Place]:
    """Return a place for each of the dataset's years: each has slots of its own."""
    if not isinstance(own, DatetimeTime) or not own.year_of or len(place.own) < 2:
        return [place]
    return [replace(place, own=frozenset({record})) for record in sorted(place.own)]


def _laid(own: TimeDimension, target: TimeDimension, rules: TimeRules, place: Place, keys: Int64) -> _Laid:
    aims = target_pieces(target, own, place, rules)
    source = source_pieces(own, target, rules, place, keys, aims)
    entries, notes = lay(own, target, rules, source, aims, place)
    return _Laid(entries, (*source.notes, *notes))


def _meet(entries: Entries) -> bool:
    """Tell whether several slots meet in one."""
    return len(np.unique(entries.target)) < len(entries)


def _same_years(own: AnnualTime, target: AnnualTime, rules: TimeRules) -> Entries:
    if own.year_of != target.year_of:
        said = [f"are those of its {one.year_of}" if one.year_of else "stand for themselves" for one in (own, target)]
        raise TimeError(Problem(f"the years of the dataset {said[0]}, the project's {said[1]}"))
    if own.year_of:
        return Entries(np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1))
    lacking = [year for year in target.years if year not in own.years]
    surplus = [year for year in own.years if year not in target.years]
    if lacking:
        raise TimeError(Problem(f"the data do not cover the project's years {shown_years(lacking)}"))
    if surplus and not rules.trim:
        raise TimeError(
            Problem(
                f"the data have the years {shown_years(surplus)}, which the project has not; trim = true leaves them "
                "out"
            )
        )
    shared = [year for year in own.years if year in target.years]
    sources = np.array([own.years.index(year) for year in shared], np.int64)
    targets = np.array([target.years.index(year) for year in shared], np.int64)
    return Entries(sources, targets, np.ones(len(shared)))
