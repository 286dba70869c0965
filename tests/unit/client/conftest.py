"""A client whose requests a function answers, and that never really waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from dsgrid.client.address import parse_address
from dsgrid.client.transport import Transport

Handler = Callable[[httpx.Request], httpx.Response]
URL = "http://localhost:8000"


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration of a test; no token of whoever runs it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("DSGRID_TOKEN", "DSGRID_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "config"


@pytest.fixture(autouse=True)
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how long the client would have slept each time."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


@pytest.fixture
def way() -> Callable[..., Transport]:
    """Makes ways to a server that is a function of requests."""

    def made(handler: Handler, token: str | None = "dsg_secret", url: str = URL, **options: object) -> Transport:
        return Transport(parse_address(url), token, handler=httpx.MockTransport(handler), **options)  # type: ignore[arg-type]

    return made
