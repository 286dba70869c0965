"""The blocks that pages are made of: headings, facts, cards, small tables, tabs as links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.visit import Visit

_LONG: Final = 600  # characters of a description that are shown at once
_START: Final = 320  # and of a longer one, before it is opened
_MANY: Final = 400  # cells of a table, of which each is a component otherwise


def heading(title: str, kind: str = "", *more: Any) -> Any:
    """Return a page's heading: what it is, and of what kind."""
    return html.Div(
        [html.P(kind, className="kind") if kind else None, html.H1(_lines(title)), *more],
        className="heading",
    )


def _lines(name: str) -> Any:
    """Return an id that goes on in the next line behind one of its separators, rather than within a word."""
    parts = re.split(r"(?<=[/:@])(?=.)", name)
    return name if len(parts) == 1 else [each for part in parts for each in (html.Wbr(), part)][1:]


def section(title: str, *content: Any, id: str | None = None) -> Any:
    """Return a part of a page under a heading."""
    named = {"id": id} if id else {}
    return html.Section([html.H2(title), *content], **named)


def facts(pairs: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Any:
    """Return names with values, such as ``version 1.0.0``; those with None are left out."""
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    return html.Dl(
        [html.Div([html.Dt(name), html.Dd(shown)]) for name, shown in items if shown is not None], className="facts"
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, caption: str, numeric: Iterable[str] = ()) -> Any:
    """Return a small table; long ones are grids.

    Parameters
    ----------
    caption
        What it holds, for who cannot see it.
    numeric
        The columns that stand to the right.
    """
    right = {index for index, name in enumerate(columns) if name in set(numeric)}
    mark = ["number" if index in right else "" for index in range(len(columns))]
    head = html.Tr([html.Th(name, className=mark[index], scope="col") for index, name in enumerate(columns)])
    body = [html.Tr([html.Td(cell, className=mark[index]) for index, cell in enumerate(row)]) for row in rows]
    shown = html.Div(
        html.Table([html.Caption(caption), html.Thead(head), html.Tbody(body)], className="table"),
        className="scroll",
        tabIndex=0,
        role="region",
        **{"aria-label": caption},
    )
    if len(body) * len(columns) < _MANY:
        return shown
    try:
        return drawn(shown)
    except TypeError:
        return shown  # something in it is more than text and links


def tabs(visit: Visit, names: Mapping[str, str], chosen: str) -> Any:
    """Return links to the parts of a page, each with an address: ``?tab=NAME``. The first needs no parameter.

    Parameters
    ----------
    names
        From what stands in the address to what users read.
    """
    first = next(iter(names))
    return html.Nav(
        [
            dcc.Link(
                text,
                href=visit.href(visit.page, visit.reference, tab=None if name == first else name),
                className="tab chosen" if name == chosen else "tab",
            )
            for name, text in names.items()
        ],
        className="tabs",
        **{"aria-label": "Parts of this page"},
    )


def title_of(visit: Visit, names: Mapping[str, str], otherwise: str) -> str:
    """Return what the window is called: what the page is about, and which part of it is looked at.

    Parameters
    ----------
    names
        The parts, as `tabs` has them; the first goes without saying.
    otherwise
        The title where the page is about nothing in particular.
    """
    part = visit.params.get("tab", "")
    is_told = part in names and part != next(iter(names))
    return (f"{visit.reference}: {names[part]}" if is_told else visit.reference) or otherwise


def said(text: Any, mark: str = "said") -> Any:
    """Return a description: of a long one the beginning, which opens."""
    whole = str(text or "").strip()
    if not whole:
        return html.P("No description.", className=f"{mark} hint")
    if len(whole) <= _LONG:
        return html.P(whole, className=mark)
    start = f"{whole[:_START].rsplit(None, 1)[0]} …"
    summary = html.Summary([html.Span(start, className="start"), html.Span(className="turn")])
    return html.Details([summary, html.P(whole, className=mark)], className="long-text")


def link(visit: Visit, page: str, reference: str, text: str | None = None) -> Any:
    """Return a link to a page about something."""
    return dcc.Link(text or reference, href=visit.href(page, reference))
