"""The routes of what jobs give besides results: their logs, events, specs and files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from dsgrid.api.access.context import Context
from dsgrid.api.access.depends import Analyst, Here
from dsgrid.api.access.ownership import may_see, own_job
from dsgrid.api.answers import etags
from dsgrid.api.answers.file_answers import checked
from dsgrid.api.answers.parameters import known_parameters
from dsgrid.api.dispatch.events import MEDIA_TYPE, Place, Source, heard, lines_after, place_of, stream
from dsgrid.api.dispatch.job_log import piece_of
from dsgrid.api.job import Job
from dsgrid.api.jobs.attempt_folder import LOG, OUTPUT
from dsgrid.api.problems.problems import ApiError, responses
from dsgrid.api.problems.redaction import redaction
from dsgrid.api.roles import User
from dsgrid.api.routes.job_models import Id, JobEvent, JobEvents, JobFile, JobFiles, file_url, job_document, placed

router: Final = APIRouter(tags=["jobs"], dependencies=[Depends(known_parameters)])

_STREAMED: Final[Mapping[str, str]] = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
# What one event of a stream is.
_EVENT: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "What `Last-Event-ID` takes."},
        "event": {"type": "string", "enum": ["state", "stage", "message", "estimate", "end"]},
        "data": {"type": "string", "description": "A JSON object."},
        "retry": {"type": "integer"},
    },
}


@router.get(
    "/jobs/{job}/log",
    operation_id="get_job_log",
    summary="Read what a job has printed",
    description="Whole lines of text, as much as the server gives at once (`limits.log`). The header `Next-Offset` is "
    "the `offset` to go on from, also while the job still runs.",
    response_class=PlainTextResponse,
    responses={
        200: {
            "description": "The lines.",
            "content": {
                "text/plain": {"schema": {"type": "string"}, "example": "✓  0.2 s  annual_by_state: 48 rows\n"}
            },
            "headers": {
                "Next-Offset": {"description": "Where to go on.", "schema": {"type": "integer"}},
                "Log-Size": {"description": "Bytes of the log by now.", "schema": {"type": "integer"}},
            },
        },
        **responses(404, 422),
    },
)
def log(
    here: Here,
    user: Analyst,
    job: Id,
    offset: Annotated[
        int, Query(description="The byte to begin at; negative: so many before the end.", ge=-(1 << 53), le=1 << 53)
    ] = 0,
) -> PlainTextResponse:
    """Return what a job has printed."""
    found = own_job(here, user, job)
    path = here.dispatcher.attempt(found).folder / OUTPUT
    piece = piece_of(path, offset, here.settings.limits.log, is_whole=found.has_ended)
    headers = {"Next-Offset": str(piece.after), "Log-Size": str(piece.size)}
    return PlainTextResponse(redaction(here.settings).text(piece.text), headers=headers)


@router.get(
    "/jobs/{job}/events",
    operation_id="follow_job",
    summary="Follow a job",
    description="Server-sent events until the job ends: `state` (how it stands), `stage`, `message` and `estimate` "
    "(what it does), and at last `end` (the job). Who connects again with `Last-Event-ID` misses nothing; after `end` "
    "the answer to that is 204. With `stream=false` what it has done by now, as JSON, at once.",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The events.",
            "model": JobEvents,
            "content": {
                MEDIA_TYPE: {
                    "schema": _EVENT,
                    "example": 'id: 1.0\nevent: state\ndata: {"state": "running"}\n\n',
                },
            },
        },
        204: {"description": "The end was told already."},
        **responses(404),
    },
)
async def events(
    here: Here,
    user: Analyst,
    job: Id,
    last_event_id: Annotated[str | None, Header(description="The id of the last event that was heard.")] = None,
    streamed: Annotated[bool, Query(alias="stream", description="`false`: what there is now, as JSON.")] = True,
    after: Annotated[
        str | None, Query(description="As the header `Last-Event-ID`.", max_length=40, examples=["1.469"])
    ] = None,
) -> Response:
    """Stream the events of a job, or tell those that there are."""
    found = await asyncio.to_thread(own_job, here, user, job)
    place = place_of(last_event_id or after)
    if not streamed:
        return await asyncio.to_thread(_told, here, found, place)
    if place.is_end and place.attempt == found.attempt and found.has_ended:
        return Response(status_code=204)
    here.dispatcher.streams.take(user.name)

    async def read() -> Job | None:
        return await asyncio.to_thread(_still_seen, here, user, found.id)

    async def state(now: Job) -> Mapping[str, Any]:
        document = await asyncio.to_thread(placed, here, now)
        return document.model_dump(
            include={"id", "state", "reason", "position", "attempt", "started_at", "cancelled_by"}
        )

    async def end(now: Job) -> Mapping[str, Any]:
        return job_document(here, now).model_dump()

    async def read_log(now: Job, offset: int) -> tuple[tuple[bytes, ...], int]:
        return await asyncio.to_thread(lines_after, here.dispatcher.attempt(now).folder / LOG, offset)

    source = Source(read, read_log, state, end, redaction(here.settings).document)
    pieces = stream(source, here.dispatcher.board, found.id, place, here.settings.limits.stream_time)
    return _Events(pieces, here, user.name)


@router.get(
    "/jobs/{job}/spec",
    operation_id="get_job_spec",
    summary="Read the spec of a job",
    description="The spec as it was sent.",
    response_class=Response,
    responses={
        200: {
            "description": "The spec.",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "application/toml": {"schema": {"type": "string"}},
            },
        },
        **responses(404),
    },
)
def spec(here: Here, user: Analyst, job: Id) -> Response:
    """Return the spec of a job."""
    found = own_job(here, user, job)
    return Response(found.spec.encode(), media_type=found.media_type)


@router.get(
    "/jobs/{job}/files",
    operation_id="list_job_files",
    summary="List the files of a job",
    description="What a job has written besides the result of a query, such as what `dump` or `generate_dataset` make.",
    responses=responses(404, 410),
)
def files(here: Here, user: Analyst, job: Id) -> JobFiles:
    """Return the files that a job has written."""
    found = own_job(here, user, job)
    folder = here.dispatcher.attempt(found).folder
    items = []
    for name in _files(found):
        try:
            size = (folder / name).stat().st_size
        except OSError:
            continue
        items.append(JobFile(path=name, bytes=size, url=file_url(found, name)))
    return JobFiles(items=items)


@router.get(
    "/jobs/{job}/files/{name:path}",
    operation_id="get_job_file",
    summary="Read a file of a job",
    description="One of the files that `GET /v1/jobs/{job}/files` lists; with ranges.",
    response_class=Response,
    responses={
        200: {"description": "The file.", "content": {"application/octet-stream": {"schema": {"type": "string"}}}},
        206: {"description": "The bytes that were asked for."},
        304: {"description": "It is what you have."},
        **responses(404, 410, 412, 416),
    },
)
def file_of(
    request: Request,
    here: Here,
    user: Analyst,
    job: Id,
    name: Annotated[str, Path(description="Its name, as it is listed.", examples=["files/annual.csv"])],
) -> Response:
    """Send a file that a job has written."""
    found = own_job(here, user, job)
    if name not in _files(found):
        # Only what the job has told; never what somebody writes into an address.
        raise ApiError(404, "not found", f"job {found.id} has no such file; GET /v1/jobs/{found.id}/files lists them")
    with checked(here.dispatcher.attempt(found).folder / name) as file:
        # The job has ended, and nobody writes its files any more.
        tag = etags.strong(found.id, str(found.attempt), name, str(file.told.st_size))
        return file.answer(request, tag, "application/octet-stream", PurePosixPath(name).name)


@router.head("/jobs/{job}/events", include_in_schema=False)
def head_of_events(here: Here, user: Analyst, job: Id) -> Response:
    """Answer with the head alone: there is no stream that nobody listens to."""
    own_job(here, user, job)
    return Response(media_type=MEDIA_TYPE, headers=_STREAMED)


def _told(here: Context, job: Job, place: Place) -> Response:
    """Return what a job has done from a place on, without waiting for more."""
    redacted = redaction(here.settings).document
    now = heard(here.dispatcher.attempt(job).folder / LOG, job.attempt, place)
    items = [JobEvent(id=str(at), event=name, data=redacted(data)) for name, data, at in now.events]  # type: ignore[arg-type]
    document = JobEvents(job=placed(here, job), events=items, after=str(now.place), more=now.has_more)
    return JSONResponse(document.model_dump(), headers={"Cache-Control": "no-store"})


def _still_seen(here: Context, user: User, job: str) -> Job | None:
    """Return a job, as long as its reader's token is one: a stream outlives the look at it."""
    if not here.tokens.is_active(user.token):
        return None
    now = here.dispatcher.get(job)
    return now if now is not None and may_see(user, now) else None


class _Events(StreamingResponse):
    """A stream of events, which counts as open until it has ended, however it does."""

    def __init__(self, pieces: Any, here: Context, user: str) -> None:
        super().__init__(pieces, media_type=MEDIA_TYPE, headers=_STREAMED)
        self._here = here
        self._user = user

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._here.dispatcher.streams.give_back(self._user)


def _files(job: Job) -> tuple[str, ...]:
    if job.results_removed_at is not None:
        raise ApiError(410, "gone", f"the files of job {job.id} were removed at {job.results_removed_at}")
    return () if job.outcome is None else job.outcome.files
