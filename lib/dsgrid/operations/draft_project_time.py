"""The ``[time]`` table of a project's draft, and the rules that the times of its datasets need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dsgrid.errors import Problem
from dsgrid.operations.draft import Document, Draft
from dsgrid.registry.model import Dataset
from dsgrid.registry.time_documents import time_table
from dsgrid.time.dimension import (
    GEOGRAPHY,
    PROJECT_GEOGRAPHY,
    AnnualTime,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    Span,
    TimeDimension,
    is_local,
)
from dsgrid.time.grid import moment, readings, slots_in
from dsgrid.time.judging import check_comparable, check_rules
from dsgrid.time.mapping import map_time
from dsgrid.time.rules import TimeRules
from dsgrid.time.shown import shown_span
from dsgrid.time.zones import TimeError, to_wall
from dsgrid.toml_text import Noted

# Rules with a word to choose; the others are switches, which have no blank.
_CHOICES: Final = ("align", "leap_day", "spring_forward", "fall_back")
_QUESTIONS: Final = {
    "start": "the first label",
    "end": "the last label",
    "step": "the length of a slot, such as 1h",
    "zone": "the zone of start and end",
    "interval": "what a label is of its slot",
    "measurement": "what a value is of its slot",
}


def project_time(draft: Draft, spec: str, datasets: Sequence[Dataset]) -> tuple[Document, TimeDimension | None]:
    """Return the table of a project's time, and its value; None where something of it is left blank.

    It is that of the dataset that says most: slots on a calendar, rather than years or typical periods.

    Parameters
    ----------
    spec
        The name of the spec's file, for the list of decisions.
    """
    if not datasets:
        blanks = {key: draft.decide(f"{spec}: time.{key}", question) for key, question in _QUESTIONS.items()}
        return {"kind": "datetime", "name": Noted("time", "the column in results"), **blanks}, None
    chosen = min(datasets, key=lambda dataset: _rank(dataset.time))
    time = _as_project(chosen.time, datasets)
    table = {
        **time_table(time),
        "name": Noted(chosen.time.name or "time", f"the column in results; the slots of {chosen.id}"),
    }
    if not is_local(time) or time.kind == "representative" or _of_every_place(time):
        return table, time
    question = f'the zone of the project; {GEOGRAPHY} for that of each record, with clock = "standard" or "profile"'
    del table["clock"]
    return {**table, "zone": draft.decide(f"{spec}: time.zone", question)}, None


def time_rules(draft: Draft, spec: str, dataset: Dataset, time: TimeDimension | None) -> Document:
    """Return the ``[mapping.time]`` table of a submission, with blanks for the rules that are needed.

    Parameters
    ----------
    spec
        The name of the spec's file.
    time
        The project's; None where it is not known yet.
    """
    own = dataset.time
    if time is None or (_spans_alike(own, time) and own.measurement == time.measurement):
        return {}
    problem = _problem(own, time)
    if isinstance(own, AnnualTime) and own.measurement == "total" and not isinstance(time, (AnnualTime, NoTime)):
        question = "how annual totals are spread over the year: flat; or `shape`, a dataset whose course they follow"
        return {"spread": draft.decide(f"{spec}: mapping.time.spread", question)}
    if problem is not None and problem.key in _CHOICES:
        return {problem.key: draft.decide(f"{spec}: mapping.time.{problem.key}", problem.message)}
    because = f"; {problem.message}" if problem is not None else ""
    draft.notes.append(f"time of {dataset.id} differs: {shown_span(own)}{because}")
    return {}


def _rank(time: TimeDimension) -> int:
    """Return how little a time says: of instants everything can be told, of typical periods only how they are."""
    if isinstance(time, DatetimeTime):
        return int(is_local(time) or time.clock == "profile")
    return {IndexTime: 2, AnnualTime: 3, RepresentativeTime: 4, NoTime: 5}[type(time)]


def _as_project(time: TimeDimension, datasets: Sequence[Dataset]) -> TimeDimension:
    """Return a dataset's time as a project can have it."""
    if isinstance(time, AnnualTime) and time.year_of:
        others = [each.time for each in datasets if isinstance(each.time, AnnualTime)]
        years = {year for other in others if other.year_of == time.year_of for year in other.years}
        return replace(time, years=tuple(sorted(years)))
    if isinstance(time, IndexTime):
        time = _dated(time)
    if isinstance(time, (DatetimeTime, RepresentativeTime)) and time.zone == PROJECT_GEOGRAPHY:
        return replace(time, zone=GEOGRAPHY)
    return time


def _dated(time: IndexTime) -> DatetimeTime:
    """Return the slots that are numbered, with their labels."""
    if time.clock != "prevailing":
        last = int(readings(time).labels[-1])
    else:
        zone = "UTC" if is_local(time) else time.zone
        last = int(to_wall(zone, slots_in(time, zone).labels[-1:])[0])
    span = Span(time.start, moment(last))
    return DatetimeTime(
        time.name, (span,), time.step, time.zone, time.interval, time.measurement, time.clock, time.leap_days
    )


def _of_every_place(time: TimeDimension) -> bool:
    """Tell whether all places have the same labels, as a project's slots need it."""
    return getattr(time, "clock", "") in ("standard", "profile")


def _spans_alike(own: TimeDimension, time: TimeDimension) -> bool:
    return shown_span(_as_project(own, ())) == shown_span(time)


def _problem(own: TimeDimension, time: TimeDimension) -> Problem | None:
    """Return why a time cannot become the project's without a word, as far as that does not depend on zones."""
    try:
        if is_local(own) or is_local(time):
            check_rules(own, time, TimeRules())
            check_comparable(own, time, TimeRules())
        else:
            map_time(own, time)
    except TimeError as error:
        return error.problems[0]
    return None
