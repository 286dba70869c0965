"""The page ``/job/ID``: how a job stands or ended, what it said, and what it was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import ALL, Dash, Input, Output, State, dcc, html, no_update

from dsgrid.errors import DsgridError
from dsgrid.viewer.asking import path_of
from dsgrid.viewer.page import Page
from dsgrid.viewer.parts import job_actions, job_follower
from dsgrid.viewer.parts.blocks import facts, heading, link, section
from dsgrid.viewer.parts.copying import copy_button
from dsgrid.viewer.parts.digests import digest
from dsgrid.viewer.parts.durations import duration
from dsgrid.viewer.parts.job_actions import REMOVE, actions
from dsgrid.viewer.parts.job_state import has_ended, title_of, took
from dsgrid.viewer.parts.lost_jobs import of_jobs
from dsgrid.viewer.parts.numbers import count, moment, size
from dsgrid.viewer.visit import Visit, here

# Kinds of specs that the builder reads.
_ASKED: Final = frozenset({"query", "query_dataset", "map_dataset"})
_TAIL: Final = 30_000  # bytes of the log
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@of_jobs("Job")
def _show(visit: Visit) -> Any:
    job, events = job_follower.events_of(visit.ask, visit.reference)
    spec = visit.ask.text(path_of("jobs", visit.reference, "spec"))
    return html.Div(
        [
            heading(title_of(job), f"Job · {job['kind']}"),
            job_follower.follower(visit, job, events=events),
            html.Div(rest(visit, job), id="job-rest"),
            section("Log", _log(visit, job)),
            section("Spec", _spec(visit, job, spec)),
            dcc.Store(id="job-id", data=job["id"]),
            dcc.Store(id="job-page-seen", data=digest(job)),
        ]
    )


def rest(visit: Visit, job: Mapping[str, Any]) -> Any:
    """Return what stands below the state: facts, ways on, files, and the events of a job that has ended."""
    attempt = int(job.get("attempt") or 0)
    pairs = {
        "id": html.Code(job["id"]),
        "user": job["user"],
        "runner": job["runner"],
        "handed in": moment(job["created_at"]),
        "began": moment(job["started_at"]) if job.get("started_at") else None,
        "ended": moment(job["ended_at"]) if job.get("ended_at") else None,
        "took": duration(took(job)) if has_ended(job) and took(job) is not None else None,
        "attempt": count(attempt) if attempt > 1 else None,
        "tries again": link(visit, "job", str(job["retry_of"])) if job.get("retry_of") else None,
        "cancelled by": job.get("cancelled_by"),
        "exit code": str((job.get("outcome") or {}).get("code")) if job.get("state") == "failed" else None,
        **_options(job.get("options") or {}),
    }
    why = html.P(f"Why {job['runner']}: {job['why']}", className="hint") if job.get("why") else None
    return html.Div([facts(pairs), why, _ways(visit, job), _files(visit, job)])


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are not as they are by themselves."""
    named = {name: value for name, value in options.items() if name not in ("cache", "resume", "variables")}
    shown = {name: json.dumps(value) if isinstance(value, list | dict) else str(value) for name, value in named.items()}
    if options.get("cache") is False:
        shown["kept answers"] = "not used"
    if options.get("variables"):
        shown["variables"] = ", ".join(f"{name}={value}" for name, value in options["variables"].items())
    return shown


def _ways(visit: Visit, job: Mapping[str, Any]) -> Any:
    ways: list[Any] = []
    if job["kind"] in _ASKED:
        ways.append(dcc.Link("Change the question", href=visit.href("build", job=job["id"]), className="button"))
    if has_ended(job):
        ways.append(actions(job, "page", only=(REMOVE,), removed_to=visit.href("jobs")))
    return html.P(ways, className="job-ways") if ways else None


def _files(visit: Visit, job: Mapping[str, Any]) -> Any:
    if "files" not in (job.get("links") or {}):
        return None
    items = visit.ask.get(path_of("jobs", str(job["id"]), "files"))["items"]
    found = [
        html.Li(
            [
                html.A(
                    each["path"], href=visit.download(path_of("jobs", job["id"], "files", each["path"])), download=""
                ),
                f", {size(each['bytes'])}",
            ]
        )
        for each in items
    ]
    return section("Files", html.Ul(found))


def _log(visit: Visit, job: Mapping[str, Any]) -> Any:
    path = path_of("jobs", str(job["id"]), "log")
    return html.Div(
        [
            html.P(f"What it printed last, {size(_TAIL)} at most; the download has all.", className="hint"),
            html.Pre(
                _printed(visit, job), id="job-log-text", className="job-text", tabIndex=0, **{"aria-label": "Log"}
            ),
            html.P(
                [
                    copy_button("#job-log-text", "Copy the log"),
                    html.A(
                        "Download the log", href=visit.download(path), download=f"{job['id']}.log", className="button"
                    ),
                ],
                className="job-ways",
            ),
        ]
    )


def _printed(visit: Visit, job: Mapping[str, Any]) -> str:
    """Return the end of what a job has printed."""
    if not job.get("attempt"):
        return "(it has not begun)"
    text = _COLOURS.sub("", visit.ask.text(path_of("jobs", str(job["id"]), "log"), offset=-_TAIL))
    return text if text.strip() else "(nothing yet)" if not has_ended(job) else "(nothing)"


def _spec(visit: Visit, job: Mapping[str, Any], spec: str) -> Any:
    is_json = spec.lstrip().startswith("{")
    name = f"{re.sub(r'[^A-Za-z0-9_.-]', '_', title_of(job))}.{'json' if is_json else 'toml'}"
    href = visit.download(path_of("jobs", str(job["id"]), "spec"))
    return html.Div(
        [
            html.Pre(
                _indented(spec) if is_json else spec.strip("\n"),
                id="job-spec-text",
                className="job-text",
                tabIndex=0,
                **{"aria-label": "Spec"},
            ),
            html.P(
                [
                    copy_button("#job-spec-text", "Copy the spec"),
                    html.A("Download the spec", href=href, download=name, className="button"),
                ],
                className="job-ways",
            ),
        ]
    )


def _indented(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def register(app: Dash) -> None:
    """Add the callbacks of the page, and those of jobs on all pages."""
    job_actions.register(app)
    job_follower.register(app)

    @app.callback(
        Output("job-rest", "children"),
        Output("job-log-text", "children"),
        Output("job-page-seen", "data"),
        Input({"type": "job-ended", "job": ALL}, "data"),
        Input({"type": "job-heard", "job": ALL}, "data"),
        State("job-id", "data"),
        State("job-page-seen", "data"),
        State("job-log-text", "children"),
        prevent_initial_call=True,
    )
    def look(ended: Sequence[Any], _heard: Sequence[Any], job: str, before: str, printed: str) -> tuple[Any, ...]:
        visit = here()
        over = next((each for each in ended if each and each.get("id") == job), None)
        try:
            now = over or visit.ask.get(path_of("jobs", job))
            text, seen = _printed(visit, now), digest(now)
            shown = rest(visit, now) if seen != before else no_update
        except DsgridError:
            return no_update, no_update, no_update  # the state above says so
        # What is drawn anew loses the focus, and what was marked in it.
        return shown, text if text != printed else no_update, seen


PAGE = Page("job", lambda visit: f"Job {visit.reference}", _show, register)
