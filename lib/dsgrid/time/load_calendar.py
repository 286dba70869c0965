"""Seasons, day types and holidays from specs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from dsgrid.dimensions.tables import read_table, require_columns
from dsgrid.errors import Problem, listing
from dsgrid.spec.node import Node
from dsgrid.time.dimension import DAY_TYPES, HOLIDAY, SEASONS, WEEKDAYS, Calendar
from dsgrid.time.zones import TimeError

Groups = tuple[tuple[str, tuple[int, ...]], ...]

_MONTHS = tuple(range(1, 13))


def load_calendar(node: Node) -> Calendar:
    """Return the calendar that the table of a time dimension defines; the usual one where it says nothing.

    Raises
    ------
    TimeError
        If a month or a day of the week is in no season or day type, or in two; if a date is none.
    """
    problems: list[Problem] = []
    seasons: Groups = SEASONS
    day_types: Groups = DAY_TYPES
    if "seasons" in node:
        table = node["seasons"]
        seasons = tuple((name, tuple(child.value)) for name, child in table.items())
        found = [month for _, months in seasons for month in months]
        problems += _uneven(table, found, _MONTHS, "month", "season")
    if "day_types" in node:
        table = node["day_types"]
        day_types = tuple((name, tuple(WEEKDAYS.index(day) for day in child.value)) for name, child in table.items())
        days = [WEEKDAYS[day] for _, numbers in day_types for day in numbers]
        problems += _uneven(table, days, WEEKDAYS, "day of the week", "day type")
        problems += [
            table[name].problem(f'a day type without days is that of holidays: "{HOLIDAY}"')
            for name, numbers in day_types
            if not numbers and name != HOLIDAY
        ]
    holidays = tuple(sorted(set(_holidays(node["holidays"], problems)))) if "holidays" in node else ()
    if problems:
        raise TimeError(problems)
    return Calendar(seasons, day_types, holidays)


def _uneven(
    table: Node, found: list[str] | list[int], every: tuple[str | int, ...], what: str, part: str
) -> Iterator[Problem]:
    lacking = [str(one) for one in every if one not in found]
    twice = list(dict.fromkeys(str(one) for one in found if found.count(one) > 1))  # type: ignore[arg-type]
    if lacking:
        yield table.problem(f"every {what} is in one {part}; in none is {listing(lacking)}")
    if twice:
        yield table.problem(f"every {what} is in one {part}; in several is {listing(twice)}")


def _holidays(node: Node, problems: list[Problem]) -> Iterator[date]:
    if not isinstance(node.value, str):
        texts = [(item.value, item.where, item.key) for item in node]
    else:
        table = read_table(node, ids=())
        require_columns(table, ("date",))
        texts = [(cell, place, node.key) for cell, place in zip(table.column("date"), table.places, strict=True)]
    for text, where, key in texts:
        try:
            yield text if isinstance(text, date) else date.fromisoformat(str(text))
        except ValueError:
            problems.append(Problem(f'"{text}" is no date such as 2012-07-04', where, key))
