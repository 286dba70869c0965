"""Tables on their way from a server: an answer as a file, which is read while it comes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from dsgrid.client.transport import Transport
from dsgrid.errors import ServerError


class Body(io.RawIOBase):
    """The body of an answer as a file.

    Parameters
    ----------
    way
        How it comes, which says what has broken.
    """

    def __init__(self, response: httpx.Response, way: Transport) -> None:
        self._chunks = response.iter_bytes()
        self._way = way
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            try:
                self._rest = next(self._chunks)
            except StopIteration:
                return 0
            except httpx.HTTPError as error:
                raise self._way.broken(error) from None
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


@contextmanager
def arrow_errors(way: Transport) -> Iterator[None]:
    """Say of a table that comes damaged, or not whole, that the server has sent it so."""
    import pyarrow as pa

    try:
        yield
    except pa.ArrowException as error:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise ServerError(f"{way.address}: the table was cut short, or is damaged ({line})") from None
