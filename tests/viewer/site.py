"""A server with its viewer, and who looks at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from tests.api.server import Server, running_server


class Site:
    """A server whose viewer browsers look at.

    Attributes
    ----------
    server
        The server, for its API: `site.server.client("analyst")`.
    home
        The address of the viewer, with a slash at its end.
    """

    def __init__(self, server: Server, home: str) -> None:
        self.server = server
        self.home = home
        self._signed_in: dict[str, Mapping[str, str]] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()

    def token(self, role: str) -> str:
        """Return the token of the user of a role, whose name is that of the role."""
        with self._lock:
            if role not in self._tokens:
                self._tokens[role] = self.server.token(role)
            return self._tokens[role]

    def cookies(self, role: str | None) -> Mapping[str, str]:
        """Return what a browser has that is signed in; nothing for nobody."""
        if role is None:
            return {}
        if role not in self._signed_in:
            self._signed_in[role] = self.signed_in(self.token(role))
        return self._signed_in[role]

    def signed_in(self, token: str) -> Mapping[str, str]:
        """Sign somebody in by the form, and return the cookies of the answer."""
        with httpx.Client(trust_env=False, timeout=30.0) as client:
            answer = client.post(f"{self.home}sign-in", data={"token": token})
            assert answer.status_code == 303, answer.text
            return dict(answer.cookies)

    def run(self, spec: str, role: str = "analyst", *, seconds: float = 120.0) -> dict[str, Any]:
        """Have the server run a query, by its user of a role, and return the job as it ended."""
        headers = {
            "Authorization": f"Bearer {self.token(role)}",
            "Content-Type": "application/toml",
            "Prefer": f"wait={seconds:g}",
        }
        client = self.server.client(headers=headers, timeout=seconds + 30)
        answer = client.post("/v1/queries", content=spec)
        assert answer.status_code in (200, 202), answer.text
        job: dict[str, Any] = answer.json()
        while job["state"] in ("queued", "running"):
            job = client.get(f"/v1/jobs/{job['id']}").json()
        return job


@contextmanager
def running_site(registry: Path, folder: Path, **settings: Any) -> Iterator[Site]:
    """Give a server with its viewer, and end it afterwards.

    Parameters
    ----------
    settings
        Keys of the server's file.
    """
    with running_server(registry, folder, viewer=True, **settings) as server:
        yield Site(server, f"{server.url}/viewer/")
