"""The pages ``/datasets`` and ``/datasets/ID``: what a dataset is, how it is stored, what it is like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from dash import Dash, Input, Output, dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.page import Page
from dsgrid.viewer.pages.dataset import checks, gaps, overview, profiles, sample, shape, storage, versions
from dsgrid.viewer.pages.dataset.about import Entry, about
from dsgrid.viewer.pages.dataset.all_datasets import all_datasets
from dsgrid.viewer.parts.blocks import tabs, title_of
from dsgrid.viewer.parts.states import empty, guarded
from dsgrid.viewer.parts.waiting import waiting
from dsgrid.viewer.visit import Visit, here

TABS: Final[Mapping[str, str]] = {
    "overview": "Overview",
    "profiles": "Profiles",
    "shape": "Load shape",
    "sample": "Sample",
    "missing": "Missing",
    "layout": "Layout",
    "checks": "Checks",
    "history": "History",
}
# What is chosen in a form stands with the page, so that the focus stays where it is; its pictures come later.
NOW: Final[Mapping[str, Callable[[Visit, Entry], Any]]] = {"overview": overview.show, "shape": shape.show}
# What may take a while comes when the page is there already.
LATER: Final[Mapping[str, Callable[[Visit, Entry], Any]]] = {
    "profiles": profiles.show,
    "sample": sample.show,
    "missing": gaps.show,
    "layout": storage.show,
    "checks": checks.show,
    "history": versions.show,
}


def _show(visit: Visit) -> Any:
    if not visit.reference:
        return all_datasets(visit)
    entry = visit.ask.get(path_of("datasets", visit.reference))
    tab = visit.params.get("tab", "overview")
    return html.Div(
        [
            about(visit, entry, anew=tab in TABS),
            tabs(visit, TABS, tab),
            _part(visit, entry, tab),
        ],
        className="dataset",
    )


def _part(visit: Visit, entry: Entry, tab: str) -> Any:
    if tab in NOW:
        return html.Div(NOW[tab](visit, entry), className="dataset-part")
    if tab not in TABS:
        return empty(f'This page has no part "{tab}".', f"It has: {', '.join(TABS.values())}.")
    wanted = {"reference": visit.reference, "tab": tab, "params": dict(visit.params)}
    return html.Div(
        [
            dcc.Store(id="dataset-wanted", data=wanted),
            waiting(html.Div(id="dataset-part", className="dataset-part"), "Loading", delay=200),
        ]
    )


def visit_to(wanted: Mapping[str, Any]) -> Visit:
    """Return the visit of a callback, to the dataset that the page is about."""
    params = {str(name): str(value) for name, value in (wanted.get("params") or {}).items()}
    return replace(here(), page="datasets", reference=str(wanted.get("reference") or ""), params=params)


def _register(app: Dash) -> None:
    @app.callback(Output("dataset-part", "children"), Input("dataset-wanted", "data"))
    @guarded
    def part(wanted: Mapping[str, Any] | None) -> Any:
        if not wanted or wanted.get("tab") not in LATER:
            return None
        visit = visit_to(wanted)
        entry = visit.ask.get(path_of("datasets", visit.reference))
        return LATER[wanted["tab"]](visit, entry)

    for module in (checks, profiles, sample, shape):
        module.register(app)


PAGE = Page("datasets", lambda visit: title_of(visit, TABS, "Datasets"), _show, _register)
