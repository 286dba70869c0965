"""Answers of the registry: made once for each of its states, and not made at all for who has them already."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import IO, Any, Final, TypeVar

from fastapi import Request
from starlette.responses import Response

from dsgrid.api.access.context import Context
from dsgrid.api.access.kept_answers import SMALL, Answer
from dsgrid.api.answers import etags
from dsgrid.api.answers.negotiation import MEDIA_TYPES, chosen, content_type, offered
from dsgrid.api.answers.revision import revision
from dsgrid.api.answers.sending import FileAnswer
from dsgrid.api.problems.problems import ApiError
from dsgrid.errors import SpecError
from dsgrid.version import __version__

LOCK_TIMEOUT: Final = 2.0  # seconds that a reader waits for a process that writes
_TRIES: Final = 3
T = TypeVar("T")


class Deadline:
    """When an answer has to be there."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """Raise an `ApiError` (503) when the time is over."""
        if time.monotonic() > self._end:
            raise ApiError(
                503,
                "slow answer",
                f"this took longer than {self._seconds:g} s, which is all that an answer may take here; ask for "
                "less, or hand in a query, which is a job",
            )

    def checked(self, items: Iterable[T], every: int = 1) -> Iterator[T]:
        """Yield items as long as there is time."""
        for number, item in enumerate(items):
            if number % every == 0:
                self.check()
            yield item


# Writes an answer, and returns more headers of it.
Writer = Callable[[IO[bytes], Deadline], Mapping[str, str] | None]


def answer(request: Request, here: Context, media_type: str, write: Writer) -> Response:
    """Return the answer to a request that only reads the registry.

    It is written as a whole before the first byte is sent: a slow client never keeps the registry locked, and what
    fails in the middle is an error and not half a table.

    Parameters
    ----------
    write
        Writes the body. It is called again where the registry changed meanwhile.
    """
    folder = here.settings.registry
    of = revision(folder)
    key = (request.url.path, request.url.query, media_type)
    tag = etags.weak(__version__, of, *key)
    # Only who got it knows its tag; `*` is looked at when there is something.
    if request.headers.get("if-none-match", "").strip() != "*" and etags.is_known(request.headers, tag):
        return Response(status_code=304, headers=_headers(tag))
    found = here.answers.get((of, *key))
    if found is None:
        deadline = Deadline(here.settings.limits.answer_time)
        with here.gates.reads:
            # Another thread may have made it while this one waited.
            found = here.answers.get((of, *key))
            if found is None:
                return _made(request, here, media_type, write, deadline)
    return _sent(request, found, tag, media_type)


def answer_text(
    request: Request, here: Context, formats: Sequence[str], wanted: str | None, made: Callable[[str], str]
) -> Response:
    """Return the answer to a request that reads one thing of the registry, small enough to be a text.

    Parameters
    ----------
    formats
        Those that there are.
    wanted
        The format that the address names, if it does.
    made
        Makes the text in a format.
    """
    form = chosen(request, offered(*formats), wanted)

    def write(file: IO[bytes], _deadline: Deadline) -> None:
        file.write(f"{made(form)}\n".encode())

    return answer(request, here, MEDIA_TYPES[form], write)


def _made(request: Request, here: Context, media_type: str, write: Writer, deadline: Deadline) -> Response:
    folder = here.settings.registry
    key = (request.url.path, request.url.query, media_type)
    for left in reversed(range(_TRIES)):
        before = revision(folder)
        # Without a name, and gone when it is closed.
        file = tempfile.SpooledTemporaryFile(SMALL, dir=str(here.state.folder))  # noqa: SIM115 - sent after this
        try:
            more = _written(write, file, deadline)
            after = revision(folder)
            size = file.tell()
        except BaseException:
            file.close()
            raise
        tag = etags.weak(__version__, before, *key) if before == after else ""
        if tag or size > SMALL or not left:
            break
        file.close()
    if size > SMALL:
        file.flush()
        return FileAnswer(file, size, {**_headers(tag), **more}, content_type(media_type))
    file.seek(0)
    made = Answer(file.read(), more)
    file.close()
    if tag:
        here.answers.keep((before, *key), made)
    return _sent(request, made, tag, media_type)


def _written(write: Writer, file: Any, deadline: Deadline) -> Mapping[str, str]:
    try:
        return write(file, deadline) or {}
    except SpecError as error:
        # Filters are written as those of specs are, and here they are parameters.
        problems = [replace(each, key=each.key.removeprefix("--")) for each in error.problems]
        raise ApiError(400, "bad request", problems[0].message, problems=problems) from None


def _sent(request: Request, found: Answer, tag: str, media_type: str) -> Response:
    headers = {**_headers(tag), **found.headers}
    if tag and etags.is_known(request.headers, tag):
        return Response(status_code=304, headers=_headers(tag))
    return Response(found.body, headers={**headers, "Content-Type": content_type(media_type)})


def _headers(tag: str) -> dict[str, str]:
    kept = {"Cache-Control": "private, no-cache", "Vary": "Accept"}
    return {**kept, "ETag": tag} if tag else kept
