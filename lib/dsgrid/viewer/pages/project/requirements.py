"""What a project requires of its datasets: an overview of all, and one of them record by record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.project.told import breakable
from dsgrid.viewer.parts.blocks import section, table
from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.parts.numbers import count, plural
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit

Json = Mapping[str, Any]
_FEW: Final = 3  # records of a type in the overview
_LISTED: Final = 1_000  # of one dataset
_NAMED: Final = 40  # of one combination
TYPES: Final = ("geography", "sector", "subsector", "metric", "scenario", "model_year", "weather_year")


def show(visit: Visit, project: Json) -> Any:
    """Return the part of the page about requirements."""
    dataset = visit.params.get("dataset")
    path = path_of("projects", visit.reference, "requirements")
    if dataset:
        return drawn(one(visit, visit.ask.get(path, dataset=dataset, records=_LISTED)["items"][0], project))
    return drawn(every(visit, visit.ask.get(path, records=_FEW)["items"]))


def every(visit: Visit, items: Sequence[Json]) -> Any:
    """Return what is required of each dataset, in a row of a table."""
    if not items:
        return empty(
            "The project requires nothing of any dataset.",
            "Its spec says under [requires] which datasets it expects, and which records they have to cover.",
        )
    return html.Div(
        [
            html.P(
                "A dataset has to cover every combination of these records, but for the gaps that it declares. Choose "
                "one to see all of them.",
                className="hint",
            ),
            table(
                ("Dataset", *(name.replace("_", " ") for name in TYPES)),
                [(_link(visit, item["dataset"]), *(_cell(item, type_) for type_ in TYPES)) for item in items],
                caption=f"Records that are required of {plural(len(items), 'dataset')}",
            ),
        ]
    )


def _link(visit: Visit, dataset: str) -> Any:
    return dcc.Link(
        breakable(dataset), href=visit.href(visit.page, visit.reference, tab="requirements", dataset=dataset)
    )


def _cell(item: Json, type_: str) -> Any:
    single = next((each for each in item["types"] if each["type"] == type_), None)
    if single is None:
        parts = [each for entry in item["together"] for each in entry if each["type"] == type_]
        return [
            html.Span("in combinations"),
            html.Br(),
            html.Span(plural(len(parts), "entry", "entries"), className="hint"),
        ]
    return [html.Span(how_many(single)), *_few(single)]


def how_many(each: Json) -> str:
    """Return how many records of a type are required: ``all 3,108``, ``21 of 62``, ``none``."""
    if not each["required"]:
        return "none"
    return f"all {count(each['of'])}" if each["is_all"] else f"{count(each['required'])} of {count(each['of'])}"


def _few(each: Json) -> list[Any]:
    if (each["is_all"] and each["of"] > 1) or not each["records"]:
        return []
    names = ", ".join(record["name"] for record in each["records"][:_FEW])
    more = " …" if each["required"] > _FEW else ""
    return [html.Span(f"{names}{more}", className="few", title=f"{names}{more}")]


# One dataset ---------------------------------------------------------------------------------------------------------


def one(visit: Visit, item: Json, project: Json) -> Any:
    """Return what is required of one dataset, record by record."""
    bases = {base["name"]: base["dimension"] for base in project["base"]}
    dataset = item["dataset"]
    return html.Div(
        [
            html.P(
                dcc.Link("All requirements", href=visit.href(visit.page, visit.reference, tab="requirements")),
            ),
            html.H2(["Required of ", html.Span(dataset)]),
            html.P(
                [
                    "Every combination of these records, but for the gaps that it declares. ",
                    _page(visit, item),
                ],
            ),
            *[_type(visit, each, bases) for each in item["types"]],
            *_together(item["together"]),
        ],
        className="requirement",
    )


def _page(visit: Visit, item: Json) -> Any:
    return dcc.Link(
        "What it covers", href=visit.href(visit.page, visit.reference, tab="coverage", dataset=item["dataset"])
    )


def _together(entries: Sequence[Sequence[Json]]) -> list[Any]:
    if not entries:
        return []
    types = list(dict.fromkeys(each["type"] for entry in entries for each in entry))
    rows = []
    for number, entry in enumerate(entries, start=1):
        by_type = {each["type"]: each for each in entry}
        rows.append((count(number), *(_named(by_type.get(type_)) for type_ in types)))
    return [
        section(
            "Combinations",
            table(
                ("No.", *(type_.replace("_", " ") for type_ in types)),
                rows,
                caption="Of these types not every combination is required, but those of any of these rows",
            ),
        )
    ]


def _named(each: Json | None) -> Any:
    if each is None:
        return "–"
    names = [record["name"] for record in each["records"][:_NAMED]]
    left = each["required"] - len(names)
    return [
        html.Span(how_many(each)),
        html.Span(", ".join(names) + (f" and {count(left)} more" if left > 0 else ""), className="hint names"),
    ]


def _type(visit: Visit, each: Json, bases: Mapping[str, str]) -> Any:
    named = [
        dcc.Link(name, href=visit.href("dimensions", bases[name])) if name in bases else html.Span(name)
        for name in each["base"]
    ]
    over = [piece for place, name in enumerate(named) for piece in ([" or ", name] if place else [name])]
    return html.Div(
        [
            html.H3([each["type"].replace("_", " ").capitalize(), ": ", how_many(each)]),
            html.P(["Records of ", *over], className="hint"),
            _records(each),
        ],
        className="requirement-type",
    )


def _records(each: Json) -> Any:
    records = each["records"]
    if not records:
        return None
    left = each["required"] - len(records)
    shown = html.Ul(
        [
            html.Li([record["name"], *([" ", html.Code(record["id"])] if record["name"] != record["id"] else [])])
            for record in records
        ],
        className="requirement-records",
    )
    parts = [shown, html.P(f"and {count(left)} more", className="hint") if left > 0 else None]
    if len(records) <= 30:
        return html.Div(parts)
    return html.Details([html.Summary(f"Show {plural(len(records), 'record')}"), *parts])
