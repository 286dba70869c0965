"""From ASGI to WSGI: requests come whole, answers go at the client's pace, and no thread is left behind."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from dsgrid.viewer import bridge
from dsgrid.viewer.bridge import Bridge, environment

SEEN: contextvars.ContextVar[str] = contextvars.ContextVar("seen", default="")


def scope(**more: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"host", b"localhost")],
        "client": ("10.0.0.1", 5),
        "server": ("127.0.0.1", 8050),
        **more,
    }


class Client:
    """One that sends a body in parts, and goes away when told to."""

    def __init__(self, *parts: bytes, gone: bool = False) -> None:
        self.sent: list[dict[str, Any]] = []
        self.gone = asyncio.Event()
        self._parts = list(parts) or [b""]
        self._is_gone = gone

    async def receive(self) -> dict[str, Any]:
        if self._is_gone:
            return {"type": "http.disconnect"}
        if self._parts:
            part = self._parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self._parts)}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(each.get("body", b"") for each in self.sent[1:])


def answered(app: Callable[..., Iterable[bytes]], *parts: bytes, **more: Any) -> Client:
    async def run() -> Client:
        client = Client(*parts)
        made = Bridge(app, workers=2)
        try:
            await asyncio.wait_for(made(scope(**more), client.receive, client.send), 10)
        finally:
            made.close()
        return client

    return asyncio.run(run())


def echo(environ: dict[str, Any], start: Any) -> list[bytes]:
    start("200 OK", [("Content-Type", "text/plain"), ("X-One", "1"), ("X-One", "2")])
    return [environ["wsgi.input"].read(), environ["REMOTE_ADDR"].encode()]


def test_a_request_comes_whole_and_its_answer_goes_back() -> None:
    client = answered(echo, b"first ", b"", b"second ", method="POST")
    assert (client.status, client.body) == (200, b"first second 10.0.0.1")
    assert client.sent[0]["headers"][1:] == [(b"x-one", b"1"), (b"x-one", b"2")]
    assert client.sent[-1]["more_body"] is False


def test_no_thread_begins_before_the_body_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "BODY_TIME", 0.05)
    begun: list[int] = []

    async def run() -> Client:
        client = Client(b"half", b"never")

        async def receive() -> dict[str, Any]:
            if len(client._parts) == 1:
                await asyncio.sleep(5)
            return await client.receive()

        await Bridge(lambda *_: begun.append(1) or [])(scope(method="POST"), receive, client.send)  # type: ignore[func-returns-value]
        return client

    client = asyncio.run(run())
    assert client.status == 408
    assert begun == []


def test_a_body_that_is_too_large_is_refused_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "LARGEST_BODY", 10)
    client = answered(echo, b"123456", b"123456", b"more", method="POST")
    assert client.status == 413
    assert (b"connection", b"close") in client.sent[0]["headers"]


def test_who_goes_away_in_the_middle_ends_what_is_made_for_them() -> None:
    ended = threading.Event()

    def endless(_environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        try:
            while True:
                yield b"x" * 100
        finally:
            ended.set()

    async def run() -> None:
        client = Client()

        async def send(message: Any) -> None:
            await client.send(message)
            if len(client.sent) == 5:
                client.gone.set()
            await asyncio.sleep(0.001)

        await asyncio.wait_for(Bridge(endless, workers=1)(scope(), client.receive, send), 10)

    asyncio.run(run())
    assert ended.wait(5)


def test_who_never_sends_their_body_leaves_nothing() -> None:
    async def run() -> list[Any]:
        client = Client(gone=True)
        await Bridge(echo)(scope(method="POST"), client.receive, client.send)
        return client.sent

    assert asyncio.run(run()) == []


def test_what_is_given_up_frees_its_thread() -> None:
    """A request whose task is cancelled, as when a server ends, does not hold one of the threads for ever."""
    is_on = threading.Event()

    def slow(_environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        while True:
            is_on.set()
            yield b"x"

    async def run() -> Client:
        made = Bridge(slow, workers=1)
        client = Client()
        task = asyncio.ensure_future(made(scope(), client.receive, client.send))
        while not is_on.is_set():
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        made._app = echo
        other = Client(b"next")
        await asyncio.wait_for(made(scope(method="POST"), other.receive, other.send), 10)
        return other

    assert asyncio.run(run()).body.startswith(b"next")


def test_a_client_that_takes_its_answer_slowly_keeps_no_thread() -> None:
    body = b"x" * 300_000

    def app(_environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    async def run() -> None:
        slow, other = Client(), Client()
        taken = asyncio.Event()

        async def send(message: Any) -> None:
            slow.sent.append(message)
            if message["type"] == "http.response.body":
                await taken.wait()

        made = Bridge(app, workers=1)
        waiting = asyncio.ensure_future(made(scope(), slow.receive, send))
        try:
            await asyncio.wait_for(made(scope(), other.receive, other.send), 5)
            assert other.body == body
            assert len(slow.body) <= 64 << 10, "in pieces, so that little waits to be taken"
            taken.set()
            await asyncio.wait_for(waiting, 5)
            assert slow.body == body
        finally:
            made.close()

    asyncio.run(run())


def test_what_fails_after_it_has_begun_breaks_off() -> None:
    def broken(_environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        yield b"half"
        raise ValueError("cut")

    async def run() -> Client:
        client = Client()
        with pytest.raises(ValueError, match="cut"):
            await Bridge(broken)(scope(), client.receive, client.send)
        return client

    assert asyncio.run(run()).sent[-1]["more_body"] is True, "nothing says that it was whole"


def test_what_is_known_of_a_request_is_known_in_its_thread() -> None:
    def tell(_environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [])
        return [SEEN.get().encode()]

    async def run() -> bytes:
        SEEN.set("by whoever let it in")
        client = Client()
        await Bridge(tell)(scope(), client.receive, client.send)
        return client.body

    assert asyncio.run(run()) == b"by whoever let it in"


def test_addresses_and_headers_come_as_they_were_sent() -> None:
    environ = environment(
        scope(
            path="/viewer/projects/ü x",
            root_path="/viewer",
            query_string=b"a=%C3%BC",
            headers=[
                (b"cookie", b"a=1"),
                (b"cookie", b"b=2"),
                (b"x_forwarded_for", b"9"),
                (b"x-a", b"1"),
                (b"x-a", b"2"),
            ],
        ),
        b"body",
    )
    assert environ["SCRIPT_NAME"] == "/viewer"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/projects/ü x"
    assert environ["QUERY_STRING"] == "a=%C3%BC"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_X_A"] == "1,2"
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert environ["CONTENT_LENGTH"] == "4"
