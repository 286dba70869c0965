"""What differs between two time dimensions. Nothing about time can be added: all but the description is major."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime, timedelta

from dsgrid.dimensions.changes import Change, compare_keys
from dsgrid.time.dimension import WEEKDAYS, Calendar, Span, TimeDimension
from dsgrid.time.rules import RULES, TimeRules
from dsgrid.time.written import shown_moment, shown_step

_IDENTITY = ("id", "version")


def compare_times(old: TimeDimension, new: TimeDimension, where: str = "") -> tuple[Change, ...]:
    """Return what differs between two time dimensions.

    Parameters
    ----------
    where
        The key path of the time in what holds it: ``time``.
    """
    one, other = _keys(old), _keys(new)
    names = dict.fromkeys((*one, *other))
    levels = {name: "patch" if name == "description" else "major" for name in names}
    return tuple(
        compare_keys(
            {name: one.get(name, "") for name in names}, {name: other.get(name, "") for name in names}, where, levels
        )
    )


def compare_rules(old: TimeRules, new: TimeRules, where: str = "mapping.time") -> tuple[Change, ...]:
    """Return what differs between the rules of two submissions; ``wrap_time`` stands beside the mappings."""
    changes = compare_keys({"wrap_time": old.wrap}, {"wrap_time": new.wrap}, "", {"wrap_time": "major"})
    names = [name for name in RULES if name != "wrap"]
    one, other = ({name: getattr(rules, name) for name in names} for rules in (old, new))
    return (*changes, *compare_keys(one, other, where, dict.fromkeys(names, "major")))


def _keys(time: TimeDimension) -> dict[str, str]:
    """Return what a time dimension says, by the keys of its spec."""
    values = {"kind": time.kind}
    for one in fields(time):
        value = getattr(time, one.name)
        if isinstance(value, Calendar):
            values |= _calendar(value)
        elif one.name == "ranges" and len(value) == 1 and not value[0].record:
            values |= {"start": shown_moment(value[0].start), "end": shown_moment(value[0].end)}
        elif one.name not in _IDENTITY:
            values[one.name] = _plain(value)
    return values


def _calendar(calendar: Calendar) -> dict[str, str]:
    return {
        "seasons": _named((name, map(str, months)) for name, months in calendar.seasons),
        "day_types": _named((name, (WEEKDAYS[day] for day in days)) for name, days in calendar.day_types),
        "holidays": ", ".join(map(str, calendar.holidays)),
    }


def _plain(value: object) -> str:
    if isinstance(value, timedelta):
        return shown_step(value)
    if isinstance(value, datetime):
        return shown_moment(value)
    if isinstance(value, tuple):
        return ", ".join(_item(item) for item in value)
    return str(value)


def _item(item: object) -> str:
    if isinstance(item, Span):
        ends = f"{shown_moment(item.start)} to {shown_moment(item.end)}"
        return f"{ends} ({item.record})" if item.record else ends
    return ": ".join(map(str, item)) if isinstance(item, tuple) else str(item)


def _named(groups: Iterable[tuple[str, Iterable[str]]]) -> str:
    return ", ".join(f"{name}: {' '.join(members)}" for name, members in groups)
