"""The load shape: mean days and a year of hours, by a query that the server runs for whoever may run queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dash import ALL, Dash, Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dsgrid.client.failures import TokenError
from dsgrid.errors import DsgridError
from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.dataset.about import Entry
from dsgrid.viewer.pages.dataset.shape_drawn import drawn
from dsgrid.viewer.pages.dataset.shape_question import (
    ALTERNATIVES,
    COURSE,
    HOURS,
    PERIODS,
    YEARS,
    Metric,
    Wish,
    key_of,
    largest,
    metric_groups,
    own_zone,
    spec_of,
    units,
    wish_of,
    zones,
)
from dsgrid.viewer.parts.blocks import section
from dsgrid.viewer.parts.choosing import Select, Text, choices
from dsgrid.viewer.parts.durations import duration
from dsgrid.viewer.parts.job_follower import follower
from dsgrid.viewer.parts.numbers import count, plural, size
from dsgrid.viewer.parts.states import empty, failed, guarded
from dsgrid.viewer.parts.waiting import waiting
from dsgrid.viewer.visit import Visit, here

RECORDS: Final = 5_000  # of one dimension that are offered; of more one types the id
CHEAP_VALUES: Final = 20_000_000
CHEAP_SECONDS: Final = 10.0
_WAIT: Final = 4  # seconds for which the answer to a query is waited for, before its progress is shown
_MAY_ASK: Final = frozenset({"analyst", "contributor", "admin"})
_SAID: Final = {
    HOURS: "Mean days, and every hour of the year.",
    COURSE: "These data have no hours, so there are no mean days: this is their course.",
    PERIODS: "These data are of typical periods; they are drawn as they are.",
    YEARS: "These data have no course within a year, so there is no load shape: these are the years.",
}


def show(visit: Visit, entry: Entry) -> Any:
    """Return what can be chosen, and the place for the pictures."""
    if not entry.get("files"):
        return empty("This dataset holds no data of its own.")
    metrics = metrics_of(visit, entry)
    several = {
        str(one["type"]): records_of(visit, str(one["dimension"]))
        for one in entry["dimensions"]
        if (one["records"] or 0) > 1 and one["type"] != "metric"
    }
    wish = wish_of(
        visit.params, entry["time"], metrics, {name: [id_ for id_, _ in some] for name, some in several.items()}
    )
    head = [
        html.P(_SAID[wish.kind], className="hint"),
        choices(visit, fields(visit, entry, metrics, several, wish), tab="shape"),
    ]
    if visit.session.role not in _MAY_ASK:
        return section("Load shape", *head, may_not(visit))
    wanted = {
        "spec": spec_of(entry, wish),
        "kind": wish.kind,
        "zone": wish.zone,
        "by": visit.params.get("by", ""),
        "projects": projects_of(entry),
    }
    return section(
        "Load shape",
        *head,
        dcc.Store(id="dataset-shape-wanted", data=wanted),
        waiting(html.Div(id="dataset-shape-job"), "Asking the server", delay=200),
        html.Div(id="dataset-shape-drawn", className="dataset-shape"),
    )


def projects_of(entry: Entry) -> list[str]:
    """Return the projects whose places say what time it is in the dataset; none where it says that itself."""
    if entry["time"].get("zone") != "project_geography":
        return []
    used = entry.get("used_by", ())
    return sorted({str(one["id"]).rpartition("/")[0] for one in used if one["kind"] == "submission"})


def may_not(visit: Visit) -> Any:
    """Return why this user gets no pictures, and what to do."""
    if visit.session.is_anonymous:
        return html.Div(
            [
                html.P("The pictures are made by a query, and queries need a token."),
                html.A("Sign in", href=visit.href("sign-in"), className="button main"),
            ],
            className="state",
        )
    return empty(
        f"The pictures are made by a query, which your role ({visit.session.role}) may not run.",
        "Ask whoever runs the server for a token of the role analyst. Profiles and the sample need none.",
    )


def metrics_of(visit: Visit, entry: Entry) -> list[Metric]:
    """Return the metrics with their units and sums."""
    own = next(one for one in entry["dimensions"] if one["type"] == "metric")
    found = visit.ask.get(path_of("dimensions", str(own["dimension"]), "records"), limit=RECORDS)["items"]
    sums = {str(one["metric"]): float(one["sum"] or 0) for one in entry.get("profile", ())}
    return [
        Metric(str(one["id"]), str(one.get("name") or ""), str(one.get("unit") or ""), sums.get(str(one["id"]), 0.0))
        for one in found
        # Those without any data make no picture.
        if not sums or str(one["id"]) in sums
    ]


def records_of(visit: Visit, dimension: str) -> list[tuple[str, str]]:
    """Return the records of a dimension as ids with what they are called."""
    found = visit.ask.get(path_of("dimensions", dimension, "records"), columns="id,name", limit=RECORDS)["items"]
    return [
        (str(one["id"]), str(one["id"]) if one["name"] in ("", one["id"]) else f"{one['name']} ({one['id']})")
        for one in found
    ]


def fields(
    visit: Visit,
    entry: Entry,
    metrics: Sequence[Metric],
    several: Mapping[str, Sequence[tuple[str, str]]],
    wish: Wish,
) -> list[Select | Text]:
    """Return what can be chosen: a metric, a record of each type, the clock, and how mean days are told apart."""
    chosen = visit.params.get("metric") or largest(metrics)
    made: list[Select | Text] = [Select("metric", "Metric", [], chosen, metric_groups(metrics))]
    sizes = {str(one["type"]): int(one["records"] or 0) for one in entry["dimensions"]}
    for type_, records in several.items():
        if wish.kind == YEARS and type_ == "model_year":
            continue
        label = type_.replace("_", " ").capitalize()
        if sizes[type_] > len(records):
            made.append(Text(type_, label, wish.only.get(type_, ""), "an id; all of them"))
            continue
        usual = [] if type_ in ALTERNATIVES else [("", f"all {count(len(records))} added up")]
        made.append(Select(type_, label, [*usual, *records], wish.only.get(type_, "")))
    if convertible := units(metrics, wish.metrics):
        made.append(Select("unit", "Unit", convertible, wish.unit))
    time = entry["time"]
    if wish.kind in (HOURS, COURSE):
        zone = wish.zone if wish.zone != own_zone(time) else ""
        made.append(Select("zone", "Clock", zones(time), zone))
    if wish.kind == HOURS:
        by = "month" if visit.params.get("by") == "month" else ""
        made.append(Select("by", "Mean days by", [("", "season"), ("month", "month")], by))
    return made


# The query ------------------------------------------------------------------------------------------------------------


def is_cheap(plan: Mapping[str, Any]) -> bool:
    """Say whether a query is so small that it runs without being asked for."""
    expected = plan.get("expected") or {}
    longest = max((float(one.get("high") or 0) for one in expected.get("time") or ()), default=0.0)
    return int(expected.get("values_read") or 0) <= CHEAP_VALUES and longest <= CHEAP_SECONDS


def begun(visit: Visit, spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the job of a query, which has ended if that took a few seconds only.

    The same picture is the same job, until its results are gone.
    """
    key = key_of(spec)
    sent = {"Prefer": f"wait={_WAIT}"}
    job = visit.ask.post("/queries", spec, headers={**sent, "Idempotency-Key": key})
    if job.get("results_removed_at"):
        job = visit.ask.post("/queries", spec, headers={**sent, "Idempotency-Key": f"{key}-{job['id']}"})
    return job


def offer(plan: Mapping[str, Any]) -> Any:
    """Return what a query would take, and the button that runs it."""
    expected = plan.get("expected") or {}
    times = [one for one in expected.get("time") or () if one.get("seconds")]
    said = f"This reads about {plural(expected.get('values_read'), 'value')}, {size(expected.get('bytes_read'))}"
    if times:
        said += f", and takes about {duration(times[0]['seconds'])}"
    return html.Div(
        [
            html.P(f"{said}. It runs as a job, and is kept: whoever looks again does not wait."),
            html.Button("Draw", id="dataset-shape-run", type="button", className="button main"),
        ],
        className="state",
    )


def register(app: Dash) -> None:
    """Add what asks the server, and draws when the job has ended."""

    @app.callback(
        Output("dataset-shape-job", "children"),
        Input("dataset-shape-wanted", "data"),
    )
    def plan(wanted: Mapping[str, Any] | None) -> Any:
        return planned(replace(here(), page="datasets"), wanted) if wanted else None

    @app.callback(
        Output("dataset-shape-job", "children", allow_duplicate=True),
        Input("dataset-shape-run", "n_clicks"),
        State("dataset-shape-wanted", "data"),
        prevent_initial_call=True,
    )
    @guarded
    def run(clicks: int | None, wanted: Mapping[str, Any]) -> Any:
        return run_now(replace(here(), page="datasets"), wanted) if clicks else no_update

    @app.callback(
        Output("dataset-shape-drawn", "children"),
        Output("dataset-shape-job", "children", allow_duplicate=True),
        Input({"type": "job-ended", "job": ALL}, "data"),
        State("dataset-shape-wanted", "data"),
        prevent_initial_call=True,
    )
    def draw(ended: Sequence[Mapping[str, Any] | None], wanted: Mapping[str, Any] | None) -> Any:
        job = next((one for one in ended if one and one.get("state") == "succeeded"), None)
        if job is None or not wanted:
            raise PreventUpdate
        visit = replace(here(), page="datasets")
        try:
            # How the job went is of no interest any more.
            return drawn(visit, str(job["id"]), wanted["kind"], wanted["zone"], wanted["by"]), None
        except DsgridError as error:
            return failed(error, visit), no_update


def planned(visit: Visit, wanted: Mapping[str, Any]) -> Any:
    """Return the pictures of a question that takes little, else what it would take; and why it cannot be asked so."""
    try:
        found = visit.ask.post("/explain", wanted["spec"])
    except TokenError as error:
        return failed(error, visit)
    except DsgridError as error:
        builder = dcc.Link("ask it in other words", href=visit.href("build", dataset=wanted["spec"]["dataset"]))
        ways: list[Any] = ["Choose other records above, or ", builder, "."]
        if projects := wanted.get("projects"):
            ways = ["Its clocks are those of a project's places. Ask the project instead: "]
            for project in projects:
                ways += [dcc.Link(project, href=visit.href("build", project=project)), " "]
        return html.Div([failed(error, visit), html.P(ways, className="hint")])
    return run_now(visit, wanted) if is_cheap(found) else offer(found)


def run_now(visit: Visit, wanted: Mapping[str, Any]) -> Any:
    """Return the pictures of a question where they are soon there, else how its job goes."""
    try:
        job = begun(visit, wanted["spec"])
    except DsgridError as error:
        return failed(error, visit)
    if job["state"] == "succeeded":
        return drawn(visit, str(job["id"]), wanted["kind"], wanted["zone"], wanted["by"])
    return follower(visit, job)
