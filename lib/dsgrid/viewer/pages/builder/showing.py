"""What stands on the page when it comes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.asking import Asking, path_of
from dsgrid.viewer.pages.builder.catalog import Catalog, catalog_of
from dsgrid.viewer.pages.builder.form import form
from dsgrid.viewer.pages.builder.hints import Hints
from dsgrid.viewer.pages.builder.records import found_of
from dsgrid.viewer.pages.builder.state import State, fresh, read, stored
from dsgrid.viewer.parts.blocks import heading
from dsgrid.viewer.parts.copying import copy_button
from dsgrid.viewer.parts.lost_jobs import of_jobs
from dsgrid.viewer.specs.draft import JOBS, MAP_DATASET, QUERY_DATASET, Draft
from dsgrid.viewer.visit import Visit

_MAY_ASK: Final = frozenset({"analyst", "contributor", "admin"})


@of_jobs("Ask")
def show(visit: Visit) -> Any:
    """Return the page of an address."""
    state = begun(visit)
    return html.Div(
        [
            heading("Ask", ""),
            html.Div(
                [
                    html.Div(formed(visit.ask, state), id="build-form", className="build-form"),
                    html.Div(_beside(visit, state), className="build-beside"),
                ],
                className="build",
            ),
            html.Section(
                [html.H2("Your recent jobs"), dcc.Loading(html.Div(id="build-recent"), delay_show=300)],
                className="build-recent",
            ),
            dcc.Store(id="build-state", data={**stored(state), "n": 0}),
            dcc.Store(id="build-said"),
            dcc.Store(id="build-asked"),
            dcc.Store(id="build-go"),
            dcc.Store(id="build-problems"),
            dcc.Store(id="build-job", data={"nonce": 0, "page": secrets.token_hex(8)}),
            dcc.Store(id="build-done"),
        ],
        id="build-page",
        **{"data-prefix": visit.prefix},
    )


def begun(visit: Visit) -> State:
    """Return what an address begins with."""
    params = visit.params
    if params.get("spec"):
        return read(params["spec"])
    if params.get("job"):
        return read(visit.ask.text(path_of("jobs", params["job"], "spec")))
    dataset = params.get("dataset", "")
    project = params.get("project", "")
    usual = (MAP_DATASET if project else QUERY_DATASET) if dataset else ""
    kind = params.get("kind", "")
    return fresh(project, dataset, kind if kind in JOBS else usual)


def formed(ask: Asking, state: State) -> list[Any]:
    """Return the form of a state, after asking the server for the names that fit."""
    if state.problem:
        return [
            html.Div(
                [
                    html.P(state.problem, className="problem"),
                    html.P("The form cannot show this text. The text is what runs: mend it, or start over."),
                ],
                className="state failed",
                role="alert",
            )
        ]
    hints = hints_of(ask, state.draft)
    catalog = names_of(ask, state.draft, hints)
    return form(state.draft, catalog, hints, found_of(ask, state.draft, catalog, state.typed))


def hints_of(ask: Asking, draft: Draft) -> Hints:
    """Return what the schema of a draft's job says."""
    schema: Mapping[str, Any] = ask.get(path_of("schemas", draft.job))
    return Hints(schema)


def names_of(ask: Asking, draft: Draft, hints: Hints) -> Catalog:
    """Return the names that fit a draft."""
    return catalog_of(ask, draft, hints.words_for_time())


def may_ask(visit: Visit) -> bool:
    """Whether who looks may plan and run queries."""
    return visit.session.role in _MAY_ASK


def _beside(visit: Visit, state: State) -> list[Any]:
    return [
        html.Div(
            [
                html.Button("Run", id="build-run", type="button", className="button main", disabled=not may_ask(visit)),
                html.Button("Start over", type="button", className="button", **{"data-do": "fresh", "data-at": ""}),
            ],
            className="build-run",
        ),
        None if may_ask(visit) else _why_not(visit),
        html.Div(id="build-progress"),
        html.Section(
            [
                html.H2("Plan"),
                html.Div(
                    html.P("Choose what is asked; the plan follows.", className="hint"), id="build-plan", role="status"
                ),
            ],
            className="part",
        ),
        html.Section(
            [
                html.Div(
                    [
                        html.H2(html.Label("Spec", htmlFor="build-text")),
                        copy_button("#build-text", "Copy"),
                        html.Button("Download", id="build-download", type="button", className="button small"),
                    ],
                    className="part-head",
                ),
                dcc.Textarea(id="build-text", value=state.text, spellCheck="false", className="mono", rows=18),
                html.P(id="build-remark", className="hint"),
            ],
            className="part",
        ),
    ]


def _why_not(visit: Visit) -> Any:
    if visit.session.is_anonymous:
        return html.P(
            [html.A("Sign in", href=visit.href("sign-in", next=visit.href("build"))), " to plan and run queries."],
            className="warning",
        )
    return html.P(
        f"Your role is {visit.session.role}; to plan and run queries takes analyst. Whoever runs the server can give "
        "you a token with that role. The spec can be copied, downloaded and shared.",
        className="warning",
    )
