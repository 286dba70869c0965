"""What a search has found, as links."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.parts.marks import marked, words_of
from dsgrid.viewer.parts.numbers import count
from dsgrid.viewer.visit import Visit

TITLES: Final[Mapping[str, str]] = {
    "projects": "Projects",
    "datasets": "Datasets",
    "dimensions": "Dimensions",
    "mappings": "Mappings",
    "records": "Records",
}
_LONGEST: Final = 220  # characters of a description
_PLACES: Final = 3  # dimensions that are named of a record's


def results(visit: Visit, found: Mapping[str, Any], *, more: bool = True) -> list[Any]:
    """Return a section for each kind of what was found.

    Parameters
    ----------
    found
        The answer of ``GET /v1/search``.
    more
        Whether what is cut has a link to all of it.
    """
    words = words_of(found["text"])
    return [_section(visit, found["text"], group, words, more) for group in found["groups"]]


def suggestions(visit: Visit, found: Mapping[str, Any]) -> Any:
    """Return what was found as a short list, for below the field that one types into."""
    words = words_of(found["text"])
    if not found["groups"]:
        return html.P(f'Nothing has "{found["text"].strip()}" in it.', className="hint")
    return [
        html.Div(
            [
                html.P([TITLES.get(group["kind"], group["kind"]), " ", html.Span(number_of(group))], className="kind"),
                html.Ul([html.Li(_title(visit, group["kind"], item, words, place=True)) for item in group["items"]]),
            ]
        )
        for group in found["groups"]
    ]


def number_of(group: Mapping[str, Any]) -> str:
    """Return how many were found of a kind; nobody counts very many records."""
    return "many" if group["total"] is None else count(group["total"])


def _section(visit: Visit, text: str, group: Mapping[str, Any], words: Sequence[str], more: bool) -> Any:
    kind, items = group["kind"], group["items"]
    shown = [html.H2([TITLES.get(kind, kind), " ", html.Span(number_of(group), className="total")])]
    make = _record if kind == "records" else _thing
    shown.append(html.Ul([html.Li(make(visit, kind, item, words)) for item in items], className="found"))
    if group["more"]:
        shown.append(_rest(visit, text, group, more))
    return html.Section(shown, id=f"search-{kind}")


def _rest(visit: Visit, text: str, group: Mapping[str, Any], more: bool) -> Any:
    kind, total = group["kind"], number_of(group)
    if more:
        return html.P(dcc.Link(f"More of {total} {kind}", href=visit.href("search", text=text, kind=kind)))
    said = f"These are the first {count(len(group['items']))} of {total} {kind}; one more word makes it fewer."
    return html.P(said, className="hint")


def _title(visit: Visit, kind: str, item: Mapping[str, Any], words: Sequence[str], *, place: bool = False) -> Any:
    """Return the link to what was found; of records it may say where it leads."""
    if kind == "records":
        first = next(iter(item["dimensions"]), None)
        called = [html.Span(marked(item["id"], words), className="mono"), " ", *_name(item, words)]
        if first is None:
            return html.Span(called)
        if place:
            called.append(html.Span(f" in {first['id']}", className="hint"))
        return dcc.Link(called, href=visit.href("dimensions", first["id"], search=item["id"]))
    return dcc.Link(marked(item["id"], words), href=visit.href(kind, item["id"]), className="strong")


def _thing(visit: Visit, kind: str, item: Mapping[str, Any], words: Sequence[str]) -> list[Any]:
    shown = [
        html.Div(
            [
                _title(visit, kind, item, words),
                html.Span(item["version"], className="version"),
                html.Span(item["is"].replace("_", " "), className="tag") if item["is"] else None,
            ],
            className="found-title",
        )
    ]
    name = _name(item, words)
    described = marked(_cut(item["description"], words), words)
    said = [*name, *([" · "] if name and described else []), *described]
    if said:
        shown.append(html.Div(said, className="found-said"))
    if also := item.get("also"):
        value = marked(_cut(also["text"], words), words)
        shown.append(html.Div([html.Span(_key(also["path"]), className="hint"), " ", *value], className="found-said"))
    return shown


def _record(visit: Visit, kind: str, item: Mapping[str, Any], words: Sequence[str]) -> list[Any]:
    places: list[Any] = []
    for dimension in item["dimensions"][:_PLACES]:
        href = visit.href("dimensions", dimension["id"], search=item["id"])
        places += [", " if places else "in ", dcc.Link(dimension["id"], href=href)]
    left = item["in"] - min(_PLACES, len(item["dimensions"]))
    if left > 0:
        places.append(f" and {count(left)} more")
    return [
        html.Div(_title(visit, kind, item, words), className="found-title"),
        html.Div(places, className="found-said"),
    ]


def _name(item: Mapping[str, Any], words: Sequence[str]) -> list[Any]:
    name = item["name"]
    return [] if name in ("", item["id"], item["id"].rpartition("/")[2]) else marked(name, words)


def _key(path: str) -> str:
    """Return the key of metadata as people call it: ``tags[0]`` is a tag."""
    return "tag" if path.startswith("tags[") else re.sub(r"\[\d+\]", "", path).replace("_", " ").replace(".", " ")


def _cut(text: str, words: Sequence[str]) -> str:
    """Return a long text around the first word that was looked for."""
    if len(text) <= _LONGEST:
        return text
    lower = text.casefold()
    first = min((place for word in words if (place := lower.find(word)) >= 0), default=0)
    begin = max(0, min(first - _LONGEST // 3, len(text) - _LONGEST))
    return (
        f"{'… ' if begin else ''}{text[begin : begin + _LONGEST].strip()}{' …' if begin + _LONGEST < len(text) else ''}"
    )
