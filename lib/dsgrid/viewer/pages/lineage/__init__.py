"""The page ``/lineage/REFERENCE``: what something is made of and what needs it, drawn and as lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import dash_cytoscape as cytoscape
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from dsgrid.errors import DsgridError, UsageError
from dsgrid.viewer.asking import path_of
from dsgrid.viewer.page import Page
from dsgrid.viewer.pages.lineage.drawing import LOOK, SIZES, drawn, kinds_of, name_of
from dsgrid.viewer.pages.lineage.graph import KINDS, Thing, Walk, counted, crowds, overview_of, walk_of
from dsgrid.viewer.pages.lineage.panel import group_panel, panel, thing_of
from dsgrid.viewer.pages.lineage.tree import tree
from dsgrid.viewer.parts import drawn as by_browser
from dsgrid.viewer.parts.blocks import heading, section
from dsgrid.viewer.parts.states import empty, guarded
from dsgrid.viewer.visit import Visit, here, visit_of

WALKS: Final = {"": "both ways", "down": "made of", "up": "needed by"}
DEPTHS: Final = ("1", "2", "3", "")
_LOWEST: Final = 260  # pixels
_HIGHEST: Final = 620
_SEVERAL: Final = re.compile(r"is the id of things of several kinds")


def _show(visit: Visit) -> Any:
    if not visit.reference:
        return _overview(visit)
    try:
        walk = _walk(visit)
    except UsageError as error:
        if _SEVERAL.search(str(error)) is None:
            raise
        return _choice(visit, error)
    root = walk.root
    assert root is not None
    return html.Div(
        [
            heading(root.id, f"Lineage · {root.kind} · version {root.version}"),
            _others(visit, walk),
            _choices(visit),
            _picture(visit, walk),
            _lists(visit, walk),
        ]
    )


def _walk(visit: Visit) -> Walk:
    way = visit.params.get("walk", "")
    depth = visit.params.get("depth", "")
    document = visit.ask.get(
        path_of("entries", visit.reference, "graph"),
        up=False if way == "down" else None,
        down=False if way == "up" else None,
        depth=depth if depth.isdigit() else None,
        at=visit.params.get("at") or None,
    )
    return walk_of(document)


def _overview(visit: Visit) -> Any:
    projects, datasets = visit.ask.all("/projects"), visit.ask.all("/datasets")
    walk = overview_of(projects, datasets, visit.ask.all("/submissions"))
    title = heading("Lineage", "Projects and their datasets")
    if not walk.things:
        return html.Div([title, empty("The registry is empty: there are no projects and no datasets.")])
    lines = []
    for kind in ("project", "dataset"):
        named = sorted(thing for thing in walk.things if thing.kind == kind)
        if named:
            items = [html.Li(dcc.Link(name_of(each), href=_href(visit, each))) for each in named]
            lines.append(
                html.Div([html.H3(counted(kind, len(named))), html.Ul(items, className="lineage-tree lineage-flat")])
            )
    lists = section("As a list", *lines)
    return html.Div([title, _picture(visit, walk), lists])


def _choice(visit: Visit, error: DsgridError) -> Any:
    kinds = [kind for kind in KINDS if f"{kind} {visit.reference}" in str(error)]
    items = [html.Li(dcc.Link(kind, href=visit.href("lineage", f"{kind} {visit.reference}"))) for kind in kinds]
    return html.Div(
        [
            heading(visit.reference, "Lineage"),
            html.P("Things of several kinds have this id. Which one is meant?"),
            html.Ul(items),
        ]
    )


def _others(visit: Visit, walk: Walk) -> Any:
    if not walk.others:
        return None
    links: list[Any] = []
    for each in walk.others:
        links += [dcc.Link(each.version, href=_href(visit, each)), " "]
    return html.P(["Other versions: ", *links], className="hint")


def _href(visit: Visit, thing: Thing) -> str:
    kept = {name: visit.params.get(name) for name in ("walk", "depth", "at")} if visit.reference else {}
    return visit.href("lineage", thing.reference, **kept)


def _choices(visit: Visit) -> Any:
    way, depth = visit.params.get("walk", ""), visit.params.get("depth", "")

    def link(text: str, is_chosen: bool, **changed: Any) -> Any:
        href = visit.href("lineage", visit.reference, **{**visit.params, **changed})
        return dcc.Link(text, href=href, className="lineage-choice chosen" if is_chosen else "lineage-choice")

    ways = [link(text, way == name, walk=name) for name, text in WALKS.items()]
    depths = [link(name or "all", depth == name, depth=name) for name in DEPTHS]
    return html.Div(
        [
            html.Nav([html.Span("Follow", className="label"), *ways], **{"aria-label": "Direction"}),
            html.Nav([html.Span("Links", className="label"), *depths], **{"aria-label": "How many links are followed"}),
        ],
        className="lineage-choices",
    )


def _opened(visit: Visit) -> frozenset[str]:
    return frozenset(kind for kind in visit.params.get("open", "").split(",") if kind in KINDS)


def _crowds(visit: Visit, walk: Walk) -> Any:
    """Return the links that draw many things as one, or each."""
    opened = _opened(visit)
    links: list[Any] = []
    for kind, number in crowds(walk).items():
        text = f"Draw {KINDS[kind][1]} as one" if kind in opened else f"Draw all {counted(kind, number)}"
        links.append(dcc.Link(text, href=_toggled(visit, kind), className="lineage-choice"))
    return (
        html.Nav([html.Span("Many", className="label"), *links], **{"aria-label": "Many of a kind"}) if links else None
    )


def _toggled(visit: Visit, kind: str) -> str:
    wanted = ",".join(sorted(_opened(visit) ^ {kind}))
    return visit.href("lineage", visit.reference, **{**visit.params, "open": wanted})


def _picture(visit: Visit, walk: Walk) -> Any:
    elements, layout = drawn(walk, _opened(visit))
    height = round(min(max(layout.height + 60, _LOWEST), _HIGHEST))
    legend = [
        html.Li([html.Span(className=f"lineage-swatch {kind}"), counted(kind, number)])
        for kind, number in kinds_of(walk)
    ]
    buttons = [
        html.Button(text, type="button", className="button", **{"data-lineage": act, "aria-label": told})
        for act, text, told in (
            ("fit", "Fit", "Fit the whole picture"),
            ("in", "+", "+ larger"),
            ("out", "−", "− smaller"),
            ("png", "Save as PNG", "Save as PNG"),
            ("svg", "Save as SVG", "Save as SVG"),
        )
    ]
    name = re.sub(r"[^A-Za-z0-9_.@-]+", "_", walk.root.reference if walk.root else "projects_and_datasets")
    graph = cytoscape.Cytoscape(
        id="lineage-graph",
        elements=elements,
        layout={"name": "preset", "fit": True, "padding": 16},
        stylesheet=SIZES,
        style={"width": "100%", "height": f"{height}px"},
        minZoom=0.05,
        maxZoom=2,
        wheelSensitivity=1,
        autoungrabify=True,
        boxSelectionEnabled=False,
        responsive=True,
    )
    root = walk.root
    chosen: Any = (
        panel(visit, root, is_root=True)
        if root is not None
        else html.P("Click on a project or a dataset to see more of it.", className="hint")
    )
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.Ul(legend, className="lineage-legend", **{"aria-label": "Kinds"}),
                            html.Div(buttons, className="lineage-buttons"),
                        ],
                        className="lineage-head",
                    ),
                    _crowds(visit, walk),
                    html.Div(
                        graph,
                        className="lineage-picture",
                        role="img",
                        **{
                            "aria-label": f"A drawing of {len(walk.things):,} things and what they are made of; "
                            "the lists below say the same.",
                            "data-name": name,
                        },
                    ),
                    html.P(
                        "Arrows lead to what something is made of; what follows from others is left out.",
                        className="hint",
                    ),
                ],
                className="lineage-drawn",
            ),
            html.Aside(chosen, id="lineage-panel", className="card", **{"aria-label": "Chosen", "aria-live": "polite"}),
            dcc.Store(id="lineage-look", data=LOOK),
        ],
        className="lineage",
    )


def _lists(visit: Visit, walk: Walk) -> Any:
    parts = []
    for way, title in (("down", "Made of"), ("up", "Needed by")):
        if visit.params.get("walk") in (way, None, ""):
            shown = tree(walk, up=way == "up", href=lambda thing: _href(visit, thing))
            listed = html.P("Nothing.", className="hint") if shown is None else by_browser.drawn(shown)
            parts.append(html.Div([html.H3(title), listed]))
    return section("As a list", html.Div(parts, className="lineage-lists"))


def register(app: Dash) -> None:
    """Add the callbacks of the page."""
    app.clientside_callback(
        ClientsideFunction("dsgrid_lineage", "dressed"),
        Output("lineage-graph", "stylesheet"),
        Input("lineage-look", "data"),
    )

    @app.callback(
        Output("lineage-panel", "children"),
        Input("lineage-graph", "tapNodeData"),
        State("address", "pathname"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    @guarded
    def choose(data: Mapping[str, Any] | None, pathname: str, search: str) -> Any:
        if not data:
            return no_update
        if data.get("group"):
            visit = visit_of(pathname, search)
            return group_panel(visit, str(data["kind"]), int(data["number"]), _toggled(visit, str(data["kind"])))
        return panel(here(), thing_of(str(data["references"][0])), is_root=bool(data.get("root")))


def _title(visit: Visit) -> str:
    return f"Lineage of {visit.reference}" if visit.reference else "Lineage"


PAGE = Page("lineage", _title, _show, register)
