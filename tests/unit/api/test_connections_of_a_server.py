"""Connections that are slow, or too many: driven by hand, with a transport that takes what a test wants."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from dsgrid.api.limits import Limits
from dsgrid.api.server.connections import LARGEST_HEAD, TOLD, Connection

LIMITS = Limits(header_time=10, idle_time=60, body_time=20, connections=3)


class Transport:
    """What a connection writes to; `taken` bytes of it have gone to the client."""

    def __init__(self) -> None:
        self.sent = b""
        self.taken: int | None = None
        self.is_closed = self.is_aborted = False

    def write(self, data: bytes) -> None:
        self.sent += data

    def get_write_buffer_size(self) -> int:
        return 0 if self.taken is None else len(self.sent) - self.taken

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True

    def is_closing(self) -> bool:
        return self.is_closed

    def get_extra_info(self, _name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Connected:
    """A connection to an application that answers with `answer`, as soon as it is asked."""

    def __init__(self, server_state: ServerState | None = None, answer: bytes = b"hello") -> None:
        async def app(_scope: Any, _receive: Any, send: Any) -> None:
            length = (b"content-length", str(len(answer)).encode())
            await send({"type": "http.response.start", "status": 200, "headers": [length]})
            await send({"type": "http.response.body", "body": answer})

        self.now = 1_000.0
        config = Config(app, log_config=None, lifespan="off", h11_max_incomplete_event_size=LARGEST_HEAD)
        state = server_state or ServerState()
        loop = asyncio.get_running_loop()
        self.connection = Connection(config, state, {}, _Loop(loop, self), limits=LIMITS)
        self.transport = Transport()
        self.connection.connection_made(self.transport)

    async def send(self, data: bytes) -> None:
        self.connection.data_received(data)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def after(self, seconds: float) -> Transport:
        """Let time pass and look, every half second."""
        for _ in range(int(seconds * 2)):
            self.now += 0.5
            self.connection.look(self.now)
        return self.transport


class _Loop:
    """An event loop whose time is a test's."""

    def __init__(self, loop: asyncio.AbstractEventLoop, connected: Connected) -> None:
        self._loop = loop
        self._connected = connected

    def time(self) -> float:
        return self._connected.now

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)


def run(steps: Any) -> Any:
    return asyncio.run(steps)


def answered(transport: Transport) -> tuple[int, dict[str, Any]]:
    head, _, body = transport.sent.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    return int(head.split()[1]), json.loads(body)


def test_who_says_nothing_is_disconnected_without_a_word():
    async def steps() -> None:
        connected = Connected()
        assert not connected.after(10).is_closed
        assert connected.after(1).is_closed
        assert connected.transport.sent == b""

    run(steps())


def test_a_head_that_trickles_in_is_refused_however_often_a_byte_comes():
    async def steps() -> None:
        connected = Connected()
        await connected.send(b"GET /v1/health HTTP/1.1\r\n")
        for number in range(21):
            assert not connected.transport.is_closed, number
            await connected.send(b"x-%d: y\r\n" % number)
            connected.after(0.5)
        assert connected.transport.is_closed
        status, problem = answered(connected.transport)
        assert (status, problem["type"]) == (408, "/v1/problems/slow-request")

    run(steps())


def test_a_request_that_is_whole_may_be_answered_as_slowly_as_it_takes():
    async def steps() -> None:
        connected = Connected()
        connected.connection.app = lambda *_: asyncio.sleep(3_600)
        await connected.send(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert not connected.after(300).is_closed
        for task in connected.connection.tasks:
            task.cancel()

    run(steps())


def test_the_head_of_the_second_request_of_a_connection_is_to_be_whole_in_time_too():
    async def steps() -> None:
        connected = Connected()
        await connected.send(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert b"hello" in connected.transport.sent
        connected.transport.sent = b""
        assert not connected.after(15).is_closed  # uvicorn's own timer ends what is idle between requests
        await connected.send(b"GET / HT")
        assert not connected.after(10).is_closed
        assert connected.after(1).is_closed

    run(steps())


def test_who_takes_nothing_of_an_answer_is_cut_and_who_takes_a_byte_a_minute_is_not():
    async def steps() -> None:
        connected = Connected(answer=bytes(100_000))
        await connected.send(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        connected.transport.taken = 0
        for _ in range(5):
            assert not connected.after(55).is_aborted
            connected.transport.taken += 1
        assert not connected.after(60).is_aborted
        assert connected.after(1).is_aborted

    run(steps())


def test_a_connection_that_closes_and_is_never_read_is_cut_too():
    async def steps() -> None:
        connected = Connected(answer=bytes(100_000))
        await connected.send(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        connected.transport.taken = 10
        assert connected.transport.is_closed
        assert not connected.after(55).is_aborted
        assert connected.after(10).is_aborted

    run(steps())


def test_a_body_that_trickles_on_after_the_answer_is_cut():
    async def steps() -> None:
        connected = Connected()
        await connected.send(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n")
        assert b"hello" in connected.transport.sent
        for _ in range(20):
            assert not connected.transport.is_aborted
            await connected.send(b"x")
            connected.after(1)
        assert connected.after(1).is_aborted

    run(steps())


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET / HTTP/1.1\r\nx: " + b"y" * LARGEST_HEAD])
def test_what_is_no_http_and_heads_that_are_too_large_are_refused_with_a_problem(data):
    async def steps() -> None:
        connected = Connected()
        await connected.send(data)
        status, problem = answered(connected.transport)
        assert (status, problem["type"]) == (400, "/v1/problems/bad-request")
        assert connected.transport.is_closed

    run(steps())


def test_nonsense_in_the_middle_of_an_answer_breaks_the_connection_and_adds_nothing_to_it():
    async def steps() -> None:
        connected = Connected()
        connected.connection.app = lambda *_: asyncio.sleep(3_600)
        await connected.send(b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
        await connected.send(b"nonsense\r\n")
        assert connected.transport.is_aborted
        assert connected.transport.sent == b""
        for task in connected.connection.tasks:
            task.cancel()

    run(steps())


def test_too_many_connections_are_told_so_and_far_too_many_are_cut():
    async def steps() -> None:
        state = ServerState()
        first = [Connected(state) for _ in range(LIMITS.connections)]
        more = Connected(state)
        for connected in (first[0], more):
            await connected.send(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert b"hello" in first[0].transport.sent
        status, problem = answered(more.transport)
        assert (status, problem["type"]) == (503, "/v1/problems/busy")
        assert b"retry-after: 5" in more.transport.sent
        assert more.transport.is_closed
        state.connections |= {object() for _ in range(TOLD)}  # type: ignore[misc]
        assert Connected(state).transport.is_aborted

    run(steps())


def test_the_limits_are_those_of_the_settings():
    async def steps() -> None:
        connected = Connected()
        connected.connection._limits = replace(LIMITS, header_time=1)
        assert not connected.after(1).is_closed
        assert connected.after(0.5).is_closed

    run(steps())
