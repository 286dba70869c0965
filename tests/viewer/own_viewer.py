"""A viewer of its own: in a thread of the tests, with a way to the server that they can cut; or as users start it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from tests.api.server import Server

from dsgrid.client.address import parse_address
from dsgrid.client.transport import Transport
from dsgrid.viewer.app import make_viewer
from dsgrid.viewer.bridge import Bridge


class Cuttable(httpx.BaseTransport):
    """A way to a server that is cut and mended again."""

    def __init__(self) -> None:
        self.is_cut = False
        self._network = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask the server, or be refused as by a port where nobody listens."""
        if self.is_cut:
            raise httpx.ConnectError("cut") from ConnectionRefusedError()
        return self._network.handle_request(request)


@contextmanager
def viewer_in_a_thread(server: Server, token: str) -> Iterator[tuple[str, Cuttable]]:
    """Give the address of a viewer that signs in with a token by the key ``k``, and its way to the server."""
    way = Cuttable()

    def connected(given: str | None) -> Transport:
        return Transport(parse_address(server.url), given, handler=way, hasty=True)

    bridge = Bridge(make_viewer(connected, server=server.url, key="k", own_token=token))
    running = _Quiet(uvicorn.Config(bridge, log_level="warning", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as end:
        thread = threading.Thread(target=running.run, kwargs={"sockets": [end]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{end.getsockname()[1]}/", way
        finally:
            running.should_exit = running.force_exit = True
            thread.join(10)
            bridge.close()


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them to the tests."""
        yield


class Started:
    """A viewer in a process of its own, as `dsgrid viewer` starts it."""

    def __init__(self, url: str, folder: Path, token: str | None = None) -> None:
        self.url = url
        self.log = folder / "viewer.log"
        self.opened = ""
        self.process: subprocess.Popen[bytes] | None = None
        self._environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}
        if token is not None:
            self._environment["DSGRID_TOKEN"] = token

    def start(self, *options: str, port: int = 0) -> str:
        """Start it, and return the address that it prints."""
        command = [sys.executable, "-m", "dsgrid", "viewer", "--url", self.url, "--port", str(port), *options]
        self.log.unlink(missing_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=self._environment)
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            for line in self.log.read_text().splitlines():
                if line.strip().startswith("open "):
                    self.opened = line.split()[1]
                    return self.opened
            time.sleep(0.05)
        raise AssertionError(f"the viewer has not begun:\n{self.log.read_text()}")

    @property
    def home(self) -> str:
        """Its address, without the key."""
        return self.opened.partition("?")[0]

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it as Ctrl-C does, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(15)

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
