"""The checks: what a dataset passed when it was registered, and whether its files still are what they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import Dash, Input, Output, State, ctx, dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.dataset.about import Entry, pinned
from dsgrid.viewer.parts.blocks import section, table
from dsgrid.viewer.parts.job_follower import follower
from dsgrid.viewer.parts.numbers import moment, plural, size
from dsgrid.viewer.parts.states import empty, guarded
from dsgrid.viewer.visit import Visit, here

_MAY_CHECK: Final = frozenset({"contributor", "admin"})


def show(visit: Visit, entry: Entry) -> Any:
    """Return the checks."""
    found = visit.ask.get(path_of("datasets", pinned(entry), "checks"))
    return html.Div(
        [
            section("At registration", passed(found)),
            section("Its own checks", own(found)),
            section("Its files now", *verifying(entry)),
            section("All checks again", *again(visit, entry)),
        ]
    )


def passed(found: Mapping[str, Any]) -> Any:
    """Return the checks that the data went through."""
    if not found["checks"]:
        return empty("This dataset holds no data of its own, so nothing was checked.")
    rows = [
        [one["check"], html.Span(one["state"], className="tag good"), one["says"], one["found"] or "–"]
        for one in found["checks"]
    ]
    if found["job"] == "filter_registry":
        head = "These checks were passed where the dataset was registered; this registry holds a part of it."
        return html.Div(
            [
                html.P(head),
                table(
                    ["Check", "Result", "What holds"],
                    [row[:3] for row in rows],
                    caption="What every dataset is checked for",
                ),
            ]
        )
    head = (
        f"{plural(len(rows), 'check')}, all passed, by the job {found['job']} on {moment(found['checked_at'])} "
        f"(dsgrid {found['dsgrid_version']}). A dataset that fails one of them is not registered."
    )
    return html.Div(
        [
            html.P(head),
            table(["Check", "Result", "What holds", "Looked at"], rows, caption="What every dataset is checked for"),
        ]
    )


def own(found: Mapping[str, Any]) -> Any:
    """Return the checks that the dataset declares."""
    if not found["own"]:
        return empty("It declares none.", "[[checks]] in its spec say what has to hold of its values.")
    rows = [[one["kind"], html.Span("passed", className="tag good"), one["says"] or "–"] for one in found["own"]]
    return table(["Kind", "Result", "What it says"], rows, caption="Checks that the dataset declares")


def verifying(entry: Entry) -> list[Any]:
    """Return what starts the comparison of the files with their manifest."""
    total = sum(one["bytes"] for one in entry.get("files", ()))
    if not entry.get("files"):
        return [empty("There are no files.")]
    return [
        html.P(
            "Whether every file is there and has its size, and the manifest is the one that was registered; with "
            f"checksums all {size(total)} are read, too."
        ),
        dcc.Store(id="dataset-checks-of", data=pinned(entry)),
        html.P(
            [
                html.Button("Compare sizes", id="dataset-checks-sizes", type="button", className="button"),
                html.Button("Compare checksums", id="dataset-checks-sums", type="button", className="button"),
            ],
            className="actions",
        ),
        dcc.Loading(html.Div(id="dataset-checks-files", role="status"), delay_show=200),
    ]


def verified(found: Mapping[str, Any]) -> Any:
    """Return what the comparison found."""
    how = "checksums" if found["checksums"] else "sizes"
    looked = f"{plural(found['files'], 'file')}, {size(found['bytes'])}, {how} compared in {found['seconds']:.2g} s"
    if found["clean"]:
        return html.P([html.Span("as published", className="tag good"), f" {looked}."])
    rows = [[one["message"], html.Code(one["where"]), one["remedy"]] for one in found["problems"]]
    return html.Div(
        [
            html.P([html.Span("not as published", className="tag bad"), f" {looked}."]),
            table(["What is wrong", "Where", "What to do"], rows, caption="What is wrong with the files"),
        ]
    )


def again(visit: Visit, entry: Entry) -> list[Any]:
    """Return what makes all checks once more, or why this user may not."""
    said = html.P("A job reads all facts, and makes every check of stored data again; nothing is changed.")
    if visit.session.is_anonymous:
        return [said, html.A("Sign in", href=visit.href("sign-in"), className="button")]
    if visit.session.role not in _MAY_CHECK:
        return [
            said,
            html.P(
                f"It needs the role contributor, and yours is {visit.session.role}: ask whoever runs the server, or "
                "run a check_dataset spec where you have the registry.",
                className="hint",
            ),
        ]
    return [
        said,
        html.P(html.Button("Check again", id="dataset-checks-again", type="button", className="button")),
        html.Div(id="dataset-checks-job"),
        dcc.Store(id="dataset-checks-subject", data=pinned(entry)),
    ]


def register(app: Dash) -> None:
    """Add what the buttons do."""

    @app.callback(
        Output("dataset-checks-files", "children"),
        Input("dataset-checks-sizes", "n_clicks"),
        Input("dataset-checks-sums", "n_clicks"),
        State("dataset-checks-of", "data"),
        prevent_initial_call=True,
    )
    @guarded
    def verify(_sizes: int | None, _sums: int | None, reference: str) -> Any:
        if not (_sizes or _sums):
            return None
        checksums = ctx.triggered_id == "dataset-checks-sums"
        return verified(here().ask.get(path_of("datasets", reference, "verify"), checksums=checksums))

    @app.callback(
        Output("dataset-checks-job", "children"),
        Input("dataset-checks-again", "n_clicks"),
        State("dataset-checks-subject", "data"),
        prevent_initial_call=True,
    )
    @guarded
    def check(clicks: int | None, reference: str) -> Any:
        if not clicks:
            return None
        visit = here()
        spec = {"spec_version": 1, "job": "check_dataset", "dataset": reference}
        return follower(visit, visit.ask.post("/jobs", spec))
