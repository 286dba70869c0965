"""What each tick of time holds of a dataset's slots."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dsgrid.time.rules import TimeRules
from reference.slots import instant_of, showings


@dataclass(frozen=True)
class Part:
    """What a tick holds of one slot: its value times `share`; of totals, spread over `length` seconds."""

    slot: int
    share: float
    length: int = 1


Ticks = dict[int, list[Part]]
Value = Callable[[int], list[Part] | None]


def scaled(parts: Iterable[Part], factor: float) -> list[Part]:
    """Return parts, each times a factor."""
    return [Part(part.slot, part.share * factor, part.length) for part in parts]


def where_shown(readings: Ticks, zone: str, rules: TimeRules, step: int, measurement: str) -> Ticks:
    """Return what a profile holds, where the clock of its zone shows it."""
    found: Ticks = defaultdict(list)
    shifted: Ticks = {}
    second: Ticks = {}
    for reading, parts in sorted(readings.items()):
        often = showings(zone, reading)
        share = 0.5 if rules.fall_back == "split" and len(often) == 2 else 1.0
        if often:
            found[often[0]] += scaled(parts, share)
        if len(often) == 2:
            second[often[1]] = scaled(parts, share)
        if not often and rules.spring_forward == "shift":
            shifted[instant_of(zone, reading)] = parts
    if rules.fall_back == "interpolate":
        second = _ramps(second, found, step)
    for one, parts in second.items():
        found[one] += parts
    for one, parts in shifted.items():
        half = 0.5 if measurement == "mean" and found[one] else 1.0
        found[one] = scaled(found[one], half) + scaled(parts, half)
    return found


def _ramps(second: Ticks, found: Ticks, step: int) -> Ticks:
    """Return what second showings take: on the line from the slot before them to the one after them."""
    ramps: Ticks = {}
    # Clocks are put back at most once a day.
    runs: list[list[int]] = []
    for one in sorted(second):
        if runs and one - runs[-1][-1] < 4 * 3600:
            runs[-1].append(one)
        else:
            runs.append([one])
    known = sorted(found)
    for run in runs:
        before = found[max(one for one in known if one < run[0])]
        after = found[next((one for one in known if run[-1] < one <= run[-1] + step), run[0])]
        slots = list(dict.fromkeys(tuple(part.slot for part in second[one]) for one in run))
        for one in run:
            place = slots.index(tuple(part.slot for part in second[one])) + 1
            part = place / (len(slots) + 1) if after else 0.0
            ramps[one] = scaled(before, 1 - part) + scaled(after, part)
    return ramps


def line(ticks: Ticks, step: int, turn: int, *, along: bool) -> Value:
    """Return what readings say about any instant: themselves, or what lies on the line between two of them.

    Parameters
    ----------
    turn
        The length of time after which readings repeat; 0 if they do not.
    along
        Whether there are lines at all.
    """
    around = dict(ticks)
    if turn and along and ticks:
        around |= {min(ticks) + turn: ticks[min(ticks)], max(ticks) - turn: ticks[max(ticks)]}
    known = sorted(around)

    def value(one: int) -> list[Part] | None:
        if one in around:
            return around[one]
        after = bisect_right(known, one)
        # Lines lie between neighbours, not over a part of time that has no readings.
        if not along or not 0 < after < len(known) or known[after] - known[after - 1] >= 2 * step:
            return None
        low, high = known[after - 1], known[after]
        part = (one - low) / (high - low)
        return scaled(around[low], 1 - part) + scaled(around[high], part)

    return value


def middles(value: Value, tick: int) -> Value:
    """Return the means of lines over ticks."""

    def mean(one: int) -> list[Part] | None:
        begin, end = value(one), value(one + tick)
        return None if begin is None or end is None else scaled(begin, 0.5) + scaled(end, 0.5)

    return mean
