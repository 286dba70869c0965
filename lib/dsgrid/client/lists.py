"""Long lists of a server, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from dsgrid.client.failures import ChangedError
from dsgrid.client.transport import Params, Transport
from dsgrid.errors import ServerError

_AGAIN: Final = 5
# What a server that does not say its limits gives at once, surely.
_PAGE: Final = 100


def rows_of(way: Transport, path: str, params: Params = (), limit: int | None = None) -> list[dict[str, Any]]:
    """Return the rows of a list, or the first of them.

    A list that changes while it is read is read again from its beginning.
    """
    for attempt in range(1, _AGAIN + 1):
        try:
            return _read(way, path, params, limit)
        except ChangedError:
            if attempt == _AGAIN:
                raise
    raise AssertionError("a list is read a few times")


def _read(way: Transport, path: str, params: Params, limit: int | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for page in pages(way, path, params):
        rows += page["items"]
        if limit is not None and len(rows) >= limit:
            return rows[:limit]
    return rows


def pages(way: Transport, path: str, params: Params = ()) -> Iterator[Mapping[str, Any]]:
    """Yield the pages of a list; those after the first are as long as the server allows.

    Raises
    ------
    ChangedError
        If the list has changed between two pages.
    """
    following: str | None = path
    most = ""
    while following is not None:
        found = way.get(following, params)
        document = found.json()
        if not isinstance(document, Mapping) or not isinstance(document.get("items"), list):
            raise ServerError(f"{found.url} does not answer with a list, as a dsgrid server does")
        yield document
        after = document.get("next")
        if not after:
            return
        most = most or _most(way)
        parts = urlsplit(str(after))
        params = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "limit"]
        params.append(("limit", most))
        following = parts._replace(query="").geturl()


def _most(way: Transport) -> str:
    """Return how many rows the longest page has."""
    found = way.get("/limits").json()
    most = found.get("page_most") if isinstance(found, Mapping) else None
    return str(most if isinstance(most, int) and most > 0 else _PAGE)
