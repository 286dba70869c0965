"""What a page of the viewer is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dash import Dash

from dsgrid.viewer.visit import Visit


@dataclass(frozen=True)
class Page:
    """One kind of page.

    Parameters
    ----------
    name
        The first part of its path; empty for the home page.
    title
        What the browser's window is called, from a visit.
    show
        What stands there, from a visit: asks the server, and returns a component. Its first heading is one `html.H1`.
    register
        Adds its callbacks to the application; their ids begin with the page's name.
    """

    name: str
    title: Callable[[Visit], str]
    show: Callable[[Visit], Any]
    register: Callable[[Dash], None] | None = None
