"""What a result says of itself: what was asked, of what, when, and what it adds up to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.parts.blocks import table
from dsgrid.viewer.parts.numbers import count, moment, size, value
from dsgrid.viewer.visit import Visit

_APART: Final = {"scenario": "scenarios", "model_year": "model years", "weather_year": "weather years"}
_YEAR: Final = re.compile(r"\d{4}")
_RUNNERS: Final = {"warm": "on the warm engine", "embedded": "on this server", "spark": "on Spark", "slurm": "on Slurm"}


def facts_of(job: Mapping[str, Any], summary: Mapping[str, Any], visit: Visit) -> list[tuple[str, Any]]:
    """Return a result in short."""
    return [
        ("Project", _link(visit, "projects", summary.get("project"))),
        ("Datasets", _links(visit, summary["datasets"])),
        ("Rows", f"{count(summary['rows'])} ({size(summary['bytes'])})"),
        sums_of(summary),
        ("Time", clock_of(summary)),
        ("Answered", _answered(job)),
        ("Asked by", job["user"] if job.get("user") not in (None, visit.session.name) else None),
    ]


def _answered(job: Mapping[str, Any]) -> str:
    seconds = (job.get("outcome") or {}).get("seconds")
    runner = str(job.get("runner") or "")
    took = "" if seconds is None else f", in {value(seconds, 3)} s {_RUNNERS.get(runner, runner)}".rstrip()
    return f"{moment(job.get('ended_at'))}{took}"


def sums_of(summary: Mapping[str, Any]) -> tuple[str, Any]:
    """Return what the values add up to, each unit of its own."""
    sums = [one for one in summary["sums"] if one["sum"] is not None]
    if not summary["adds_up"] or not sums:
        units = ", ".join(unit or "no unit" for unit in summary["units"])
        return "Values", f"in {units}; they do not add up" if units else "they do not add up"
    told = ", ".join(f"{value(one['sum'])} {one['unit']}".strip() for one in sums)
    # A sum of what stands beside each other is a check of the numbers, and nobody's energy use.
    apart = _apart(summary.get("columns", ()))
    return "In all", f"{told}, all {' and '.join(apart)} together" if apart else told


def _apart(columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what of a table is never added up in a question: as columns, or as years that have columns of values."""
    types = [str(one["type"]) for one in columns]
    years = [one for one in columns if one["type"] == "value" and _YEAR.fullmatch(str(one["name"]))]
    return [words for type_, words in _APART.items() if type_ in types or (type_ == "model_year" and len(years) > 1)]


def clock_of(summary: Mapping[str, Any]) -> str | None:
    """Return how the times of a result are told; None where it has none."""
    column = next(
        (one for one in summary["columns"] if one["type"] == "time" and one["holds"] in ("timestamp", "wall")), None
    )
    time = summary.get("time") or {}
    if column is None:
        zone = time.get("calendar_zone")
        there = any(one["type"] == "time" for one in summary["columns"])
        return f"calendar of {zone}" if zone and there else None
    written = f"in {column['time_zone']}" if column.get("time_zone") else time.get("written_as") or "clocks of places"
    zone = column.get("calendar_zone")
    return ", ".join(one for one in (written, f"calendar of {zone}" if zone else "", _end(column, time)) if one)


def _end(column: Mapping[str, Any], time: Mapping[str, Any]) -> str:
    """Return which end of its interval a label is."""
    told = str(column.get("interval") or "")
    is_hourly = time.get("step") in (None, "", "1h")
    ends = {"period_beginning": "hour beginning", "period_ending": "hour ending"} if is_hourly else {}
    return ends.get(told, told.replace("_", " "))


def columns_table(summary: Mapping[str, Any], visit: Visit) -> Any:
    """Return what the columns are."""
    rows = [
        [
            one["name"],
            str(one["type"]).replace("_", " "),
            _link(visit, "dimensions", one.get("dimension")) or "",
            one["holds"],
            ", ".join(_notes(one)),
        ]
        for one in summary["columns"]
    ]
    return table(["column", "what it is", "dimension", "holds", "unit, zone"], rows, caption="Columns of the table")


def _notes(column: Mapping[str, Any]) -> list[str]:
    told = [column.get("unit"), column.get("time_zone"), column.get("interval"), column.get("measurement")]
    return [str(one).replace("_", " ") if index > 1 else str(one) for index, one in enumerate(told) if one]


def _link(visit: Visit, page: str, reference: Any) -> Any:
    return dcc.Link(reference, href=visit.href(page, str(reference))) if reference else None


def _links(visit: Visit, references: Sequence[str]) -> Any:
    if not references:
        return None
    if len(references) > 6:
        return f"{count(len(references))}, see how it was made"
    links = [_link(visit, "datasets", one) for one in references]
    return html.Span([part for one in links for part in (one, ", ")][:-1])
