"""What all labels of a time array have in common that is wrong: a shift, another step, another zone or year."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from dsgrid.datasets.expected import own_keys
from dsgrid.datasets.readings import is_date
from dsgrid.datasets.stretches import line, shown_label
from dsgrid.time.dimension import DatetimeTime, IndexTime, TimeDimension
from dsgrid.time.grid import micros, wall_clock_table
from dsgrid.time.stored import INSTANTS, has_fold, label_form
from dsgrid.time.written import shown_amount, shown_step
from dsgrid.time.zones import DAY, HOUR, to_instants

if TYPE_CHECKING:
    from dsgrid.datasets.arrays import Array, Keys

# Distances that occur so seldom are gaps, and no step.
FEW = 2


def fault_of_all(time: TimeDimension, array: Array, naive: bool) -> str:
    """Return what is wrong with all labels alike; empty where there is no such thing.

    Parameters
    ----------
    naive
        The files write labels without an offset.
    """
    whole = not array.unlabelled and len(array.labels) > 1 and not np.array_equal(array.labels, array.wanted)
    if not whole:
        return ""
    if isinstance(time, IndexTime):
        return _other_numbers(array)
    if not isinstance(time, DatetimeTime):
        return ""
    return (
        _other_year(time, array)
        or _other_days(time, array)
        or _other_zone(time, array, naive)
        or _shift(time, array)
        or _step(time, array)
    )


def _other_numbers(array: Array) -> str:
    if (
        len(array.labels) != len(array.wanted)
        or (array.times > 1).any()
        or len(np.unique(array.labels - array.wanted)) > 1
    ):
        return ""
    first, last = int(array.labels[0]), int(array.labels[-1])
    return f"its numbers go from {first} to {last}, as of first = {first} and last = {last}"


def _other_year(time: DatetimeTime, array: Array) -> str:
    """Say that labels are those of another weather year or model year."""
    for one in time.ranges if time.year_of else ():
        if one.record != array.record and _are_of(time, array, one.record):
            return f'its labels are those of the {time.year_of} "{one.record}", not of "{array.record}"'
    return ""


def _other_days(time: DatetimeTime, array: Array) -> str:
    """Say that there is a leap day, or none, where the declaration says otherwise."""
    other = replace(time, leap_days=not time.leap_days)
    if len(array.labels) == len(array.wanted) or not _are_of(other, array, array.record):
        return ""
    has, other_way = ("no slots", "false") if time.leap_days else ("slots", "true")
    return f"it has {has} on 29 February; leap_days = {other_way} says so"


def _are_of(time: DatetimeTime, array: Array, record: str) -> bool:
    own = own_keys(time, array.zone if has_fold(time) else "", record)
    return np.array_equal(array.labels, np.sort(own)) and bool((array.times == 1).all())


def _other_zone(time: DatetimeTime, array: Array, naive: bool) -> str:
    """Say that clock times are read as UTC, or UTC as clock times."""
    if label_form(time) != INSTANTS or not all(is_date(int(array.labels[end])) for end in (0, -1)):
        return ""
    table = wall_clock_table(time)
    shown = np.unique(table.labels[np.isin(table.instants, array.wanted)])
    if np.array_equal(array.labels, shown):
        todo = 'write labels = "wall_clock"' if naive else 'write them without an offset, and labels = "wall_clock"'
        return f"its labels seem to be clock times of {time.zone} that are read as UTC; {todo}"
    if naive and time.labels != "instants" and np.array_equal(array.labels, _as_readings(time, array.wanted)):
        return f'its labels seem to be UTC, but are read as clock times of {time.zone}; write labels = "instants"'
    return ""


def _as_readings(time: DatetimeTime, instants: Keys) -> Keys:
    """Return what instants become that are taken for readings of the clock."""
    if time.clock == "standard":
        from dsgrid.time.zones import standard_offsets

        return instants - standard_offsets(time.zone, instants)
    return np.unique(to_instants(time.zone, instants))


def _shift(time: DatetimeTime, array: Array) -> str:
    labels, wanted = (np.sort(line(time, each, array.zone)) for each in (array.labels, array.wanted))
    if len(labels) != len(wanted) or (array.times > 1).any():
        return ""
    steps = _steps(labels, wanted, micros(time.step))
    differences = np.unique(labels - wanted)
    if not steps and (len(differences) > 1 or differences[0] == 0):
        return ""  # none, or what differs is not where they stand on the line of time: folds
    by = shown_amount(abs(steps), time.step) if steps else _length(abs(int(differences[0])))
    later = bool(labels[0] > wanted[0])
    ends = " to ".join(shown_label(time, int(array.labels[end]), array.zone) for end in (0, -1))
    text = f"its labels seem shifted by {'+' if later else '-'}{by} against their declaration: they go from {ends}"
    other = "period_ending" if later else "period_beginning"
    if abs(steps) == 1 and time.interval not in (other, "instantaneous"):
        return f'{text}, as if of interval = "{other}"'
    return text


def _steps(labels: Keys, wanted: Keys, step: int) -> int:
    """Return by how many steps labels are those after (or before) the wanted ones, along a clock that may change."""
    for first, second, sign in ((wanted, labels, 1), (labels, wanted, -1)):
        by = int(np.searchsorted(first, second[0]))
        kept = len(first) - by
        if not 0 < by <= len(first) // 2 or not np.array_equal(first[by:], second[:kept]):
            continue
        rest = np.diff(labels[kept - 1 :] if sign > 0 else labels[: by + 1])
        if (rest > 0).all() and (rest <= step + DAY + HOUR).all():
            return sign * by
    return 0


def _step(time: DatetimeTime, array: Array) -> str:
    unit, number = micros(time.step), len(array.labels)
    distances = Counter(np.diff(np.sort(line(time, array.labels, array.zone))).tolist())
    often = [length for length, times in distances.items() if times > max(number // 10, FEW)]
    if unit in often and len(often) > 1:
        return f"it mixes steps: its labels are {' and '.join(map(_length, sorted(often)))} apart"
    ((most, times),) = distances.most_common(1)
    return f"its labels are {_length(most)} apart, not {_length(unit)}" if most != unit and times > number // 2 else ""


def _length(micros_: int) -> str:
    """Return a duration: ``1 hour``, ``366 days``, ``15min``."""
    for unit in (timedelta(days=1), timedelta(hours=1)):
        if micros_ % micros(unit) == 0:
            return shown_amount(micros_ // micros(unit), unit)
    return shown_step(timedelta(microseconds=micros_))
