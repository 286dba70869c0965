"""Files that the browser saves: what the server has, handed through with the user's token."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import httpx
from flask import Flask, Response, g, request

from dsgrid.client.address import in_path
from dsgrid.errors import DsgridError, NotFoundError, UsageError
from dsgrid.viewer.bridge import WORKERS
from dsgrid.viewer.plain_pages import told_page

# Reads only, of what pages link to.
_ALLOWED: Final = re.compile(
    r"(jobs/[0-9a-f]+/(spec|log|files/.+|result/.+)|(dimensions|mappings|entries)/.+/records|mappings/.+/sums"
    r"|datasets/.+/(rows|missing)|(projects|datasets|submissions|composites|dimensions|mappings|aliases|registrations))"
)
_PASSED: Final = ("content-type", "content-length", "etag", "last-modified")
_AT_ONCE: Final = WORKERS // 2  # a slow network keeps a thread for as long as a download lasts


def install(app: Flask) -> None:
    """Add the addresses below ``download``."""
    places = threading.BoundedSemaphore(_AT_ONCE)

    @app.route("/download/<path:path>")
    def download(path: str) -> Response:
        if not places.acquire(blocking=False):
            return told_page(g.prefix, "Try again", "Many files are being downloaded at this moment.", 503)
        stack = ExitStack()
        stack.callback(places.release)
        try:
            return handed_through(path, stack)
        except DsgridError as error:
            stack.close()
            status = 404 if isinstance(error, NotFoundError | UsageError) else 502
            return told_page(g.prefix, "There is no such download", str(error), status)
        except BaseException:
            stack.close()
            raise


def handed_through(path: str, stack: ExitStack) -> Response:
    """Return what the server has at a path below ``/v1``, as it comes.

    Parameters
    ----------
    stack
        Closed when the answer has ended, whoever ends it.
    """
    if _ALLOWED.fullmatch(path) is None:
        raise NotFoundError(f"nothing can be downloaded from {path}")
    pairs = [(name, value) for name in request.args for value in request.args.getlist(name)]
    way = g.session.asking.way
    sent = {"Accept": "*/*", "Accept-Encoding": "identity"}
    found = stack.enter_context(way.stream("GET", f"/{in_path(path)}", params=pairs, headers=sent))

    def pieces() -> Iterator[bytes]:
        try:
            yield from found.iter_bytes()
        except httpx.HTTPError as error:
            # The connection breaks with it: half a file never looks like a whole one.
            raise way.broken(error) from None

    headers = {name: found.headers[name] for name in _PASSED if name in found.headers}
    headers["content-disposition"] = _attached(found.headers.get("content-disposition", ""))
    # Saved, not shown; and were it shown, it had no rights here.
    headers["content-security-policy"] = "default-src 'none'; sandbox"
    answer = Response(pieces(), found.status_code, headers)
    answer.call_on_close(stack.close)
    return answer


def _attached(disposition: str) -> str:
    """Return a disposition that saves, with the name that the server gives."""
    _, mark, rest = disposition.partition(";")
    return f"attachment{mark}{rest}"
