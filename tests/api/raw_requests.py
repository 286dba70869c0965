"""Requests byte for byte, as no HTTP client would send them."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Raw:
    """What came back: everything until the server closed, or nothing more came."""

    bytes: bytes
    is_closed: bool

    @property
    def statuses(self) -> list[int]:
        """The statuses of all answers."""
        # Not by lines: what comes before the next answer need not end with one.
        return [int(status) for status in re.findall(rb"HTTP/1\.1 ([2-5][0-9]{2}) ", self.bytes)]

    @property
    def status(self) -> int | None:
        return self.statuses[0] if self.statuses else None

    @property
    def headers(self) -> dict[str, str]:
        head = self.bytes.partition(b"\r\n\r\n")[0].decode("latin-1")
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])}

    @property
    def document(self) -> Any:
        return json.loads(self.bytes.partition(b"\r\n\r\n")[2])


def connected(url: str, timeout: float = 10.0) -> socket.socket:
    """Return a connection to a server."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or 80), timeout=timeout)


def exchanged(url: str, *parts: bytes, pause: float = 0.0, quiet: float = 5.0) -> Raw:
    """Send parts, with pauses before each but the first, and return what comes until the server closes.

    Parameters
    ----------
    quiet
        After so many seconds without a byte nothing more is waited for.
    """
    with connected(url, quiet) as connection:
        received = b""
        try:
            for number, part in enumerate(parts):
                time.sleep(pause if number else 0)
                connection.sendall(part)
        except OSError:
            pass  # refused in the middle: the answer is what counts
        try:
            while more := connection.recv(65_536):
                received += more
        except TimeoutError:
            return Raw(received, False)
        except OSError:
            pass
        return Raw(received, True)


def head(method: str, target: str, url: str, headers: Iterable[tuple[str, str]] = (), *, close: bool = True) -> bytes:
    """Return the head of a request, with the target as it is given."""
    given = list(headers)
    if not any(name.lower() == "host" for name, _ in given):
        given.insert(0, ("Host", urlsplit(url).netloc))
    if close:
        given.append(("Connection", "close"))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in given)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
