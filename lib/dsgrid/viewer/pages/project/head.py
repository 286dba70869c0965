"""What stands over all parts of a project's page: its name and version, and the ways on from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from dsgrid.viewer.parts.blocks import heading
from dsgrid.viewer.visit import Visit

Json = Mapping[str, Any]


def newest(project: Json) -> str:
    """Return the newest version of a project."""
    return str(project["versions"][0]["version"]) if project["versions"] else str(project["version"])


def is_newest(project: Json) -> bool:
    """Return whether it is the newest version that is shown."""
    return newest(project) == project["version"]


def reference_of(project: Json) -> str:
    """Return how the shown version is referred to: by the id alone where it is the newest."""
    id_, version = project["project"], project["version"]
    return str(id_) if is_newest(project) else f"{id_}@{version}"


def head(visit: Visit, project: Json) -> Any:
    """Return the heading of the page, with links to what can be done with the project."""
    id_, version = project["project"], project["version"]
    reference = reference_of(project)
    return html.Div(
        [
            heading(
                project["name"] or id_,
                "Project",
                html.P([html.Code(f"{id_}@{version}"), *_older(visit, project)], className="project-reference"),
            ),
            html.P(
                [
                    dcc.Link("Ask this project", href=visit.href("build", project=reference), className="button main"),
                    dcc.Link("Lineage", href=visit.href("lineage", f"project {id_}@{version}"), className="button"),
                ],
                className="project-ways",
            ),
        ],
        className="project-head",
    )


def _older(visit: Visit, project: Json) -> list[Any]:
    if is_newest(project):
        return []
    id_, last = project["project"], newest(project)
    kept = {"tab": visit.params.get("tab")}
    return [
        html.Span("an older version", className="tag warn"),
        dcc.Link(f"Show the newest, {last}", href=visit.href("projects", id_, **kept)),
        dcc.Link(
            "What changed since",
            href=visit.href("projects", id_, tab="versions", old=project["version"], new=last),
        ),
    ]
