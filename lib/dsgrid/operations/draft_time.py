"""The ``[time]`` table of a draft, from the labels that the files hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from dsgrid.datasets.inspection import Column, Labels
from dsgrid.datasets.spans import Span, span
from dsgrid.operations.draft import Document, Draft, counted
from dsgrid.registry.documents import shown_moment, shown_step
from dsgrid.registry.toml import Noted
from dsgrid.spec.schemas.words import INTERVALS, MEASUREMENTS
from dsgrid.time.zones import to_wall


def time_draft(
    draft: Draft, spec: str, column: Column | None, parts: tuple[str, ...], given: dict[str, str]
) -> tuple[Document, Span | None]:
    """Return the table, and the span of the labels as the table has them.

    Parameters
    ----------
    spec
        The spec's file name, for the list of decisions.
    column
        The column of labels, if there is one.
    parts
        Columns that say the time otherwise.
    given
        ``zone``, ``interval`` and ``measurement``, where the user said them.
    """
    if column is None or column.labels is None or not column.labels.readings:
        return _without_labels(draft, spec, parts, given), None
    labels = column.labels
    # UTC in the labels says nothing about the zone that days are counted in.
    local = len(labels.offsets) == 1 and labels.offsets[0] != "+00:00"
    zone = given.get("zone") or (labels.offsets[0] if local else "")
    shifted = labels.instants and zone
    readings = to_wall(zone, np.array(labels.readings, dtype=np.int64)).tolist() if shifted else labels.readings
    found = span(sorted(set(readings)) if shifted else readings)
    # In a zone with summer time an hour is shown twice: steps are counted in instants.
    steps = span(labels.readings)
    if steps.missing or steps.odd:
        draft.notes.append(_gaps(column.name, steps, "UTC" if labels.instants else ""))
    table: Document = {
        "kind": "datetime",
        "column": column.name,
        "start": Noted(shown_moment(found.start), _count(steps, labels, bool(zone))),
        "end": shown_moment(found.end),
        "step": _step(draft, spec, steps),
        "zone": zone if given.get("zone") else _zone(draft, spec, labels, steps, zone),
    }
    if not labels.instants:
        table["labels"] = Noted("wall_clock", 'assumed, as they have no offset; "instants" when they are UTC')
    if column.name == "timestamp":
        del table["column"]
    return {**table, **_meaning(draft, spec, given)}, found


def _count(steps: Span, labels: Labels, in_zone: bool) -> str:
    place = "" if in_zone or not labels.instants else "in UTC; "
    return f"{place}{counted(steps.count, 'label')}, {_missing(steps)}"


def _missing(steps: Span) -> str:
    return f"{steps.missing:,} missing in between" if steps.missing else "none missing"


def _gaps(column: str, steps: Span, clock: str) -> str:
    odd = f"; {counted(steps.odd, 'label')} not a whole number of steps after the first" if steps.odd else ""
    first = f", the first {shown_moment(steps.first_missing)} {clock}".rstrip() if steps.first_missing else ""
    return f'column "{column}": {counted(steps.missing, "label")} missing between the first and the last{first}{odd}'


def _step(draft: Draft, spec: str, steps: Span) -> Any:
    if steps.step is None or steps.step % timedelta(seconds=1):
        return draft.decide(f"{spec}: time.step", "the length of a slot, such as 1h")
    return shown_step(steps.step)


def _zone(draft: Draft, spec: str, labels: Labels, steps: Span, zone: str) -> Noted:
    if zone:
        return Noted(zone, "the offset of all labels; a name (America/New_York) where clocks change")
    question = "the zone of start and end, a fixed offset or a name"
    if not labels.instants:
        return draft.decide(f"{spec}: time.zone", question)
    behind = steps.start.hour
    hint = ""
    if 1 < behind <= 12 and not steps.start.minute:
        hint = f" (the first is 00:00 in -{behind:02}:00, 01:00 in -{behind - 1:02}:00)"
    return draft.decide(f"{spec}: time.zone", f"{question}; write them in it{hint}")


def _meaning(draft: Draft, spec: str, given: dict[str, str]) -> Document:
    questions = {
        "interval": f"what a label is of its slot: {', '.join(INTERVALS)}",
        "measurement": f"what a value is of its slot: {', '.join(MEASUREMENTS)}",
    }
    return {key: given.get(key) or draft.decide(f"{spec}: time.{key}", question) for key, question in questions.items()}


def _without_labels(draft: Draft, spec: str, parts: tuple[str, ...], given: dict[str, str]) -> Document:
    said = f"time is said by {', '.join(parts)}" if parts else "no column of the table holds times"
    draft.notes.append(f"{said}; what can be registered has one column of labels, such as 2018-01-01 00:00")
    table: Document = {"kind": "datetime"}
    questions = {
        "column": "the column of labels",
        "start": "the first label",
        "end": "the last label",
        "step": "the length of a slot, such as 1h",
        "zone": "the zone of start and end, a fixed offset or a name",
    }
    for key, question in questions.items():
        table[key] = given.get(key) or draft.decide(f"{spec}: time.{key}", question)
    return {**table, **_meaning(draft, spec, given)}


def year(found: Span) -> str | None:
    """Return the year that a span is of; None for one of several years."""
    if found.end - found.start > timedelta(days=367):
        return None
    # Whatever the zone and the interval, the middle lies in it.
    return str((found.start + (found.end - found.start) / 2).year)
