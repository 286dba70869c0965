"""What a submission says about time: rules for leap days and clocks, and whether slots are wrapped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from dsgrid.errors import DsgridError
from dsgrid.importers.adjustments import adjustments
from dsgrid.importers.dimensions import type_of
from dsgrid.importers.document import Entry
from dsgrid.importers.times import Owner, leap_day_of, time_table
from dsgrid.importers.translation import Remarks
from dsgrid.time.written import parse_moment, parse_step
from dsgrid.time.zones import zone as zone_of

# Kinds of time whose ends can be moved to the other end of the project's.
_WITH_ENDS: Final = ("datetime", "index")


def time_rules(listed: Entry, configuration: Entry | None, remarks: Remarks) -> dict[str, str]:
    """Return the rules of time: adjustments for leap days and daylight saving, and what annual values need."""
    adjusted = adjustments(listed, remarks)
    rules = dict(adjusted.rules)
    place = adjusted.entry or listed
    time = _time(configuration)
    kind = "" if time is None else time.text("time_type")
    own = "" if time is None else leap_day_of(time)
    if kind == "representative_period" and ("leap_day" in rules or own):
        day = rules.pop("leap_day", own)
        message = (
            f"{day}: there typical periods have no values on that day of leap years, here they have; to leave it out, "
            'filter by the project\'s time: not_between = ["2012-02-29 00:00", "2012-02-29 23:00"]'
        )
        remarks.say("decide", place, message)
    if rules and kind not in ("", "index"):
        remarks.say("dropped", place, f"dsgrid-toolkit does not adjust {kind} time either")
        rules = {}
    if own and kind in ("index", "datetime"):
        rules.setdefault("leap_day", own)
    if kind == "annual":
        message = 'annual values are spread over all hours of a year alike: spread = "flat"'
        remarks.say("defaulted", listed, message, "spread")
        rules["spread"] = "flat"
    return rules


def wrapped(project: Entry, listed: Entry, configuration: Entry | None, remarks: Remarks) -> bool | None:
    """Return whether slots beyond one end of the project's time are moved to its other end."""
    time = _time(configuration)
    kind = "" if time is None else time.text("time_type")
    if not listed.flag("wrap_time_allowed"):
        if (
            time is not None
            and kind == "datetime"
            and _is_shifted(time, _time(project["dimensions"], "base_dimensions"))
        ):
            message = "labels at the other end of the hour put a slot beyond the project's time, where it is wrapped"
            remarks.say("changed", listed, f"{message}: wrap_time = true", "wrap_time")
            return True
        return None
    if kind and kind not in _WITH_ENDS:
        place = listed["wrap_time_allowed"]
        remarks.say("dropped", place, f"{kind} time has no ends that could be wrapped", "wrap_time")
        return None
    return True


def _time(owner: Entry | None, key: str = "dimensions") -> Entry | None:
    """Return the time dimension of a configuration; None where it is registered elsewhere."""
    entries = () if owner is None else owner.entries(key)
    return next((entry for entry in entries if type_of(entry) == "time"), None)


def _is_shifted(own: Entry, base: Entry | None) -> bool:
    """Tell whether a dataset covers as much time as its project, but not the same, by labels at the other end."""
    if base is None:
        return False
    try:
        spans = [_span(entry) for entry in (own, base)]
    except (DsgridError, ValueError, OverflowError, KeyError):
        return False  # whoever registers it hears of it
    (first, last, labels), (start, end, other_labels) = spans
    if labels == other_labels:
        return False  # there only labels that have to be moved are wrapped unasked
    return first != start and last - first == end - start and abs(first - start) < timedelta(days=2)


def _span(entry: Entry) -> tuple[datetime, datetime, str]:
    """Return the beginnings of the first and the last slot, as instants, and which end of a slot its label is."""
    table = time_table(entry, Remarks(), Owner())
    zone = zone_of(table["zone"])
    shift = parse_step(table["step"]) if table["interval"] == "period_ending" else timedelta()
    first, last = (parse_moment(table[key]).replace(tzinfo=zone).astimezone(UTC) - shift for key in ("start", "end"))
    return first, last, table["interval"]
