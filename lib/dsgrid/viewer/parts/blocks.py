"""The blocks that pages are made of: headings, facts, cards, small tables, tabs as links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dash import dcc, html

from dsgrid.viewer.visit import Visit


def heading(title: str, kind: str = "", *more: Any) -> Any:
    """Return a page's heading: what it is, and of what kind."""
    return html.Div(
        [html.P(kind, className="kind") if kind else None, html.H1(title), *more],
        className="heading",
    )


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
    return html.Div(
        html.Table([html.Caption(caption), html.Thead(head), html.Tbody(body)], className="table"),
        className="scroll",
        tabIndex=0,
        role="region",
        **{"aria-label": caption},
    )


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


def link(visit: Visit, page: str, reference: str, text: str | None = None) -> Any:
    """Return a link to a page about something."""
    return dcc.Link(text or reference, href=visit.href(page, reference))
