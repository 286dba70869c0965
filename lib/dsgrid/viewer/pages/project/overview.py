"""A project at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.project.told import STATES, nested, span_of, state
from dsgrid.viewer.parts.blocks import facts, link, said, section, table
from dsgrid.viewer.parts.drawn import drawn
from dsgrid.viewer.parts.numbers import count, moment, plural
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit

Json = Mapping[str, Any]
_YEARS: Final = 12  # names of years that are told
_PLACES: Final = {"project": "projects", "dataset": "datasets", "dimension": "dimensions", "mapping": "mappings"}


def show(visit: Visit, project: Json) -> Any:
    """Return the first part of the page."""
    return overview(visit, project, {type_: _years(visit, project, type_) for type_ in ("weather_year", "model_year")})


def _years(visit: Visit, project: Json, type_: str) -> str:
    found = []
    for base in project["base"]:
        if base["type"] == type_:
            path = path_of("dimensions", base["dimension"], "records")
            items = visit.ask.get(path, columns="id", limit=_YEARS)["items"]
            found.append(years_in_words([item["id"] for item in items], base["records"]))
    return "; ".join(found)


def years_in_words(ids: Sequence[str], of: int) -> str:
    """Return some years, and how many more there are."""
    return ", ".join(ids) + (f" and {count(of - len(ids))} more" if of > len(ids) else "")


def overview(visit: Visit, project: Json, years: Mapping[str, str]) -> Any:
    """Return what there is to say about a project on one page."""
    metadata = dict(project["metadata"])
    tags = metadata.pop("tags", [])
    return html.Div(
        [
            said(project["description"], "project-says") if project["description"] else None,
            html.P([html.Span(str(tag), className="tag") for tag in tags], className="project-tags", title="Tags")
            if tags
            else None,
            facts(
                {
                    "Version": project["version"],
                    "Registered": moment(project["registered_at"]),
                    "By": project["submitter"],
                    "Why": project["log_message"] or None,
                    "Weather years": years.get("weather_year") or None,
                    "Model years": years.get("model_year") or None,
                    "Time": span_of(project["time"]),
                }
            ),
            html.Div([_bases(visit, project), _datasets(visit, project)], className="columns"),
            section("Metadata", nested(metadata)) if metadata else None,
            _users(visit, project),
        ]
    )


def _bases(visit: Visit, project: Json) -> Any:
    more = Counter(each["of"] for each in project["supplemental"])
    rows = [
        (
            link(visit, "dimensions", base["dimension"], base["name"]),
            base["type"].replace("_", " "),
            count(base["records"]),
            count(more[base["name"]]) if more[base["name"]] else "–",
        )
        for base in project["base"]
    ]
    return section(
        "Base dimensions",
        table(
            ("Name", "Type", "Records", "Supplemental"),
            rows,
            caption="What every dataset of the project is brought to",
            numeric=("Records", "Supplemental"),
        ),
    )


def _datasets(visit: Visit, project: Json) -> Any:
    rows = project["datasets"]
    if not rows:
        return section("Datasets", empty("The project requires no datasets, and has none."))
    number = Counter(row["status"] for row in rows)
    order = sorted(number, key=lambda each: (each != "accepted", each))
    waiting = "not submitted"
    return section(
        "Datasets",
        html.P(
            [
                html.Strong(f"{count(number['accepted'])} of {plural(len(rows), 'dataset')}"),
                " submitted",
                dcc.Link("All with their size", href=visit.href(visit.page, visit.reference, tab="datasets")),
            ],
            className="project-line",
        ),
        html.Ul(
            [
                html.Li(
                    [
                        state(status) if status in STATES else html.Span(waiting, className="tag warn"),
                        " ",
                        *_joined(_dataset(visit, row) for row in rows if row["status"] == status),
                    ]
                )
                for status in order
            ],
            className="project-states",
        ),
    )


def _dataset(visit: Visit, row: Json) -> Any:
    if row["status"] == "not submitted":
        return html.Span(row["dataset"])
    version = f"@{row['submitted']}" if row["submitted"] else ""
    return link(visit, "datasets", f"{row['dataset']}{version}", row["dataset"])


def _users(visit: Visit, project: Json) -> Any:
    if not project["used_by"]:
        return None
    items = []
    for each in project["used_by"]:
        name = f"{each['id']}@{each['version']}"
        page = _PLACES.get(each["kind"])
        items.append(html.Li([f"{each['kind']} ", link(visit, page, name) if page else html.Code(name)]))
    return section("Used by", drawn(html.Ul(items)))


def _joined(pieces: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for piece in pieces:
        found += [", ", piece] if found else [piece]
    return found
