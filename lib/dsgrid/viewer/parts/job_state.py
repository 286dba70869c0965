"""How a job stands: its state, its stages, how far it is, and how it ended. Pure: from what the API tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import html

from dsgrid.viewer.parts.blocks import facts
from dsgrid.viewer.parts.durations import between, duration
from dsgrid.viewer.parts.job_stages import DONE, FAILED, Stage, expected_seconds, stages_of, warnings_of
from dsgrid.viewer.parts.numbers import count, moment, plural, size

Job = Mapping[str, Any]
ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})
WORDS: Final[Mapping[str, str]] = {
    "queued": "waiting",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
_TAGS: Final = {"succeeded": "good", "failed": "bad", "cancelled": "warn"}
_SIGNS: Final = {DONE: ("✓", "done"), FAILED: ("✗", "failed")}
_SHOWN: Final = 12  # problems that stand open; more are behind a click
# What has not ended by the time it was expected to is still not done.
_NEARLY: Final = 0.95


def has_ended(job: Job) -> bool:
    """Whether nothing more happens to a job."""
    return job.get("state") in ENDED


def is_ending(job: Job) -> bool:
    """Whether a running job was told to end."""
    return job.get("state") == "running" and bool(job.get("cancelled_by"))


def title_of(job: Job) -> str:
    """Return what a job is called: the name of its query, or its kind."""
    return str(job.get("name") or job.get("kind") or job.get("id") or "job")


def words_of(job: Job) -> str:
    """Return a job's state in a word or two."""
    if is_ending(job):
        return "being cancelled"
    if str(job.get("reason") or "").startswith("lost:"):
        return "lost"
    return WORDS.get(str(job.get("state")), str(job.get("state")))


def state_tag(job: Job) -> Any:
    """Return a job's state as a tag."""
    return html.Span(words_of(job), className=f"tag job-tag {_TAGS.get(str(job.get('state')), '')}".strip())


def took(job: Job) -> float | None:
    """Return the seconds that a job has taken by now, without the time in the queue."""
    outcome = job.get("outcome") or {}
    if outcome.get("seconds") is not None:
        return float(outcome["seconds"])
    return between(job.get("started_at"), job.get("ended_at"))


def progress(job: Job, events: Sequence[Mapping[str, Any]] = ()) -> Any:
    """Return how a job stands: state, place in the queue, how far it is, stages, and how it ended.

    Parameters
    ----------
    job
        As ``GET /v1/jobs/ID`` tells it.
    events
        What it did, as ``GET /v1/jobs/ID/events?stream=false`` tells it.
    """
    return html.Div([now(job, events), work(job, events)], className="job-state")


def now(job: Job, events: Sequence[Mapping[str, Any]] = ()) -> Any:
    """Return what changes from second to second: the state, the time gone by, how far it is."""
    line = html.Span(_line(job, stages_of(events)), className="job-line")
    return html.Div([html.P([state_tag(job), line], className="job-now"), _bar(job, events)])


def work(job: Job, events: Sequence[Mapping[str, Any]] = ()) -> Any:
    """Return what changes only where something happens: what is expected, stages, warnings, how it ended."""
    parts = [
        expected(job),
        _stages(job, stages_of(events)),
        *(html.P(text, className="job-warning") for text in warnings_of(events)),
        outcome(job) if has_ended(job) else None,
    ]
    return html.Div([part for part in parts if part is not None])


def _line(job: Job, stages: Sequence[Stage]) -> str:
    """Return in a line what there is to know besides the state."""
    state = job.get("state")
    if state == "queued":
        place = job.get("position")
        if place is None:
            return f"handed in {moment(job.get('created_at'))}"
        return (
            f"next for {job.get('runner')}" if place == 1 else f"{count(place - 1)} before it for {job.get('runner')}"
        )
    if state == "running":
        now = next((stage.name for stage in reversed(stages) if stage.state not in (DONE, FAILED)), "")
        gone = duration(between(job.get("started_at"), None))
        return f"{now}, for {gone}" if now else f"for {gone}"
    if job.get("started_at") is None:
        return "before it began"
    return f"in {duration(took(job))}"


def _bar(job: Job, events: Sequence[Mapping[str, Any]]) -> Any:
    """Return how far a running job is, by the time that it was expected to take; without one a bar that only moves."""
    if job.get("state") != "running" or is_ending(job):
        return None
    whole = expected_seconds(job, events)
    gone = between(job.get("started_at"), None)
    if whole is None or gone is None or gone > 3 * whole:
        return html.Progress(className="job-bar", **{"aria-label": "The job runs"})
    part = min(gone / whole, _NEARLY)
    left = whole - gone
    text = f"about {duration(left)} left" if left > 0.5 else "longer than expected" if left < -0.5 else "nearly done"
    return html.Div(
        [
            html.Progress(value=f"{part:.2f}", max="1", className="job-bar", **{"aria-label": "Time gone by"}),
            html.Span(text, className="hint"),
        ],
        className="job-far",
    )


def expected(job: Job) -> Any:
    """Return what was foretold of a job that has not ended; None where that is nothing."""
    told = job.get("expected") or {}
    if has_ended(job) or not told:
        return None
    rows = told.get("rows")
    parts = [f"{'' if told.get('exact') else 'at most '}{plural(rows, 'row')}"] if rows is not None else []
    if told.get("bytes") is not None:
        parts.append(f"about {size(told['bytes'])}")
    known = [each for each in told.get("time") or () if each.get("seconds") is not None]
    parts += [f"about {duration(known[0]['seconds'])} on {known[0]['engine']}, {known[0]['says']}"] if known else []
    if not parts:
        return None
    line: list[Any] = [html.P(f"Expected: {'; '.join(parts)}", className="hint")]
    if told.get("warning"):
        line.append(html.P(str(told["warning"]), className="job-warning"))
    return html.Div(line)


def _stages(job: Job, stages: Sequence[Stage]) -> Any:
    if not stages:
        return None
    is_over = has_ended(job)
    return html.Ol([_stage(stage, is_over) for stage in stages], className="job-stages", **{"aria-label": "Stages"})


def _stage(stage: Stage, is_over: bool) -> Any:
    # What had not ended when the job did was broken off.
    sign, word = _SIGNS.get(stage.state, ("–", "broken off") if is_over else ("●", "running"))
    made = [plural(stage.rows, "row")] if stage.rows is not None else []
    made += [size(stage.bytes)] if stage.bytes is not None else []
    made += [duration(stage.seconds)] if stage.seconds is not None else []
    name = html.Span(stage.name, className="job-stage-name")
    detail = html.Details([html.Summary(name), html.Ul([html.Li(line) for line in stage.detail])])
    return html.Li(
        [
            html.Span(sign, className="job-sign", title=word, role="img", **{"aria-label": word}),
            detail if stage.detail else name,
            html.Span(" · ".join(made), className="job-made"),
        ],
        className=f"job-stage {stage.state}",
    )


def outcome(job: Job) -> Any:
    """Return how a job ended: what it tells, or why it failed with all problems; None where nothing is to be said."""
    found = job.get("outcome") or {}
    problems = list(found.get("problems") or ())
    parts: list[Any] = []
    reason = str(job.get("reason") or "")
    if reason and (not problems or reason != problems[0].get("message")):
        parts.append(html.P(reason, className="problem" if job.get("state") == "failed" else "hint"))
    if problems:
        parts += [_problem(each) for each in problems[:_SHOWN]]
        more = problems[_SHOWN:]
        if more:
            summary = html.Summary(f"{count(len(more))} more problems")
            parts.append(html.Details([summary, *(_problem(each) for each in more)]))
    # Where its files are on the server helps nobody here.
    report = [line for line in str(found.get("report") or "").splitlines() if not line.startswith("jobs/")]
    if job.get("state") == "succeeded" and any(report):
        parts.append(html.Pre("\n".join(report), className="job-report", tabIndex=0))
    if job.get("results_removed_at"):
        told = f"Its result was removed at {moment(job['results_removed_at'])}, as results are kept so long only."
        parts.append(html.P(f"{told} Try the job again to make it anew."))
    return html.Div(parts, className="job-outcome") if parts else None


def _problem(problem: Mapping[str, Any]) -> Any:
    message, detail = str(problem.get("message") or ""), str(problem.get("detail") or "")
    places = [("key", problem.get("key")), ("where", problem.get("where"))]
    named = facts([(name, html.Code(str(text))) for name, text in places if text])
    return html.Div(
        [
            html.P(message, className="problem"),
            named if any(text for _, text in places) else None,
            html.Pre(detail, className="scroll", tabIndex=0) if detail else None,
        ],
        className="job-problem",
    )
