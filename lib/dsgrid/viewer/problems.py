"""What is said where something goes wrong outside of a page's own words."""

from __future__ import annotations

import logging
import threading
import traceback
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

import flask
from dash import html, set_props
from dash.exceptions import DependencyException, InvalidResourceError
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from dsgrid.client.failures import TokenError
from dsgrid.errors import DsgridError

_log: Final = logging.getLogger("dsgrid.viewer")


@dataclass
class _Defects:
    """The defects that the log has already: who brings one about again and again does not fill it."""

    numbers: OrderedDict[tuple[str, str, int], str] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def number_of(self, error: Exception) -> tuple[str, bool]:
        """Return the number of a defect, and whether it was not there before."""
        steps = traceback.extract_tb(error.__traceback__)[-1:]
        place = (type(error).__name__, *((steps[0].filename, steps[0].lineno or 0) if steps else ("", 0)))
        with self.lock:
            if place in self.numbers:
                return self.numbers[place], False
            number = self.numbers[place] = uuid.uuid4().hex[:8]
            while len(self.numbers) > _MOST:
                self.numbers.popitem(last=False)
        return number, True


_MOST: Final = 200
_DEFECTS: Final = _Defects()


def install(app: Flask) -> None:
    """Have what nobody expected logged, and told without its words."""

    @app.errorhandler(Exception)
    def defect(error: Exception) -> Response:
        if isinstance(error, DependencyException | InvalidResourceError):
            # An address that somebody has made up, below those of the files of Dash.
            told, status = "there is no such file", 404
        elif isinstance(error, HTTPException):
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
    number, is_new = _DEFECTS.number_of(error)
    if is_new:
        _log.error("defect %s", number, exc_info=error)
    else:
        _log.error("defect %s, once more", number)
    return f"this is a defect of the viewer; its log has more under {number}"
