"""What stands beside the API, such as the viewer: where it is, and what its requests pass.

Its users have cookies and no tokens in their headers, so that pages of other origins never get there, whatever
`origins` allows; and what it asks the API for passes all guards with the token of its user.
"""

from __future__ import annotations

import contextvars
from typing import Final, Protocol

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dsgrid.api.access.bearer import refuse_in_address
from dsgrid.api.access.gates import Gates
from dsgrid.api.guards import bodies
from dsgrid.api.guards.addresses import rate_key
from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import ApiError, BusyError

PATH: Final = "/viewer"
# What every browser fetches once, holds nothing of the registry, and costs next to nothing.
_FREE: Final = (f"{PATH}/assets/", f"{PATH}/_dash-component-suites/")

# Whose request it is that is carried out there.
browser: Final[contextvars.ContextVar[tuple[str, int] | None]] = contextvars.ContextVar("browser", default=None)


class Application(Protocol):
    """What stands beside the API."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

    def close(self) -> None:
        """Answer nothing more."""


class Beside:
    """The way to what stands beside the API.

    Parameters
    ----------
    app
        The application.
    limits
        It has half of the connections at most, so that the API always has some for what it asks.
    """

    def __init__(self, app: Application, limits: Limits, gates: Gates) -> None:
        self._app = app
        self._limits = limits
        self._most = max(1, limits.connections // 2)
        self._gates = gates
        self._open = 0

    @staticmethod
    def has(path: str) -> bool:
        """Say whether an address is one of its own."""
        return path.startswith(f"{PATH}/")

    @staticmethod
    def leads(method: str, path: str, headers: Headers) -> Response | None:
        """Return the answer that sends a browser there, which has come to the address of the server alone."""
        is_browser = path == "/" and "text/html" in headers.get("accept", "")
        if method in ("GET", "HEAD") and (path == PATH or is_browser):
            # Relative, for a proxy may have the server under a path of its own.
            return Response(status_code=307, headers={"Location": f"{PATH.removeprefix('/')}/"})
        return None

    async def admit(
        self, scope: Scope, headers: Headers, receive: Receive, address: str, *, is_foreign: bool
    ) -> Receive:
        """Let a request pass, with one of the places and its whole body, or raise why not.

        Parameters
        ----------
        address
            Of the browser.
        is_foreign
            Whether a page of another origin asks.

        Raises
        ------
        ApiError
            403 for pages of others, 400 for a token in the address, 429 for too many requests, 503 for too many at the
            same time; and for a wrong body as everywhere.
        """
        if is_foreign:
            raise ApiError(403, "wrong origin", "pages of other origins may not ask the viewer")
        refuse_in_address(scope["query_string"].decode("latin-1"), scope["path"])
        if not scope["path"].startswith(_FREE):
            self._gates.rate(f"viewer {rate_key(address)}", "requests")
        bodies.refuse_wrong(scope["method"], headers, self._limits)
        if bodies.announced(headers):
            receive = bodies.replayed(await bodies.read(receive, self._limits), receive)
        if self._open >= self._most:
            raise BusyError("too many people look at the same time; try again in a few seconds")
        self._open += 1
        return receive

    async def answer(self, scope: Scope, receive: Receive, send: Send, address: str) -> None:
        """Have it answer what was admitted."""
        try:
            browser.set((address, 0))
            await self._app({**scope, "root_path": PATH, "client": (address, 0)}, receive, send)
        finally:
            self._open -= 1

    def close(self) -> None:
        """Have it answer nothing more."""
        self._app.close()
