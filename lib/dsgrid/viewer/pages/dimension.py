"""The page of a dimension: its records, where they are on the map, what uses it, its versions; or what its time is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.page import Page
from dsgrid.viewer.parts.blocks import facts, heading, said, tabs, title_of
from dsgrid.viewer.parts.choosing import Select, choices
from dsgrid.viewer.parts.grid import grid
from dsgrid.viewer.parts.grid_columns import Column, columns_of, kind_of
from dsgrid.viewer.parts.maps import choropleth
from dsgrid.viewer.parts.numbers import count, moment
from dsgrid.viewer.parts.paging import Source
from dsgrid.viewer.parts.shapes import Shapes, shapes_for
from dsgrid.viewer.parts.sides import SIDES, mapped_name
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.parts.time_words import time_words
from dsgrid.viewer.parts.uses import kinds, uses
from dsgrid.viewer.parts.versions import newest, versions
from dsgrid.viewer.visit import Visit

Entry = Mapping[str, Any]
_LARGEST: Final = 20_000  # records that a map is drawn of
_CATEGORIES: Final = 150  # values of an attribute that are coloured
_PAGE: Final = 10_000
_TABS: Final = {"records": "Records", "map": "Map", "uses": "Used by", "versions": "Versions"}


def _show(visit: Visit) -> Any:
    if not visit.reference:
        return _all(visit)
    entry = visit.ask.get(path_of("dimensions", visit.reference))
    pinned = f"{entry['dimension']}@{entry['version']}"
    found = visit.ask.get(path_of("dimensions", pinned, "uses"))["items"]
    names = parts_of(entry)
    tab = visit.params.get("tab", "")
    tab = tab if tab in names else next(iter(names))
    return html.Div(
        [
            about(visit, entry, found),
            tabs(visit, names, tab),
            _part(visit, entry, pinned, found, tab),
        ],
        className="dimension",
    )


def parts_of(entry: Entry) -> dict[str, str]:
    """Return the parts of the page: a map only for geographies that have shapes, a grid only for what has records."""
    if entry["type"] == "time":
        return {"time": "Time", "uses": "Used by", "versions": "Versions"}
    some = some_records(entry)
    has_map = entry["type"] == "geography" and _shapes(some) is not None
    return {name: title for name, title in _TABS.items() if name != "map" or has_map}


def about(visit: Visit, entry: Entry, found: Sequence[Mapping[str, Any]]) -> Any:
    """Return the head of the page: what the dimension is, and for whom."""
    id_ = str(entry["dimension"])
    what = " · ".join(dict.fromkeys(["Dimension", str(entry["type"]).replace("_", " ")]))
    class_ = entry.get("class")
    return html.Div(
        [
            heading(id_, what, said(entry.get("description"))),
            newest(entry, visit, id_),
            facts(
                {
                    "Version": entry["version"],
                    "Is": kinds(found),
                    "Records": count(entry["records"]) if "records" in entry else None,
                    "Class": class_ if class_ and class_ != entry["type"] else None,
                    "Attributes": ", ".join(_attributes(entry)) or None,
                    "Registered": f"{moment(entry['registered_at'])}, {entry['submitter']}",
                    "Lineage": dcc.Link(
                        "what needs it", href=visit.href("lineage", f"dimension {id_}@{entry['version']}")
                    ),
                }
            ),
        ]
    )


def some_records(entry: Entry) -> list[Mapping[str, Any]]:
    """Return the first records, which the entry holds."""
    return list(entry.get("all_records") or entry.get("first_records") or ())


def _part(visit: Visit, entry: Entry, pinned: str, found: Sequence[Mapping[str, Any]], tab: str) -> Any:
    if tab == "versions":
        return versions(visit, str(entry["dimension"]), str(entry["version"]))
    if tab == "uses":
        return uses(visit, found)
    if tab == "time":
        return facts(time_words(entry["time"]))
    if tab == "map":
        return _map(visit, entry, pinned, found)
    return _records(visit, entry, pinned)


def _records(visit: Visit, entry: Entry, pinned: str) -> Any:
    if not entry["records"]:
        return empty("It has no records.")
    some = some_records(entry)
    known = {"id": Column("id", kind="text", width=130), "name": Column("name", kind="text", width=180, grows=2)}
    return grid(
        "dimension-records",
        Source(f"/dimensions/{pinned}/records"),
        columns_of(list(some[0]), some, known),
        visit,
        label=f"Records of {pinned}",
        rows=entry["records"],
        keeps=True,
    )


def _map(visit: Visit, entry: Entry, pinned: str, found: Sequence[Mapping[str, Any]]) -> Any:
    if entry["records"] > _LARGEST:
        return empty(f"{count(entry['records'])} records are too many for a map.", f"It shows up to {count(_LARGEST)}.")
    records = visit.ask.all(path_of("dimensions", pinned, "records"), limit=min(_PAGE, entry["records"]))
    shapes = _shapes(records)
    if shapes is None:
        return empty("Too few of the records are states or counties that the map knows.")
    groups = colourings(records, found)
    options = [value for group in groups.values() for value, _ in group]
    wanted = visit.params.get("colour", "")
    chosen = wanted if wanted in options else next(iter(options), "")
    form = choices(visit, [Select("colour", "Colour by", [], chosen, groups)], tab="map")
    names = {str(each["id"]): str(each["name"]) for each in records}
    title, values = _values(visit, records, found, chosen)
    shown = choropleth(visit, shapes, values, id="dimension-map", title=title, names=names)
    return html.Div([form if len(options) > 1 else None, shown])


def colourings(
    records: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]
) -> dict[str, list[tuple[str, str]]]:
    """Return by what a map can be coloured, in groups: attributes that are numbers or few values, and mappings.

    Each is what stands in the address (``a:`` an attribute, ``m:`` the target of a mapping, ``f:`` its source, ``n:``
    the number of associations), and what users read.
    """
    names = [name for name in (records[0] if records else ()) if name not in ("id", "name")]
    attributes = []
    for name in names:
        cells = [each.get(name) for each in records]
        there = [cell for cell in cells if cell is not None]
        if there and (kind_of(there) in ("count", "number") or len({str(cell) for cell in there}) <= _CATEGORIES):
            attributes.append(name)
    numbers = [name for name in attributes if kind_of([each.get(name) for each in records]) in ("count", "number")]
    ordered = [*numbers, *(name for name in attributes if name not in numbers)]
    sides = {side: [f"{each['id']}@{each['version']}" for each in found if each["role"] == side] for side in SIDES}
    groups = {
        "Attributes": [(f"a:{name}", name) for name in ordered],
        "Where it is mapped to": [(f"m:{each}", each) for each in sides["from"]],
        "What is mapped to it": [(f"f:{each}", each) for each in sides["to"]],
        "Number of associations": [(f"n:{each}", each) for each in (*sides["from"], *sides["to"])],
    }
    return {name: group for name, group in groups.items() if group}


def _values(
    visit: Visit, records: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], chosen: str
) -> tuple[str, dict[str, Any]]:
    kind, _, name = chosen.partition(":")
    if kind == "a":
        return name, {str(each["id"]): each.get(name) for each in records}
    if kind:
        sources = {f"{each['id']}@{each['version']}" for each in found if each["role"] == "from"}
        side = "to" if kind == "f" or (kind == "n" and name not in sources) else "from"
        column = "associations" if kind == "n" else "main"
        path = path_of("mappings", name, "sums")
        sums = visit.ask.all(path, columns=f"id,{column}", side=side, limit=min(_PAGE, len(records)))
        title = "associations" if kind == "n" else mapped_name(name, side="from" if kind == "f" else "to")
        return title, {str(each["id"]): each[column] for each in sums}
    return "shown here", {str(each["id"]): "has a record" for each in records}


def _shapes(records: Sequence[Mapping[str, Any]]) -> Shapes | None:
    return shapes_for(
        [str(each["id"]) for each in records],
        [str(each.get("name") or "") for each in records],
        [str(each.get("state") or "") for each in records],
    )


def _attributes(entry: Entry) -> list[str]:
    some = some_records(entry)
    return [name for name in (some[0] if some else ()) if name not in ("id", "name")]


def _all(visit: Visit) -> Any:
    columns = [
        Column("id", kind="link", page="dimensions", version="version", width=260, grows=3),
        Column("version", width=100),
        Column("type"),
        Column("class"),
        Column("records", kind="count"),
        Column("registered_at", "registered", kind="moment", width=170),
        Column("description", grows=2),
    ]
    return html.Div(
        [
            heading("Dimensions", "Registry"),
            grid(
                "dimension-all",
                Source("/dimensions"),
                columns,
                visit,
                label="All dimensions",
                noun="dimensions",
                keeps=True,
            ),
        ]
    )


PAGE = Page("dimensions", lambda visit: title_of(visit, _TABS, "Dimensions"), _show)
