"""The ``[time]`` table of a draft, from the times that the files hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from dsgrid.datasets.inspection import Labels
from dsgrid.datasets.offenders import counted
from dsgrid.datasets.spans import Gap, Span, gaps, runs, span
from dsgrid.datasets.time_columns import ANNUAL, DATETIME, INDEX, REPRESENTATIVE
from dsgrid.datasets.timeline import Timeline
from dsgrid.operations.draft import Document, Draft
from dsgrid.operations.draft_periods import annual, index, meaning, none, representative, zone_asked
from dsgrid.time.dimension import GEOGRAPHY, PROJECT_GEOGRAPHY
from dsgrid.time.grid import moment, wall
from dsgrid.time.written import shown_moment, shown_step
from dsgrid.time.zones import occurrences, to_instants, to_wall
from dsgrid.toml_text import Inline, Noted

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
# Labels that are further apart than this are runs of their own; fewer that lack are missing.
_APART: Final = timedelta(days=7)
_MOST_RUNS: Final = 60
# On a day that lacks in a zone, this much of the 29 February of UTC lacks at least.
_OF_LEAP_DAY: Final = timedelta(hours=10)


def time_draft(draft: Draft, spec: str, line: Timeline, given: Mapping[str, str]) -> tuple[Document, str | None]:
    """Return the table, and the year that the data are of; None for several, and where nothing says it.

    Parameters
    ----------
    spec
        The spec's file name, for the list of decisions.
    given
        ``zone``, ``interval`` and ``measurement``, where the user said them.
    """
    draft.notes += line.columns.notes
    if line.kind == DATETIME and line.labels is not None and line.labels.readings:
        return _datetime(draft, spec, line, line.labels, given)
    kinds = {ANNUAL: annual, REPRESENTATIVE: representative, INDEX: index}
    year = str(line.years[0]) if len(line.years) == 1 else None
    return kinds.get(line.kind, none)(draft, spec, line, given), year


def _datetime(
    draft: Draft, spec: str, line: Timeline, labels: Labels, given: Mapping[str, str]
) -> tuple[Document, str | None]:
    zone = _zone_of(labels, given)
    shown, steps = _on_clock(labels.readings, labels, zone), _in_steps(labels.readings, labels, zone)
    whole = span(steps)
    ranges = _ranges(line, steps, shown, whole)
    lacking = [gap for one, _, _ in ranges for gap in (gaps(one, whole.step) if whole.step else [])]
    leap_days = [gap for gap in lacking if whole.step and _is_leap_day(gap, whole.step)]
    missing = [gap for gap in lacking if gap not in leap_days]
    if not labels.instants and zone:
        missing = [replace(gap, first=_shown(gap.first, zone)) for gap in missing]
        # Where a column tells the two showings of an hour apart, labels alone show it once.
        if "fold" in line.columns.columns:
            missing = [gap for gap in missing if not _is_shown_twice(gap.first, zone)]
    _note_gaps(draft, line, labels, whole, missing, zone)
    table: Document = {
        "kind": "datetime",
        **_columns(line),
        **_spans(line, ranges, labels, whole, missing, in_zone=bool(zone)),
        "step": _step(draft, spec, line, whole),
        "zone": given["zone"] if given.get("zone") else _zone(draft, spec, labels, whole, zone),
        **_clock(draft, spec, labels, given),
    }
    if leap_days:
        table["leap_days"] = Noted(False, f"29 February {leap_days[0].first.year} is missing")
    if _needs_explanation(line, labels, given):
        table["labels"] = Noted("wall_clock", 'assumed, as they have no offset; "instants" when they are UTC')
    return {**table, **meaning(draft, spec, given)}, _year(span(shown))


def _zone_of(labels: Labels, given: Mapping[str, str]) -> str:
    """Return the zone of the labels, as far as it is known to be one."""
    # UTC in the labels says nothing about the zone that days are counted in.
    local = len(labels.offsets) == 1 and labels.offsets[0] != "+00:00"
    zone = given.get("zone") or (labels.offsets[0] if local else "")
    return "" if zone in (GEOGRAPHY, PROJECT_GEOGRAPHY) else zone


def _on_clock(readings: Sequence[int], labels: Labels, zone: str) -> list[int]:
    """Return what the clock of the zone shows at labels, where that is known; they keep their order and number."""
    if labels.instants and zone:
        return list(to_wall(zone, np.array(readings, dtype=np.int64)).tolist())
    return list(readings)


def _in_steps(readings: Sequence[int], labels: Labels, zone: str) -> list[int]:
    """Return labels on an axis without changes of the clock: in a zone with summer time steps are those of instants."""
    if labels.instants or not zone:
        return list(readings)
    return list(to_instants(zone, np.array(readings, dtype=np.int64)).tolist())


Range = tuple[Sequence[int], Sequence[int], str]


def _ranges(line: Timeline, steps: Sequence[int], shown: Sequence[int], whole: Span) -> list[Range]:
    """Return the runs of labels: in steps, as the clock shows them, and the record that each belongs to."""
    assert line.labels is not None
    clock = dict(zip(line.labels.readings, zip(steps, shown, strict=True), strict=True))
    owned = line.of_records or {"": line.labels.readings}
    found: list[Range] = []
    for record, readings in owned.items():
        own = sorted(clock[reading] for reading in readings)
        in_steps = [step for step, _ in own]
        apart = max(_APART, 3 * whole.step) if whole.step else timedelta.max
        pieces = runs(in_steps, apart)
        pieces = pieces if len(pieces) <= _MOST_RUNS else [in_steps]
        first = 0
        for piece in pieces:
            found.append((piece, [at for _, at in own[first : first + len(piece)]], record))
            first += len(piece)
    return found


def _spans(
    line: Timeline, ranges: Sequence[Range], labels: Labels, whole: Span, missing: Sequence[Gap], *, in_zone: bool
) -> Document:
    place = "" if in_zone or not labels.instants else "in UTC; "
    lacking = sum(gap.count for gap in missing)
    lacks = f"{lacking:,} missing in between" if lacking else "none missing"
    note = f"{place}{counted(whole.count, 'label')}, {lacks}"
    ends = [(shown_moment(moment(shown[0])), shown_moment(moment(shown[-1]))) for _, shown, _ in ranges]
    if len(ranges) == 1 and not ranges[0][2]:
        return {"start": Noted(ends[0][0], note), "end": ends[0][1]}
    items = [
        Inline({"start": start, "end": end, **({line.year_of: record} if record else {})})
        for (start, end), (_, _, record) in zip(ends, ranges, strict=True)
    ]
    return {"ranges": Noted(items, f"{counted(len(items), 'run')}; {note}")}


def _needs_explanation(line: Timeline, labels: Labels, given: Mapping[str, str]) -> bool:
    """Tell whether labels of one column are UTC or of a clock is for the spec to say."""
    meanings = line.columns.columns
    of_places = given.get("zone") in (GEOGRAPHY, PROJECT_GEOGRAPHY)
    return not labels.instants and "label" in meanings and "offset" not in meanings and not of_places


def _columns(line: Timeline) -> Document:
    columns = {meaning_: column.name for meaning_, column in line.columns.columns.items()}
    if set(columns) == {"label"}:
        return {} if columns["label"] == "timestamp" else {"column": columns["label"]}
    return {"columns": Inline(columns)}


def _is_leap_day(gap: Gap, step: timedelta) -> bool:
    """Tell whether labels lack on a 29 February, and on no other day."""
    if gap.count * step != _DAY:
        return False
    year = gap.first.year
    if year % 4 or (not year % 100 and year % 400):
        return False
    leap_day = datetime(year, 2, 29)  # noqa: DTZ001 - a wall clock
    overlap = min(gap.first + _DAY, leap_day + _DAY) - max(gap.first, leap_day)
    return overlap >= _OF_LEAP_DAY


def _note_gaps(draft: Draft, line: Timeline, labels: Labels, whole: Span, missing: Sequence[Gap], zone: str) -> None:
    names = ", ".join(f'"{column.name}"' for column in line.columns.columns.values())
    where = f"column{'s' if len(line.columns.columns) > 1 else ''} {names}"
    if whole.step is not None and whole.odd and _is_of_calendar(line):
        draft.notes.append(f"{where}: labels are a month or a year apart; a column of years makes annual data")
        return
    count = sum(gap.count for gap in missing)
    if not count and not whole.odd:
        return
    clock = " UTC" if labels.instants else ""
    first = f", the first {shown_moment(missing[0].first)}{clock}" if missing else ""
    odd = f"; {counted(whole.odd, 'label')} not a whole number of steps after the first" if whole.odd else ""
    hint = _hint(missing[0], whole.step, zone) if not labels.instants and len(missing) == 1 and whole.step else ""
    lacks = f"{counted(count, 'label')} missing between the first and the last"
    draft.notes.append(f"{where}: {lacks}{first}{odd}{hint}")


def _hint(gap: Gap, step: timedelta, zone: str) -> str:
    """Return why the one hour that lacks may do so."""
    if gap.count * step != _HOUR:
        return ""
    if zone and _is_shown_twice(gap.first, zone):
        return f"; clocks of {zone} show it twice: a column of 0 and 1 has to tell the two apart (`fold`)"
    return "; perhaps clocks were put forward, as in a zone with summer time" if _is_put_forward(gap) else ""


def _shown(instant: datetime, zone: str) -> datetime:
    return moment(int(to_wall(zone, np.array([wall(instant)]))[0]))


def _is_shown_twice(reading: datetime, zone: str) -> bool:
    return len(occurrences(zone, wall(reading))) > 1


def _is_put_forward(gap: Gap) -> bool:
    """Tell whether it is the night to a Sunday, in a month in which clocks change somewhere."""
    return gap.first.weekday() == 6 and gap.first.hour <= 3 and gap.first.month in (3, 4, 9, 10)


def _is_of_calendar(line: Timeline) -> bool:
    """Tell whether all labels are first days of months."""
    assert line.labels is not None
    days = [moment(reading) for reading in line.labels.readings]
    return len(days) > 1 and all(day.day == 1 and not day.hour for day in days)


def _step(draft: Draft, spec: str, line: Timeline, steps: Span) -> Any:
    if steps.step is None or steps.step % timedelta(seconds=1) or (steps.odd and _is_of_calendar(line)):
        return draft.decide(f"{spec}: time.step", "the length of a slot, such as 1h")
    return shown_step(steps.step)


def _zone(draft: Draft, spec: str, labels: Labels, steps: Span, zone: str) -> Noted:
    if zone:
        return Noted(zone, "the offset of all labels; a name (America/New_York) where clocks change")
    question = "the zone of start and end, a fixed offset or a name"
    if not labels.instants:
        return zone_asked(draft, spec, question)
    behind = steps.start.hour
    hint = ""
    if 1 < behind <= 12 and not steps.start.minute:
        hint = f" (the first is 00:00 in -{behind:02}:00, 01:00 in -{behind - 1:02}:00)"
    return draft.decide(f"{spec}: time.zone", f"{question}; write them in it{hint}")


def _clock(draft: Draft, spec: str, labels: Labels, given: Mapping[str, str]) -> Document:
    """Return the clock where it has to be said: in the time of each geography."""
    if given.get("zone") not in (GEOGRAPHY, PROJECT_GEOGRAPHY):
        return {}
    if labels.instants:
        draft.notes.append("labels have an offset, so they are instants: their zone is that of a place, not of each")
    return {"clock": draft.decide(f"{spec}: time.clock", "what labels are read off: prevailing, standard or profile")}


def _year(found: Span) -> str | None:
    """Return the year that labels are of; None for several years."""
    if found.end - found.start > timedelta(days=367):
        return None
    # Whatever the zone and the interval, the middle lies in it.
    return str((found.start + (found.end - found.start) / 2).year)
