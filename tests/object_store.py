"""An S3 server on this machine for tests, and a proxy in front of it that breaks connections."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

BUCKET = "data-store"
KEY = "an-access-key"
SECRET = "a-secret-that-nobody-stores"


class ObjectStore:
    """A moto server in threads of this process.

    Attributes
    ----------
    port
        Where it listens on loopback.
    """

    def __init__(self) -> None:
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        self.port = int(self._server.get_host_and_port()[1])

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> Any:
        """Return a client of its own, to look and to make buckets."""
        import boto3

        return boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )

    def objects(self, prefix: str = "", bucket: str = BUCKET) -> list[str]:
        """Return the keys of all objects (without the empty ones that stand for folders)."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
        return [key for key in keys if not key.endswith("/")]

    def read(self, key: str) -> bytes:
        """Return an object."""
        return bytes(self.client().get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def stop(self) -> None:
        """End the server."""
        self._server.stop()


def environment(url: str) -> dict[str, str]:
    """Return the variables by which every client finds a server."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextlib.contextmanager
def variables(**values: str) -> Iterator[None]:
    """Set variables of the environment, and take away all others that begin with AWS."""
    before = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    try:
        for name in before:
            del os.environ[name]
        os.environ.update(values)
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ.update(before)


class Proxy:
    """Hands connections on to a server until `budget` bytes have gone up; then it breaks them all.

    Parameters
    ----------
    port
        Of the server.
    budget
        How many bytes may go up before it breaks; None for any number.

    Attributes
    ----------
    received
        How many bytes have come down.
    """

    def __init__(self, port: int, budget: int | None = None) -> None:
        self._to, self.budget, self.received = port, budget, 0
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The endpoint to give to clients."""
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.broken:
                _reset(near)
                continue
            far = socket.create_connection(("127.0.0.1", self._to))
            with self._lock:
                self._sockets += [near, far]
            threading.Thread(target=self._hand_on, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._hand_on, args=(far, near, False), daemon=True).start()

    @property
    def broken(self) -> bool:
        """Whether the budget is used up."""
        return self.budget is not None and self.budget <= 0

    def _hand_on(self, source: socket.socket, target: socket.socket, up: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if up and self.budget is not None:
                    self.budget -= len(data)
                    if self.broken:
                        target.sendall(data[: max(len(data) // 2, 1)])
                        break
                if not up:
                    self.received += len(data)
                target.sendall(data)
        if self.broken:
            with self._lock:
                for each in self._sockets:
                    _reset(each)
                self._sockets.clear()
        else:
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
