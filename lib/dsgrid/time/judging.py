"""What is refused before any slot is looked at: cells of the table, rules that mean nothing, other measurements."""

from __future__ import annotations

from collections.abc import Iterator

from dsgrid.errors import Problem, listing
from dsgrid.time.dimension import (
    HOLIDAY,
    WEEKDAYS,
    AnnualTime,
    NoTime,
    RepresentativeTime,
    TimeDimension,
    calendar_of,
)
from dsgrid.time.rules import TO_INSTANTS, TO_PROFILE, TimeRules
from dsgrid.time.table import INTERPOLATED, LOCAL, PROFILE, cell, form_of, grid_form_of
from dsgrid.time.zones import TimeError

_WORDS = {
    "local": "local time",
    "profile": "a clock-time profile",
    "annual": "annual values",
    "representative": "representative periods",
    "index": "an index",
    "none": "no time",
    "instants": "instants",
}


def check_rules(own: TimeDimension, target: TimeDimension, rules: TimeRules) -> None:
    """Refuse what the table refuses, and rules that mean nothing between these two.

    Raises
    ------
    TimeError
        With a problem for each rule; its key is the rule's name.
    """
    problems = list(_wrong(own, target, rules))
    if problems:
        raise TimeError(problems)


def _wrong(own: TimeDimension, target: TimeDimension, rules: TimeRules) -> Iterator[Problem]:
    found = cell(own, target)
    both = f"from {_WORDS[form_of(own)]} to {_WORDS[form_of(target)]}"
    if found.refusal:
        yield Problem(f"time cannot be mapped {both}: {found.refusal}")
        return
    if grid_form_of(target) == LOCAL and target.clock == "prevailing":  # type: ignore[union-attr]
        yield Problem(
            'a project in the time of each geography needs slots that all have: its clock is "standard" or "profile"'
        )
        return
    for name in rules.given:
        if name not in found.rules:
            there = f"; there {'are' if len(found.rules) > 1 else 'is'} {listing(sorted(map(_said, found.rules)), 20)}"
            yield Problem(f"`{_said(name)}` means nothing {both}{there if found.rules else ''}", key=name)
    yield from _clock_rules(own, target, rules)
    yield from _other_rules(own, target, rules)


def _said(rule: str) -> str:
    """Return what specs call a rule."""
    return "wrap_time" if rule == "wrap" else rule


def _clock_rules(own: TimeDimension, target: TimeDimension, rules: TimeRules) -> Iterator[Problem]:
    if grid_form_of(own) == PROFILE:
        valid, direction = TO_INSTANTS, "a profile becomes instants"
    elif grid_form_of(target) == PROFILE:
        valid, direction = TO_PROFILE, "instants become a profile"
    else:
        return
    for name, words in valid.items():
        value = getattr(rules, name)
        if value and value not in words:
            yield Problem(f'{name} = "{value}" means nothing where {direction}; there are: {listing(words)}', key=name)
    if rules.fall_back == "split" and own.measurement != "total":
        yield Problem(
            f'fall_back = "split" divides totals; a {own.measurement} is no part of anything', key="fall_back"
        )
    if rules.spring_forward == "shift" and own.measurement == "measured":
        yield Problem(
            'spring_forward = "shift" would make two readings of one instant; "drop" the one', key="spring_forward"
        )
    if rules.spring_forward == "zero" and own.measurement != "total":
        yield Problem(f'spring_forward = "zero" is for totals; 0 is no {own.measurement}', key="spring_forward")


def _other_rules(own: TimeDimension, target: TimeDimension, rules: TimeRules) -> Iterator[Problem]:
    if rules.align == "same_weekday" and rules.leap_day:
        yield Problem(
            'leap_day means nothing with align = "same_weekday", which finds a day for 29 February, too', key="leap_day"
        )
    if isinstance(own, AnnualTime) and not isinstance(target, AnnualTime):
        if rules.spread and rules.shape:
            yield Problem("annual values are spread flat or by a shape, not both", key="spread")
        elif own.measurement == "total" and not rules.spread and not rules.shape:
            yield Problem(
                'annual totals are spread over the hours of the project: say spread = "flat", or name a dataset as '
                "`shape`"
            )
        elif own.measurement != "total" and (rules.spread or rules.shape):
            yield Problem(
                f"an annual {own.measurement} holds for every hour: it is repeated, not spread",
                key="spread" if rules.spread else "shape",
            )
    if rules.interpolate and own.measurement == target.measurement:
        yield Problem(
            f'`interpolate` turns readings into means and means into readings; both sides are "{own.measurement}"',
            key="interpolate",
        )
    if rules.holidays and isinstance(own, RepresentativeTime):
        yield from _holiday_rule(own, target, rules)


def _holiday_rule(own: RepresentativeTime, target: TimeDimension, rules: TimeRules) -> Iterator[Problem]:
    if not calendar_of(target).holidays:
        yield Problem(
            "`holidays` says whose values holidays take, but the project's time has no holidays", key="holidays"
        )
        return
    if "day_type" in own.by and HOLIDAY in dict(own.calendar.day_types):
        yield Problem(
            "`holidays` says whose values holidays take, but the data have values of their own for them: those of the "
            f'day type "{HOLIDAY}"',
            key="holidays",
        )
        return
    known = {
        "day_type": [name for name, _ in own.calendar.day_types],
        "day_of_week": list(WEEKDAYS),
    }
    valid = [name for part in own.by if part in known for name in known[part]]
    if rules.holidays not in valid:
        there = f"there are: {listing(valid)}" if valid else "the data do not tell days apart"
        yield Problem(f'no day "{rules.holidays}" in the data; {there}', key="holidays")


def check_comparable(own: TimeDimension, target: TimeDimension, rules: TimeRules) -> None:
    """Refuse values that are of another kind than the project's.

    Raises
    ------
    TimeError
        If the measurements differ, but for readings and means with the rule `interpolate`; if only one side is
        instantaneous; or if the measurement makes no sense here.
    """
    if isinstance(own, NoTime) or isinstance(target, NoTime):
        return
    problems = []
    pair = (own.measurement, target.measurement)
    if pair in INTERPOLATED and rules.interpolate:
        return
    if own.measurement != target.measurement:
        hint = "; interpolate = true takes them along the lines between them" if pair in INTERPOLATED else ""
        problems.append(
            Problem(f'the dataset\'s measurement is "{own.measurement}", the project\'s "{target.measurement}"{hint}')
        )
    elif (own.interval == "instantaneous") != (target.interval == "instantaneous"):
        problems.append(
            Problem(
                f'the dataset\'s interval is "{own.interval}", the project\'s "{target.interval}": instantaneous '
                "values have no period, so they cannot be moved to one, nor periods to instants"
            )
        )
    if problems:
        raise TimeError(problems)
