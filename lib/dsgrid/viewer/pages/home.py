"""The page ``/``: the registry at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.page import Page
from dsgrid.viewer.parts.blocks import facts, heading, section, table
from dsgrid.viewer.parts.grid import grid
from dsgrid.viewer.parts.grid_columns import Column
from dsgrid.viewer.parts.numbers import count, moment, plural, size
from dsgrid.viewer.parts.paging import Source
from dsgrid.viewer.parts.registrations import recent
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit

CARDS: Final = 12  # projects; more of them are a grid
ROWS: Final = 15  # datasets; more of them are a grid
TAGS: Final = 40
RECENT: Final = 5  # registrations
EARLIER: Final = 100
_WORDS: Final = 160  # characters of a description
_DATASETS: Final = (
    Column("id", "Dataset", "link", page="datasets", width=220, grows=2),
    Column("version", "Version", width=90),
    Column("kind", "Kind", width=110),
    Column("rows", "Rows", "count"),
    Column("bytes", "Size", "size", width=100),
    Column("projects", "Submitted to", width=160, grows=2),
    Column("tags", "Tags", width=140),
    Column("registered_at", "Registered", "moment", width=195),
    Column("submitter", "By", width=100),
    Column("description", "Description", width=260, grows=3),
)
_PROJECTS: Final = (
    Column("id", "Project", "link", page="projects", width=200, grows=2),
    Column("version", "Version", width=90),
    Column("name", "Name", width=180, grows=2),
    Column("submitted", "Submitted", "count"),
    Column("required", "Required", "count"),
    Column("registered_at", "Registered", "moment", width=195),
    Column("description", "Description", width=260, grows=3),
)


def _show(visit: Visit) -> Any:
    tag = visit.params.get("tag", "")
    earlier = visit.params.get("recent", "") == "all"
    glance = visit.ask.get("/overview", recent=EARLIER if earlier else RECENT, projects=CARDS)
    totals = glance["totals"]
    top = heading("Registry")
    if not totals["registrations"]:
        return html.Div([top, _nothing(visit)])
    datasets = visit.ask.get("/datasets", tag=tag or None, limit=ROWS + 1)
    projects = glance["projects"]
    if tag and totals["projects"] <= CARDS:
        chosen = {row["id"] for row in visit.ask.get("/projects", tag=tag, columns="id", limit=CARDS)["items"]}
        projects = [project for project in projects if project["id"] in chosen]
    parts = [section("Projects", _projects(visit, projects, totals["projects"], tag))]
    if not tag:
        parts.append(section("Last registrations", *_recent(visit, glance, earlier)))
    return html.Div(
        [
            top,
            _totals(totals),
            _tagged(visit, tag) if tag else None,
            html.Div(parts, className="columns" if totals["projects"] <= CARDS and not tag else ""),
            section("Datasets", _datasets(visit, datasets, tag)),
            section("Tags", _tags(visit, tag)),
        ],
        className="home",
    )


def _totals(totals: Mapping[str, int]) -> Any:
    shown = facts(
        {
            "Projects": count(totals["projects"]),
            "Datasets": count(totals["datasets"]),
            "Rows of data": count(totals["rows"]),
            "Size of data": size(totals["bytes"]),
            "Dimensions": count(totals["dimensions"]),
            "Records": count(totals["records"]),
            "Mappings": count(totals["mappings"]),
            "Registrations": count(totals["registrations"]),
        }
    )
    return html.Div(shown, className="totals")


def _tagged(visit: Visit, tag: str) -> Any:
    return html.P(
        [
            "Only what has the tag ",
            html.Span(tag, className="tag"),
            " ",
            dcc.Link("Show everything", href=visit.href()),
        ],
        className="chosen-tag",
    )


def _projects(visit: Visit, projects: Sequence[Mapping[str, Any]], total: int, tag: str) -> Any:
    if not total:
        return empty("There is no project yet.", "A project says which dimensions and datasets belong together.")
    if total > CARDS:
        params = (("tag", tag),) if tag else ()
        return grid("home-projects", Source("/projects", params), _PROJECTS, visit, label="Projects", noun="projects")
    if not projects:
        return html.P("No project has this tag.", className="hint")
    return html.Div([card(visit, project) for project in projects], className="cards")


def card(visit: Visit, project: Mapping[str, Any]) -> Any:
    """Return a project in short: what it is, how far it is, and its base dimensions."""
    id_, submitted, required = project["id"], project["submitted"], project["required"]
    is_whole = required > 0 and submitted >= required
    return html.Article(
        [
            html.H3([dcc.Link(project["name"] or id_, href=visit.href("projects", id_))]),
            html.P([html.Span(id_, className="mono"), " ", project["version"]], className="hint card-id"),
            html.P(cut(project["description"])) if project["description"] else None,
            html.P(
                [
                    dcc.Link(
                        f"{count(submitted)} of {count(required)} datasets submitted"
                        if required
                        else f"{plural(submitted, 'dataset')} submitted",
                        href=visit.href("projects", id_, tab="datasets"),
                        className="tag good" if is_whole else "tag warn" if required else "tag",
                    ),
                    *([" ", html.Span(project["status"], className="tag")] if project["status"] else []),
                ]
            ),
            html.Ul(
                [
                    html.Li(
                        [
                            dcc.Link(base["name"], href=visit.href("dimensions", base["dimension"])),
                            " ",
                            html.Span(count(base["records"]), title="records"),
                        ]
                    )
                    for base in project["base"]
                ],
                className="bases",
                **{"aria-label": "Base dimensions, with how many records each has"},
            ),
            html.P(
                [
                    dcc.Link("Ask", href=visit.href("build", project=id_), className="button"),
                    " ",
                    html.Span(f"{moment(project['registered_at'])}, {project['submitter']}", className="hint"),
                ],
                className="card-foot",
            ),
        ],
        className="card",
    )


def _datasets(visit: Visit, datasets: Mapping[str, Any], tag: str) -> Any:
    rows, total = datasets["items"], datasets["total"]
    if not total:
        return (
            empty("No dataset has this tag.")
            if tag
            else empty("There is no dataset yet.", "dsgrid generate dataset FILE writes the spec of one.")
        )
    if total > ROWS:
        params = (("tag", tag),) if tag else ()
        return grid(
            "home-datasets",
            Source("/datasets", params),
            _DATASETS,
            visit,
            label="Datasets",
            noun="datasets",
            rows=total,
            keeps=True,
        )
    return table(
        ("Dataset", "Version", "Kind", "Rows", "Size", "Submitted to", "Registered", "Description"),
        [_dataset(visit, row) for row in rows],
        caption="The newest version of each dataset",
        numeric=("Rows", "Size"),
    )


def _dataset(visit: Visit, row: Mapping[str, Any]) -> tuple[Any, ...]:
    projects: list[Any] = []
    for id_ in filter(None, (row.get("projects") or "").split(", ")):
        projects += [*([", "] if projects else []), dcc.Link(id_, href=visit.href("projects", id_))]
    return (
        dcc.Link(row["id"], href=visit.href("datasets", row["id"])),
        row["version"],
        row["kind"],
        count(row["rows"]),
        html.Span(size(row["bytes"]), className="when"),
        projects or html.Span("none", className="hint"),
        html.Span(moment(row["registered_at"]), className="when"),
        html.Div(cut(row["description"]), className="described"),
    )


def _recent(visit: Visit, glance: Mapping[str, Any], earlier: bool) -> list[Any]:
    shown, total = glance["recent"], glance["totals"]["registrations"]
    listed = [recent(visit, shown)]
    if earlier:
        listed.append(html.P(dcc.Link("Only the last ones", href=visit.href())))
    elif total > len(shown):
        listed.append(html.P(dcc.Link("Earlier ones", href=visit.href(recent="all"))))
    if earlier and total > len(shown):
        listed.append(html.P(f"These are the last {count(len(shown))} of {count(total)}.", className="hint"))
    return listed


def _tags(visit: Visit, chosen: str) -> Any:
    found = visit.ask.get("/tags")["items"]
    if not found:
        return empty("Nothing has a tag.")
    return html.Ul(
        [
            html.Li(
                dcc.Link(
                    [each["tag"], " ", html.Span(count(each["count"]))],
                    href=visit.href(tag=each["tag"]),
                    className="tag chosen" if each["tag"].casefold() == chosen.casefold() else "tag",
                )
            )
            for each in found[:TAGS]
        ],
        className="tag-list",
    )


def _nothing(visit: Visit) -> Any:
    """Return what stands in place of a registry that has nothing yet: how that changes."""
    can = visit.session.role in ("contributor", "admin")
    return html.Div(
        [
            html.P("Nothing is registered here yet."),
            html.P("On the machine that has the registry, or with the address of this server and a token:"),
            html.Ol(
                [
                    html.Li([html.Code("dsgrid generate dataset FILE --output FOLDER"), " writes a spec of your data"]),
                    html.Li([html.Code("dsgrid check SPEC"), " looks at the data before anything is registered"]),
                    html.Li(
                        [
                            html.Code("dsgrid apply SPEC"),
                            " registers datasets and projects, and submits one to the other",
                        ]
                    ),
                ]
            ),
            html.P(
                "Over HTTP, specs name files in folders that the server has opened for that."
                if can
                else "Over HTTP that takes a token with the role contributor; whoever runs the server makes one.",
                className="hint",
            ),
        ],
        className="state empty first-steps",
    )


def cut(text: str, most: int = _WORDS) -> str:
    """Return the first words of a text."""
    if len(text) <= most:
        return text
    return f"{text[:most].rsplit(' ', 1)[0]} …"


PAGE = Page("", lambda visit: "Registry", _show)
