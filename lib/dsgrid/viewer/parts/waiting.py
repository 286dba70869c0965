"""What stands where something is still on its way."""

from __future__ import annotations

from typing import Any

from dash import dcc, html


def waiting(place: Any, doing: str, *, delay: int, stays: bool = False) -> Any:
    """Return a place that a callback fills, with what is shown meanwhile.

    Parameters
    ----------
    doing
        What goes on, for who cannot see it, such as ``Drawing``.
    delay
        Milliseconds in which nothing is shown: what comes sooner does not flicker.
    stays
        What stood there before is seen through it.
    """
    seen = {"overlay_style": {"visibility": "visible", "opacity": 0.5}} if stays else {}
    spinner = html.Div(className="skeleton", role="status", **{"aria-label": doing})
    return dcc.Loading(place, delay_show=delay, custom_spinner=spinner, **seen)
