"""The routes of work: specs and questions are handed in, and become jobs."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from dsgrid.api.access.context import Context
from dsgrid.api.access.depends import Analyst, Here
from dsgrid.api.answers import prefer
from dsgrid.api.answers.parameters import known_parameters
from dsgrid.api.job import Job, Options
from dsgrid.api.jobs.kinds import KINDS
from dsgrid.api.problems.problems import responses
from dsgrid.api.problems.redaction import redaction
from dsgrid.api.roles import User
from dsgrid.api.routes.asked_questions import ask
from dsgrid.api.routes.job_models import placed
from dsgrid.api.routes.work_models import (
    QUERIES,
    SUBMIT,
    JobAccepted,
    QuestionAnswer,
    QuestionDocument,
)
from dsgrid.api.routes.work_parameters import (
    Allow,
    Apply,
    At,
    Cache,
    Key,
    Parts,
    Resume,
    RunnerName,
    Variables,
    content_type,
    level,
    variables,
)
from dsgrid.api.runners.choice import AUTO
from dsgrid.api.work.intake import Accepted, accept
from dsgrid.api.work.received import JSON
from dsgrid.api.work.spec_bodies import body
from dsgrid.operations.asking import ASKING

router: Final = APIRouter(tags=["work"], dependencies=[Depends(known_parameters)])

_WAITS: Final = "With the header `Prefer: wait=N` the answer comes when the job has ended (200), or after N seconds."
_HEADERS: Final = {
    "Location": {"description": "The address of the job.", "schema": {"type": "string"}},
    "Preference-Applied": {"description": "How long it was waited for.", "schema": {"type": "string"}},
}
_TAKEN: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The job, which has ended.", "model": JobAccepted, "headers": _HEADERS},
    202: {"description": "The job, which waits or runs.", "headers": _HEADERS},
}


@router.post(
    "/queries",
    operation_id="ask_query",
    summary="Ask a query",
    description="A spec of a query becomes a job, after it was planned: everything that can be told before is told "
    f"now (422), with its place in the spec. {_WAITS}",
    status_code=202,
    response_model=JobAccepted,
    responses={**_TAKEN, **responses(413, 415, 422)},
    openapi_extra=body(ASKING, QUERIES),
)
async def ask_query(
    request: Request,
    response: Response,
    here: Here,
    user: Analyst,
    given: Variables = None,
    at: At = None,
    cache: Cache = True,
    resume: Resume = True,
    parts: Parts = None,
    runner: RunnerName = AUTO,
    idempotency_key: Key = None,
) -> JobAccepted:
    """Take a query in."""
    options = Options(variables(given, here.settings.limits), at, cache=cache, resume=resume, parts=parts)
    return await _take(request, response, here, user, options, ASKING, runner, idempotency_key)


@router.post(
    "/jobs",
    operation_id="submit_job",
    summary="Hand in a job",
    description="A spec of any job, after everything that can be checked before it runs. Which role a job needs is "
    f"said where that does not suffice (403). {_WAITS}",
    status_code=202,
    response_model=JobAccepted,
    responses={**_TAKEN, **responses(409, 413, 415, 422)},
    openapi_extra=body(KINDS, {**QUERIES, "submit_dataset": SUBMIT}),
)
async def submit_job(
    request: Request,
    response: Response,
    here: Here,
    user: Analyst,
    given: Variables = None,
    at: At = None,
    cache: Cache = True,
    resume: Resume = True,
    parts: Parts = None,
    apply: Apply = False,
    allow: Allow = None,
    runner: RunnerName = AUTO,
    idempotency_key: Key = None,
) -> JobAccepted:
    """Take a job in."""
    options = Options(variables(given, here.settings.limits), at, apply, level(allow), cache, resume, parts)
    return await _take(request, response, here, user, options, None, runner, idempotency_key)


@router.post(
    "/questions",
    operation_id="ask_question",
    summary="Ask a quick question",
    description="A question in the words of `dsgrid query` becomes a spec; with `run` the spec becomes a job (202). "
    f"{_WAITS}",
    response_model=QuestionAnswer,
    responses={
        200: {"description": "The spec; where it was to be run, its job has ended.", "headers": _HEADERS},
        202: {
            "description": "The spec, and its job, which waits or runs.",
            "model": QuestionAnswer,
            "headers": _HEADERS,
        },
        **responses(413, 415, 422),
    },
)
async def ask_question(
    request: Request,
    response: Response,
    here: Here,
    user: Analyst,
    document: QuestionDocument,
    cache: Cache = True,
    resume: Resume = True,
    parts: Parts = None,
    runner: RunnerName = AUTO,
    idempotency_key: Key = None,
) -> QuestionAnswer:
    """Take a question in."""

    def work() -> tuple[QuestionAnswer, Accepted | None]:
        asking = ask(document, here)
        hidden = redaction(here.settings)
        answer = QuestionAnswer(
            name=asking.spoken.name,
            spec=asking.spec,
            toml=asking.toml,
            notes=list(asking.spoken.asked.notes),
            plan=hidden.text(asking.plan) if document.explain else None,
        )
        if not document.run:
            return answer, None
        options = Options(at=None, cache=cache, resume=resume, parts=parts)
        sent = json.dumps(asking.sent).encode()
        return answer, accept(sent, JSON, options, user, here, kinds=ASKING, wanted=runner, key=idempotency_key)

    async with here.plans.place(user.name):
        answer, accepted = await run_in_threadpool(work)
    if accepted is None:
        return answer
    return answer.model_copy(update={"job": await _submitted(request, response, here, accepted)})


async def _take(
    request: Request,
    response: Response,
    here: Context,
    user: User,
    options: Options,
    kinds: frozenset[str] | None,
    runner: str,
    key: str | None,
) -> JobAccepted:
    """Put a spec into the queue, and perhaps wait for its end."""
    sent = await request.body()
    async with here.plans.place(user.name):
        accepted = await run_in_threadpool(
            accept, sent, content_type(request), options, user, here, kinds=kinds, wanted=runner, key=key
        )
    return await _submitted(request, response, here, accepted)


async def _submitted(request: Request, response: Response, here: Context, accepted: Accepted) -> JobAccepted:
    job: Job = await run_in_threadpool(here.dispatcher.submit, accepted.new)
    request.state.what, request.state.subject = f"handed in a {job.kind} job", job.id
    waited, seconds = await prefer.waited(request, here, accepted.new.user, job)
    job = waited or job
    document = await run_in_threadpool(placed, here, job)
    response.status_code = 200 if job.has_ended else 202
    response.headers["Location"] = document.links["self"]
    response.headers.update(prefer.applied(seconds))
    notes = [redaction(here.settings).text(each) for each in accepted.notes]
    return JobAccepted(**document.model_dump(), notes=notes)
