"""What is said where something goes wrong outside of a page's own words."""

from __future__ import annotations

import logging
import uuid
from typing import Any, Final

import flask
from dash import html, set_props
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from dsgrid.client.failures import TokenError
from dsgrid.errors import DsgridError

_log: Final = logging.getLogger("dsgrid.viewer")


def install(app: Flask) -> None:
    """Have what nobody expected logged, and told without its words."""

    @app.errorhandler(Exception)
    def defect(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            told, status = f"{(error.description or error.name).split(chr(10))[0]}", error.code or 500
        else:
            told, status = line_of(error), 500
        return flask.make_response(f"{told}\n", status, {"Content-Type": "text/plain; charset=utf-8"})


def told(error: Exception) -> Any:
    """Show an error of a callback in the notice at the page's foot; nothing else changes."""
    set_props("notice", notice(line_of(error)))


def notice(text: str, *more: Any) -> dict[str, Any]:
    """Return what the notice is to show: a text, perhaps with something to do, and how to close it."""
    close = html.Button("Close", type="button", className="button quiet", **{"data-close": "notice"})
    return {"children": [html.Span(text), html.Span([*more, close], className="what-to-do")], "hidden": False}


def line_of(error: Exception) -> str:
    """Return an error in a line; what nobody expected has a number that is in the log, too."""
    if isinstance(error, TokenError):
        return "You are not signed in any more: your token has expired or was revoked. Sign in again."
    if isinstance(error, DsgridError):
        return str(error)
    number = uuid.uuid4().hex[:8]
    _log.error("defect %s", number, exc_info=error)
    return f"this is a defect of the viewer; its log has more under {number}"
