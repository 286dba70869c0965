"""Another application beside the API, under an address of its own: the viewer, which asks the API as anybody does.

It asks inside of the process, so that neither names, TLS nor proxies are between them. What it asks for goes through
all guards; the address that counts there is that of the browser which has brought it about.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeVar

import httpx

from dsgrid.api.access.context import Context
from dsgrid.api.guards.beside import PATH, Application, Beside, browser

Message = MutableMapping[str, Any]
App = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
_T = TypeVar("_T")

INSIDE: Final = "http://localhost"  # what the API is called by what asks it from inside
_AHEAD: Final = 4  # pieces of an answer that wait to be taken
_PATIENCE: Final = 60.0


@dataclass(frozen=True)
class Mount:
    """An application beside the API.

    Parameters
    ----------
    make
        Makes it, given the way to ask the API.
    """

    PATH: ClassVar[str] = PATH

    make: Callable[[Way], Application]

    def on(self, app: App, context: Context) -> Mounted:
        """Return it as a part of a server, which it asks through all guards."""
        way = Way(app)
        return Mounted(way, Beside(self.make(way), context.settings.limits, context.gates))


@dataclass(frozen=True)
class Mounted:
    """An application that stands beside the API of a server."""

    way: Way
    beside: Beside

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let it ask."""
        self.way.open(loop)

    def close(self) -> None:
        """Let it ask and answer nothing more."""
        self.way.shut()
        self.beside.close()


class Way(httpx.BaseTransport):
    """The way to an ASGI application of this process, for threads that are not its own."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to answer, in a loop that runs."""
        self._loop = loop

    def close(self) -> None:
        """Do nothing: many clients share it, and each closes what it was given."""

    def shut(self) -> None:
        """Answer nothing more."""
        self._loop = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the head of the answer; its body is taken piece by piece."""
        loop = self._loop
        if loop is None or loop.is_closed():
            raise httpx.ConnectError("the server ends, or has not begun", request=request)
        seconds = (request.extensions.get("timeout") or {}).get("read") or _PATIENCE
        exchange = _Exchange(loop, request, float(seconds))
        exchange.begin(self._app)
        try:
            head = exchange.next()
        except BaseException:
            exchange.close()
            raise
        return httpx.Response(
            int(head["status"]), headers=list(head["headers"]), stream=_Pieces(exchange), request=request
        )


class _Pieces(httpx.SyncByteStream):
    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        while True:
            message = self._exchange.next()
            if message.get("body"):
                yield bytes(message["body"])
            if not message.get("more_body", False):
                return

    def close(self) -> None:
        self._exchange.close()


class _Exchange:
    """One request and its answer: the application is in its loop, who takes the answer in a thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, request: httpx.Request, seconds: float) -> None:
        self._loop = loop
        self._request = request
        self._seconds = seconds
        self._body = request.read()
        self._is_asked = False
        self._answer: asyncio.Queue[Message | None] = asyncio.Queue(_AHEAD)
        self._gone = asyncio.Event()

    def begin(self, app: App) -> None:
        """Have the application asked."""
        scope = _scope(self._request, browser.get())
        self._wait(asyncio.run_coroutine_threadsafe(self._start(app, scope), self._loop))

    def next(self) -> Message:
        """Wait for the next piece of the answer."""
        message = self._wait(asyncio.run_coroutine_threadsafe(self._answer.get(), self._loop))
        if message is None:
            raise httpx.RemoteProtocolError("the answer broke off", request=self._request)
        return message

    def close(self) -> None:
        """Take no more of it; the application hears that its client has gone."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._leave)

    def _wait(self, future: Future[_T]) -> _T:
        try:
            return future.result(self._seconds)
        except TimeoutError:
            future.cancel()
            raise httpx.ReadTimeout(f"no answer within {self._seconds:g} s", request=self._request) from None
        except (CancelledError, RuntimeError):
            raise httpx.ReadError("the server has ended", request=self._request) from None

    async def _start(self, app: App, scope: MutableMapping[str, Any]) -> None:
        self._task = asyncio.ensure_future(self._run(app, scope))

    async def _run(self, app: App, scope: MutableMapping[str, Any]) -> None:
        # What goes wrong is in the log of the server already; here the answer only ends too early.
        with contextlib.suppress(Exception):
            await app(scope, self._receive, self._send)
        if not self._gone.is_set():
            await self._answer.put(None)

    async def _receive(self) -> Message:
        if not self._is_asked:
            self._is_asked = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if not self._gone.is_set():
            await self._answer.put(message)

    def _leave(self) -> None:
        self._gone.set()
        # Whoever waits to put something in can go on, and puts nothing more.
        while not self._answer.empty():
            self._answer.get_nowait()


def _scope(request: httpx.Request, client: tuple[str, int] | None) -> MutableMapping[str, Any]:
    raw_path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "path": request.url.path,
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "scheme": "http",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": client,
        "server": ("localhost", 80),
    }
