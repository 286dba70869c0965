"""A server's guards around a few routes, and a client that sends whatever it is told, byte for byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI, Request

from dsgrid.api.access.depends import Admin, Analyst, Reader
from dsgrid.api.access.gates import Gates
from dsgrid.api.guards import guards
from dsgrid.api.problems import problems
from dsgrid.api.settings import Settings
from dsgrid.api.state.audit import Audit
from dsgrid.api.state.database import State, open_state
from dsgrid.api.state.tokens import Tokens

SERVER = ("127.0.0.1", 8000)


@dataclass
class Answer:
    status: int
    pairs: list[tuple[str, str]]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.pairs)

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Guarded:
    """A guarded application, its state, and what its routes were called with."""

    app: FastAPI
    state: State
    calls: list[Any] = field(default_factory=list)

    @property
    def tokens(self) -> Tokens:
        found: Tokens = self.app.state.context.tokens
        return found

    @property
    def audit(self) -> Audit:
        found: Audit = self.app.state.context.audit
        return found

    def token(self, role: str, name: str = "") -> str:
        return self.tokens.make(name or role, role, expires_at=None, by="test")[1]

    def as_(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(role)}"}

    def ask(self, method: str, path: str, headers: Any = (), **more: Any) -> Answer:
        return asyncio.run(asked(self.app, method, path, headers, **more))


def guarded(folder: Path, **settings: Any) -> Guarded:
    """Make a guarded application."""
    made = Settings(registry=folder / "registry", state=folder / "state", **settings)
    state = open_state(made.state)
    app = FastAPI(redirect_slashes=False)
    app.state.context = SimpleNamespace(
        settings=made, state=state, tokens=Tokens(state), audit=Audit(state), gates=Gates(made.limits)
    )
    found = Guarded(app, state)
    problems.install(app)
    _add_routes(app, found.calls)
    guards.install(app)
    return found


def _add_routes(app: FastAPI, calls: list[Any]) -> None:
    @app.get("/v1/open")
    async def open_() -> dict[str, str]:
        return {"open": "to all"}

    @app.get("/v1/read")
    async def read(user: Reader) -> dict[str, str]:
        return {"user": user.name}

    @app.get("/v1/admins")
    async def admins(user: Admin) -> dict[str, str]:
        return {"user": user.name}

    @app.post("/v1/work", status_code=202)
    async def work(request: Request, user: Analyst) -> dict[str, int]:
        body = await request.body()
        calls.append(body)
        request.state.what = "worked"
        request.state.subject = "job-1"
        return {"size": len(body)}

    @app.post("/v1/explain")
    async def explain(request: Request, user: Reader) -> dict[str, int]:
        return {"size": len(await request.body())}

    @app.get("/v1/names/{name:path}")
    async def names(name: str) -> dict[str, str]:
        return {"name": name}

    @app.get("/v1/slow")
    async def slow() -> dict[str, str]:
        try:
            await asyncio.sleep(30)
        finally:
            calls.append("ended")
        return {}

    @app.get("/v1/boom")
    async def boom() -> None:
        raise KeyError("/home/secret/of/the/server")


async def asked(
    app: Callable[..., Any],
    method: str,
    path: str,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    *,
    query: str = "",
    parts: Iterable[bytes] = (),
    pause: float = 0.0,
    client: tuple[str, int] | None = ("127.0.0.1", 5000),
    server: tuple[str, int | None] | None = SERVER,
    host: str | None = "127.0.0.1:8000",
) -> Answer:
    """Send a request; `parts` of its body come with pauses before each, and the last one ends it."""
    given = list(headers.items() if isinstance(headers, Mapping) else headers)
    pairs = [*([("Host", host)] if host is not None else []), *given]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "query_string": query.encode(),
        "root_path": "",
        "scheme": "http",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs],
        "client": client,
        "server": server,
    }
    waiting = list(parts)
    is_over = False
    sent: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        nonlocal is_over
        if is_over:
            await asyncio.sleep(3_600)
        await asyncio.sleep(pause)
        part = waiting.pop(0) if waiting else b""
        is_over = not waiting
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    return Answer(
        start["status"],
        [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]],
        b"".join(message.get("body", b"") for message in sent[1:]),
    )
