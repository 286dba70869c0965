"""A server in this process: a small registry, no engine, and runners that do what a test tells them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.dataless import add_dataset
from tests.project_specs import DATASET, PROJECT

from dsgrid.api.job import Attempt, Outcome
from dsgrid.api.settings import Root, Settings
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.register_project import register_project


class ToldRunner:
    """A runner whose jobs run until a test says how they end."""

    def __init__(self, name: str = "warm", slots: int = 1) -> None:
        self.name = name
        self.slots = slots
        self.started: list[Attempt] = []
        self.outcomes: dict[str, Outcome] = {}
        self.on_end: Callable[[str], None] | None = None

    def open(self) -> None:
        pass

    def start(self, attempt: Attempt) -> None:
        self.started.append(attempt)

    def look(self, attempt: Attempt) -> Outcome | None:
        return self.outcomes.get(attempt.job.id)

    def cancel(self, attempt: Attempt) -> None:
        self.outcomes.setdefault(attempt.job.id, Outcome("cancelled", 143, "cancelled"))

    def close(self) -> None:
        pass


@pytest.fixture(scope="session")
def document_when_asked() -> Iterator[None]:
    """Applications make their documents when a test asks for one, and none ahead of that: each takes half a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dsgrid.api.server.app._DOCUMENT_AFTER", 3600.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def _hasty_applications(document_when_asked: None) -> None:
    """Also those that tests make themselves."""


@pytest.fixture(scope="session")
def small_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with one project and one dataset without data; nothing in it is changed."""
    folder = tmp_path_factory.mktemp("served") / "registry"
    create_registry({"registry": str(folder)})
    register_project(PROJECT, registry=folder)
    add_dataset(folder, DATASET)
    return folder


@pytest.fixture
def runners() -> dict[str, ToldRunner]:
    return {name: ToldRunner(name) for name in ("warm", "embedded")}


@pytest.fixture
def settings(small_registry: Path, tmp_path: Path) -> Settings:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    return Settings(
        registry=small_registry,
        state=tmp_path / "state",
        hosts=frozenset({"testserver"}),
        roots=(Root("inputs", inputs),),
    )


@pytest.fixture
def app(settings: Settings, runners: dict[str, ToldRunner]) -> FastAPI:
    from dsgrid.api.server.app import make_app

    return make_app(settings, runners)


@pytest.fixture
def client_of(app: FastAPI) -> Iterator[Callable[..., TestClient]]:
    """Makes clients of the running application: `client_of("analyst")`, with a name of their own where that matters."""
    numbers = itertools.count()
    with ExitStack() as stack, TestClient(app):

        def made(role: str | None = None, name: str = "", **headers: Any) -> TestClient:
            given = dict(headers)
            if role is not None:
                _, text = app.state.context.tokens.make(name or f"{role}-{next(numbers)}", role, expires_at=None, by="")
                given["Authorization"] = f"Bearer {text}"
            client = TestClient(app, headers=given, raise_server_exceptions=False)
            stack.callback(client.close)
            return client

        yield made


@pytest.fixture(scope="session")
def shared_app(small_registry: Path, tmp_path_factory: pytest.TempPathFactory, document_when_asked: None) -> FastAPI:
    """An application for all tests that change nothing."""
    from dsgrid.api.limits import Limits
    from dsgrid.api.server.app import make_app

    folder = tmp_path_factory.mktemp("shared")
    limits = Limits(requests=1_000_000, burst=1_000_000)
    settings = Settings(small_registry, folder / "state", hosts=frozenset({"testserver"}), limits=limits)
    return make_app(settings, {"warm": ToldRunner()})


@pytest.fixture(scope="session")
def shared_client(shared_app: FastAPI) -> Iterator[Callable[..., TestClient]]:
    """Makes clients of `shared_app`, one for each role: `shared_client("reader")`; without a role it has no token."""
    clients: dict[str | None, TestClient] = {}
    with TestClient(shared_app):

        def made(role: str | None = None) -> TestClient:
            if role not in clients:
                headers = {}
                if role is not None:
                    _, text = shared_app.state.context.tokens.make(f"shared-{role}", role, expires_at=None, by="")
                    headers["Authorization"] = f"Bearer {text}"
                clients[role] = TestClient(shared_app, headers=headers, raise_server_exceptions=False)
            return clients[role]

        yield made
