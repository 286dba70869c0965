"""How pages ask the server: JSON in, JSON out, with the user's token, and nothing but the HTTP API."""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter, OrderedDict
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
_KEPT: Final = 64  # answers of one user whose tag is sent, so that what has not changed is not sent again
_LARGEST: Final = 1 << 20  # bytes of an answer that is kept
_NUMBERS: Final = itertools.count()
_KEPT_OF_ALL: Final = 32 << 20  # bytes of all that are kept, whoever is signed in how often


class Kept:
    """Answers with their tags, of all users, within a bounded memory: what was needed longest ago goes first."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[int, str], tuple[str, Json, int]] = OrderedDict()
        self._many: Counter[int] = Counter()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, user: int, key: str) -> tuple[str, Json]:
        """Return the tag of an answer, and the answer; an empty tag for none."""
        with self._lock:
            tag, found, _ = self._found.get((user, key), ("", None, 0))
            if tag:
                self._found.move_to_end((user, key))
        return tag, found

    def put(self, user: int, key: str, tag: str, found: Json, size: int) -> None:
        """Keep an answer of so many bytes."""
        if size > _LARGEST:
            return
        with self._lock:
            self._drop((user, key))
            self._found[user, key] = (tag, found, size)
            self._many[user] += 1
            self._bytes += size
            if self._many[user] > _KEPT:
                self._drop(next(each for each in self._found if each[0] == user))
            while self._bytes > _KEPT_OF_ALL:
                self._drop(next(iter(self._found)))

    def forget(self, user: int) -> None:
        """Drop all of somebody who is not there any more."""
        with self._lock:
            for each in [each for each in self._found if each[0] == user]:
                self._drop(each)

    def _drop(self, which: tuple[int, str]) -> None:
        gone = self._found.pop(which, None)
        if gone is not None:
            self._bytes -= gone[2]
            self._many[which[0]] -= 1
            if not self._many[which[0]]:
                del self._many[which[0]]


class Asking:
    """The way to the server for one user; threads may share it.

    Parameters
    ----------
    way
        The connection, with the user's token.
    kept
        Where answers are kept, beside those of others; in a place of its own if there is none.

    Attributes
    ----------
    is_refused
        Whether the server has said that it does not know the token, or not any more.
    """

    def __init__(self, way: Transport, kept: Kept | None = None) -> None:
        self.way = way
        self.is_refused = False
        self._kept = Kept() if kept is None else kept
        # Never the same twice, as that of an object may be.
        self._number = next(_NUMBERS)

    def close(self) -> None:
        """Ask nothing more, and forget what was answered."""
        self.way.close()
        self._kept.forget(self._number)

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
        tag, known = self._kept.get(self._number, key)
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
        if tag:
            self._kept.put(self._number, key, tag, found, len(body))
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
