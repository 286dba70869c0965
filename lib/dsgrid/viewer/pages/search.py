"""The page ``/search?text=``: everything that has some words."""

from __future__ import annotations

from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.page import Page
from dsgrid.viewer.parts import search_field
from dsgrid.viewer.parts.blocks import heading
from dsgrid.viewer.parts.found import TITLES, number_of, results
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit

SHOWN: Final = 10  # of each kind
MOST: Final = 100  # of one kind


def _show(visit: Visit) -> Any:
    text, kind = visit.params.get("text", "").strip(), visit.params.get("kind", "")
    if not text:
        return html.Div(
            [
                heading("Search"),
                empty(
                    "Nothing is looked for yet.",
                    "Type into the field above (the key / goes there): words of ids, names, descriptions, tags or "
                    "records; what has all of them is found. Upper and lower case are the same.",
                ),
            ]
        )
    found = visit.ask.get("/search", text=text, limit=MOST if kind else SHOWN)
    groups = [group for group in found["groups"] if kind in ("", group["kind"])]
    if kind and groups:
        back = html.P(dcc.Link("Everything that was found", href=visit.href("search", text=text)))
    else:
        back = None
    return html.Div(
        [
            heading(_title(visit), "Search", html.P(_counted(groups), className="hint", role="status"), back),
            *results(visit, {**found, "groups": groups}, more=not kind),
            None
            if groups
            else empty("Nothing was found.", "Fewer or shorter words find more; each has to be there somewhere."),
        ],
        className="search-page",
    )


def _counted(groups: list[dict[str, Any]]) -> str:
    parts = [
        f"{number_of(group)} {group['kind'] if group['total'] != 1 else group['kind'].removesuffix('s')}"
        for group in groups
    ]
    return ", ".join(parts)


def _title(visit: Visit) -> str:
    text, kind = visit.params.get("text", "").strip(), visit.params.get("kind", "")
    called = f"{TITLES[kind]} with " if kind in TITLES else ""
    return f"{called}{text}" if text else "Search"


PAGE = Page("search", _title, _show, search_field.register)
