"""What every request passes before a route sees it, and every answer on its way out.

The cheap checks come first, and nothing is read of a body before it is known who sends it:

1. how many requests are open; the form of the address
2. Host and Origin: a web page of elsewhere gets no further; preflights are answered here
3. the token: none in the address, a right one or none in the header
4. the rate of the token, or of the address
5. the body: its announced size, then its real size, within a time
6. the audit log: a change is written down before it is made, and its answer before it is given
7. the route, whose answer to a reading request has to begin within a time

This is plain ASGI, so that streams stay streams.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dsgrid.api.access.bearer import bearer, no_token, refuse_in_address, wrong_token
from dsgrid.api.access.context import Context
from dsgrid.api.guards import bodies
from dsgrid.api.guards.addresses import Addresses, rate_key
from dsgrid.api.guards.beside import Beside
from dsgrid.api.guards.dressing import dressed, preflight
from dsgrid.api.guards.hosts import Hosts
from dsgrid.api.problems.problems import ApiError, BusyError, answer, api_error, defect, line_of
from dsgrid.api.roles import ANONYMOUS, READER, User
from dsgrid.api.state.audit import Entry
from dsgrid.api.state.spare_room import with_spare_room

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# POST, because their question is long; they change nothing, so that they may end early.
QUICK: Final = frozenset({"/v1/explain", "/v1/validate", "/v1/plan"})
LONGEST_PATH: Final = 2_048
LONGEST_QUERY: Final = 8_192
_AT_ONCE: Final = (408, 503)  # of these nothing more is taken: it was too slow, or there is too much to do
_CLERKS: Final = 4  # threads for tokens and the audit log, so that no route's work delays them
_LOG: Final = logging.getLogger("dsgrid.api")
_T = TypeVar("_T")


def install(app: FastAPI, beside: Beside | None = None) -> None:
    """Put the guards around an application, outermost.

    Parameters
    ----------
    beside
        What else the server has, such as the viewer.
    """
    app.add_middleware(Guards, context=app.state.context, beside=beside)


@dataclass
class _Visit:
    """One request on its way."""

    scope: Scope
    headers: Headers
    request_id: str
    address: str
    send: Send
    user: User | None = None
    number: int | None = None  # in the audit log

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    def entry(self, status: int = 0) -> Entry:
        """What the audit log says of it."""
        user = self.user or User(ANONYMOUS, READER)
        state = self.scope["state"]
        return Entry(
            user=user.name,
            token=user.token,
            address=self.address,
            method=self.method,
            path=self.scope["path"],
            status=status,
            what=str(state.get("what", "")),
            subject=str(state.get("subject", "")),
            request=self.request_id,
        )


class Guards:
    """The guards of one server, as ASGI middleware.

    Parameters
    ----------
    context
        What its routes share.
    beside
        What stands beside the API.
    """

    def __init__(self, app: ASGIApp, context: Context, beside: Beside | None = None) -> None:
        self.app = app
        self._beside = beside
        self._context = context
        self._settings = context.settings
        self._limits = context.settings.limits
        self._hosts = Hosts(context.settings)
        self._addresses = Addresses(context.settings)
        self._open = 0
        # What nobody waits for any more; kept here, so that it goes on to its end.
        self._left: set[asyncio.Future[None]] = set()
        self._clerks = CapacityLimiter(_CLERKS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            self._open += 1
            try:
                await self._visit(scope, receive, send)
            finally:
                self._open -= 1

    async def _visit(self, scope: Scope, receive: Receive, send: Send) -> None:
        receive = incoming = bodies.Incoming(receive)
        request_id = str(uuid.uuid4())
        scope["state"] = {**(scope.get("state") or {}), "request_id": request_id}
        headers = Headers(scope=scope)
        varies = bool(self._settings.origins)
        plain = dressed(send, request_id, varies=varies)
        visit = _Visit(scope, headers, request_id, self._addresses.heed(scope, headers), plain)
        beside = self._beside
        try:
            _refuse_address(scope)
            if self._open > self._limits.connections:
                raise BusyError("too many connections; try again in a few seconds")
            origin = self._hosts.origin(headers, self._hosts.check(headers, scope))
            if beside is not None and (onward := beside.leads(visit.method, scope["path"], headers)) is not None:
                await onward(scope, receive, visit.send)
                return
            if beside is not None and beside.has(scope["path"]):
                is_foreign = origin is not None and not self._hosts.is_own(origin)
                receive = await beside.admit(scope, headers, receive, visit.address, is_foreign=is_foreign)
            else:
                beside = None
            if origin is not None and beside is None:
                visit.send = dressed(send, request_id, origin=origin, varies=varies)
            is_preflight = visit.method == "OPTIONS" and "access-control-request-method" in headers
            if is_preflight and origin is not None and beside is None:
                allowed = preflight(headers.get("access-control-request-headers"))
                await Response(status_code=204, headers=allowed)(scope, receive, visit.send)
                return
            if beside is None:
                receive = await self._admitted(visit, receive)
        except bodies.ClientGoneError:
            return
        except Exception as error:
            await self._refuse(visit, error, incoming)
            return
        if beside is not None:
            await beside.answer(scope, receive, visit.send, visit.address)
        else:
            await self._routed(visit, receive)

    async def _admitted(self, visit: _Visit, receive: Receive) -> Receive:
        """Find out who asks, take the body, and write down what is going to change something."""
        refuse_in_address(visit.scope["query_string"].decode("latin-1"), visit.scope["path"])
        visit.user = await self._user(visit)
        visit.scope["state"]["user"] = visit.user
        writes = visit.method not in READING
        if visit.user is None and writes:
            raise no_token()
        bodies.refuse_wrong(visit.method, visit.headers, self._limits)
        if bodies.announced(visit.headers):
            receive = bodies.replayed(await bodies.read(receive, self._limits), receive)
        if writes:
            visit.number = await self._by_clerk(self._announce, visit)
        return receive

    def _announce(self, visit: _Visit) -> int:
        """Write down what is going to change something, and return its number; what makes room has some for that."""
        write = functools.partial(self._context.audit.write, visit.entry())
        makes_room = visit.method == "DELETE" or visit.scope["path"].endswith("/cancel")
        return with_spare_room(self._context.state, write) if makes_room else write()

    async def _user(self, visit: _Visit) -> User | None:
        """Return who asks, and count the request."""
        gates = self._context.gates
        try:
            text = bearer(visit.headers)
            if text is None:
                gates.rate(rate_key(visit.address), "requests_anonymous")
                return User(ANONYMOUS, READER) if self._settings.anonymous else None
            tokens = self._context.tokens
            # What was right a second ago needs no thread.
            user = tokens.user(text) if tokens.cached(text) else await self._by_clerk(tokens.user, text)
            if user is None:
                raise wrong_token()
        except ApiError as error:
            if error.status == 401:
                gates.rate(rate_key(visit.address), "failed_tokens")
            raise
        gates.rate(user.token, "requests")
        if tokens.is_use_due(user.token):
            noting = asyncio.ensure_future(self._by_clerk(tokens.note_use, user.token))
            self._left.add(noting)
            noting.add_done_callback(self._forget)
        return user

    async def _routed(self, visit: _Visit, receive: Receive) -> None:
        """Let a route answer; what it answers to a change is written down before anybody hears it."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._told(visit, int(message["status"]))
            await visit.send(message)

        if visit.method in ("GET", "HEAD") or visit.scope["path"] in QUICK:
            await self._in_time(visit, receive, sending)
        else:
            await self.app(visit.scope, receive, sending)

    async def _told(self, visit: _Visit, status: int) -> None:
        audit = self._context.audit
        try:
            if visit.number is not None:
                told = visit.entry(status)
                await self._by_clerk(
                    functools.partial(audit.answered, visit.number, status, what=told.what, subject=told.subject)
                )
            elif status == 403 and visit.user is not None:
                await self._by_clerk(audit.write, visit.entry(status))
        except Exception as error:  # it is done, and was announced before
            _LOG.error(
                "request %s: the audit log does not have its status %d: %s", visit.request_id, status, line_of(error)
            )

    async def _in_time(self, visit: _Visit, receive: Receive, send: Send) -> None:
        """Let the route go on alone if its answer does not begin in time; how many do so, the gates bound."""
        limit = self._limits.answer_time + (self._limits.wait_time if "prefer" in visit.headers else 0)
        has_begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def sending(message: Message) -> None:
            if not has_begun.done():
                has_begun.set_result(None)
            await send(message)

        task = asyncio.ensure_future(self.app(visit.scope, receive, sending))
        try:
            await asyncio.wait({task, has_begun}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if task.done() or has_begun.done():
                await task
                return
        except BaseException:
            task.cancel()
            raise
        has_begun.cancel()
        self._left.add(task)
        task.add_done_callback(self._forget)
        task.cancel()
        _LOG.warning("request %s: no answer within %g s", visit.request_id, limit)
        await self._refuse(visit, ApiError(503, "slow answer", f"there was no answer within {limit:g} s"), receive)

    def _forget(self, task: asyncio.Future[None]) -> None:
        self._left.discard(task)
        if not task.cancelled():
            task.exception()

    async def _refuse(self, visit: _Visit, error: Exception, receive: Receive) -> None:
        found = api_error(error, visit.method)
        if found is None:
            _LOG.error("request %s: a defect in dsgrid", visit.request_id, exc_info=error)
            found = defect(visit.request_id)
        if found.status == 503:
            found.headers.setdefault("Retry-After", "2")
        if bodies.announced(visit.headers):
            # What was not read must not be taken for the next request.
            found.headers["Connection"] = "close"
            if isinstance(receive, bodies.Incoming) and found.status not in _AT_ONCE:
                visit.send = receive.outlasting(visit.send, visit.headers)
        await answer(Request(visit.scope), found)(visit.scope, receive, visit.send)

    async def _by_clerk(self, work: Callable[..., _T], *arguments: Any) -> _T:
        # With a limit of its own, so that the routes' threads may all be busy.
        return await to_thread.run_sync(functools.partial(work, *arguments), limiter=self._clerks)


def _refuse_address(scope: Scope) -> None:
    """Refuse an address that no client of good will sends: it is meant for a path that is put together carelessly."""
    path, query = scope["path"], scope["query_string"]
    if len(path) > LONGEST_PATH or len(query) > LONGEST_QUERY:
        raise ApiError(414, "long address", f"a path has at most {LONGEST_PATH} characters, a query {LONGEST_QUERY}")
    if any(ord(each) < 32 or ord(each) == 127 or each in "\\\ufffd" for each in path):
        raise ApiError(400, "bad request", "the path holds control characters, a backslash, or bytes that are no UTF-8")
    if any(part in (".", "..") for part in path.split("/")):
        raise ApiError(400, "bad request", 'the path holds "." or ".."')
    if b"%00" in query or b"\0" in query:
        raise ApiError(400, "bad request", "the query holds a zero byte")
