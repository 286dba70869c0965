"""The ticks of a project's slots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from dsgrid.time.rules import TimeRules
from reference.slots import instant_of, showings

# For each of the project's slots its ticks, with how much each counts.
Aims = dict[int, list[tuple[int, float]]]


def ticks_of(begin: int, end: int, tick: int) -> Iterable[int]:
    """Return the ticks from one moment to another; of an instant itself."""
    return range(begin, end, tick) if end > begin else (begin,)


def aims_of(slots: list[tuple[int, int, int]], tick: int, rules: TimeRules, zone: str | None, *, days: bool) -> Aims:
    """Return the ticks of the project's slots; those of a profile where its clock shows them.

    Parameters
    ----------
    slots
        Number, begin and end.
    zone
        The zone in which a profile is looked for among instants; None otherwise.
    days
        Whether slots are as long as days, which are whole days of the clock.
    """
    if zone is None:
        found: Aims = defaultdict(list)
        for slot, begin, end in slots:
            found[slot] += [(one, 1.0) for one in ticks_of(begin, end, tick)]
        return found
    if days and slots[0][1] != slots[0][2]:
        ends = {slot: (instant_of(zone, begin), instant_of(zone, end)) for slot, begin, end in slots}
        return {slot: [(one, 1.0) for one in ticks_of(*both, tick)] for slot, both in ends.items()}
    shown = {}
    half = 0.5 if rules.fall_back == "mean" else 1.0
    for slot, begin, end in slots:
        often = [showings(zone, one) for one in ticks_of(begin, end, tick)]
        shown[slot] = [(one, half if len(every) == 2 else 1.0) for every in often for one in every]
    return _filled(shown, rules)


def _filled(aims: Aims, rules: TimeRules) -> Aims:
    """Return the same with ticks for the slots that the clock never shows: on the line over each run of them."""
    order = list(aims)
    found = dict(aims)
    for place, slot in enumerate(order):
        if aims[slot] or rules.spring_forward == "zero":
            continue
        before = max((one for one in range(place) if aims[order[one]]), default=-1)
        after = min((one for one in range(place, len(order)) if aims[order[one]]), default=-1)
        part = (place - before) / (after - before) if rules.spring_forward == "interpolate" else 0.0
        part = 0.0 if after < 0 else 1.0 if before < 0 else part
        rows = [(order[before], 1 - part), (order[after], part)]
        found[slot] = [(one, weight * share) for near, share in rows if share for one, weight in aims[near]]
    return found
