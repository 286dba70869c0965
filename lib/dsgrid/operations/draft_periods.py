"""The ``[time]`` table of a draft for data without labels on a calendar: years, typical periods, numbers, nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dsgrid.datasets.inspection import Column
from dsgrid.datasets.offenders import counted
from dsgrid.datasets.timeline import Timeline
from dsgrid.operations.draft import Document, Draft, some
from dsgrid.spec.schemas.words import INTERVALS, MEASUREMENTS
from dsgrid.time.dimension import DAY_TYPES, GEOGRAPHY, HOLIDAY, PARTS, PROJECT_GEOGRAPHY, SEASONS, WEEKDAYS
from dsgrid.toml_text import Inline, Noted

# How many slots there are in a year of 365 or 366 days, by their length.
_STEPS: Final = {"1d": 1, "1h": 24, "30min": 48, "15min": 96, "10min": 144, "5min": 288}


def annual(draft: Draft, spec: str, line: Timeline, given: Mapping[str, str]) -> Document:
    """Return the table of data by year."""
    years = line.years
    consecutive = years == tuple(range(years[0], years[-1] + 1))
    note = counted(len(years), "year")
    table: Document = {"kind": "annual"}
    if consecutive:
        table |= {"start": Noted(str(years[0]), note), "end": str(years[-1])}
    else:
        table["years"] = Noted([str(year) for year in years], note)
    if line.year_of:
        because = "assumed: a value of the model year 2030 is that of 2030; leave it out for years of a calendar"
        table["year_of"] = Noted(line.year_of, because)
    if "year" in line.columns.columns and line.columns.columns["year"].name != "year":
        table["column"] = line.columns.columns["year"].name
    measurements = [each for each in MEASUREMENTS if each != "measured"]
    question = f"what a value is of its year: {', '.join(measurements)}"
    table["measurement"] = given.get("measurement") or draft.decide(f"{spec}: time.measurement", question)
    if "year" not in line.columns.columns:
        table["kind"] = Noted("annual", 'assumed, as no column but that of years says the time; "none" for any time')
    return table


def representative(draft: Draft, spec: str, line: Timeline, given: Mapping[str, str]) -> Document:
    """Return the table of typical periods."""
    columns = line.columns.columns
    by = [part for part in PARTS if part in columns]
    other: Document = {part: columns[part].name for part in by if columns[part].name != part}
    question = "the zone whose calendar and clock is meant, an offset or a name"
    table: Document = {
        "kind": "representative",
        "by": by,
        "step": "1h" if "hour" in by else Noted("1d", "assumed: a value is that of a day"),
        "zone": given.get("zone") or zone_asked(draft, spec, question),
    }
    if other:
        table["columns"] = Inline(other)
    if "season" in by:
        table |= _groups(draft, spec, "seasons", columns["season"], SEASONS, range(1, 13))
    if "day_type" in by and columns["day_type"].kind == "text":
        table |= _groups(draft, spec, "day_types", columns["day_type"], DAY_TYPES, WEEKDAYS)
    if "hour" not in by and not given.get("interval"):
        given = {**given, "interval": "period_beginning"}  # of a typical day there is no other
    ordered = {key: value for key, value in table.items() if key not in ("seasons", "day_types")}
    groups = {key: value for key, value in table.items() if key in ("seasons", "day_types")}
    return {**ordered, **meaning(draft, spec, given), **groups}


def index(draft: Draft, spec: str, line: Timeline, given: Mapping[str, str]) -> Document:
    """Return the table of numbered slots."""
    numbers, name = line.numbers, line.columns.columns["index"].name
    first, last = numbers[0], numbers[-1]
    missing = last - first + 1 - len(numbers)
    if missing:
        draft.notes.append(f'column "{name}": {counted(missing, "number")} missing between {first} and {last}')
    length = next((step for step, daily in _STEPS.items() if last - first + 1 in (365 * daily, 366 * daily)), "")
    whole_year = length and (last - first + 1) == 365 * _STEPS[length]
    if whole_year:
        draft.notes.append(
            f"{last - first + 1:,} numbers are 365 days: where they leave 29 February of a leap year out, write "
            "leap_days = false"
        )
    question = "the length of a slot, such as 1h"
    local = given.get("zone") in (GEOGRAPHY, PROJECT_GEOGRAPHY)
    clock = "what numbers are read off: prevailing (elapsed time), standard or profile"
    return {
        "kind": "index",
        **({} if name == "time_index" else {"column": name}),
        "start": draft.decide(f"{spec}: time.start", f"the label of number {first}, such as 2018-01-01 00:00"),
        "first": Noted(first, counted(len(numbers), "number")),
        "last": last,
        "step": Noted(length, "assumed, as they are a year")
        if length
        else draft.decide(f"{spec}: time.step", question),
        "zone": given.get("zone") or zone_asked(draft, spec, "the zone of start, a fixed offset or a name"),
        **({"clock": draft.decide(f"{spec}: time.clock", clock)} if local else {}),
        **meaning(draft, spec, given),
    }


def none(draft: Draft, spec: str, line: Timeline, given: Mapping[str, str]) -> Document:
    """Return the table of data without time."""
    return {"kind": Noted("none", "assumed, as no column of the table holds times")}


def meaning(draft: Draft, spec: str, given: Mapping[str, str]) -> Document:
    """Return what a label and a value are of a slot; one says the other of what is read at instants."""
    known = dict(given)
    if known.get("interval") == "instantaneous":
        known.setdefault("measurement", "measured")
    if known.get("measurement") == "measured":
        known.setdefault("interval", "instantaneous")
    questions = {
        "interval": f"what a label is of its slot: {', '.join(INTERVALS)}",
        "measurement": f"what a value is of its slot: {', '.join(MEASUREMENTS)}",
    }
    return {key: known.get(key) or draft.decide(f"{spec}: time.{key}", question) for key, question in questions.items()}


def zone_asked(draft: Draft, spec: str, question: str) -> Noted:
    """Return a blank for a zone that may be that of each place."""
    own = f"{GEOGRAPHY} (the time_zone of its record) or {PROJECT_GEOGRAPHY} for that of each place"
    return draft.decide(f"{spec}: time.zone", f"{question}; {own}")


def _groups(
    draft: Draft,
    spec: str,
    key: str,
    column: Column,
    usual: Sequence[tuple[str, tuple[int, ...]]],
    members: Sequence[Any],
) -> Document:
    """Return what seasons or day types are, where they are not the usual ones; the usual ones among them are known."""
    values = column.values or ()
    lower = {value.lower() for value in values}
    names = {name for name, _ in usual}
    if lower == names or (key == "day_types" and lower <= {"true", "false"}):
        return {}
    numbers = {name: [_member(members, number, key) for number in of] for name, of in usual}
    known = {**numbers, "fall": numbers.get("autumn", [])} if key == "seasons" else {**numbers, **_single_days()}
    table = {value: known.get(value.lower(), []) for value in values}
    given = [member for group in table.values() for member in group]
    if len(given) == len(members) and all(table[value] or value.lower() == HOLIDAY for value in values):
        return {key: Noted({**table}, f"assumed: {some(values)}")}
    what = "months" if key == "seasons" else "days of the week"
    return {key: draft.decide(f"{spec}: time.{key}", f"the {what} of each: {some(values)}", table)}


def _member(members: Sequence[Any], number: int, key: str) -> Any:
    return number if key == "seasons" else members[number]


def _single_days() -> dict[str, list[str]]:
    return {**{day: [day] for day in WEEKDAYS}, HOLIDAY: []}
