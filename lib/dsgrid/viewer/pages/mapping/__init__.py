"""The page of a mapping: from where to where, what its kind promises, its associations, sums and matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import Dash, dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.page import Page
from dsgrid.viewer.pages.dimension import parts_of
from dsgrid.viewer.pages.mapping import checks, matrix
from dsgrid.viewer.parts.blocks import facts, heading, said, tabs, title_of
from dsgrid.viewer.parts.grid import grid
from dsgrid.viewer.parts.grid_columns import Column
from dsgrid.viewer.parts.numbers import count, moment
from dsgrid.viewer.parts.paging import Source
from dsgrid.viewer.parts.uses import uses
from dsgrid.viewer.parts.versions import newest, versions
from dsgrid.viewer.visit import Visit

Entry = Mapping[str, Any]
_TABS: Final = {
    "associations": "Associations",
    "from": "From",
    "to": "To",
    "matrix": "Matrix",
    "uses": "Used by",
    "versions": "Versions",
}


def _show(visit: Visit) -> Any:
    if not visit.reference:
        return _all(visit)
    entry = visit.ask.get(path_of("mappings", visit.reference))
    tab = visit.params.get("tab", "")
    tab = tab if tab in _TABS else "associations"
    return html.Div(
        [about(visit, entry), checks.place(pinned(entry)), tabs(visit, _TABS, tab), _part(visit, entry, tab)],
        className="mapping",
    )


def pinned(entry: Entry) -> str:
    """Return the mapping with its version, as it is asked for and linked to."""
    return f"{entry['mapping']}@{entry['version']}"


def about(visit: Visit, entry: Entry) -> Any:
    """Return the head of the page: what is mapped to what, and how."""
    id_, type_ = str(entry["mapping"]), str(entry["type"]).replace("_", " ")
    is_map = entry["type"] == "geography" and "map" in parts_of(visit.ask.get(path_of("dimensions", entry["from"])))
    return html.Div(
        [
            heading(id_, f"Mapping · {type_}", said(entry.get("description"))),
            html.P(
                [
                    dcc.Link(entry["from"], href=visit.href("dimensions", entry["from"])),
                    html.Span(" to ", className="hint"),
                    dcc.Link(entry["to"], href=visit.href("dimensions", entry["to"])),
                ],
                className="mapping-way",
            ),
            newest(entry, visit, id_),
            facts(
                {
                    "Kind": str(entry["kind"]).replace("_", " "),
                    "Associations": count(entry["associations"]),
                    "Version": entry["version"],
                    "Registered": f"{moment(entry['registered_at'])}, {entry['submitter']}",
                    "See also": html.Span(
                        [
                            dcc.Link("lineage", href=visit.href("lineage", f"mapping {pinned(entry)}")),
                            *([", ", _on_map(visit, entry)] if is_map else []),
                        ]
                    ),
                }
            ),
        ]
    )


def sums_columns(side: str) -> list[Column]:
    """Return the columns of the grid of one side: its records, and what each has of the mapping."""
    main = "goes mainly to" if side == "from" else "comes mainly from"
    return [
        Column("id", side, width=140),
        Column("name", width=160, grows=2),
        Column("associations", kind="count"),
        Column("sum", "sum of fractions", kind="number", width=170),
        Column("main", main, width=175),
        Column("fraction", f"fraction {'to' if side == 'from' else 'from'} it", kind="number", width=140),
        *([Column("dropped", "without target", kind="number", width=155)] if side == "from" else []),
    ]


def _part(visit: Visit, entry: Entry, tab: str) -> Any:
    of = pinned(entry)
    if tab == "versions":
        return versions(visit, str(entry["mapping"]), str(entry["version"]))
    if tab == "uses":
        found: Sequence[Mapping[str, Any]] = visit.ask.get(path_of("mappings", of, "uses"))["items"]
        return uses(visit, found)
    if tab == "matrix":
        return matrix.place(visit, of)
    if tab in ("from", "to"):
        dimension = str(entry[tab])
        return grid(
            f"mapping-{tab}",
            Source(f"/mappings/{of}/sums", (("side", tab),)),
            sums_columns(tab),
            visit,
            label=f"Records of {dimension}, with their sums of fractions",
            keeps=True,
        )
    columns = [Column("from", width=180), Column("to", width=180), Column("fraction", kind="number")]
    return grid(
        "mapping-associations",
        Source(f"/mappings/{of}/records"),
        columns,
        visit,
        label=f"Associations of {of}",
        noun="associations",
        rows=entry["associations"],
        keeps=True,
    )


def _on_map(visit: Visit, entry: Entry) -> Any:
    return dcc.Link("on the map", href=visit.href("dimensions", entry["from"], tab="map", colour=f"m:{pinned(entry)}"))


def _all(visit: Visit) -> Any:
    columns = [
        Column("id", kind="link", page="mappings", version="version", width=280, grows=3),
        Column("type", width=120),
        Column("kind", width=200, grows=2),
        Column("from_id", "from", kind="link", page="dimensions", version="from_version", width=200, grows=2),
        Column("to_id", "to", kind="link", page="dimensions", version="to_version", width=200, grows=2),
        Column("associations", kind="count", width=130),
        Column("registered_at", "registered", kind="moment", width=170),
    ]
    source = Source("/mappings")
    all_ = grid("mapping-all", source, columns, visit, label="All mappings", noun="mappings", keeps=True)
    return html.Div([heading("Mappings", "Registry"), all_])


def _register(app: Dash) -> None:
    checks.register(app)
    matrix.register(app)


PAGE = Page("mappings", lambda visit: title_of(visit, _TABS, "Mappings"), _show, _register)
