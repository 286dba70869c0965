"""From instants to a clock-time profile: readings that the clock never shows, and those that it shows twice."""

from __future__ import annotations

import numpy as np

from dsgrid.errors import Problem
from dsgrid.time.dimension import DatetimeTime, IndexTime
from dsgrid.time.grid import moment
from dsgrid.time.overlap import Entries, merged
from dsgrid.time.pieces import Int64, Pieces
from dsgrid.time.places import Place
from dsgrid.time.rules import TimeRules
from dsgrid.time.targets import target_grid
from dsgrid.time.zones import TimeError


def fill_gaps(
    target: DatetimeTime | IndexTime, rules: TimeRules, entries: Entries, aims: Pieces, place: Place, measurement: str
) -> tuple[Entries, tuple[str, ...]]:
    """Return the matrix with values for every reading of a profile.

    Raises
    ------
    TimeError
        If a reading has no value, or two, and no rule says what it takes.
    """
    known = target_grid(target, place)
    numbers = known.range
    lacking = np.setdiff1d(numbers, aims.slot)
    size = int(numbers.max(initial=-1)) + 1
    counts = np.bincount(aims.slot, minlength=size)[numbers]
    lengths = np.bincount(aims.slot, weights=(aims.end - aims.begin).astype(float), minlength=size)[numbers]
    whole = (known.end - known.begin).astype(float)
    twice = numbers[(counts > 1) & ((lengths > whole) | (whole == 0))]
    begin = dict(zip(numbers.tolist(), known.begin.tolist(), strict=True))
    _refuse_without_rules(begin, lacking, twice, rules)
    notes = []
    if len(twice):
        notes.append(f"{moment(begin[int(twice[0])]):%Y-%m-%d %H:%M}, which is shown twice: {rules.fall_back}")
        if rules.fall_back == "sum" and measurement != "total":
            raise TimeError(Problem(f'fall_back = "sum" adds totals; of a {measurement} say "mean"', key="fall_back"))
    if len(lacking):
        notes.append(f"{moment(begin[int(lacking[0])]):%Y-%m-%d %H:%M}, which is never shown: {rules.spring_forward}")
        entries = _filled(entries, lacking, numbers, rules.spring_forward)
        if measurement in ("min", "max"):  # of what lies around, as of all that meets
            entries = Entries(entries.source, entries.target, np.ones(len(entries)))
    return entries, tuple(notes)


def _refuse_without_rules(begin: dict[int, int], lacking: Int64, twice: Int64, rules: TimeRules) -> None:
    problems = []
    if len(lacking) and not rules.spring_forward:
        problems.append(
            Problem(
                f"the clock never shows {moment(begin[int(lacking[0])]):%Y-%m-%d %H:%M}; spring_forward says what it "
                'takes: "interpolate", "repeat" or "zero"',
                key="spring_forward",
            )
        )
    if len(twice) and not rules.fall_back:
        problems.append(
            Problem(
                f"the clock shows {moment(begin[int(twice[0])]):%Y-%m-%d %H:%M} twice; fall_back says what it takes: "
                '"sum" or "mean"',
                key="fall_back",
            )
        )
    if problems:
        raise TimeError(problems)


def _filled(entries: Entries, lacking: Int64, numbers: Int64, rule: str) -> Entries:
    """Return the matrix with values for the readings that lack: along the line over each run of them, say."""
    runs = np.split(lacking, np.flatnonzero(np.diff(lacking) > 1) + 1)
    parts = [(entries.source, entries.target, entries.weight)]
    for run in runs:
        before, after = int(run[0]) - 1, int(run[-1]) + 1
        for place, slot in enumerate(run.tolist(), start=1):
            along = place / (len(run) + 1)
            if rule != "interpolate" or after > numbers[-1]:
                along = 0.0
            if before < numbers[0]:
                along = 1.0
            if rule == "zero":
                parts.append(_copied(entries, max(before, int(numbers[0])), slot, 0.0))
                continue
            parts += [
                _copied(entries, one, slot, weight) for one, weight in ((before, 1 - along), (after, along)) if weight
            ]
    return merged(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _copied(entries: Entries, of: int, to: int, weight: float) -> tuple[Int64, Int64, np.ndarray]:
    """Return what one target takes, for another one, times a weight."""
    chosen = entries.target == of
    return entries.source[chosen], np.full(int(chosen.sum()), to, np.int64), entries.weight[chosen] * weight
