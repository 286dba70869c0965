"""The dimensions of a project: base, supplemental, subsets, time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.parts.blocks import facts, link, section, table
from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.parts.numbers import count, plural
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.parts.time_words import time_words
from dsgrid.viewer.visit import Visit

Json = Mapping[str, Any]


def show(visit: Visit, project: Json) -> Any:
    """Return the part of the page about dimensions."""
    found = visit.ask.get(path_of("projects", visit.reference, "dimensions"))
    return drawn(dimensions(visit, found, project["time"]))


def dimensions(visit: Visit, found: Json, time: Json) -> Any:
    """Return all dimensions of a project, each with a link to its own page."""
    return html.Div(
        [
            section("Base", _base(visit, found)),
            section(
                "Time",
                html.P(link(visit, "dimensions", found["time"]["dimension"], found["time"]["name"] or "time")),
                facts(time_words(time)),
                html.P(found["time"]["description"], className="hint") if found["time"]["description"] else None,
            ),
            section("Supplemental", _supplemental(visit, found)),
            section("Subsets", *_subsets(visit, found)),
        ]
    )


def _base(visit: Visit, found: Json) -> Any:
    rows = [
        (
            link(visit, "dimensions", each["dimension"], each["name"]),
            each["type"].replace("_", " "),
            each["class"],
            count(each["records"]),
            each["description"] or "–",
            _coverage(visit, each["name"]),
        )
        for each in found["base"]
    ]
    return table(
        ("Name", "Type", "Class", "Records", "Description", "Coverage"),
        rows,
        caption="Dimensions that every dataset is brought to",
        numeric=("Records",),
    )


def _supplemental(visit: Visit, found: Json) -> Any:
    if not found["supplemental"]:
        return empty("There are none: questions are asked by the base dimensions.")
    rows = [
        (
            link(visit, "dimensions", each["dimension"], each["name"]),
            each["of"],
            each["class"],
            count(each["records"]),
            link(visit, "mappings", each["mapping"], each["kind"].replace("_", " ")),
            count(each["associations"]),
            _coverage(visit, each["name"]),
        )
        for each in found["supplemental"]
    ]
    return table(
        ("Name", "Of", "Class", "Records", "Mapping", "Associations", "Coverage"),
        rows,
        caption="Other dimensions that questions can be asked by, through a mapping from a base dimension",
        numeric=("Records", "Associations"),
    )


def _coverage(visit: Visit, name: str) -> Any:
    return dcc.Link(
        ["Show", html.Span(f" the coverage of {name}", className="unseen")],
        href=visit.href(visit.page, visit.reference, tab="coverage", dimension=name),
    )


def _subsets(visit: Visit, found: Json) -> list[Any]:
    if not found["subsets"]:
        return [empty("There are none.")]
    supplemental = {each["name"]: each["dimension"] for each in found["supplemental"]}
    return [_subset(visit, each, supplemental.get(each["name"])) for each in found["subsets"]]


def _subset(visit: Visit, subset: Json, dimension: str | None) -> Any:
    selectors = subset["selectors"]
    is_described = any(selector["description"] for selector in selectors)
    more = ("Description",) if is_described else ()
    rows = [
        (
            selector["name"],
            count(selector["records"]),
            _first(selector),
            *([selector["description"] or "–"] if is_described else ()),
        )
        for selector in selectors
    ]
    return html.Div(
        [
            html.H3([link(visit, "dimensions", dimension, subset["name"]) if dimension else subset["name"]]),
            table(
                ("Selector", "Records", "First records", *more),
                rows,
                caption=f"{plural(len(rows), 'selection')} of the records of {subset['of']}"
                + (f": {subset['description']}" if subset["description"] else ""),
                numeric=("Records",),
            ),
        ]
    )


def _first(selector: Json) -> str:
    left = selector["records"] - len(selector["first"])
    return ", ".join(selector["first"]) + (f" and {count(left)} more" if left > 0 else "")
