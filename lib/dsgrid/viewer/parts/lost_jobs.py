"""What stands where a job is asked for that there is not, or not any more: it was removed, or is somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from dash import dcc, html

from dsgrid.errors import NotFoundError
from dsgrid.viewer.parts.blocks import heading
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit


def of_jobs(title: str) -> Callable[[Callable[[Visit], Any]], Callable[[Visit], Any]]:
    """Have a page say what there is to do where its job is not there; to try again would not help.

    Parameters
    ----------
    title
        What the page is called then.
    """

    def made(show: Callable[[Visit], Any]) -> Callable[[Visit], Any]:
        @wraps(show)
        def careful(visit: Visit) -> Any:
            try:
                return show(visit)
            except NotFoundError as error:
                text = str(error)
                if not text.startswith("there is no job"):
                    raise
                ways = [
                    "It was removed, or belongs to somebody else. ",
                    dcc.Link("Your jobs", href=visit.href("jobs")),
                    " · ",
                    dcc.Link("Ask anew", href=visit.href("build")),
                ]
                return html.Div([heading(title, ""), empty(text, html.Span(ways))])

        return careful

    return made
