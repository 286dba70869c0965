"""What stands around every page: the head with its search, the way around, and where errors are told."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dsgrid.version import __version__
from dsgrid.viewer.parts.search_field import search_field


def shell(server: str, prefix: str) -> Any:
    """Return the frame that all pages stand in."""
    return html.Div(
        [
            dcc.Location(id="address", refresh="callback-nav"),
            dcc.Store(id="title"),
            html.A("Skip to the page", href="#page", className="skip"),
            html.Header(
                [
                    dcc.Link("dsgrid", href=prefix, className="brand", title=server),
                    html.Nav(
                        [
                            dcc.Link("Registry", href=prefix),
                            dcc.Link("Lineage", href=f"{prefix}lineage"),
                            dcc.Link("Ask", href=f"{prefix}build"),
                            dcc.Link("Jobs", href=f"{prefix}jobs"),
                        ],
                        **{"aria-label": "Main"},
                    ),
                    search_field(prefix),
                    html.Button(
                        "Theme", id="theme", type="button", className="button quiet", title="Light, dark, as the system"
                    ),
                    html.Div(id="user"),
                ],
                className="head",
            ),
            dcc.Loading(
                html.Main(id="page", tabIndex=-1),
                # Not for what changes inside of a page: that has states of its own.
                target_components={"page": "children"},
                delay_show=250,
                custom_spinner=html.Div(className="skeleton", role="status", **{"aria-label": "Loading"}),
                overlay_style={"visibility": "visible", "opacity": 0.5},
            ),
            html.Div(id="notice", className="notice", role="alert", hidden=True),
            html.Button("Again", id="again", type="button", hidden=True),
            html.Footer([html.Span(f"dsgrid {__version__} · {server}")], className="foot"),
        ]
    )
