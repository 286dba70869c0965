"""A job that is followed: how it stands, kept up to date until it has ended."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update, set_props

from dsgrid.client.failures import TokenError
from dsgrid.errors import DsgridError, NotFoundError
from dsgrid.viewer.asking import Asking, path_of
from dsgrid.viewer.parts.digests import digest
from dsgrid.viewer.parts.job_actions import CANCEL, RETRY, actions, possible
from dsgrid.viewer.parts.job_state import has_ended, now, words_of, work
from dsgrid.viewer.problems import line_of
from dsgrid.viewer.visit import Visit, here

_FIRST: Final = 700  # milliseconds between two looks at a job
_PIECES: Final = 20  # of events: a quarter of a megabyte each


def follower(
    visit: Visit,
    job: Mapping[str, Any],
    onward: str | None = None,
    *,
    events: Sequence[Mapping[str, Any]] = (),
    with_actions: bool = True,
) -> Any:
    """Return how a job stands, as a component that looks again by itself until the job has ended.

    Parameters
    ----------
    job
        As the API tells it: the answer to a spec, or to ``GET /v1/jobs/ID``.
    onward
        The address to go to when it succeeds.
    events
        What it has done, where that is known already.
    with_actions
        Whether to show what may be done: cancel, try again, go to the result, to the job's page.
    """
    id_, is_over = str(job["id"]), has_ended(job)
    ways = _ways_on(visit, job) if with_actions else None
    about = {"onward": onward, "actions": with_actions, "page": visit.page}
    return html.Div(
        [
            html.Div(now(job, events), id={"type": "job-now", "job": id_}),
            html.Div(work(job, events), id={"type": "job-work", "job": id_}),
            html.Div(ways, id={"type": "job-ways", "job": id_}),
            html.P(id={"type": "job-trouble", "job": id_}, className="job-trouble", role="alert"),
            # Screen readers hear each state once, not each second.
            html.P(words_of(job), id={"type": "job-said", "job": id_}, className="unseen", role="status"),
            dcc.Store(id={"type": "job-follow", "job": id_}, data=about),
            dcc.Store(id={"type": "job-ended", "job": id_}, data=dict(job) if is_over else None),
            dcc.Store(id={"type": "job-tick", "job": id_}),
            dcc.Store(id={"type": "job-heard", "job": id_}),
            dcc.Store(id={"type": "job-seen", "job": id_}, data=_seen(job, events)),
            dcc.Interval(id={"type": "job-beat", "job": id_}, interval=_FIRST, disabled=is_over),
        ],
        className="job-follower",
    )


def _seen(job: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what tells whether a job's work, and what may be done to it, are as they were shown.

    What is drawn anew loses the focus, and what was opened in it; so it is drawn anew only where it has changed.
    """
    return [digest(job, events), digest(possible(job), job.get("links"))]


def _ways_on(visit: Visit, job: Mapping[str, Any]) -> Any:
    id_ = str(job["id"])
    ways: list[Any] = []
    if "result" in (job.get("links") or {}):
        ways.append(dcc.Link("Look at the result", href=visit.href("results", id_), className="button main"))
    if visit.page != "job":
        ways.append(dcc.Link("Details", href=visit.href("job", id_), className="button"))
    return html.P([*ways, actions(job, "follower", only=(CANCEL, RETRY))], className="job-ways")


def trouble(error: Exception) -> Any:
    """Return what is said while the server does not answer: what is shown is what was known last."""
    return [line_of(error), html.Br(), "It is asked again every few seconds."]


def events_of(ask: Asking, job: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a job, and all that it has done by now."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    for _ in range(_PIECES):
        answer = ask.get(path_of("jobs", job, "events"), stream=False, after=after)
        found += answer["events"]
        after = answer["after"]
        if not answer["more"]:
            break
    return answer["job"], found


def register(app: Dash) -> None:
    """Add what keeps followed jobs up to date, on whatever page they are."""
    app.clientside_callback(
        ClientsideFunction("dsgrid_jobs", "tick"),
        Output({"type": "job-tick", "job": MATCH}, "data"),
        Output({"type": "job-beat", "job": MATCH}, "interval"),
        Input({"type": "job-beat", "job": MATCH}, "n_intervals"),
        State({"type": "job-tick", "job": MATCH}, "data"),
        State({"type": "job-heard", "job": MATCH}, "data"),
    )

    @app.callback(
        Output({"type": "job-now", "job": MATCH}, "children"),
        Output({"type": "job-work", "job": MATCH}, "children"),
        Output({"type": "job-ways", "job": MATCH}, "children"),
        Output({"type": "job-seen", "job": MATCH}, "data"),
        Output({"type": "job-trouble", "job": MATCH}, "children"),
        Output({"type": "job-said", "job": MATCH}, "children"),
        Output({"type": "job-ended", "job": MATCH}, "data"),
        Output({"type": "job-beat", "job": MATCH}, "disabled"),
        Output({"type": "job-heard", "job": MATCH}, "data"),
        Input({"type": "job-tick", "job": MATCH}, "data"),
        State({"type": "job-follow", "job": MATCH}, "data"),
        State({"type": "job-follow", "job": MATCH}, "id"),
        State({"type": "job-seen", "job": MATCH}, "data"),
        prevent_initial_call=True,
    )
    def look(
        tick: Mapping[str, Any] | None, about: Mapping[str, Any], id_: Mapping[str, str], before: Sequence[str]
    ) -> tuple[Any, ...]:
        same = (no_update,) * 4
        if not tick:
            return (*same, *same, no_update)
        visit = dataclasses.replace(here(), page=str(about.get("page") or ""))
        try:
            job, events = events_of(visit.ask, id_["job"])
        except (NotFoundError, TokenError) as error:
            # Nobody will be told more of it, or not this one.
            return *same, line_of(error), no_update, no_update, True, tick["n"]
        except DsgridError as error:
            return *same, trouble(error), no_update, no_update, False, None
        is_over = has_ended(job)
        if job["state"] == "succeeded" and about.get("onward"):
            set_props("address", {"href": about["onward"]})
        seen = _seen(job, events)
        told = work(job, events) if seen[0] != before[0] else no_update
        ways = _ways_on(visit, job) if about.get("actions") and seen[1] != before[1] else no_update
        ended = job if is_over else no_update
        return now(job, events), told, ways, seen, None, words_of(job), ended, is_over, tick["n"]
