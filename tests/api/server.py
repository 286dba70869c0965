"""A real server in a process of its own: `dsgrid serve`, on a free port of this machine, over a registry of a test."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from dsgrid.api.state.database import open_state
from dsgrid.api.state.tokens import Tokens

STARTED = 30.0  # seconds, on a machine that does much else


class Server:
    """A server and the process that it runs in.

    Attributes
    ----------
    state
        Its state folder.
    log
        The file with what it says.
    process
        The process, as it was started last.
    url
        Where it is; another one after each `start`, unless `settings` says the port.
    """

    def __init__(self, registry: Path, folder: Path, settings: dict[str, Any], environment: dict[str, str]) -> None:
        self.registry = registry
        self.folder = folder
        self.state = Path(settings.get("state", folder / "state"))
        self.file = folder / "server.toml"
        self.log = folder / "server.log"
        self.url = ""
        self.socket: Path | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._environment = {**os.environ, **environment}
        self._clients = contextlib.ExitStack()
        # An engine takes two seconds of a core to start: for tests without a query it does not.
        settings["runners"] = {"prewarm": False, **settings.get("runners", {})}
        given = {"registry": str(registry), "state": str(self.state), "listen": {"port": 0}, **settings}
        folder.mkdir(parents=True, exist_ok=True)
        self.file.write_text(_toml(given), "utf-8")

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dsgrid", "serve", "--config", str(self.file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self._environment,
                start_new_session=True,
            )
        if wait:
            self._wait()

    def stop(self, number: int = signal.SIGTERM, seconds: float = 20.0) -> int:
        """End it in order, and return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End it without any warning; processes of its jobs stay."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)

    def restart(self, *, kill: bool = False) -> None:
        """End it, and start it again over the same state."""
        if kill:
            self.kill()
        else:
            self.stop()
        self.start()

    def token(self, role: str, name: str = "") -> str:
        """Make a token, as `dsgrid tokens create` does beside a server that runs."""
        state = open_state(self.state)
        try:
            _, text = Tokens(state).make(name or role, role, expires_at=None, by="tests")
        finally:
            state.close()
        return text

    def client(self, role: str | None = None, name: str = "", **options: Any) -> httpx.Client:
        """Return a client with a new token of a role, or without one; it is closed with the server."""
        headers = dict(options.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {self.token(role, name)}"
        if self.socket is not None:
            options["transport"] = httpx.HTTPTransport(uds=str(self.socket))
        base = "http://localhost" if self.socket is not None else self.url
        options = {"timeout": 30.0, "trust_env": False, **options}
        return self._clients.enter_context(httpx.Client(base_url=base, headers=headers, **options))

    def said(self) -> str:
        """Return what it has said so far."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def close(self) -> None:
        """End it, whatever it does."""
        self._clients.close()
        if self.process is None:
            return
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()

    def _wait(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + STARTED
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.said()}")
            told = self._told()
            if told.get("pid") == self.process.pid:
                url = str(told["url"])
                self.socket = Path(url.removeprefix("unix:")) if url.startswith("unix:") else None
                self.url = "" if self.socket is not None else url
                return
            time.sleep(0.02)
        self.kill()
        raise AssertionError(f"the server has not begun after {STARTED:g} s:\n{self.said()}")

    def _told(self) -> dict[str, Any]:
        try:
            document: dict[str, Any] = json.loads((self.state / "server.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return document


@contextmanager
def running_server(
    registry: Path, folder: Path, *, environment: dict[str, str] | None = None, **settings: Any
) -> Iterator[Server]:
    """Give a server that answers, and end it afterwards; what it said is printed when the test fails.

    Parameters
    ----------
    folder
        For its file, its state and its log; made where there is none.
    environment
        What its process has besides the environment of this one.
    settings
        The keys of its file: ``anonymous=True``, ``limits={"body": 1024}``, ``roots={"in": {"folder": "..."}}``.
    """
    server = Server(registry, folder, settings, environment or {})
    try:
        server.start()
        yield server
    except BaseException:
        print(server.said()[-8_000:])
        raise
    finally:
        server.close()


def _toml(values: dict[str, Any], path: tuple[str, ...] = ()) -> str:
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    lines = [f"[{'.'.join(path)}]"] if path else []
    lines += [f"{key} = {json.dumps(value, default=str)}" for key, value in plain.items()]
    text = "\n".join(lines) + "\n"
    return text + "".join(_toml(value, (*path, key)) for key, value in values.items() if isinstance(value, dict))
