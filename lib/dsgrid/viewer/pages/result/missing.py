"""What stands where a job has no result: it has not ended, it has failed, or its result is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from dsgrid.viewer.parts.blocks import heading
from dsgrid.viewer.parts.numbers import moment
from dsgrid.viewer.visit import Visit


def no_result(job: Mapping[str, Any], visit: Visit) -> Any:
    """Return why there is no result, and what to do; None where there is one."""
    told = _why(job)
    if told is None:
        return None
    title, text, action = told
    name = str(job.get("name") or job["id"])
    links = [dcc.Link(action, href=visit.href("job", str(job["id"])), className="button main")]
    if job["state"] != "queued" and job["state"] != "running":
        links.append(dcc.Link("Change it and ask again", href=visit.href("build", job=job["id"]), className="button"))
    return html.Div(
        [
            heading(name, "Result"),
            html.Div(
                [html.P(title), html.P(text, className="problem" if job["state"] == "failed" else "hint")],
                className="state failed" if job["state"] == "failed" else "state",
            ),
            html.Div(links, className="bar"),
        ]
    )


def _why(job: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Return a title, what is the matter, and what the link to the job says."""
    state, reason = str(job["state"]), str(job.get("reason") or "")
    if state in ("queued", "running"):
        doing = "waits for its turn" if state == "queued" else "is running"
        return (
            f"There is no result yet: its job {doing}.",
            "The job's page follows it, and leads here.",
            "Follow the job",
        )
    if state == "failed":
        return "There is no result: its job has failed.", reason or "It does not say why.", "See the job"
    if state == "cancelled":
        by = job.get("cancelled_by")
        return "There is no result: its job was cancelled.", f"By {by}." if by else "", "See the job"
    if job.get("results_removed_at"):
        when = moment(job["results_removed_at"])
        return (
            f"The result was removed on {when}.",
            "The job can be tried again, which makes it anew.",
            "Try the job again",
        )
    if "result" not in (job.get("links") or {}):
        return f"A job of the kind {job['kind']} has no result.", "What it has done stands on its page.", "See the job"
    return None
