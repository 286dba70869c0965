"""The page ``/results``: what a query has answered, drawn, in a grid, taken home, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import Dash, dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.page import Page
from dsgrid.viewer.pages.result import mapping, plotting
from dsgrid.viewer.pages.result.files import files_part
from dsgrid.viewer.pages.result.making import making_part
from dsgrid.viewer.pages.result.missing import no_result
from dsgrid.viewer.pages.result.place import Place, place_of
from dsgrid.viewer.pages.result.rows import rows_part
from dsgrid.viewer.pages.result.spec import spec_part
from dsgrid.viewer.pages.result.words import facts_of
from dsgrid.viewer.parts.blocks import facts, heading
from dsgrid.viewer.parts.lost_jobs import of_jobs
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit

_TABS: Final = {
    "plot": "Picture",
    "table": "Table",
    "map": "Map",
    "files": "Downloads",
    "spec": "Spec",
    "made": "How it was made",
}


@of_jobs("Result")
def _show(visit: Visit) -> Any:
    place = place_of(visit.reference)
    if not place.job:
        return [
            heading("Results", "Result"),
            empty("Results belong to jobs.", dcc.Link("Your jobs", href=visit.href("jobs"))),
        ]
    job = visit.ask.get(path_of("jobs", place.job))
    if (told := no_result(job, visit)) is not None:
        return told
    summary = visit.ask.get(place.path)
    names = {name: text for name, text in _TABS.items() if name != "map" or mapping.geographies(summary)}
    return html.Div(
        [
            heading(str(summary["query"]), "Result", _actions(visit, place)),
            facts(facts_of(job, summary, visit)),
            _further(visit, place, summary),
            _tabs(visit, place, names, chosen := _chosen(visit, names)),
            html.Div(_part(visit, place, job, summary, chosen), className="part"),
        ],
        className="result",
    )


def _part(visit: Visit, place: Place, job: Mapping[str, Any], summary: Mapping[str, Any], chosen: str) -> Any:
    if chosen == "files":
        return files_part(visit, place, summary)
    if chosen == "spec":
        return spec_part(visit, job)
    if chosen == "made":
        return making_part(summary, visit.ask.get(f"{place.path}/manifest"), visit)
    if "table" not in summary["links"]:
        return empty("This query has no table of its own.", "Its further results are above.")
    if not summary["rows"]:
        return empty("The table has no rows: nothing fits what was asked.", "The spec says which filters there were.")
    if chosen == "table":
        return rows_part(visit, place, summary)
    return mapping.map_part(visit, place, summary) if chosen == "map" else plotting.plot_part(visit, place)


def _register(app: Dash) -> None:
    plotting.register(app)
    mapping.register(app)


def _actions(visit: Visit, place: Place) -> Any:
    return html.Div(
        [
            dcc.Link("Change it and ask again", href=visit.href("build", job=place.job), className="button"),
            dcc.Link(
                "Compare with another",
                href=visit.href("compare", place.job, a=place.further or None),
                className="button",
            ),
            dcc.Link("Its job", href=visit.href("job", place.job), className="button"),
        ],
        className="bar",
    )


def _further(visit: Visit, place: Place, summary: Mapping[str, Any]) -> Any:
    """Return links to all results of the query, where it has several."""
    own = Place(place.job)
    names = list(summary["results"]) if not place.further else list(visit.ask.get(own.path)["results"])
    if not names:
        return None
    places = [("Its own table", own), *((name, Place(place.job, name)) for name in names)]
    return html.Nav(
        [
            html.Span("Results of this query", className="label"),
            *(_result(visit, title, each, each == place) for title, each in places),
        ],
        className="filters further",
        **{"aria-label": "Results of this query"},
    )


def _result(visit: Visit, title: str, place: Place, is_this: bool) -> Any:
    if is_this:
        return html.Span(title, className="chip chosen", **{"aria-current": "page"})
    return dcc.Link(title, href=place.href(visit), className="chip")


def _chosen(visit: Visit, names: Mapping[str, str]) -> str:
    wanted = visit.params.get("tab", "")
    return wanted if wanted in names else next(iter(names))


def _tabs(visit: Visit, place: Place, names: Mapping[str, str], chosen: str) -> Any:
    first = next(iter(names))
    # What is chosen about the picture is still chosen when one comes back to it.
    kept = {name: each for name, each in visit.params.items() if name not in ("tab", "search", "filter", "sort")}
    return html.Nav(
        [
            dcc.Link(
                text,
                href=place.href(visit, **{**kept, "tab": None if name == first else name}),
                className="tab chosen" if name == chosen else "tab",
            )
            for name, text in names.items()
        ],
        className="tabs",
        **{"aria-label": "Parts of this page"},
    )


PAGE = Page("results", lambda visit: f"Result {visit.reference}".strip(), _show, _register)
