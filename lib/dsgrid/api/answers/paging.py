"""Pages of long lists: cursors that only the server reads, and links to the next page."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request

from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import ApiError

MOST: Final = 1_000  # characters of a cursor
_CHECK: Final = 12
# What may change from page to page.
_FREE: Final = frozenset({"cursor", "limit", "offset", "count"})
# What the address of the next page does not repeat.
_ONCE: Final = frozenset({"cursor", "offset"})


def listing_of(request: Request) -> str:
    """Return what tells one list from another: its path, and all parameters that choose rows."""
    pairs = sorted((name, value) for name, value in request.query_params.multi_items() if name not in _FREE)
    return json.dumps([request.url.path, pairs])


def page_size(limit: int | None, limits: Limits) -> int:
    """Return how many rows a page has.

    Raises
    ------
    ApiError
        400 for more than there may be.
    """
    if limit is None:
        return limits.page
    if not 1 <= limit <= limits.page_most:
        raise ApiError(400, "bad request", f"limit is {limit}; expected 1 to {limits.page_most}")
    return limit


def encoded(position: Any, listing: str, revision: str = "") -> str:
    """Return a cursor: where the next page begins.

    Parameters
    ----------
    position
        Anything that JSON holds.
    listing
        The list that it belongs to, see `listing_of`.
    revision
        Of what is listed, where a position means nothing in another one.
    """
    text = json.dumps([position, revision], separators=(",", ":"))
    return base64.urlsafe_b64encode(f"{_check(text, listing)}{text}".encode()).decode().rstrip("=")


def decoded(cursor: str, listing: str, revision: str = "") -> Any:
    """Return the position that a cursor holds.

    Raises
    ------
    ApiError
        400 where it is none, or belongs to another list; 409 where what is listed has changed since: nothing is
        skipped or shown twice without a word.
    """
    wrong = ApiError(
        400,
        "bad request",
        "this cursor was not made for this list: take it from `next` of a page, and leave the other parameters as "
        "they were; without a cursor the list begins anew",
    )
    if len(cursor) > MOST or not cursor.isascii():
        raise wrong
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise wrong from None
    check, text = text[:_CHECK], text[_CHECK:]
    if check != _check(text, listing):
        raise wrong
    try:
        position, of = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise wrong from None
    if of != revision:
        raise ApiError(
            409,
            "changed meanwhile",
            "what is listed has changed since the first page; begin again without a cursor",
        )
    return position


def next_url(request: Request, cursor: str | None) -> str | None:
    """Return the address of the next page, relative to the server; None for the last one."""
    if cursor is None:
        return None
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name not in _ONCE]
    return f"{request.url.path}?{urlencode([*pairs, ('cursor', cursor)])}"


def link(url: str | None) -> Mapping[str, str]:
    """Return the header ``Link`` to the next page, where there is one."""
    return {} if url is None else {"Link": f'<{url}>; rel="next"'}


def _check(text: str, listing: str) -> str:
    return hashlib.sha256(f"{len(text)}:{text}{listing}".encode("utf-8", "surrogatepass")).hexdigest()[:_CHECK]
