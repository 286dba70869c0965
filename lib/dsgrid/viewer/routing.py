"""From an address to a page."""

from __future__ import annotations

from typing import Any, Final

import flask
from dash import ClientsideFunction, Dash, Input, Output, html

from dsgrid.viewer.page import Page
from dsgrid.viewer.pages import PAGES
from dsgrid.viewer.parts.states import failed, signed_out
from dsgrid.viewer.visit import Visit, visit_of

_BY_NAME: Final = {page.name: page for page in PAGES}


def install(app: Dash) -> None:
    """Show the page of whatever address the browser has."""

    @app.callback(
        Output("page", "children"),
        Output("title", "data"),
        Output("user", "children"),
        Input("address", "pathname"),
        Input("address", "search"),
        Input("again", "n_clicks"),
    )
    def route(pathname: str | None, search: str | None, _again: int | None) -> tuple[Any, str, Any]:
        visit = visit_of(pathname, search)
        found, title = shown(visit)
        return found, title, user(visit)

    app.clientside_callback(
        ClientsideFunction("dsgrid", "arrive"), Output("title", "modified_timestamp"), Input("title", "data")
    )


def shown(visit: Visit) -> tuple[Any, str]:
    """Return what a page shows, or why it cannot be shown, and what the window is called."""
    page = _BY_NAME.get(visit.page)
    if flask.g.is_shut:
        return signed_out(visit), "Sign in · dsgrid"
    if page is None:
        return _nothing(visit), "Not found · dsgrid"
    title = f"{page.title(visit)} · dsgrid"
    try:
        return page.show(visit), title
    except Exception as error:
        return failed(error, visit, heading=page.title(visit)), title


def _nothing(visit: Visit) -> Any:
    return html.Div(
        [
            html.H1("There is no such page"),
            html.P(f"Nothing is at {visit.href(visit.page, visit.reference)}."),
            html.A("Back to the registry", href=visit.href()),
        ],
        className="state",
    )


def user(visit: Visit) -> Any:
    """Return who is signed in, with the way out; or the way in."""
    session = visit.session
    if session.is_anonymous or session.asking.is_refused:
        return html.A("Sign in", href=visit.way_in, className="button")
    return html.Form(
        [
            html.Span(f"{session.name} ({session.role})", className="who"),
            html.Button("Sign out", type="submit", className="button quiet"),
        ],
        method="POST",
        action=visit.href("sign-out"),
    )


def known() -> tuple[Page, ...]:
    """Return all pages."""
    return PAGES
