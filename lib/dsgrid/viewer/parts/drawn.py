"""Long tables and lists as one component, which the browser draws itself.

Every component of Dash looks at the state of the whole page each time that any of it changes: with a few thousand of
them a browser stands still for many seconds. What only shows text and links needs none of that.
"""

from __future__ import annotations

import json
from typing import Any, Final

from dash import dcc, html
from dash.development.base_component import Component

INSIDE: Final = "data-inside"  # marks links that stay inside of the viewer
_NAMES: Final = {"className": "class", "colSpan": "colspan", "rowSpan": "rowspan", "tabIndex": "tabindex"}
_SAME: Final = frozenset({"id", "title", "scope", "role", "href", "target", "rel", "lang", "dir"})
_FLAGS: Final = frozenset({"open", "hidden", "reversed"})


def drawn(shown: Any) -> Any:
    """Return a place in which the browser draws text, tables, lists and links.

    The length of a bar is `data-width`, such as ``40%``, since pages have no styles in their text.

    Parameters
    ----------
    shown
        A tree of `html` components and `dcc.Link`, without callbacks.

    Raises
    ------
    TypeError
        For a component or a property that cannot be drawn.
    """
    text = json.dumps(node(shown), ensure_ascii=False, separators=(",", ":"))
    # With a key of its own it is never mistaken for another element, whose content React would put beside this one.
    return html.Div(className="drawn", key="drawn", **{"data-drawn": text})


def node(shown: Any) -> Any:
    """Return a component as plain values: a text, or a list of its tag, its attributes and what is in it."""
    if isinstance(shown, list | tuple):
        return ["", {}, *(node(each) for each in shown if each is not None)]
    if isinstance(shown, Component) and (inside := getattr(shown, "data-drawn", None)):
        return json.loads(inside)  # it is drawn already: as a part of this, it needs no place of its own
    if not isinstance(shown, Component):
        return "" if shown is None or isinstance(shown, bool) else str(shown)
    is_link = isinstance(shown, dcc.Link)
    if not is_link and shown._namespace != "dash_html_components":
        raise TypeError(f"{shown._type} is not drawn; expected components of html, or dcc.Link")
    properties = {name: value for name, value in shown.to_plotly_json()["props"].items() if value is not None}
    children = properties.pop("children", None)
    attributes = {_attribute(name, value): _value(value) for name, value in properties.items() if value is not False}
    if is_link:
        attributes[INSIDE] = ""
    inner = children if isinstance(children, list | tuple) else [children]
    return ["a" if is_link else shown._type.lower(), attributes, *(node(each) for each in inner if each is not None)]


def _attribute(name: str, value: Any) -> str:
    if name in _NAMES or name in _SAME or name.startswith(("aria-", "data-")):
        return _NAMES.get(name, name)
    if name in _FLAGS and isinstance(value, bool):
        return name
    raise TypeError(f"the property {name} is not drawn")


def _value(value: Any) -> str:
    return "" if value is True else str(value)
