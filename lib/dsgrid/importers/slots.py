"""Equally spaced slots as configurations say them: frequencies, labels, what a label and a value are."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from dsgrid.errors import did_you_mean
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks
from dsgrid.spec.schemas.words import INTERVALS, MEASUREMENTS
from dsgrid.time.written import FIRST_YEAR, LAST_YEAR

FORMAT: Final = "%Y-%m-%d %H:%M:%S"
# Years have a kind of time of their own.
_LONGEST: Final = timedelta(days=364)


def duration(text: str) -> timedelta:
    """Read ``P0DT1H0M0.0S``, ``01:00:00``, ``1 day, 0:00:00`` or a number of seconds; all else is a ValueError."""
    found = _duration(text)
    if found is None:
        raise ValueError(f'"{text}" is no duration')
    return found


def _duration(text: str) -> timedelta | None:
    if len(text) > 80:
        return None
    try:
        if re.fullmatch(r"\d+(\.0+)?", text):
            return timedelta(seconds=float(text))
        clock = re.fullmatch(r"(?:(\d+) days?,? )?(\d+):(\d{2}):(\d{2})(?:\.0+)?", text)
        if clock:
            days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
            return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        iso = re.fullmatch(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", text)
        if not iso or not any(iso.groups()):
            return None
        weeks, days, hours, minutes = (int(part or 0) for part in iso.groups()[:4])
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=float(iso[5] or 0))
    except OverflowError:
        return None


def ranges_of(entry: Entry) -> tuple[Entry, ...]:
    """Return the ranges of a time dimension, of which there is at least one."""
    found = entry["ranges"]
    ranges = tuple(found)
    if not ranges:
        raise found.error("no range is given")
    return ranges


def step_of(ranges: tuple[Entry, ...], entry: Entry, remarks: Remarks) -> timedelta:
    """Return the frequency of all ranges of a time dimension, which older configurations say beside them."""
    found = [one.get("frequency") or entry.get("frequency") for one in ranges]
    if found[0] is None:
        remarks.say("defaulted", ranges[0], 'no frequency is given; step = "1h"', "step")
    lengths = [timedelta(hours=1) if one is None else _length(one) for one in found]
    if len(set(lengths)) > 1:
        remarks.unsupported(entry["ranges"], "ranges of several frequencies")
    return lengths[0]


def _length(frequency: Entry) -> timedelta:
    try:
        length = duration(frequency.text_value)
    except ValueError as error:
        raise frequency.error(str(error)) from None
    if not length or length % timedelta(seconds=1):
        raise frequency.error(f'"{frequency.value}" is not a number of whole seconds')
    if length > _LONGEST:
        raise frequency.error(f'"{frequency.value}" is a year or more, which annual time is for')
    return length


def form_of(range_: Entry, entry: Entry, default: str = FORMAT) -> str:
    """Return how the labels of a range are written."""
    return range_.text("str_format") or entry.text("str_format", default=default)


def moment(entry: Entry, form: str) -> datetime:
    """Return the wall clock of a label that is written in some form."""
    try:
        found = datetime.strptime(entry.text_value, form)  # noqa: DTZ007 - a wall clock in the zone beside it
    except (ValueError, OverflowError):
        raise entry.error(f'"{entry.value}" is not written as "{form}"') from None
    if found.tzinfo is not None:
        raise entry.error(f'"{entry.value}" has an offset; it is a time on the clock of the zone beside it')
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise entry.error(f"the year {found.year} is not one of {FIRST_YEAR} to {LAST_YEAR}")
    if found.microsecond:
        raise entry.error(f'"{entry.value}" has parts of a second')
    return found


def label(entry: Entry, form: str) -> str:
    """Return a label as specs write it."""
    found = moment(entry, form)
    return found.strftime("%Y-%m-%d %H:%M:%S" if found.second else "%Y-%m-%d %H:%M")


def span(range_: Entry, entry: Entry, remarks: Remarks, keys: tuple[str, ...] = ("start", "end")) -> dict[str, str]:
    """Return labels of a range by their key, with a remark where they were written in another form."""
    form = form_of(range_, entry)
    found = {key: label(range_[key], form) for key in keys}
    if not form.startswith("%Y-%m-%d"):
        shown = ", ".join(f'"{range_[key].value}" is "{found[key]}"' for key in keys)
        remarks.say("changed", range_, f'labels are written as "2012-01-31 23:00" here: {shown}', keys[0])
    return found


def whole(entry: Entry) -> int:
    """Return a whole number."""
    text = entry.text_value
    if isinstance(entry.value, bool) or not re.fullmatch(r"-?\d{1,9}(\.0+)?", text):
        raise entry.error(f'"{text}" is no whole number')
    return int(float(text))


def meaning(entry: Entry, remarks: Remarks) -> dict[str, str]:
    """Return `interval` and `measurement`, what a label and a value are.

    dsgrid-toolkit takes both as names and lets all of them go together; here what is read at instants is
    ``instantaneous`` and ``measured``.
    """
    said = entry.get("time_interval_type")
    if said is None:
        # There it is required, so that nobody knows what was meant.
        message = 'no time_interval_type is given; interval = "period_beginning"; is the label the beginning?'
        remarks.say("decide", entry, message, "interval")
    interval = "period_beginning" if said is None else said.text_value
    if interval not in INTERVALS:
        raise entry["time_interval_type"].error(f'there is no interval "{interval}"{did_you_mean(interval, INTERVALS)}')
    at_instants = interval == "instantaneous" or entry.text("measurement_type") == "measured"
    if not at_instants:
        return {"interval": interval, "measurement": measurement(entry, remarks)}
    if (interval, entry.text("measurement_type")) != ("instantaneous", "measured"):
        place = entry.get("measurement_type", "time_interval_type") or entry
        said_here = 'interval = "instantaneous" and measurement = "measured"'
        message = f"what is read at instants has {said_here} here; are these values?"
        remarks.say("decide", place, message, "measurement")
    return {"interval": "instantaneous", "measurement": "measured"}


def measurement(entry: Entry, remarks: Remarks) -> str:
    """Return the measurement, which may be left out."""
    found = entry.get("measurement_type")
    if found is None:
        message = 'no measurement_type is given; measurement = "total"'
        remarks.say("defaulted", entry, message, "measurement")
        return "total"
    if found.text_value not in MEASUREMENTS:
        hint = did_you_mean(found.text_value, MEASUREMENTS)
        raise found.error(f'there is no measurement "{found.text_value}"{hint}')
    return found.text_value
