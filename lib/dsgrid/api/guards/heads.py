"""HEAD for every address that answers GET: the same head, and no body."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NOT_ALLOWED = 405


@dataclass(frozen=True)
class Heads:
    """Answers HEAD where a route has GET alone; a route that has a HEAD of its own is left to it."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and one for HEAD perhaps twice."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        refused = False

        async def first(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == _NOT_ALLOWED:
                refused = b"GET" in dict(message["headers"]).get(b"allow", b"")
            if not refused:
                await send(message)

        await self.app(dict(scope), receive, first)
        if refused:
            await self.app({**scope, "method": "GET"}, receive, _without_body(send))


def _without_body(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sending
