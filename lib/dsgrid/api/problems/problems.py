"""Errors as answers: problem details (RFC 9457), in the words of the errors, and without the server's paths."""

from __future__ import annotations

import errno
import json
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dsgrid.api.problems.documents import MEDIA_TYPE
from dsgrid.api.problems.documents import responses as responses  # what routes import from here
from dsgrid.api.problems.redaction import redaction
from dsgrid.api.problems.types import problem_type
from dsgrid.errors import (
    ClusterError,
    ConservationError,
    DataError,
    DsgridError,
    EngineError,
    NotFoundError,
    Problem,
    RegistryError,
    RegistryLockedError,
    SpecError,
    StorageError,
    UsageError,
    class_name,
)

LOCKED_WAIT: Final = 2  # seconds after which a locked registry is worth another try
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LOG: Final = logging.getLogger("dsgrid.api")
# The first class that fits; the more special ones stand first.
_BY_CLASS: Final[tuple[tuple[type[DsgridError], int, str], ...]] = (
    (NotFoundError, 404, "not found"),
    (RegistryLockedError, 503, "busy"),
    (RegistryError, 409, "conflict"),
    (SpecError, 422, "invalid"),
    (UsageError, 422, "invalid"),
    (DataError, 422, "invalid"),
    (StorageError, 502, "storage fails"),
    (ClusterError, 502, "the cluster fails"),
    (EngineError, 500, "an engine failed"),
    (ConservationError, 500, "an engine failed"),
    (DsgridError, 422, "invalid"),
)


class ApiError(Exception):
    """What a request is refused with.

    Parameters
    ----------
    title
        Short, the same each time; one of `dsgrid.api.problems.types` where there is one that fits.
    detail
        What is wrong this time: what was found, what is expected.
    problems
        What is wrong in particular, each with its place.
    headers
        More headers of the answer.
    error
        The class of `dsgrid.errors` that it was, so that a client can raise the same.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        problems: Iterable[Problem] = (),
        headers: Mapping[str, str] | None = None,
        error: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.problems = tuple(problems)
        self.headers = dict(headers or {})
        self.error = error


class BusyError(ApiError):
    """Too much is going on at the moment; another try later is safe."""

    def __init__(self, detail: str, *, retry_after: float = LOCKED_WAIT) -> None:
        super().__init__(503, "busy", detail, headers={"Retry-After": str(max(1, round(retry_after)))})


def defect(request_id: str) -> ApiError:
    """Return what is answered to what nobody expected: where to find more, and nothing of it."""
    return ApiError(500, "a defect in dsgrid", f"a defect in dsgrid; its log has request {request_id}")


def line_of(error: BaseException) -> str:
    """Return an error as one line of a log."""
    return " ".join(str(error).split())[:500]


def document(error: ApiError, request_id: str) -> dict[str, Any]:
    """Return the problem details of an error, with whatever paths its texts have."""
    kind = problem_type(error.status, error.title)
    return {
        "type": kind.uri,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": f"urn:uuid:{request_id}" if request_id else "",
        "error": error.error,
        "problems": [items(problem) for problem in error.problems],
    }


def items(problem: Problem) -> dict[str, str]:
    """Return one problem as a document."""
    return {"message": problem.message, "key": problem.key, "where": problem.where, "detail": problem.detail}


def api_error(error: Exception, method: str = "POST") -> ApiError | None:
    """Return what the server answers to an error; None for one that nobody expects.

    Parameters
    ----------
    method
        Of the request. What a reading request has wrong is in its parameters, else it is in the body.
    """
    if isinstance(error, ApiError):
        return error
    if isinstance(error, DsgridError):
        return _of_ours(error, method)
    if isinstance(error, OSError) and error.errno in _FULL:
        return ApiError(507, "disk full", "a disk of the server is full; nothing was kept of this request")
    if isinstance(error, sqlite3.OperationalError):
        code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return BusyError("a database is locked by another process; try again")
        if code == sqlite3.SQLITE_FULL:
            return ApiError(507, "disk full", "a disk of the server is full; nothing was kept of this request")
    return _of_odd_input(error, method)


def _of_odd_input(error: Exception, method: str) -> ApiError | None:
    """Return the error for what only a client can have caused, wherever it came to light."""
    status, title = (400, "bad request") if method in ("GET", "HEAD") else (422, "invalid")
    if isinstance(error, RecursionError):
        return ApiError(status, title, "it is nested too deeply")
    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        return ApiError(status, title, "a text holds half of a character (a lone surrogate)")
    if isinstance(error, OverflowError):
        return ApiError(status, title, "a number is too large")
    return None


def _of_ours(error: DsgridError, method: str) -> ApiError:
    status, title = next((status, title) for kind, status, title in _BY_CLASS if isinstance(error, kind))
    reads = method in ("GET", "HEAD")
    if reads and isinstance(error, UsageError):
        status, title = 400, "bad request"
    if isinstance(error, StorageError) and " full" in str(error):
        status, title = 507, "disk full"
    headers = {"Retry-After": str(LOCKED_WAIT)} if status == 503 else {}
    first = error.problems[0] if error.problems else Problem(type(error).__name__)
    more = len(error.problems) - 1
    head = ": ".join(part for part in (first.where, first.key, first.message) if part)
    detail = f"{head} (and {more} more)" if more > 0 else head
    return ApiError(status, title, detail, problems=error.problems, headers=headers, error=class_name(error))


def _of_validation(error: RequestValidationError, method: str) -> ApiError:
    problems = []
    for each in error.errors():
        place, *keys = (str(part) for part in each.get("loc", ()))
        message = str(each.get("msg", "wrong"))
        if each.get("type") == "json_invalid":
            message = f"this is no JSON: {each.get('ctx', {}).get('error', message)}"
            keys = []
        # What was sent is not repeated: it may be long, and it may be secret.
        problems.append(Problem(f"{message[:1].lower()}{message[1:]}", place, ".".join(keys)))
    where = "address" if method in ("GET", "HEAD", "DELETE") else "request"
    head = str(problems[0]) if problems else "it does not have the documented form"
    return ApiError(422, "invalid", f"the {where} is not as documented: {head}", problems=problems)


def answer(request: Request, error: ApiError) -> JSONResponse:
    """Return the response for an error, with no path of the server in it."""
    content = document(error, getattr(request.state, "request_id", ""))
    context = getattr(request.app.state, "context", None)
    if context is not None:
        hidden = redaction(context.settings)
        content |= {
            "title": hidden.text(content["title"]),
            "detail": hidden.text(content["detail"]),
            "problems": hidden.document(content["problems"]),
        }
    return _Json(content, error.status, headers=error.headers, media_type=MEDIA_TYPE)


class _Json(JSONResponse):
    """JSON whose texts may hold halves of characters, as what is repeated of a request may."""

    def render(self, content: Any) -> bytes:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def install(app: FastAPI) -> None:
    """Let an application answer errors with problem details."""

    async def of_ours(request: Request, error: Exception) -> JSONResponse:
        found = api_error(error, request.method)
        if found is None:
            raise error
        if found.status >= 500 and not isinstance(error, ApiError):
            _LOG.warning("request %s: %s: %s", _id(request.scope), type(error).__name__, line_of(error))
        return answer(request, found)

    async def of_validation(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return answer(request, _of_validation(error, request.method))

    async def of_starlette(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return answer(request, _of_starlette(request, error))

    app.add_exception_handler(ApiError, of_ours)
    app.add_exception_handler(DsgridError, of_ours)
    app.add_exception_handler(RequestValidationError, of_validation)
    app.add_exception_handler(HTTPException, of_starlette)
    app.add_middleware(Defects)


def _of_starlette(request: Request, error: HTTPException) -> ApiError:
    kind = problem_type(error.status_code)
    detail = str(error.detail)
    if error.status_code == 404 and detail == "Not Found":
        detail = "there is no such address; GET /v1/openapi.json lists all that there are"
    elif error.status_code == 405:
        detail = f"{_shortened(request.method)} is not possible here"
    return ApiError(error.status_code, kind.title, detail, headers=dict(error.headers or {}))


class Defects:
    """Answers what no route expected: 500 without any detail, and the traceback in the server's log alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            found = api_error(error, scope["method"])
            if found is None:
                _LOG.exception("request %s: a defect in dsgrid", _id(scope))
                found = defect(_id(scope))
            if has_begun:
                # Half an answer must not look like a whole one: the connection breaks.
                raise
            await answer(Request(scope), found)(scope, receive, send)


def _id(scope: Scope) -> str:
    return str(scope.get("state", {}).get("request_id", "-"))


def _shortened(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:20]}…"
