"""Answers that are one document: what there is to say about something, as JSON or as the text of the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any, Final

from fastapi import Request
from starlette.responses import Response

from dsgrid.api.access.context import Context
from dsgrid.api.answers.answers import Deadline, answer
from dsgrid.api.answers.negotiation import MEDIA_TYPES, chosen, offered
from dsgrid.api.answers.tables import dumps
from dsgrid.operations.text_tables import document as text_of

JSON: Final = ("json",)
JSON_OR_TEXT: Final = ("json", "text")


def answer_document(
    request: Request,
    here: Context,
    made: Callable[[Deadline], Any],
    *,
    formats: tuple[str, ...] = JSON,
    wanted: str | None = None,
    line: int | None = None,
) -> Response:
    """Return the answer to a request that reads one document of the registry.

    Parameters
    ----------
    made
        Makes the document, within a time.
    formats
        `JSON`, or `JSON_OR_TEXT`.
    wanted
        The format that the address names, if it does.
    line
        The characters of a line of text at most.
    """
    form = chosen(request, offered(*formats), wanted)

    def write(file: IO[bytes], deadline: Deadline) -> None:
        found = made(deadline)
        file.write(f"{dumps(found) if form == 'json' else text_of(found, line)}\n".encode())

    return answer(request, here, MEDIA_TYPES[form], write)
