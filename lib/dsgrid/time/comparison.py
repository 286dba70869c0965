"""What differs between two time dimensions. Nothing about time can be added: all but the description is major."""

from __future__ import annotations

from dataclasses import fields

from dsgrid.dimensions.changes import Change, compare_keys
from dsgrid.time.dimension import Calendar, Span, TimeDimension
from dsgrid.time.rules import RULES, TimeRules

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
    values = {"kind": time.kind}
    for one in fields(time):
        if one.name not in _IDENTITY:
            values[one.name] = _plain(getattr(time, one.name))
    return values


def _plain(value: object) -> str:
    if isinstance(value, Calendar):
        parts = (_named(value.seasons), _named(value.day_types), ", ".join(map(str, value.holidays)))
        return "; ".join(parts)
    if isinstance(value, tuple):
        return ", ".join(_item(item) for item in value)
    return str(value)


def _item(item: object) -> str:
    if isinstance(item, Span):
        return f"{item.start} to {item.end}{f' ({item.record})' if item.record else ''}"
    return ": ".join(map(str, item)) if isinstance(item, tuple) else str(item)


def _named(groups: tuple[tuple[str, tuple[int, ...]], ...]) -> str:
    return ", ".join(f"{name}: {' '.join(map(str, numbers))}" for name, numbers in groups)
