"""Equally spaced slots as configurations say them: frequencies, labels, what a label and a value are."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks

FORMAT: Final = "%Y-%m-%d %H:%M:%S"


def duration(text: str) -> timedelta:
    """Read ``P0DT1H0M0.0S``, ``01:00:00`` or a number of seconds; anything else is a ValueError."""
    if re.fullmatch(r"\d+(\.0+)?", text):
        return timedelta(seconds=float(text))
    clock = re.fullmatch(r"(\d+):(\d{2}):(\d{2})(?:\.0+)?", text)
    if clock:
        return timedelta(hours=int(clock[1]), minutes=int(clock[2]), seconds=int(clock[3]))
    iso = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", text)
    if not iso or not any(iso.groups()):
        raise ValueError(f'"{text}" is no duration')
    return timedelta(
        days=int(iso[1] or 0), hours=int(iso[2] or 0), minutes=int(iso[3] or 0), seconds=float(iso[4] or 0)
    )


def step_of(ranges: Entry, entry: Entry, remarks: Remarks) -> timedelta:
    """Return the frequency of all ranges of a time dimension, which older configurations say beside them."""
    found = [one.get("frequency") or entry.get("frequency") for one in ranges]
    if found[0] is None:
        remarks.say("defaulted", ranges[0], 'no frequency is given; step = "1h"')
    lengths = [timedelta(hours=1) if one is None else _length(one) for one in found]
    if len(set(lengths)) > 1:
        remarks.unsupported(ranges, "ranges of several frequencies")
    return lengths[0]


def _length(frequency: Entry) -> timedelta:
    try:
        return duration(frequency.text_value)
    except ValueError as error:
        raise frequency.error(str(error)) from None


def form_of(range_: Entry, entry: Entry, default: str = FORMAT) -> str:
    """Return how the labels of a range are written."""
    return range_.text("str_format") or entry.text("str_format", default=default)


def moment(entry: Entry, form: str) -> datetime:
    """Return the wall clock of a label that is written in some form."""
    try:
        return datetime.strptime(entry.text_value, form)  # noqa: DTZ007 - a wall clock in the zone beside it
    except ValueError:
        raise entry.error(f'"{entry.value}" is not written as "{form}"') from None


def label(entry: Entry, form: str) -> str:
    """Return a label as specs write it."""
    found = moment(entry, form)
    return found.strftime("%Y-%m-%d %H:%M:%S" if found.second else "%Y-%m-%d %H:%M")


def meaning(entry: Entry, remarks: Remarks) -> dict[str, str]:
    """Return `interval` and `measurement`, what a label and a value are.

    The existing system takes both as names and lets all of them go together; here what is read at instants is
    ``instantaneous`` and ``measured``.
    """
    interval = entry["time_interval_type"].text_value
    at_instants = interval == "instantaneous" or entry.text("measurement_type") == "measured"
    if not at_instants:
        return {"interval": interval, "measurement": measurement(entry, remarks)}
    if (interval, entry.text("measurement_type")) != ("instantaneous", "measured"):
        place = entry.get("measurement_type") or entry["time_interval_type"]
        said = 'interval = "instantaneous" and measurement = "measured"'
        remarks.say("decide", place, f"what is read at instants has {said} here; are these values?")
    return {"interval": "instantaneous", "measurement": "measured"}


def measurement(entry: Entry, remarks: Remarks) -> str:
    """Return the measurement, which may be left out."""
    found = entry.get("measurement_type")
    if found is None:
        remarks.say("defaulted", entry, 'no measurement_type is given; measurement = "total"')
        return "total"
    return found.text_value
