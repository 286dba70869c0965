"""Time dimensions from specs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final, TypeVar

from dsgrid.errors import Problem, did_you_mean, listing
from dsgrid.spec.node import Node
from dsgrid.time.dimension import (
    CLOCKS,
    GEOGRAPHY,
    KINDS,
    PARTS,
    PROJECT_GEOGRAPHY,
    AnnualTime,
    Calendar,
    Columns,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    Span,
    TimeDimension,
)
from dsgrid.time.files import in_order
from dsgrid.time.grid import INTERVALS, LABELS, MEASUREMENTS, count
from dsgrid.time.load_calendar import load_calendar
from dsgrid.time.written import parse_moment, parse_step
from dsgrid.time.zones import TimeError, zone

T = TypeVar("T")

_DAY = timedelta(days=1)
_LOCAL: Final = (GEOGRAPHY, PROJECT_GEOGRAPHY)


def load_time(node: Node, name: str = "", *, of_dataset: bool = True) -> TimeDimension:
    """Return the time dimension that a table defines.

    Parameters
    ----------
    node
        A table with ``kind`` and the keys of that kind, see the manual of specs.
    name
        The name where the table gives none.
    of_dataset
        Whether it may be that of a dataset; a project's cannot go by the zones of another project.

    Raises
    ------
    TimeError
        With all problems of the table, each at its place.
    """
    return _Loader(node, name, of_dataset).load()


class _Loader:
    """Reads one table, and gathers its problems."""

    def __init__(self, node: Node, name: str, of_dataset: bool) -> None:
        self.node, self.name, self.of_dataset = node, node.string("name", name), of_dataset
        self.problems: list[Problem] = []

    def load(self) -> TimeDimension:
        kind = self.choice("kind", KINDS)
        readers: dict[str, Callable[[], TimeDimension | None]] = {
            "datetime": self._datetime,
            "annual": self._annual,
            "representative": self._representative,
            "index": self._index,
            "none": lambda: NoTime(self.name, self.node.string("description")),
        }
        time = readers[kind]() if kind in readers else None
        if self.problems or time is None:
            raise TimeError(self.problems)
        if isinstance(time, (DatetimeTime, IndexTime)):
            try:
                number = count(time)
            except TimeError as error:
                places = [self._at(problem.key).problem(problem.message) for problem in error.problems]
                raise TimeError(places) from None
            if not number:
                self.say("leap_days", "without the slots on 29 February there are none")
                raise TimeError(self.problems)
        return time

    # The kinds

    def _datetime(self) -> TimeDimension | None:
        ranges, year_of = self._ranges()
        period = self._period()
        if self.problems:
            return None
        for number, (before, one) in enumerate(pairwise(ranges), 1):
            if one.start < before.end + period["step"]:
                node = list(self.node["ranges"])[number]
                self.problems.append(
                    node.problem(
                        "ranges follow each other in time; this one begins before the last slot before it ends"
                    )
                )
        columns = self._columns("label", "timestamp")
        names = {meaning for meaning, _ in columns}
        if "label" not in names and not {"year", "month", "day"} <= names:
            node = self.node["columns"]
            lacking = [part for part in ("year", "month", "day") if part not in names]
            verb = "is" if len(lacking) == 1 else "are"
            message = f"a time in parts has the columns year, month and day; {listing(lacking)} {verb} missing"
            self.say("columns", message, node)
        if "label" not in names and "hour" not in names and period["step"] < _DAY:
            self.say("columns", f"a time in parts with steps of {self.node.string('step')} has a column of hours")
        return DatetimeTime(
            self.name,
            ranges,
            **period,
            leap_days=bool(self.node.scalar("leap_days", True)),
            year_of=year_of,
            description=self.node.string("description"),
            columns=columns,
            labels=self.choice("labels", LABELS) if "labels" in self.node else "",
            calendar=self._calendar(),
        )

    def _index(self) -> TimeDimension | None:
        start = self.parsed("start", parse_moment)
        period = self._period()
        first, last = (self.node.scalar(key, 0) for key in ("first", "last"))
        if last < first:
            self.say("last", f"the last number {last} is before the first {first}")
        if self.problems:
            return None
        return IndexTime(
            self.name,
            start,
            first,
            last,
            **period,
            leap_days=bool(self.node.scalar("leap_days", True)),
            description=self.node.string("description"),
            columns=self._columns("index", "time_index"),
        )

    def _annual(self) -> TimeDimension | None:
        if "years" in self.node:
            years = tuple(sorted({int(item.value) for item in self.node["years"]}))
        else:
            first, last = (self.parsed(key, int) or 0 for key in ("start", "end"))
            years = tuple(range(first, last + 1))
            if last < first:
                self.say("end", f"the last year {last} is before the first {first}")
        measurement = self.choice("measurement", MEASUREMENTS)
        if measurement == "measured":
            self.say("measurement", "a year is no instant, so that nothing can be measured at it")
        return AnnualTime(
            self.name,
            years,
            measurement,
            self.node.string("year_of"),
            self.node.string("description"),
            self._columns("year", "year"),
        )

    def _representative(self) -> TimeDimension | None:
        period = self._period(clocks=("prevailing", "standard"))
        node = self.node.get("by")
        asked = [item.value for item in node] if node is not None else []
        unknown = [part for part in asked if part not in PARTS]
        if not asked or unknown:
            hint = did_you_mean(unknown[0], PARTS) if unknown else f"; there are: {listing(PARTS)}"
            self.say("by", f'there is no part "{unknown[0]}"{hint}' if unknown else f"`by` is missing{hint}")
        if {"month", "season"} <= set(asked) or {"day_type", "day_of_week"} <= set(asked):
            both = ("month", "season") if "season" in asked else ("day_of_week", "day_type")
            self.say("by", f'"{both[0]}" says more than "{both[1]}": one of them is enough')
        if self.problems:
            return None
        step: timedelta = period["step"]
        if "hour" in asked and step != timedelta(hours=1):
            self.say("step", f'values by hour are of an hour: step = "1h", not "{self.node.string("step")}"')
        if step > _DAY or _DAY % step:
            self.say("step", f"a typical period is a day or a part of it, not {self.node.string('step')}")
        if step == _DAY and period["interval"] != "period_beginning":
            self.say("interval", 'a typical day is labelled by itself: interval = "period_beginning"')
        by = tuple(part for part in PARTS if part in asked)
        given = self.node.get("columns")
        columns = tuple((part, given.string(part, part) if given is not None else part) for part in by)
        for name, column in given.items() if given is not None else ():
            if name not in by:
                self.problems.append(column.problem(f'"{name}" is not in `by`'))
        return RepresentativeTime(
            self.name,
            by,
            **period,
            description=self.node.string("description"),
            columns=columns,
            calendar=self._calendar(),
        )

    # Parts of them

    def _period(self, clocks: Collection[str] = CLOCKS) -> dict[str, Any]:
        """Read what all equally spaced kinds have."""
        step = self.parsed("step", parse_step)
        zone_ = self.parsed("zone", lambda text: text if text in _LOCAL else zone(text) and text)
        if zone_ == PROJECT_GEOGRAPHY and not self.of_dataset:
            self.say("zone", f'the zones of a project are those of its own geography: zone = "{GEOGRAPHY}"')
        clock = self.choice("clock", clocks) if "clock" in self.node else "prevailing"
        if zone_ in _LOCAL and "clock" not in self.node and self.node.string("kind") != "representative":
            self.say("zone", f"`clock` says what labels in {_words(zone_)} are read off: {listing(tuple(clocks))}")
        if zone_ == PROJECT_GEOGRAPHY and clock == "prevailing" and self.node.string("kind") == "datetime":
            self.say(
                "clock",
                "which labels a prevailing clock shows depends on the zone, so the dataset's own records have to say "
                f'it: zone = "{GEOGRAPHY}"',
            )
        interval = self.choice("interval", INTERVALS)
        measurement = self.choice("measurement", MEASUREMENTS)
        if interval and measurement and (interval == "instantaneous") != (measurement == "measured"):
            self.say(
                "measurement",
                'what is measured at instants has interval = "instantaneous" and measurement = "measured"; '
                f'"{interval}" and "{measurement}" do not go together',
            )
        return {"step": step, "zone": zone_, "interval": interval, "measurement": measurement, "clock": clock}

    def _ranges(self) -> tuple[tuple[Span, ...], str]:
        """Read the runs of slots, and the dimension type whose records they belong to."""
        if "ranges" not in self.node:
            start, end = self.parsed("start", parse_moment), self.parsed("end", parse_moment)
            return (Span(start, end),), ""
        spans: list[Span] = []
        types = set()
        for item in self.node["ranges"]:
            start, end = (self.parsed(key, parse_moment, item) for key in ("start", "end"))
            type_ = next((name for name in ("weather_year", "model_year") if name in item), "")
            types.add(type_)
            spans.append(Span(start, end, item.string(type_) if type_ else ""))
        if len(types) > 1:
            said = listing(sorted(types - {""}))
            self.say("ranges", f"either every range says to which {said} it belongs, or none")
        return tuple(spans), next(iter(types), "")

    def _columns(self, meaning: str, default: str) -> Columns:
        """Read which columns of the files hold the time."""
        given = self.node.get("columns")
        if given is None:
            return ((meaning, self.node.string("column", default)),)
        named = {key: child.value for key, child in given.items()}
        if meaning in named or {"year", "month", "day"} & named.keys():
            if "column" in self.node:
                self.say("column", f"`columns` says already where {meaning}s are; leave one of both out")
            return in_order(named)
        return in_order({meaning: self.node.string("column", default), **named})

    def _calendar(self) -> Calendar:
        try:
            return load_calendar(self.node)
        except TimeError as error:
            self.problems.extend(error.problems)
            return Calendar()

    # Values

    def say(self, key: str, message: str, node: Node | None = None) -> None:
        """Remember a problem of a key."""
        self.problems.append((node or self._at(key)).problem(message))

    def choice(self, key: str, valid: Collection[str]) -> str:
        """Return one of some words."""
        value = self.node.string(key)
        if value not in valid:
            given = f'there is no {key} "{value}"{did_you_mean(value, valid)}' if value else f"`{key}` is missing"
            self.say(key, given)
        return value

    def parsed(self, key: str, parse: Callable[[str], T], node: Node | None = None) -> Any:
        """Return a value that is written as a text; None with a problem."""
        node = node or self.node
        text = node.string(key)
        place = node.get(key) or node
        if not text:
            self.problems.append(place.problem(f"`{key}` is missing"))
            return None
        try:
            return parse(text)
        except ValueError as error:
            self.problems.append(place.problem(str(error)))
        except TimeError as error:
            self.problems.extend(place.problem(problem.message) for problem in error.problems)
        return None

    def _at(self, key: str) -> Node:
        return self.node[key] if key and key in self.node else self.node


def _words(zone_: str) -> str:
    return "the zone of each geography" + (" of the project" if zone_ == PROJECT_GEOGRAPHY else "")
