"""Labels in messages, in the words of their time dimension: stretches of them, instead of each."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dsgrid.datasets.offenders import counted
from dsgrid.time.dimension import AnnualTime, DatetimeTime, RepresentativeTime, TimeDimension
from dsgrid.time.grid import micros
from dsgrid.time.shown import shown_years
from dsgrid.time.stored import INSTANTS, READINGS, has_fold, label_form, part_values
from dsgrid.time.written import shown_amount

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys = NDArray[np.int64]

MOST = 3
# Slots that are neighbours, but for a day that has none, or a change of the clocks.
_NEAR = timedelta(days=2)


def shown_labels(time: TimeDimension, keys: Keys, among: Keys, what: str, zone: str = "") -> str:
    """Return labels as ranges, in the words of their dimension: ``2 hours missing from 2012-03-11 02:00``.

    Parameters
    ----------
    keys
        The keys of the labels, sorted.
    among
        Labels that they are some of: those that follow each other there are one range.
    zone
        Whose clock shows them.
    """
    if isinstance(time, DatetimeTime):
        return _stretches(time, keys, among, what, zone)
    if isinstance(time, RepresentativeTime):
        runs, more = _longest(_runs(keys, among, among, 1))
        return ", ".join(f"{counted(len(run), 'period')} {what} from {_cell(time, int(run[0]))}" for run in runs) + more
    if isinstance(time, AnnualTime):
        return f"{counted(len(keys), 'year')} {what}: {shown_years(keys.tolist())}"
    return f"{counted(len(keys), 'number')} {what}: {_numbers(keys, among)}"


def line(time: TimeDimension, keys: Keys, zone: str) -> Keys:
    """Return where labels lie on one line, so that those that follow each other are a step apart."""
    from dsgrid.datasets.readings import along_the_clock

    return along_the_clock(zone, keys) if has_fold(time) and zone else keys


def _runs(keys: Keys, among: Keys, places: Keys, farthest: int) -> list[Keys]:
    """Return keys in runs: of neighbours that are not too far from each other, given the places of all."""
    import numpy as np

    rank = np.argsort(np.argsort(places, kind="stable"))
    at = np.searchsorted(among, keys)
    at = at[np.argsort(rank[at])]
    ends = (np.diff(rank[at]) != 1) | (np.diff(places[at]) > farthest)
    return np.split(among[at], np.flatnonzero(ends) + 1)


def _longest(runs: list[Keys]) -> tuple[list[Keys], str]:
    """Return the longest runs in order, and how many more there are."""
    chosen = sorted(sorted(range(len(runs)), key=lambda number: -len(runs[number]))[:MOST])
    more = f" and {len(runs) - MOST:,} more stretches" if len(runs) > MOST else ""
    return [runs[number] for number in chosen], more


def _stretches(time: DatetimeTime, keys: Keys, among: Keys, what: str, zone: str) -> str:
    runs, more = _longest(_runs(keys, among, line(time, among, zone), micros(time.step + _NEAR)))
    texts = [f"{shown_amount(len(run), time.step)} {what} from {shown_label(time, int(run[0]), zone)}" for run in runs]
    return f"{', '.join(texts)}{more}"


def _numbers(keys: Keys, among: Keys) -> str:
    runs, more = _longest(_runs(keys, among, among, 1))
    return f"{', '.join(f'{run[0]} to {run[-1]}' if len(run) > 1 else str(run[0]) for run in runs)}{more}"


def shown_label(time: DatetimeTime, key: int, zone: str) -> str:
    """Return a label as a clock shows it, with what is odd about it."""
    import numpy as np

    from dsgrid.datasets.readings import is_date, is_second, shown_reading
    from dsgrid.time.zones import to_instants, to_wall

    second = has_fold(time) and bool(is_second(np.array(key)))
    reading = key - second
    if not zone or not is_date(reading):
        return f"{shown_reading(reading)}{'' if label_form(time) == READINGS else ' UTC'}"
    if label_form(time) == INSTANTS:
        shown = to_wall(zone, np.array([reading]))
        second = bool((to_instants(zone, shown) != reading).any())
        return f"{shown_reading(int(shown[0]))} {zone}{' (fold 1)' if second else ''}"
    there = to_wall(zone, to_instants(zone, np.array([reading])))
    never = f", which {zone} never shows" if int(there[0]) != reading else ""
    return f"{shown_reading(reading)}{' (fold 1)' if second else ''}{never}"


def _cell(time: RepresentativeTime, key: int) -> str:
    parts = []
    for part in reversed(time.by):
        values = part_values(time.calendar, part)
        key, position = divmod(key, len(values))
        parts.append(f"{part} {values[position]}")
    return ", ".join(reversed(parts))
