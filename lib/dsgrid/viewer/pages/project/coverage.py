"""Which dataset covers which records: the part of a project's page that asks for it, and shows it when it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dash import Dash, Input, Output, dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.project.cells import COLUMNS, legend, matrix
from dsgrid.viewer.pages.project.heat import heat
from dsgrid.viewer.parts.choosing import Select, Text, choices
from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.parts.numbers import count
from dsgrid.viewer.parts.states import empty, guarded
from dsgrid.viewer.parts.waiting import waiting
from dsgrid.viewer.visit import Visit, here

Json = Mapping[str, Any]
_MOST: Final = 10_000  # records in a heat map
_ASKED: Final = "project-coverage-asked"
_SHOWN: Final = "project-coverage"
_WHOLE: Final = "project-coverage-whole"
_HEAT: Final = "project-coverage-heat"
# What tells the most at first, if it has several records and not too many.
_FIRST: Final = ("sector", "subsector", "model_year", "scenario", "metric", "geography")
_FEW: Final = 40


def show(visit: Visit, project: Json) -> Any:
    """Return the form of the part, and the place where the answer will stand."""
    if not project["datasets"]:
        return empty("There is nothing to cover yet: the project requires no datasets, and has none.")
    chosen = visit.params.get("dimension") or first_dimension(project["base"])
    asked = {
        "reference": visit.reference,
        "dimension": chosen,
        "dataset": visit.params.get("dataset", ""),
        "gaps": visit.params.get("gaps", ""),
        "first": visit.params.get("first", ""),
        "coarser": coarser(project, chosen),
    }
    return html.Div(
        [
            _form(visit, project, asked),
            legend(),
            dcc.Store(id=_ASKED, data=asked),
            waiting(html.Div(id=_SHOWN, className="project-coverage"), "Counting", delay=250),
        ]
    )


def first_dimension(bases: Sequence[Json]) -> str:
    """Return the base dimension that is shown where none is chosen."""
    several = [base for base in bases if 1 < base["records"] <= _FEW]
    ordered = sorted(several, key=lambda base: _FIRST.index(base["type"]) if base["type"] in _FIRST else len(_FIRST))
    return str((ordered or list(bases))[0]["name"])


def coarser(project: Json, dimension: str) -> list[str]:
    """Return the supplemental dimensions of a base dimension that a table has room for."""
    return [
        each["name"] for each in project["supplemental"] if each["of"] == dimension and 1 < each["records"] <= COLUMNS
    ]


def _form(visit: Visit, project: Json, asked: Json) -> Any:
    return choices(
        visit,
        [
            Select("dimension", "Records of", (), asked["dimension"], groups=_groups(project)),
            Select("gaps", "Show", (("", "all records"), ("yes", "records with gaps")), asked["gaps"]),
            Text("dataset", "Datasets", asked["dataset"], "part of an id"),
        ],
        tab="coverage",
    )


def _groups(project: Json) -> dict[str, list[tuple[str, str]]]:
    groups = {
        kind: [(each["name"], f"{each['name']} ({count(each['records'])})") for each in project[kind]]
        for kind in ("base", "supplemental")
    }
    return {kind: options for kind, options in groups.items() if options}


# What comes later ----------------------------------------------------------------------------------------------------


def register(app: Dash) -> None:
    """Add the callbacks that ask for the numbers."""

    @app.callback(Output(_SHOWN, "children"), Input(_ASKED, "data"))
    @guarded
    def shown(asked: Json) -> Any:
        visit = _visit(asked)
        return shown_coverage(visit, _answer(visit, asked, COLUMNS), asked)

    @app.callback(Output(_HEAT, "children"), Input(_WHOLE, "data"))
    @guarded
    def whole(asked: Json) -> Any:
        return heat(_answer(_visit(asked), {**asked, "first": ""}, _MOST), asked.get("dataset", ""))


def _visit(asked: Json) -> Visit:
    told = {name: str(asked.get(name) or "") for name in ("dimension", "dataset", "gaps", "first")}
    return replace(here(), page="projects", reference=str(asked["reference"]), params=told)


def _answer(visit: Visit, asked: Json, limit: int) -> Json:
    first = str(asked.get("first") or "0")
    found: Json = visit.ask.get(
        path_of("projects", visit.reference, "coverage"),
        dimension=asked.get("dimension") or None,
        gaps=True if asked.get("gaps") else None,
        first=int(first) if first.isdecimal() and len(first) < 10 else 0,
        limit=limit,
    )
    return found


def shown_coverage(visit: Visit, found: Json, asked: Json) -> Any:
    """Return what datasets cover as a table, and above it a place for the whole where that is wider than a table."""
    rows = [row for row in found["datasets"] if (asked.get("dataset") or "").casefold() in row["dataset"].casefold()]
    if not rows:
        return empty(f'No dataset of this project has "{asked["dataset"]}" in its id.')
    if not found["total"]:
        if asked.get("gaps"):
            return empty(f"No dataset that was submitted lacks anything that is required of {asked['dimension']}.")
        return empty(f"{asked['dimension']} has no records.")
    is_wide = found["total"] > COLUMNS
    return html.Div(
        [
            _wide(visit, found, asked) if is_wide else None,
            drawn(matrix(visit, found, rows)),
            _pages(visit, found, asked) if is_wide else None,
        ]
    )


def _wide(visit: Visit, found: Json, asked: Json) -> Any:
    dimension = found["dimension"]
    return html.Div(
        [
            html.P(
                [
                    f"{count(found['total'])} records of {dimension['name']} are more than a table has room for: here "
                    "is a picture of all, and below some at a time. ",
                    *_by_others(visit, asked),
                ],
                className="hint",
            ),
            dcc.Store(id=_WHOLE, data=dict(asked)),
            waiting(html.Div(id=_HEAT, className="project-heat"), "Drawing", delay=250),
        ]
    )


def _by_others(visit: Visit, asked: Json) -> list[Any]:
    kept = {name: asked.get(name) for name in ("dataset", "gaps")}
    found: list[Any] = []
    for name in asked.get("coarser") or ():
        to = visit.href("projects", visit.reference, tab="coverage", dimension=name, **kept)
        found += [", " if found else "Or by ", dcc.Link(str(name), href=to)]
    return [*found, "."] if found else []


def _pages(visit: Visit, found: Json, asked: Json) -> Any:
    first, total, shown = found["first"], found["total"], len(found["records"])

    def to(place: int, text: str) -> Any:
        if place == first or not 0 <= place < total:
            return html.Span(text, className="button quiet", **{"aria-disabled": "true"})
        kept = {"tab": "coverage", **{name: asked.get(name) for name in ("dimension", "dataset", "gaps")}}
        return dcc.Link(
            text, href=visit.href("projects", visit.reference, **kept, first=place or None), className="button"
        )

    last = (total - 1) // COLUMNS * COLUMNS
    return html.Nav(
        [
            to(0, "First"),
            to(max(0, first - COLUMNS) if first else -1, "Previous"),
            html.Span(f"{count(first + 1)} to {count(first + shown)} of {count(total)}"),
            to(first + COLUMNS, "Next"),
            to(last, "Last"),
        ],
        className="project-pages",
        **{"aria-label": "Records"},
    )
