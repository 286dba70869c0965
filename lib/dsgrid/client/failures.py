"""From what a server answers when something is wrong to the error that the same call raises on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from dsgrid.errors import (
    BY_CODE,
    CLASSES,
    ClusterError,
    DsgridError,
    EngineError,
    NotFoundError,
    Problem,
    RegistryError,
    ServerError,
    SpecError,
    StorageError,
    UsageError,
)

CHANGED: Final = "changed meanwhile"  # the title of the answer to a cursor of a list that has changed


class ChangedError(RegistryError):
    """What is listed has changed between two pages."""


class TokenError(ServerError):
    """The server does not know the token, or not any more; or it wants one."""


_BY_TYPE: Final[Mapping[str, type[DsgridError]]] = {
    "not-found": NotFoundError,
    "gone": NotFoundError,
    "conflict": RegistryError,
    "invalid": SpecError,
    "bad-request": UsageError,
    "engine": EngineError,
    "storage": StorageError,
    "full": StorageError,
    "cluster": ClusterError,
}
# What an answer without more says of itself.
_BY_STATUS: Final = {400: UsageError, 404: NotFoundError, 410: NotFoundError, 413: UsageError, 422: SpecError}


def failure_of(status: int, body: bytes, media_type: str, what: str, server: str) -> DsgridError:
    """Return the error of an answer.

    Parameters
    ----------
    what
        The request in words, such as ``GET /v1/projects``, for answers that say nothing themselves.
    server
        The server's URL.
    """
    found = _document(body) if "json" in media_type else None
    if found is None:
        said = " ".join(body.decode("utf-8", "replace").split())[:80] if media_type.startswith("text/plain") else ""
        return ServerError(
            f"{server} answers {status} to {what}{f' ({said})' if said else ''}, and not as a dsgrid server does; "
            "is the URL right?"
        )
    class_ = ChangedError if status == 409 and found.get("title") == CHANGED else _class(found, status)
    title, detail = _text(found.get("title")), _text(found.get("detail"))
    told = problems_of(found.get("problems"))
    if status in (401, 403):
        refused = TokenError if status == 401 else ServerError
        return refused(f"{server}: {detail or title or f'answers {status}'}{_hint(status)}")
    if told:
        return class_(told)
    message = detail or title or f"answers {status} to {what}"
    if status >= 500 or status == 429 or class_ is ServerError:
        number = _text(found.get("instance"))
        more = f" (request {number.rsplit('/', 1)[-1].rsplit(':', 1)[-1]})" if number and status == 500 else ""
        return class_(f"{server}: {message}{more}")
    return class_(message)


def failure_of_job(job: Mapping[str, Any], name: str, spec: str = "") -> DsgridError:
    """Return the error of a job that has failed, as the same work raises it on this machine.

    Parameters
    ----------
    name
        How messages call the job.
    spec
        How the user named the spec, which stands in the place of the server's name for it.
    """
    outcome = job.get("outcome") or {}
    reason = _text(job.get("reason")) or _text(outcome.get("reason"))
    if job.get("state") == "cancelled":
        by = _text(job.get("cancelled_by"))
        return ServerError(f"{name} was cancelled{f' by {by}' if by else ''}{f': {reason}' if reason else ''}")
    problems = problems_of(outcome.get("problems"), spec)
    class_ = _class(outcome, 0)
    if problems:
        return class_(problems)
    return class_(f"{name} has failed: {reason or 'it does not say why'}")


def failure_of_spec(found: Mapping[str, Any], spec: str) -> DsgridError:
    """Return the error of a spec that was looked at, and is wrong."""
    class_ = _class(found, 422)
    return class_(problems_of(found.get("problems"), spec) or f"{spec or 'the spec'} is wrong")


def problems_of(documents: Any, spec: str = "") -> tuple[Problem, ...]:
    """Return the problems of an answer."""
    if not isinstance(documents, list):
        return ()
    return tuple(
        Problem(
            _text(one["message"]),
            _where(_text(one.get("where")), spec),
            _text(one.get("key")),
            _text(one.get("detail")),
        )
        for one in documents
        if isinstance(one, Mapping) and one.get("message")
    )


def reworded(error: DsgridError, spec: str) -> DsgridError:
    """Return an error of a spec that was sent, which names the file that the user named."""
    told = [Problem(one.message, _where(one.where, spec), one.key, one.detail) for one in error.problems]
    return error if told == list(error.problems) else type(error)(told)


def _where(where: str, spec: str) -> str:
    """Return a place of a server's spec as the user knows it.

    Of a text that is in no file a place is its line and column; of a mapping, which was never written, the key says it.
    """
    name, mark, rest = where.partition(":")
    if name == "spec.json":
        return f"{spec}{mark}{rest}" if spec else ""
    return f"{spec}{mark}{rest}" if spec and name in ("spec", "spec.toml") else where


def _class(found: Mapping[str, Any], status: int) -> type[DsgridError]:
    """Return the class of an error: as it is named, by its exit code, by its type, or by the status."""
    names: list[Any] = [found.get("error")]
    if isinstance(problems := found.get("problems"), Iterable):
        names += [one.get("error") for one in problems if isinstance(one, Mapping)]
    type_ = _text(found.get("type")).rsplit("/", 1)[-1]
    for name in names:
        if isinstance(name, str) and name in CLASSES:
            return CLASSES[name]
    code = found.get("code")
    if isinstance(code, int) and code in BY_CODE:
        return BY_CODE[code]
    return _BY_TYPE.get(type_) or _BY_STATUS.get(status, ServerError)


def _hint(status: int) -> str:
    return "; `dsgrid login URL` keeps a token, or set DSGRID_TOKEN" if status == 401 else ""


def _document(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
