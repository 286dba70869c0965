"""In which form an answer goes out: what the client accepts, among what there is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from fastapi import Request

from dsgrid.api.problems.problems import ApiError
from dsgrid.errors import did_you_mean

JSON: Final = "application/json"
CSV: Final = "text/csv"
ARROW: Final = "application/vnd.apache.arrow.stream"
PARQUET: Final = "application/vnd.apache.parquet"
TEXT: Final = "text/plain"
MERMAID: Final = "text/vnd.mermaid"
DOT: Final = "text/vnd.graphviz"

# What `?format=` calls each, and how the header of an answer names it.
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "json": JSON,
    "csv": CSV,
    "arrow": ARROW,
    "parquet": PARQUET,
    "text": TEXT,
    "mermaid": MERMAID,
    "dot": DOT,
}
_TEXTUAL: Final = frozenset({CSV, TEXT, MERMAID, DOT})
_QUALITY: Final = re.compile(r"(0(\.\d{0,3})?|1(\.0{0,3})?)", re.ASCII)
_RANGE: Final = re.compile(r"(\*/\*|[\w!#$%&'*+.^`|~-]+/(\*|[\w!#$%&'*+.^`|~-]+))", re.ASCII)


def offered(*formats: str) -> dict[str, str]:
    """Return the media types of some formats, as `chosen` takes them; the first is the default.

    Examples
    --------
    >>> offered("json", "csv")
    {'application/json': 'json', 'text/csv': 'csv'}
    """
    return {MEDIA_TYPES[name]: name for name in formats}


def content_type(media_type: str) -> str:
    """Return what the header ``Content-Type`` says of an answer of this media type."""
    return f"{media_type}; charset=utf-8" if media_type in _TEXTUAL else media_type


def chosen(request: Request, there: Mapping[str, str], format: str | None = None) -> str:
    """Return the name of the format that a client wants most.

    Parameters
    ----------
    there
        From media types to formats; the first is what who does not care gets.
    format
        What ``?format=`` says; it wins over the header ``Accept``.

    Raises
    ------
    ApiError
        400 for a format that there is not, 406 where nothing that is accepted is there.
    """
    if format is not None:
        if format not in there.values():
            hint = did_you_mean(format, there.values())
            raise ApiError(400, "bad request", f'there is no format "{format[:100]}" here{hint}')
        return format
    accept = ", ".join(request.headers.getlist("accept"))
    if not accept.strip():
        return next(iter(there.values()))
    wanted = _ranges(accept)
    qualities = {media_type: _quality(media_type, wanted) for media_type in there}
    best = max(qualities, key=lambda media_type: qualities[media_type])  # of equal ones the first
    if not qualities[best]:
        raise ApiError(
            406,
            "not acceptable",
            f"Accept takes nothing that there is here; there are: {', '.join(there)} "
            f"(or say it in the address: ?format={'|'.join(there.values())})",
            headers={"Vary": "Accept"},
        )
    return there[best]


def _ranges(accept: str) -> list[tuple[str, float]]:
    """Return the media ranges of a header with their qualities; what is none is passed over."""
    found = []
    for part in accept.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if not _RANGE.fullmatch(name):
            continue
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                quality = float(value.strip()) if _QUALITY.fullmatch(value.strip()) else 0.0
        found.append((name.lower(), quality))
    return found


def _quality(media_type: str, wanted: list[tuple[str, float]]) -> float:
    """Return how much a media type is wanted; the most special range that names it counts."""
    main = media_type.partition("/")[0]
    for name in (media_type, f"{main}/*", "*/*"):
        fitting = [quality for range_, quality in wanted if range_ == name]
        if fitting:
            return max(fitting)
    return 0.0
