"""How pages ask the server: JSON in, JSON out, with the user's token, and nothing but the HTTP API."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx

from dsgrid.client.address import in_path
from dsgrid.client.failures import TokenError
from dsgrid.client.lists import rows_of
from dsgrid.client.transport import Transport
from dsgrid.errors import ServerError

Json = Any
_KEPT: Final = 64  # answers whose tag is sent, so that what has not changed is not sent again
_LARGEST: Final = 1 << 20


class Asking:
    """The way to the server for one user; threads may share it.

    Parameters
    ----------
    way
        The connection, with the user's token.

    Attributes
    ----------
    is_refused
        Whether the server has said that it does not know the token, or not any more.
    """

    def __init__(self, way: Transport) -> None:
        self.way = way
        self.is_refused = False
        self._kept: OrderedDict[str, tuple[str, Json]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: str, **params: Any) -> Json:
        """Return the answer to a GET below ``/v1``, such as ``get("/datasets", search="homes")``.

        Parameters with None are left out, lists are sent several times. An answer that has not changed since it was
        given last is not sent again.

        Raises
        ------
        DsgridError
            With the server's reason.
        """
        pairs = pairs_of(params)
        key = json.dumps([path, pairs])
        with self._lock:
            tag, known = self._kept.get(key, ("", None))
        headers = {"Accept": "application/json"} | ({"If-None-Match": tag} if tag else {})
        with (
            self._heeding(),
            self.way.stream("GET", path, params=pairs, headers=headers, expected=frozenset({304})) as response,
        ):
            if response.status_code == 304:
                return known
            try:
                body = response.read()
            except httpx.HTTPError as error:
                raise self.way.broken(error) from None
            tag = response.headers.get("etag", "")
        try:
            found = json.loads(body)
        except ValueError:
            raise ServerError(f"{self.way.address} answers, but not as a dsgrid server does") from None
        if tag and len(body) <= _LARGEST:
            with self._lock:
                self._kept[key] = (tag, found)
                self._kept.move_to_end(key)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return found

    def text(self, path: str, **params: Any) -> str:
        """Return the answer to a GET as text."""
        with self._heeding():
            found = self.way.get(path, pairs_of(params), accept="text/plain")
        return found.body.decode("utf-8", "replace")

    def all(self, path: str, *, most: int | None = None, **params: Any) -> list[dict[str, Any]]:
        """Return the rows of a list from all its pages, or the first of them."""
        with self._heeding():
            return rows_of(self.way, path, pairs_of(params), most)

    def post(
        self,
        path: str,
        body: str | Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **params: Any,
    ) -> Json:
        """Return the answer to a POST of a spec (TOML as text) or of a mapping (JSON)."""
        kind = "application/toml" if isinstance(body, str) else "application/json"
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else None
        sent = {**({"Content-Type": kind} if content is not None else {}), **(headers or {})}
        with self._heeding():
            found = self.way.ask("POST", path, params=pairs_of(params), headers=sent, content=content)
        return found.json() if found.body else None

    def delete(self, path: str) -> None:
        """Remove what is at a path."""
        with self._heeding():
            self.way.ask("DELETE", path)

    @contextmanager
    def _heeding(self) -> Iterator[None]:
        """Remember that the token is none (any more): the session ends with it."""
        try:
            yield
        except TokenError:
            self.is_refused = True
            raise


def path_of(*parts: str) -> str:
    """Return a path below ``/v1`` from its parts, such as ``path_of("datasets", "homes@1.0.0", "profiles")``."""
    return "/" + "/".join(in_path(part) for part in parts)


def pairs_of(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return parameters as they are sent: lists one by one, truth as words, None not at all."""
    pairs: list[tuple[str, str]] = []
    for name, value in params.items():
        name = name.rstrip("_")  # `with_`, `format_`: words that Python has for itself
        for each in value if isinstance(value, list | tuple) else (value,):
            if each is not None:
                pairs.append((name, str(each).lower() if isinstance(each, bool) else str(each)))
    return pairs
