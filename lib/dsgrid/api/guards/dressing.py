"""The headers that every answer has: what a browser may not do with it, who may read it, and the request's id."""

from __future__ import annotations

import logging
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

_LOG: Final = logging.getLogger("dsgrid.api")
POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
# Of pages that a route gives no policy of its own. In the sandbox a page has no origin, whatever got into it.
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-downloads"
)
EXPOSED: Final = (
    "Accept-Ranges, Content-Disposition, Content-Range, ETag, Link, Location, Preference-Applied, Retry-After, "
    "X-Request-Id"
)
_METHODS: Final = "GET, HEAD, POST, DELETE"
_SENT: Final = (
    "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Last-Event-ID, Prefer, "
    "Range"
)


def dressed(send: Send, request_id: str, *, origin: str | None = None, varies: bool = False) -> Send:
    """Return a `send` whose answers have all headers.

    Parameters
    ----------
    origin
        The foreign origin that may read the answer.
    varies
        Whether other origins may get other answers.
    """

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [pair for pair in message.get("headers", ()) if _is_sound(pair)]}
            _dress(MutableHeaders(raw=message["headers"]), request_id, origin, varies)
        await send(message)

    return sending


def preflight(requested: str | None) -> dict[str, str]:
    """Return the headers that answer what a browser asks beforehand, for an origin that may ask."""
    headers = {"Access-Control-Allow-Methods": _METHODS, "Access-Control-Max-Age": "600"}
    return headers | ({"Access-Control-Allow-Headers": _SENT} if requested else {})


def _dress(headers: MutableHeaders, request_id: str, origin: str | None, varies: bool) -> None:
    headers["X-Request-Id"] = request_id
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    is_page = headers.get("content-type", "").startswith("text/html")
    headers.setdefault("Content-Security-Policy", PAGE_POLICY if is_page else POLICY)
    # What has a tag may be kept by who asked, and is asked for again each time.
    headers.setdefault("Cache-Control", "private, no-cache" if "etag" in headers else "no-store")
    if varies:
        headers.add_vary_header("Origin")
    if origin is not None:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = EXPOSED


def _is_sound(pair: tuple[bytes, bytes]) -> bool:
    if any(mark in part for part in pair for mark in (b"\r", b"\n", b"\0")):
        _LOG.error("a defect in dsgrid: a header with a line break was left out: %r", pair[0])
        return False
    return True
