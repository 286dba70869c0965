"""The button that copies what stands elsewhere on the page; the browser does it by itself."""

from __future__ import annotations

from typing import Any

from dash import html


def copy_button(css: str, text: str = "Copy") -> Any:
    """Return a button that copies the text, or the value, of the first element that a CSS selector finds."""
    return html.Button(text, type="button", className="button", **{"data-copy": css})
