"""Time dimensions from specs."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from dsgrid.dimensions.records import Records
from dsgrid.errors import Problem, did_you_mean
from dsgrid.spec.node import Node
from dsgrid.time.dimension import DatetimeTime
from dsgrid.time.grid import INTERVALS, LABELS, MEASUREMENTS, slots
from dsgrid.time.zones import TimeError, zone

KINDS = ("datetime",)

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(:\d{2})?)?")
_STEP = re.compile(r"(\d+) ?(s|min|h|d)")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
_LONGEST_STEP = timedelta(days=364)


def load_time(node: Node, name: str = "") -> DatetimeTime:
    """Return the time dimension that a table defines.

    Parameters
    ----------
    node
        ``kind``, ``start``, ``end`` (the label of the last slot), ``step`` (``1h``, ``15min``), ``zone``, ``interval``,
        ``measurement``, and perhaps ``name``, ``description``, ``column`` and ``labels``.
    name
        The name where the table gives none.

    Raises
    ------
    TimeError
        With all problems of the table, each at its place.
    """
    problems: list[Problem] = []

    def choice(key: str, valid: Collection[str]) -> str:
        value = node.string(key)
        if value not in valid:
            given = f'there is no {key} "{value}"{did_you_mean(value, valid)}' if value else f"`{key}` is missing"
            problems.append(_at(node, key).problem(given))
        return value

    def parsed(key: str, parse: Any) -> Any:
        text = node.string(key)
        try:
            return parse(text)
        except ValueError as error:
            problems.append(_at(node, key).problem(str(error) if text else f"`{key}` is missing"))
        except TimeError as error:
            problems.extend(_at(node, key).problem(problem.message) for problem in error.problems)
        return None

    choice("kind", KINDS)
    start, end, step = parsed("start", parse_moment), parsed("end", parse_moment), parsed("step", parse_step)
    parsed("zone", zone)
    interval = choice("interval", INTERVALS)
    measurement = choice("measurement", MEASUREMENTS)
    if "labels" in node:
        choice("labels", LABELS)
    if problems:
        raise TimeError(problems)
    time = DatetimeTime(
        node.string("name", name),
        start,
        end,
        step,
        node.string("zone"),
        interval,
        measurement,
        node.string("description"),
        node.string("column", "timestamp"),
        node.string("labels"),
    )
    try:
        slots(time)
    except TimeError as error:
        raise TimeError([_at(node, problem.key).problem(problem.message) for problem in error.problems]) from None
    return time


def parse_moment(text: str) -> datetime:
    """Return a wall-clock time written as ``2012-01-01``, ``2012-01-01 00:00`` or ``2012-01-01 00:00:00``."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError(f'a time is written "2012-01-01 00:00", without an offset (`zone` says it), not "{text}"')
    day, clock, seconds = match.groups()
    try:
        return datetime.fromisoformat(f"{day} {clock or '00:00'}{seconds or ''}")
    except ValueError as error:
        raise ValueError(f'"{text}" is no time: {error}') from None


def parse_step(text: str) -> timedelta:
    """Return a duration written as ``5min``, ``1h`` or ``1d``."""
    match = _STEP.fullmatch(text)
    if match is None:
        raise ValueError(f'a step is written "1h", "15min" or "1d", not "{text}"')
    step = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not step:
        raise ValueError("a step is longer than nothing")
    if step > _LONGEST_STEP:
        raise ValueError(f"a step of {text} is a year or more, which has a time dimension of its own kind")
    return step


def check_record_zones(records: Records, where: str = "") -> tuple[Problem, ...]:
    """Return a problem for each distinct `time_zone` of geography records that is no zone."""
    found: dict[str, str] = {}
    for record in records:
        value = record.get("time_zone")
        if value is not None:
            found.setdefault(str(value), record.id)
    problems = []
    for name, id_ in found.items():
        try:
            zone(name)
        except TimeError as error:
            problems.append(Problem(f'id "{id_}": {error.problems[0].message}', where))
    return tuple(problems)


def _at(node: Node, key: str) -> Node:
    return node[key] if key and key in node else node
