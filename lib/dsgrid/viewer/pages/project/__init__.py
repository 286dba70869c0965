"""The page ``/projects``: what a project is made of, what it has, what it lacks, and how it became what it is."""

from __future__ import annotations

from typing import Any, Final

from dash import Dash, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.page import Page
from dsgrid.viewer.pages.project import coverage, datasets, dimensions, overview, requirements, versions
from dsgrid.viewer.pages.project.head import head
from dsgrid.viewer.parts.blocks import tabs, title_of
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit

_TABS: Final = {
    "overview": ("Overview", overview.show),
    "dimensions": ("Dimensions", dimensions.show),
    "datasets": ("Datasets", datasets.show),
    "requirements": ("Requirements", requirements.show),
    "coverage": ("Coverage", coverage.show),
    "versions": ("Versions", versions.show),
}


def _show(visit: Visit) -> Any:
    if not visit.reference:
        return html.Div(
            [
                html.H1("No project is named"),
                empty("The address of a project ends with its id.", html.A("All projects", href=visit.href())),
            ]
        )
    project = visit.ask.get(path_of("projects", visit.reference))
    name = visit.params.get("tab", "overview")
    chosen = name if name in _TABS else "overview"
    return html.Div(
        [
            head(visit, project),
            tabs(visit, {name: title for name, (title, _) in _TABS.items()}, chosen),
            html.Div(_TABS[chosen][1](visit, project), className=f"project {chosen}"),
        ]
    )


def _title(visit: Visit) -> str:
    return title_of(visit, {name: title for name, (title, _) in _TABS.items()}, "Project")


def _register(app: Dash) -> None:
    coverage.register(app)
    versions.register(app)


PAGE = Page("projects", _title, _show, _register)
