"""What is told of a thing of the graph that was chosen, and where to go from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import dcc, html

from dsgrid.errors import DsgridError
from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.lineage.drawing import name_of
from dsgrid.viewer.pages.lineage.graph import KINDS, Thing, counted
from dsgrid.viewer.parts.blocks import facts
from dsgrid.viewer.parts.numbers import count, moment
from dsgrid.viewer.visit import Visit

# Kinds that have pages, and what stands there of them.
PAGES: Final[Mapping[str, str]] = {
    "project": "projects",
    "dataset": "datasets",
    "dimension": "dimensions",
    "mapping": "mappings",
}


def thing_of(reference: str) -> Thing:
    """Return the thing that ``kind id@version`` names."""
    kind, _, rest = reference.partition(" ")
    id_, _, version = rest.rpartition("@")
    return Thing(kind, id_, version)


def panel(visit: Visit, thing: Thing, *, is_root: bool) -> Any:
    """Return what is told of a thing: the server is asked for it."""
    told: Any = None
    if thing.kind in PAGES:
        try:
            told = _told(visit.ask.get(path_of(PAGES[thing.kind], f"{thing.id}@{thing.version}")))
        except DsgridError as error:
            told = html.P(str(error), className="problem")
    return html.Div(
        [
            html.P([html.Span(thing.kind, className=f"lineage-kind {thing.kind}"), f" {thing.made}"], className="kind"),
            html.H2(thing.id, className="lineage-name"),
            html.P(f"version {thing.version}", className="hint"),
            told,
            html.P([*_links(visit, thing), None if is_root else _centre(visit, thing)], className="lineage-ways"),
        ]
    )


def group_panel(visit: Visit, kind: str, number: int, href: str) -> Any:
    """Return what is told of many things that are drawn as one."""
    many = KINDS.get(kind, (kind, f"{kind}s"))[1]
    return html.Div(
        [
            html.H2(counted(kind, number), className="lineage-name"),
            html.P("They are drawn as one, as there are so many. The lists below have them all.", className="hint"),
            html.P(dcc.Link(f"Draw all {many}", href=href, className="button main"), className="lineage-ways"),
        ]
    )


def _told(found: Mapping[str, Any]) -> Any:
    dimensions = found.get("dimensions")
    pairs = {
        "kind": found.get("kind"),
        "type": found.get("type"),
        "records": count(found["records"]) if isinstance(found.get("records"), int) else None,
        "associations": count(found["associations"]) if isinstance(found.get("associations"), int) else None,
        "from": found.get("from"),
        "to": found.get("to"),
        "dimensions": count(len(dimensions)) if isinstance(dimensions, list) else None,
        "registered": moment(found.get("registered_at")),
        "by": found.get("submitter"),
    }
    text = str(found.get("description") or "")
    return html.Div([html.P(text) if text else None, facts(pairs)])


def _links(visit: Visit, thing: Thing) -> list[Any]:
    if thing.kind in PAGES:
        href = visit.href(PAGES[thing.kind], f"{thing.id}@{thing.version}")
        return [dcc.Link(f"Open the {thing.kind}", href=href, className="button main")]
    if thing.kind == "submission":
        # A dataset's id has no slash, and neither has a project's.
        project, _, dataset = thing.id.partition("/")
        versions = thing.version.partition("+")
        return [
            dcc.Link("Open the project", href=visit.href("projects", f"{project}@{versions[0]}"), className="button"),
            dcc.Link("Open the dataset", href=visit.href("datasets", f"{dataset}@{versions[2]}"), className="button"),
        ]
    return []


def _centre(visit: Visit, thing: Thing) -> Any:
    href = visit.href("lineage", thing.reference)
    return dcc.Link("Centre here", href=href, className="button", title=f"What {name_of(thing)} is made of")
