"""Viewers in this process: of made-up answers, or of a whole server over a small registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.unit.api.conftest import (  # noqa: F401  # one project and one dataset without data
    document_when_asked,
    shared_app,
    small_registry,
)
from tests.unit.viewer.showing import Handler, Viewer, answering

ViewerOf = Callable[..., Viewer]


@pytest.fixture(autouse=True)
def own_configuration(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No token and no URL of whoever runs the tests."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "no-configuration"))
    for name in ("DSGRID_TOKEN", "DSGRID_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def viewer_of() -> ViewerOf:
    """Makes viewers: `viewer_of({"/datasets": {...}})`, by the answers of a server that is not there.

    Then `viewer.show("/datasets/homes")` is the page, and `words(...)`, `links(...)`, `pieces(...)` of `showing` look
    into it. `role=None` is nobody; `viewer_of(function)` answers by a function of requests.
    """

    def made(answers: Mapping[str, Any] | Handler = {}, role: str | None = "analyst", **options: Any) -> Viewer:  # noqa: B006
        server = answering(answers, {"name": "ada", "role": role or ""})
        return Viewer(server, **({} if role is not None else {"token": None}), **options)

    return made


@pytest.fixture(scope="module")
def shared() -> Viewer:
    """A viewer of an empty server, signed in as an analyst, for tests that change nothing."""
    return Viewer(answering({}))


@pytest.fixture(scope="module")
def nobody() -> Viewer:
    """A viewer of an empty server that lets everybody look, for tests that change nothing; nobody is signed in."""
    return Viewer(answering({}), token=None)


@pytest.fixture(scope="session")
def real_server(shared_app: FastAPI) -> Iterator[TestClient]:  # noqa: F811
    """A whole server in this process, over a small registry."""
    with TestClient(shared_app, base_url="http://localhost:8000", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def real_viewer_of(real_server: TestClient, shared_app: FastAPI) -> ViewerOf:  # noqa: F811
    """Makes viewers of a whole server in this process: `real_viewer_of("reader")`; of nobody for None.

    The server, and with it the jobs that tests have made for `viewer-analyst`, stays for later tests: whoever must have
    none says `name`.
    """

    def made(role: str | None = "analyst", *, name: str = "", **options: Any) -> Viewer:
        token = None
        if role is not None:
            name = name or f"viewer-{role}"
            _, token = shared_app.state.context.tokens.make(name, role, expires_at=None, by="")
        return Viewer(_Passed(real_server), token, **options)

    return made


class _Passed(httpx.BaseTransport):
    """Hands requests to a server in this process."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return its answer; the cookies of other users stay out of it."""
        answer = self._client.send(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
