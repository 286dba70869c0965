"""What is shown where there is nothing to show: empty, failed, not allowed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from dash import html

from dsgrid.client.failures import TokenError
from dsgrid.errors import DsgridError
from dsgrid.viewer.problems import line_of
from dsgrid.viewer.visit import Visit, here

_F = TypeVar("_F", bound=Callable[..., Any])


def empty(text: str, hint: Any = None) -> Any:
    """Return what stands where a list, a plot or a search has nothing."""
    return html.Div([html.P(text), *([html.P(hint, className="hint")] if hint else [])], className="state empty")


def failed(error: Exception, visit: Visit, *, heading: str = "") -> Any:
    """Return what stands where something could not be shown: why, and what to do."""
    problems = [str(each) for each in getattr(error, "problems", ())]
    is_told = isinstance(error, DsgridError) and not isinstance(error, TokenError) and problems
    first = problems[0] if is_told else line_of(error)
    if isinstance(error, TokenError):
        problems = []
        if visit.session.is_anonymous:
            first = "This needs a token: sign in to see it."
    return html.Div(
        [
            *([html.H1(heading)] if heading else []),
            html.P(first, className="problem"),
            *([html.Ul([html.Li(each) for each in problems[1:]])] if problems[1:] else []),
            html.P(
                [
                    *([again()] if not isinstance(error, TokenError) else []),
                    *([sign_in(visit)] if visit.session.is_anonymous or isinstance(error, TokenError) else []),
                ],
                className="bar",
            ),
        ],
        className="state failed",
        role="alert",
    )


def signed_out(visit: Visit) -> Any:
    """Return what stands where nobody is signed in, and the server shows nothing to nobody."""
    return html.Div(
        [
            html.H1("Sign in"),
            html.P("You are not signed in, or not any more: the viewer was started anew, or you were away for long."),
            html.P([sign_in(visit)]),
        ],
        className="state",
    )


def again() -> Any:
    """Return the button that shows the page once more."""
    return html.Button("Try again", type="button", className="button", **{"data-again": "page"})


def sign_in(visit: Visit) -> Any:
    """Return the way to sign in, and back to where one is."""
    return html.A("Sign in", href=visit.way_in, className="button main")


def guarded(work: _F) -> _F:
    """Have a callback with one output show its error in that place."""

    @functools.wraps(work)
    def careful(*arguments: Any) -> Any:
        try:
            return work(*arguments)
        except DsgridError as error:
            return failed(error, here())

    return careful  # type: ignore[return-value]
