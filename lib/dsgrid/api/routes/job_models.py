"""Jobs as answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from dsgrid.api.access.context import Context
from dsgrid.api.job import CANCELLED, QUEUED, RUNNING, SUCCEEDED, Job
from dsgrid.api.jobs.queue import can_be_tried_again
from dsgrid.api.problems.redaction import redaction

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
PATH: Final = "/v1/jobs"
Id = Annotated[str, Path(description="The id of a job.", max_length=64, examples=["5f1c0a9be37d4c26"])]

EXAMPLE: Final[Mapping[str, Any]] = {
    "id": "5f1c0a9be37d4c26",
    "kind": "query",
    "name": "annual_by_state",
    "state": "succeeded",
    "reason": "",
    "user": "anna",
    "runner": "warm",
    "why": "reads 1.2 million values, and up to 20 million go to the warm engine",
    "created_at": "2026-07-01T09:30:00.120Z",
    "started_at": "2026-07-01T09:30:00.140Z",
    "ended_at": "2026-07-01T09:30:00.391Z",
    "attempt": 1,
    "retry_of": None,
    "cancelled_by": None,
    "position": None,
    "expected": {"rows": 48},
    "outcome": {"code": 0, "report": "annual_by_state: 48 rows", "problems": [], "seconds": 0.231},
    "options": {"cache": True, "resume": True},
    "results_removed_at": None,
    "links": {
        "self": "/v1/jobs/5f1c0a9be37d4c26",
        "events": "/v1/jobs/5f1c0a9be37d4c26/events",
        "log": "/v1/jobs/5f1c0a9be37d4c26/log",
        "spec": "/v1/jobs/5f1c0a9be37d4c26/spec",
        "result": "/v1/jobs/5f1c0a9be37d4c26/result",
    },
}


class OutcomeDocument(BaseModel):
    """How a job ended."""

    code: int = Field(description="The exit code that `dsgrid run` has for this end; 0 is success.")
    report: str = Field(description="What the job tells its user.")
    problems: list[dict[str, Any]] = Field(description="What was wrong: `message`, `key`, `where`, `detail` of each.")
    seconds: float | None = Field(description="What it took, without the time in the queue.")


class JobDocument(BaseModel):
    """A job: a spec on its way to an outcome."""

    model_config = ConfigDict(json_schema_extra={"examples": [dict(EXAMPLE)]})

    id: str = Field(description="Its id.")
    kind: str = Field(description="The job of its spec, such as `query`.")
    name: str = Field(description="The name of its query; else empty.")
    state: State = Field(description="Jobs wait, run, and end in one of three ways.")
    reason: str = Field(description="Why it ended so, in one line.")
    user: str = Field(description="Whose it is.")
    runner: str = Field(description="What carries it out.")
    why: str = Field(description="Why that one.")
    created_at: str = Field(description="When it was handed in.")
    started_at: str | None = Field(description="When its newest attempt began.")
    ended_at: str | None = Field(description="When it ended.")
    attempt: int = Field(description="Which attempt this is; 0 before the first.")
    retry_of: str | None = Field(description="The job that it tries again.")
    cancelled_by: str | None = Field(description="Who asked for its end; it may still run.")
    position: int | None = Field(description="Its place among those that wait for the same runner; 1 is the next.")
    expected: dict[str, Any] = Field(description="What was foretold of it.")
    outcome: OutcomeDocument | None = Field(description="How it ended; null before.")
    options: dict[str, Any] = Field(description="How it was wanted.")
    results_removed_at: str | None = Field(description="When its results were removed, as they were kept long enough.")
    links: dict[str, str] = Field(description="Where the rest is; only what there is now.")


class JobList(BaseModel):
    """A page of jobs, the newest first."""

    items: list[JobDocument] = Field(description="The jobs.")
    next: str | None = Field(description="The address of the next page; null for the last one.")


class JobEvent(BaseModel):
    """Something that a job did."""

    id: str = Field(description="What `after` and `Last-Event-ID` take.", examples=["1.469"])
    event: Literal["stage", "message", "estimate"] = Field(description="What of.")
    data: dict[str, Any] = Field(
        description="What, as in the stream.",
        examples=[{"time": "2026-07-01T09:30:00.150+00:00", "event": "stage_begun", "stage": "planning"}],
    )


class JobEvents(BaseModel):
    """What a job has done by now, and how it stands."""

    job: JobDocument = Field(description="How it stands; read before its events.")
    events: list[JobEvent] = Field(description="What it did, the oldest first.")
    after: str = Field(description="What the next request may begin `after`.", examples=["1.2687"])
    more: bool = Field(description="Whether there is more already; ask again with `after`.")


class JobFile(BaseModel):
    """A file that a job has written, besides the result of a query."""

    path: str = Field(description="Its name.", examples=["files/annual.csv"])
    bytes: int = Field(description="Its size.", examples=[1834])
    url: str = Field(description="Its address.", examples=["/v1/jobs/5f1c0a9be37d4c26/files/files/annual.csv"])


class JobFiles(BaseModel):
    """The files that a job has written, besides the result of a query."""

    items: list[JobFile] = Field(description="The files.")


def job_document(here: Context, job: Job, position: int | None = None) -> JobDocument:
    """Return a job as it is answered; nothing of it names the server's folders.

    Parameters
    ----------
    position
        In the queue, where it waits and that is known.
    """
    outcome = job.outcome
    redacted = redaction(here.settings)
    options = job.options
    shown: dict[str, Any] = {"cache": options.cache, "resume": options.resume}
    shown |= {"variables": dict(options.variables)} if options.variables else {}
    for name in ("at", "apply", "allow", "parts"):
        if getattr(options, name):
            shown[name] = getattr(options, name)
    return JobDocument(
        id=job.id,
        kind=job.kind,
        name=job.name,
        state=job.state,  # type: ignore[arg-type]  # the table allows no other
        reason=redacted.text(job.reason),
        user=job.user,
        runner=job.runner,
        why=redacted.text(job.why),
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        attempt=job.attempt,
        retry_of=job.retry_of,
        cancelled_by=job.cancelled_by if job.state in (RUNNING, CANCELLED) else None,
        position=position,
        expected=redacted.document(dict(job.expected)),
        outcome=None
        if outcome is None
        else OutcomeDocument(
            code=outcome.code,
            report=redacted.text(outcome.report),
            problems=[dict(each) for each in redacted.document(list(outcome.problems))],
            seconds=outcome.seconds,
        ),
        options=shown,
        results_removed_at=job.results_removed_at,
        links=_links(job),
    )


def placed(here: Context, job: Job) -> JobDocument:
    """Return a job as it is answered, with its place in the queue."""
    return job_document(here, job, here.dispatcher.store.positions([job]).get(job.id))


def _links(job: Job) -> dict[str, str]:
    own = f"{PATH}/{job.id}"
    links = {"self": own, "events": f"{own}/events", "spec": f"{own}/spec"}
    if job.attempt:
        links["log"] = f"{own}/log"
    if job.state in (QUEUED, RUNNING):
        links["cancel"] = f"{own}/cancel"
    if can_be_tried_again(job):
        links["retry"] = f"{own}/retry"
    if job.retry_of is not None:
        links["retry_of"] = f"{PATH}/{job.retry_of}"
    if job.state == SUCCEEDED and job.results_removed_at is None and job.outcome is not None:
        if job.outcome.result is not None:
            links["result"] = f"{own}/result"
        if job.outcome.files:
            links["files"] = f"{own}/files"
    return links


def file_url(job: Job, path: str) -> str:
    """Return the address of a file that a job has written."""
    return f"{PATH}/{job.id}/files/{quote(path)}"
