"""Connections of clients: each is watched, so that slow ones go, and too many are told so.

uvicorn bounds how long a connection may be idle between requests. What it does not bound is watched here: the time that
the head of a request takes, what follows an answer that was given before the request had ended, and answers that nobody
takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final, cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from dsgrid.api.limits import Limits
from dsgrid.api.problems.types import problem_type

# Beyond the limit of connections so many more are told that they are too many; others are cut without a word.
TOLD: Final = 100
LARGEST_HEAD: Final = 16 << 10  # bytes

_Message = MutableMapping[str, Any]


class Connection(H11Protocol):
    """A connection that does not wait forever.

    Parameters
    ----------
    limits
        How long it waits, and how many of them there may be.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: Limits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._counted: _Counted | None = None
        self._taken = 0  # bytes that the client has taken, when somebody looked last
        self._moved = 0.0  # when it last took some, or there was nothing to take
        self._head_since: float | None = None
        self._rest_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch it."""
        self._counted = _Counted(transport)
        super().connection_made(cast(asyncio.Transport, self._counted))
        self._moved = self._head_since = self.loop.time()
        many = len(self.connections) - self._limits.connections
        if many > TOLD:
            transport.abort()
        elif many > 0:
            self.app = _busy

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that has begun is to be whole in time, however it trickles in."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._head_since = None
        elif self._head_since is None:
            self._head_since = self.loop.time()

    def look(self, now: float) -> None:
        """End the connection if its client keeps it waiting; asked several times a second."""
        if self._counted is None:
            return
        waiting = self._counted.get_write_buffer_size()
        taken = self._counted.written - waiting
        if not waiting or taken > self._taken:
            self._moved = now
        self._taken = taken
        if now - self._moved > self._limits.idle_time:
            self._drop()
        elif self.transport.is_closing():
            return
        elif self._head_since is not None and now - self._head_since > self._limits.header_time:
            self._refuse_late()
        elif self._sends_after_the_answer():
            self._rest_since = now if self._rest_since is None else self._rest_since
            if now - self._rest_since > self._limits.body_time:
                self._drop()
        else:
            self._rest_since = None

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._answer(HTTPStatus.BAD_REQUEST, "bad request", "this is no HTTP/1.1 request that can be understood")

    def _drop(self) -> None:
        """Cut it, and forget what the system still holds for it: else that would stay for minutes."""
        end = self.transport.get_extra_info("socket")
        if end is not None and end.family != socket.AF_UNIX:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _sends_after_the_answer(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete and self.conn.their_state is h11.SEND_BODY

    def _refuse_late(self) -> None:
        self._head_since = None
        if self.conn.trailing_data[0]:
            seconds = f"{self._limits.header_time:g} seconds"
            self._answer(
                HTTPStatus.REQUEST_TIMEOUT, "slow request", f"the head of the request was not complete after {seconds}"
            )
        else:
            self.transport.close()

    def _answer(self, status: HTTPStatus, title: str, detail: str) -> None:
        # By hand: h11 answers a request only, and there may be none.
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()  # in the middle of another answer
            return
        body = problem(status, title, detail)
        lines = (f"HTTP/1.1 {status.value} {status.phrase}", *(f"{key}: {value}" for key, value in _headers(body)))
        self.transport.write("\r\n".join((*lines, "", "")).encode() + body)
        self.transport.close()


def problem(status: HTTPStatus, title: str, detail: str) -> bytes:
    """Return the document of a problem that is told before any application is asked."""
    kind = problem_type(status.value, title)
    return json.dumps({"type": kind.uri, "title": title, "status": status.value, "detail": detail}).encode()


class _Counted:
    """A transport that counts what is written to it."""

    def __init__(self, inner: asyncio.Transport) -> None:
        self._inner = inner
        self.written = 0

    def write(self, data: bytes) -> None:
        self.written += len(data)
        self._inner.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _headers(body: bytes) -> list[tuple[str, str]]:
    return [
        ("content-type", "application/problem+json"),
        ("content-length", str(len(body))),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("connection", "close"),
    ]


async def _busy(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[_Message]],
    send: Callable[[_Message], Awaitable[None]],
) -> None:
    body = problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", "there are too many connections; try again in some seconds")
    headers = [(key.encode(), value.encode()) for key, value in (*_headers(body), ("retry-after", "5"))]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
