"""From ASGI to WSGI: the viewer's requests in threads of their own, so that none waits for a client or is left behind.

The whole body is there before a thread begins. An answer that says its length, and is not large, is taken from its
thread at once and then sent at the client's pace, so that slow clients keep no threads. Other answers, such as
downloads, have theirs to the end; where the client has gone, it is told so with the next piece.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Wsgi = Callable[..., Iterable[bytes]]

WORKERS: Final = 16  # requests at the same time; most of them wait for the server
LARGEST_BODY: Final = 2 << 20
BODY_TIME: Final = 20.0
LARGEST_HELD: Final = 8 << 20  # bytes of an answer that leaves its thread at once
_PIECE: Final = 64 << 10


class ClientGoneError(Exception):
    """Nobody waits for the answer any more."""


class Bridge:
    """An ASGI application that asks a WSGI application.

    Parameters
    ----------
    app
        The WSGI application.
    workers
        How many requests it has at the same time; the others wait in order.
    """

    def __init__(self, app: Wsgi, workers: int = WORKERS) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="viewer")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._answer(scope, receive, send)

    def close(self) -> None:
        """Answer nothing more; what is being answered goes on to its end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _read(receive)
        except ClientGoneError:
            return
        except _RefusedError as refused:
            await send({"type": "http.response.start", "status": refused.status, "headers": _plain()})
            await send({"type": "http.response.body", "body": f"{refused}\n".encode()})
            return
        loop = asyncio.get_running_loop()
        exchange = _Exchange(loop, send)
        watching = loop.create_task(exchange.watch(receive))
        try:
            # With what is known of the request where it came in.
            run = functools.partial(contextvars.copy_context().run, exchange.run, self._app, environment(scope, body))
            held = await loop.run_in_executor(self._threads, run)
            await exchange.send_held(held)
        except ClientGoneError:
            pass
        finally:
            exchange.is_gone = True
            watching.cancel()


class _Exchange:
    """One request and its answer, between a thread and the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Send) -> None:
        self.is_gone = False
        self._loop = loop
        self._send = send
        self._head: Message | None = None

    async def watch(self, receive: Receive) -> None:
        """See whether the client goes away."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self.is_gone = True

    def run(self, app: Wsgi, environ: dict[str, Any]) -> list[bytes] | None:
        """Have the application answer, in a thread; return what is left to be sent, or None if nothing is."""
        if self.is_gone:
            raise ClientGoneError
        pieces = app(environ, self._start)
        try:
            if self._is_small:
                return [piece for piece in pieces if piece]
            for piece in pieces:
                if piece:
                    self._tell({"type": "http.response.body", "body": piece, "more_body": True})
            self._tell({"type": "http.response.body", "body": b"", "more_body": False})
            return None
        finally:
            if (close := getattr(pieces, "close", None)) is not None:
                close()

    async def send_held(self, pieces: list[bytes] | None) -> None:
        """Send what the application has answered, as the client takes it."""
        if pieces is None:
            return
        for piece in pieces:
            for begin in range(0, len(piece), _PIECE):
                part = piece[begin : begin + _PIECE]
                await self._sent({"type": "http.response.body", "body": part, "more_body": True})
        await self._sent({"type": "http.response.body", "body": b"", "more_body": False})

    @property
    def _is_small(self) -> bool:
        """Whether the answer says its length, and that is not large."""
        headers = dict(self._head["headers"]) if self._head is not None else {}
        length = headers.get(b"content-length", b"")
        return length.isdigit() and int(length) <= LARGEST_HELD

    def _start(self, status: str, headers: list[tuple[str, str]], error: Any = None) -> Callable[[bytes], None]:
        if error is not None and self._head is None:
            raise error[1].with_traceback(error[2])
        self._head = {
            "type": "http.response.start",
            "status": int(status.partition(" ")[0]),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        }
        return lambda piece: self._tell({"type": "http.response.body", "body": piece, "more_body": True})

    def _tell(self, message: Message) -> None:
        """Send a piece, the first together with the head, and wait until it is taken."""
        asyncio.run_coroutine_threadsafe(self._sent(message), self._loop).result()

    async def _sent(self, message: Message) -> None:
        if self.is_gone:
            raise ClientGoneError
        if self._head is not None:
            head, self._head = self._head, None
            await self._send(head)
        await self._send(message)


class _RefusedError(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_TIME):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > LARGEST_BODY:
                    raise _RefusedError(413, f"the body is larger than {LARGEST_BODY:,} bytes")
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise _RefusedError(408, f"the body did not arrive within {BODY_TIME:g} s") from None


async def _live(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def environment(scope: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """Return the environment of a WSGI request."""
    root = str(scope.get("root_path", ""))
    server = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": _bytes_as_text(root),
        "PATH_INFO": _bytes_as_text(str(scope["path"]).removeprefix(root)),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": str(client[0]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        # With a line below instead of a hyphen it could pass for another header.
        if b"_" in name:
            continue
        key = f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
        text = value.decode("latin-1")
        between = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{between}{text}" if key in environ else text
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if (given := environ.pop(f"HTTP_{key}", None)) is not None:
            environ[key] = given
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _plain() -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"connection", b"close"),
        (b"x-content-type-options", b"nosniff"),
    ]


def _bytes_as_text(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1")
