"""The routes of jobs: how they stand, their logs and events, and how they are ended, tried again, or removed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from dsgrid.api.access.depends import Analyst, Here
from dsgrid.api.access.ownership import no_job, own_job
from dsgrid.api.answers import paging, prefer
from dsgrid.api.answers.parameters import known_parameters, plain
from dsgrid.api.jobs.queue import Asked
from dsgrid.api.problems.problems import ApiError, responses
from dsgrid.api.roles import ADMIN
from dsgrid.api.routes.job_models import EXAMPLE, Id, JobDocument, JobList, State, job_document, placed

router: Final = APIRouter(tags=["jobs"], dependencies=[Depends(known_parameters)])

_JOB: Final[Mapping[int | str, dict[str, Any]]] = {
    200: {"description": "The job.", "content": {"application/json": {"example": dict(EXAMPLE)}}}
}


@router.get(
    "/jobs",
    operation_id="list_jobs",
    summary="List jobs",
    description="The own jobs, the newest first; an admin sees those of all users.",
    responses=responses(409, 422),
)
def jobs(
    request: Request,
    response: Response,
    here: Here,
    user: Analyst,
    state: Annotated[list[State] | None, Query(description="Only jobs in one of these states.")] = None,
    kind: Annotated[str | None, Query(description="Only jobs of this kind.", max_length=64, examples=["query"])] = None,
    of: Annotated[str | None, Query(alias="user", description="Only jobs of this user.", max_length=200)] = None,
    limit: Annotated[int | None, Query(description="Jobs on a page.", examples=[20])] = None,
    cursor: Annotated[str | None, Query(description="Where the page begins: from `next` of the one before.")] = None,
) -> JobList:
    """Return a page of jobs."""
    plain(here.settings.limits, kind=kind, user=of)
    size = paging.page_size(limit, here.settings.limits)
    listing = paging.listing_of(request)
    before = None if cursor is None else _number(paging.decoded(cursor, listing))
    whose = of if user.may(ADMIN) else user.name
    if not user.may(ADMIN) and of not in (None, user.name):
        return JobList(items=[], next=None)
    found = here.dispatcher.list(Asked(whose, tuple(state or ()), kind, before, size + 1))
    shown = found[:size]
    following = paging.encoded(shown[-1].number, listing) if len(found) > size else None
    following = paging.next_url(request, following)
    response.headers.update(paging.link(following))
    positions = here.dispatcher.store.positions(shown)
    return JobList(items=[job_document(here, job, positions.get(job.id)) for job in shown], next=following)


@router.get(
    "/jobs/{job}",
    operation_id="get_job",
    summary="Look at a job",
    description="How a job stands. With the header `Prefer: wait=N` the answer comes when the job has ended, or "
    "after N seconds.",
    responses={**_JOB, **responses(404)},
)
async def job_of(request: Request, response: Response, here: Here, user: Analyst, job: Id) -> JobDocument:
    """Return a job, perhaps when it has ended."""
    found = await asyncio.to_thread(own_job, here, user, job)
    waited, seconds = await prefer.waited(request, here, user.name, found)
    if waited is None:
        raise no_job(job)
    response.headers.update(prefer.applied(seconds))
    return await asyncio.to_thread(placed, here, waited)


@router.post(
    "/jobs/{job}/cancel",
    operation_id="cancel_job",
    summary="Cancel a job",
    description="A job that waits is cancelled at once. One that runs is told to end (202): it is `cancelled` as soon "
    "as all its processes are gone. One that has ended by itself is not cancelled any more (409).",
    responses={
        **_JOB,
        202: {"description": "It runs, and was told to end.", "model": JobDocument},
        **responses(404, 409),
    },
)
def cancel(request: Request, response: Response, here: Here, user: Analyst, job: Id) -> JobDocument:
    """Have a job end."""
    found = own_job(here, user, job)
    _audited(request, "cancelled", found.id)
    found = here.dispatcher.cancel(found.id, user.name)
    response.status_code = 200 if found.has_ended else 202
    return placed(here, found)


@router.post(
    "/jobs/{job}/retry",
    operation_id="retry_job",
    summary="Try a job again",
    description="Puts the spec of a job that failed, was cancelled, or whose result was removed into the queue again, "
    "as a new job of who asks. With the header `Prefer: wait=N` the answer comes when that has ended, or after N "
    "seconds.",
    status_code=202,
    responses={
        200: {"description": "The new job, which has ended.", "model": JobDocument},
        202: {"description": "The new job.", "headers": {"Location": {"schema": {"type": "string"}}}},
        **responses(404, 409, 422),
    },
)
async def retry(
    request: Request,
    response: Response,
    here: Here,
    user: Analyst,
    job: Id,
    idempotency_key: Annotated[
        str | None, Header(description="The same key again is the same new job.", max_length=200)
    ] = None,
) -> JobDocument:
    """Try a job again."""
    found = await asyncio.to_thread(own_job, here, user, job)
    again = await asyncio.to_thread(here.dispatcher.retry, found.id, user, idempotency_key)
    _audited(request, "tried again", again.id)
    waited, seconds = await prefer.waited(request, here, user.name, again)
    again = waited or again
    document = await asyncio.to_thread(placed, here, again)
    response.status_code = 200 if again.has_ended else 202
    response.headers.update({"Location": document.links["self"], **prefer.applied(seconds)})
    return document


@router.delete(
    "/jobs/{job}",
    operation_id="remove_job",
    summary="Remove a job",
    description="Forgets a job that has ended, with its log and its result.",
    status_code=204,
    responses=responses(404, 409),
)
def remove(request: Request, here: Here, user: Analyst, job: Id) -> None:
    """Forget a job."""
    found = own_job(here, user, job)
    _audited(request, "removed", found.id)
    here.dispatcher.remove(found.id)


def _number(position: Any) -> int:
    if not isinstance(position, int):
        raise ApiError(400, "bad request", "this cursor was not made for this list; without one the list begins anew")
    return position


def _audited(request: Request, what: str, job: str) -> None:
    request.state.what = what
    request.state.subject = job
