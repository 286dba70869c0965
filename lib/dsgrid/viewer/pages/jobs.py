"""The page ``/jobs``: the jobs of who looks, the newest first; an admin sees those of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from dsgrid.errors import DsgridError
from dsgrid.viewer.page import Page
from dsgrid.viewer.parts.blocks import heading
from dsgrid.viewer.parts.choosing import Select, choices
from dsgrid.viewer.parts.digests import digest
from dsgrid.viewer.parts.durations import duration
from dsgrid.viewer.parts.job_actions import actions
from dsgrid.viewer.parts.job_follower import trouble
from dsgrid.viewer.parts.job_state import WORDS, has_ended, state_tag, title_of, took
from dsgrid.viewer.parts.numbers import count, moment
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit, visit_of

_PAGE: Final = 25
_BEAT: Final = 2_000  # milliseconds
_FILTERS: Final = ("state", "kind", "user", "cursor")
_NO_JOBS: Final = frozenset({"server", "site"})  # files that have a schema, too
_COLUMNS: Final = ("Job", "Kind", "State", "Runner", "Handed in", "Took", "Rows", "Actions")


def _show(visit: Visit) -> Any:
    found = _asked(visit)
    kinds = [str(each["job"]) for each in visit.ask.all("/schemas") if each["job"] not in _NO_JOBS]
    return html.Div(
        [
            heading("Jobs", "" if visit.session.role == "admin" else f"of {visit.session.name}"),
            _filters(visit, kinds),
            html.Div(listing(visit, found), id="jobs-list"),
            html.P(id="jobs-trouble", className="job-trouble", role="alert"),
            dcc.Store(id="jobs-tick"),
            dcc.Store(id="jobs-heard"),
            dcc.Store(id="jobs-seen", data=digest(found)),
            dcc.Interval(id="jobs-beat", interval=_BEAT, disabled=_is_still(found)),
        ]
    )


def _asked(visit: Visit) -> Mapping[str, Any]:
    wanted = {name: visit.params.get(name) or None for name in _FILTERS}
    return dict(visit.ask.get("/jobs", limit=_PAGE, **wanted))


def _is_still(found: Mapping[str, Any]) -> bool:
    """Whether nothing on the page changes any more by itself."""
    return all(has_ended(job) for job in found["items"])


def _filters(visit: Visit, kinds: list[str]) -> Any:
    chosen, kind, user = (visit.params.get(name, "") for name in ("state", "kind", "user"))
    states = {"": "all", **WORDS}
    kept = {"state": chosen, "user": user}
    return html.Div(
        [
            html.Nav(
                [
                    dcc.Link(
                        text,
                        href=visit.href("jobs", state=name, kind=kind, user=user),
                        className="tab chosen" if name == chosen else "tab",
                    )
                    for name, text in states.items()
                ],
                className="tabs",
                **{"aria-label": "States of jobs"},
            ),
            html.Div(
                [
                    choices(
                        visit, [Select("kind", "Kind", [("", "all"), *((each, each) for each in kinds)], kind)], **kept
                    ),
                    html.P(
                        [
                            f"Only jobs of {user}. ",
                            dcc.Link("Of all", href=visit.href("jobs", state=chosen, kind=kind)),
                        ],
                        className="hint",
                    )
                    if user
                    else None,
                ],
                className="bar",
            ),
        ]
    )


def listing(visit: Visit, found: Mapping[str, Any]) -> Any:
    """Return a page of jobs as a table, with the ways to newer and older ones; or why there are none."""
    jobs = found["items"]
    if not jobs:
        return _none(visit)
    of_all = visit.session.role == "admin"
    columns = [name if name != "Kind" or not of_all else "Kind, user" for name in _COLUMNS]
    head = html.Tr(
        [html.Th(name, scope="col", className="number" if name in ("Took", "Rows") else "") for name in columns]
    )
    caption = "Jobs, the newest first"
    table = html.Table(
        [html.Caption(caption), html.Thead(head), html.Tbody([_row(visit, job, of_all) for job in jobs])],
        className="table jobs-table",
    )
    box = html.Div(table, className="scroll", tabIndex=0, role="region", **{"aria-label": caption})
    return html.Div([box, _pages(visit, found)])


def _row(visit: Visit, job: Mapping[str, Any], of_all: bool) -> Any:
    kind = str(job["kind"])
    user = dcc.Link(job["user"], href=visit.href("jobs", **_changed(visit, user=job["user"])))
    state: list[Any] = [state_tag(job)]
    if job.get("position"):
        state.append(html.Span(f" place {count(job['position'])}", className="hint nowrap"))
    if job.get("reason") and job["state"] != "succeeded":
        state.append(html.Span(str(job["reason"]), className="job-reason"))
    if job.get("results_removed_at"):
        state.append(html.Span("its result was removed", className="job-reason"))
    rows = (job.get("expected") or {}).get("rows")
    known = rows is not None and (job.get("expected") or {}).get("exact") and job["state"] == "succeeded"
    cells: list[tuple[Any, str]] = [
        (dcc.Link(title_of(job), href=visit.href("job", str(job["id"]))), "job-name"),
        (html.Span([kind, html.Br(), user]) if of_all else kind, ""),
        (html.Span(state), ""),
        (str(job["runner"]), "nowrap"),
        (moment(job["created_at"]), "nowrap"),
        (_took(job), "number nowrap"),
        (count(rows) if known else "–", "number nowrap"),
        (_ways(visit, job), "nowrap"),
    ]
    return html.Tr([html.Td(shown, className=name) for shown, name in cells], key=str(job["id"]))


def _took(job: Mapping[str, Any]) -> Any:
    gone = took(job)
    # The browser counts on.
    return (
        html.Span(duration(gone), **{"data-gone": f"{gone:.1f}"})
        if job["state"] == "running" and gone
        else duration(gone)
    )


def _ways(visit: Visit, job: Mapping[str, Any]) -> Any:
    result = dcc.Link("Result", href=visit.href("results", str(job["id"])), className="button")
    has_result = "result" in (job.get("links") or {})
    return html.Span([result if has_result else None, actions(job, "list")], className="job-actions")


def _pages(visit: Visit, found: Mapping[str, Any]) -> Any:
    links: list[Any] = []
    if visit.params.get("cursor"):
        links.append(dcc.Link("Newest", href=visit.href("jobs", **_changed(visit)), className="button"))
    cursor = (parse_qs(urlsplit(found.get("next") or "").query).get("cursor") or [""])[0]
    if cursor:
        links.append(dcc.Link("Older", href=visit.href("jobs", **_changed(visit, cursor=cursor)), className="button"))
    return html.Nav(links, className="bar", **{"aria-label": "Pages"}) if links else None


def _changed(visit: Visit, **changed: Any) -> dict[str, Any]:
    """Return the parameters of another list of jobs; it begins with the newest."""
    return {**visit.params, "cursor": None, **changed}


def _none(visit: Visit) -> Any:
    if any(visit.params.get(name) for name in _FILTERS):
        return empty("No job is like that.", dcc.Link("Show all jobs", href=visit.href("jobs")))
    return empty(
        "There are no jobs yet.",
        ["A question that is asked becomes one: ", dcc.Link("ask one", href=visit.href("build")), "."],
    )


def register(app: Dash) -> None:
    """Add the callbacks of the page."""
    app.clientside_callback(
        ClientsideFunction("dsgrid_jobs", "beat"),
        Output("jobs-tick", "data"),
        Input("jobs-beat", "n_intervals"),
        State("jobs-tick", "data"),
        State("jobs-heard", "data"),
    )

    @app.callback(
        Output("jobs-list", "children"),
        Output("jobs-trouble", "children"),
        Output("jobs-beat", "disabled"),
        Output("jobs-heard", "data"),
        Output("jobs-seen", "data"),
        Input("jobs-tick", "data"),
        Input({"type": "job-acted", "job": ALL, "at": "list"}, "data"),
        State("address", "pathname"),
        State("address", "search"),
        State("jobs-seen", "data"),
        prevent_initial_call=True,
    )
    def look(
        tick: Mapping[str, Any] | None, acted: list[Any], pathname: str, search: str, before: str
    ) -> tuple[Any, ...]:
        if not tick and not any(acted):
            return (no_update,) * 5
        visit = visit_of(pathname, search)
        try:
            found = _asked(visit)
        except DsgridError as error:
            return no_update, trouble(error), False, None, no_update
        seen = digest(found)
        # What is drawn anew loses the focus.
        shown = listing(visit, found) if seen != before else no_update
        return shown, None, _is_still(found), (tick or {}).get("n"), seen


PAGE = Page("jobs", lambda visit: "Jobs", _show, register)
