"""A time dimension in words, from the table that the server tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

Document = Mapping[str, Any]
_KINDS: Final = {
    "datetime": "a series of times",
    "index": "numbered steps",
    "representative": "typical periods",
    "annual": "one value a year",
    "none": "no time: each value holds always",
}
_INTERVALS: Final = {
    "period_beginning": "the beginning of its period",
    "period_ending": "the end of its period",
    "instantaneous": "the moment that its value holds at",
}
_MEASUREMENTS: Final = {
    "total": "the amount over the period",
    "mean": "the mean over the period",
    "min": "the least over the period",
    "max": "the greatest over the period",
    "measured": "a reading at the label",
}
_ZONES: Final = {
    "geography": "the zone of each geography",
    "project_geography": "the zone of each geography of the project",
}
_CLOCKS: Final = {
    "prevailing": "as clocks show, with summer time",
    "standard": "standard time all year",
    "profile": "24 hours every day, as if clocks never changed",
}
_UNITS: Final = {"s": "second", "min": "minute", "h": "hour", "d": "day"}


def time_words(time: Document) -> list[tuple[str, str]]:
    """Return what a time dimension is as names with texts: kind, span, step, zone, what labels and values mean."""
    kind = str(time.get("kind", ""))
    said = [("Time", _KINDS.get(kind, kind))]
    if kind == "annual":
        years = [str(year) for year in time.get("years", ())]
        said.append(("Years", ", ".join(years) if years else years_of(time)))
        if time.get("year_of"):
            said.append(("Years are those of", str(time["year_of"]).replace("_", " ")))
    if "by" in time:
        said.append(("Periods by", ", ".join(str(part).replace("_", " ") for part in time["by"])))
    said += _span(time)
    if "step" in time:
        said.append(("Step", step_words(str(time["step"]))))
    if "zone" in time:
        said.append(("Clock", zone_words(time)))
    if "interval" in time:
        said.append(("A label is", _INTERVALS.get(str(time["interval"]), str(time["interval"]))))
    if "measurement" in time:
        said.append(("A value is", _MEASUREMENTS.get(str(time["measurement"]), str(time["measurement"]))))
    if time.get("leap_days") is False:
        said.append(("29 February", "left out"))
    for name, title in (("seasons", "Seasons"), ("day_types", "Types of days")):
        if time.get(name):
            said.append((title, "; ".join(f"{each}: {_joined(parts)}" for each, parts in time[name].items())))
    if time.get("holidays"):
        said.append(("Holidays", f"{len(time['holidays'])} dates"))
    return said


def years_of(time: Document) -> str:
    """Return the years of an annual time in a few words: ``2018``, ``2018 to 2030``, and how many where some lack."""
    years = [str(year) for year in time.get("years", ())]
    first, last = (years[0], years[-1]) if years else (str(time.get("start")), str(time.get("end")))
    if first == last:
        return first
    if len(years) == 2:
        return f"{first} and {last}"
    is_whole = not years or (first.isdigit() and last.isdigit() and int(last) - int(first) + 1 == len(years))
    return f"{first} to {last}" + ("" if is_whole else f" ({len(years)} years)")


def zone_words(time: Document) -> str:
    """Return on which clock labels are: ``UTC-07:00``, ``America/Denver``, the zone of each geography."""
    zone = str(time.get("zone", ""))
    shown = _ZONES.get(zone) or (f"UTC{zone}" if zone[:1] in ("+", "-") else zone)
    clock = _CLOCKS.get(str(time.get("clock", "")), "")
    return f"{shown}, {clock}" if clock else shown


def step_words(step: str) -> str:
    """Return a step such as ``1h`` as ``1 hour``."""
    digits = step.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = _UNITS.get(step[len(digits) :])
    return step if unit is None else f"{digits} {unit}{'' if digits == '1' else 's'}"


def _span(time: Document) -> list[tuple[str, str]]:
    kind = time.get("kind")
    if kind == "index":
        return [("Numbers", f"{time.get('first')} to {time.get('last')}"), ("Begins", str(time.get("start")))]
    if kind != "datetime":
        return []
    ranges: Sequence[Document] = time.get("ranges") or ()
    if not ranges:
        return [("Labels", f"{time.get('start')} to {time.get('end')}")]
    texts = []
    for one in ranges:
        owner = next((str(value) for name, value in one.items() if name not in ("start", "end")), "")
        texts.append(f"{one.get('start')} to {one.get('end')}{f' ({owner})' if owner else ''}")
    more = f"; and {len(texts) - 6} more" if len(texts) > 6 else ""
    return [("Labels", "; ".join(texts[:6]) + more)]


def _joined(parts: Any) -> str:
    return ", ".join(str(part) for part in parts) if isinstance(parts, list | tuple) else str(parts)
