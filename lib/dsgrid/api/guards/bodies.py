"""The body of a request: read as a whole before anything is done, in a bounded time and size."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Send

from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import ApiError

MOST_DISCARDED: Final = 4 << 20  # bytes
DISCARDING: Final = 2.0  # seconds


class ClientGoneError(Exception):
    """The client went away before it had sent everything."""


class Incoming:
    """A request as it comes in.

    Attributes
    ----------
    is_whole
        Whether nothing more of it comes.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.is_whole = False

    async def __call__(self) -> Message:
        """Return the next piece."""
        message = await self._receive()
        self.is_whole = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    def outlasting(self, send: Send, headers: Headers) -> Send:
        """Return a `send` that gives an answer at once, but ends it only when the rest of the body was taken.

        A connection that is closed while its client still sends is reset, and many a client, such as a proxy, then
        never sees why it was refused. What is too much to be taken is not.
        """

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                await send({**message, "more_body": True})
                await self._discard(headers)
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        return sending

    async def _discard(self, headers: Headers) -> None:
        length = headers.get("content-length", "0")[:20]
        if "expect" in headers or not (length.isascii() and length.isdigit()) or int(length) > MOST_DISCARDED:
            return
        left = MOST_DISCARDED
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DISCARDING):
                while not self.is_whole and left > 0:
                    left -= len((await self()).get("body", b""))


def announced(headers: Headers) -> bool:
    """Say whether a request announces a body."""
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip() not in ("", "0")


def refuse_wrong(method: str, headers: Headers, limits: Limits) -> None:
    """Refuse a body by what is announced of it, before any of it is read.

    Raises
    ------
    ApiError
        400 for two lengths, or a body where none belongs; 413 for one that is too large; 415 for a compressed one.
    """
    lengths = headers.getlist("content-length")
    # Where proxies and servers disagree about a request's end, one request can hide inside another.
    if len(lengths) > 1 or (lengths and "transfer-encoding" in headers):
        raise ApiError(400, "bad request", "a request has one length: Content-Length, or Transfer-Encoding: chunked")
    if lengths and not (lengths[0].isascii() and lengths[0].isdigit()):
        raise ApiError(400, "bad request", "Content-Length is to be a number of bytes")
    if not announced(headers):
        return
    if method in ("GET", "HEAD"):
        raise ApiError(400, "bad request", f"a {method} request has no body")
    if lengths and int(lengths[0][:20]) > limits.body:
        raise _too_large(limits)
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ApiError(415, "unsupported media type", "bodies are to be sent without Content-Encoding")


async def read(receive: Receive, limits: Limits) -> bytes:
    """Return the whole body.

    Raises
    ------
    ApiError
        413 for one that is too large, 408 for one that takes too long.
    ClientGoneError
        Nobody waits for an answer.
    """
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_time):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                part = message.get("body", b"")
                size += len(part)
                if size > limits.body:
                    raise _too_large(limits)
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        detail = f"the body did not arrive within {limits.body_time:g} s"
        raise ApiError(408, "slow request", detail) from None


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read, and then what comes after it."""
    is_given = False

    async def again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _too_large(limits: Limits) -> ApiError:
    return ApiError(413, "too large", f"the body is larger than {limits.body:,} bytes, which is the most that is taken")
