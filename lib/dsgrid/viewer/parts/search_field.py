"""The field in the head of every page that looks for anything, and shows what it finds while one types."""

from __future__ import annotations

from typing import Any, Final

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from dsgrid.viewer.parts.found import suggestions
from dsgrid.viewer.parts.states import guarded
from dsgrid.viewer.visit import here

FIRST: Final = 4  # of each kind below the field
LONGEST: Final = 200  # characters; servers take 500 unless told otherwise
_PAUSE: Final = 0.25  # seconds without a key


def search_field(prefix: str) -> Any:
    """Return the field; ``/`` goes to it, Enter to the page of all that was found."""
    return html.Div(
        [
            html.Label("Search", htmlFor="search", className="unseen"),
            dcc.Input(
                id="search",
                type="search",
                value="",
                debounce=_PAUSE,
                maxLength=LONGEST,
                placeholder="Search",
                autoComplete="off",
            ),
            html.Kbd("/", title="The key that goes to the search"),
            dcc.Store(id="search-page", data=f"{prefix}search"),
            dcc.Store(id="search-text"),
            html.Div(id="search-hits", className="search-hits"),
        ],
        className="search",
        role="search",
    )


def register(app: Dash) -> None:
    """Add what the field does."""

    @app.callback(Output("search-hits", "children"), Input("search", "value"), prevent_initial_call=True)
    @guarded
    def suggest(text: str | None) -> Any:
        return suggested(text)

    app.clientside_callback(
        ClientsideFunction("dsgrid_search", "go"),
        Output("address", "href"),
        Input("search", "n_submit"),
        State("search-page", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("dsgrid_search", "arrive"),
        Output("search", "value"),
        Input("address", "pathname"),
        Input("address", "search"),
        State("search-page", "data"),
    )


def suggested(text: str | None) -> Any:
    """Return what stands below the field for what is typed; nothing for nothing."""
    if not text or not text.strip():
        return None
    visit = here()
    found = visit.ask.get("/search", text=text.strip()[:LONGEST], limit=FIRST)
    shown = [
        html.Div(suggestions(visit, found), className="search-groups"),
        html.P(dcc.Link("All that was found", href=visit.href("search", text=text.strip())))
        if found["groups"]
        else None,
    ]
    return html.Div(shown, **{"data-of": text})
