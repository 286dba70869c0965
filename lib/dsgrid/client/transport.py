"""How a server is asked: one connection pool, the token, retries where they are harmless, and errors in one line."""

from __future__ import annotations

import contextlib
import os
import random
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx

from dsgrid.client.address import PREFIX, Address
from dsgrid.client.answer import Answer
from dsgrid.client.failures import failure_of
from dsgrid.client.reasons import reason_of
from dsgrid.errors import DsgridError, ServerError, UsageError
from dsgrid.version import __version__

Params = Sequence[tuple[str, str]]

ARROW: Final = "application/vnd.apache.arrow.stream"
IDEMPOTENCY: Final = "Idempotency-Key"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "DELETE", "PUT"})
_TRIES: Final = 4
_BUSY: Final = (429, 503)
_GATEWAYS: Final = (502, 504)  # a proxy whose server does not answer
_LONGEST_PAUSE: Final = 30.0
_CONNECT: Final = 10.0
_LARGEST_ERROR: Final = 1 << 20


@dataclass
class Transport:
    """The way to one server. Threads may share it; after a pickle, or in a forked process, it connects anew.

    Parameters
    ----------
    token
        Sent with every request; None for anonymous reading.
    timeout
        How many seconds the server may say nothing.
    insecure
        Whether a token may be sent over a network that others can read.
    handler
        What takes requests instead of a network, in tests.
    hasty
        Whether a server that is busy is told at once, and not waited for: where somebody looks on.

    Raises
    ------
    UsageError
        If the token would go over a network in clear text.
    """

    address: Address
    token: str | None = field(default=None, repr=False)
    timeout: float = 60.0
    insecure: bool = False
    handler: httpx.BaseTransport | None = field(default=None, repr=False)
    hasty: bool = False
    _client: httpx.Client | None = field(default=None, init=False, repr=False)
    _process: int = field(default=0, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _is_closed: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.token is not None and not self.address.is_safe and not self.insecure:
            raise UsageError(
                f"{self.address} is not encrypted, and who reads along would have the token; use https, a tunnel to "
                "this machine, or insecure=True (--insecure) in a network that you trust"
            )

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("address", "token", "timeout", "insecure", "handler", "hasty")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # what a dataclass is made of is what was kept

    def close(self) -> None:
        """End the connections; nothing can be asked after that."""
        with self._lock:
            self._is_closed = True
            client, self._client = self._client, None
            if client is not None and self._process == os.getpid():
                client.close()

    # Asking

    def get(self, path: str, params: Params = (), accept: str = "application/json", **options: Any) -> Answer:
        """Return the answer to a GET; see `ask`."""
        return self.ask("GET", path, params=params, headers={"Accept": accept}, **options)

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: float | None = None,
        patience: float = 0.0,
    ) -> Answer:
        """Return the answer to a request, tried again where that is harmless and helps.

        Parameters
        ----------
        path
            Below the version of the API; or a link of an answer.
        timeout
            How long the server may take, if not `timeout` of the transport.
        patience
            For how many seconds a server that is not there at all is waited for, as while it starts again.

        Raises
        ------
        DsgridError
            The error that the same call would raise on this machine; a `ServerError` if it is the server's.
        """
        with self.stream(
            method, path, params=params, headers=headers, content=content, timeout=timeout, patience=patience
        ) as response:
            try:
                body = response.read()
            except httpx.HTTPError as error:
                raise self.broken(error) from None
            return Answer(response.status_code, response.headers, body, str(response.url))

    @contextlib.contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: float | None = None,
        patience: float = 0.0,
        expected: frozenset[int] = frozenset(),
    ) -> Iterator[httpx.Response]:
        """Yield an answer whose body was not read yet; see `ask`.

        Parameters
        ----------
        expected
            Statuses that are no errors for whoever asks, such as 304 or 416.
        """
        response = self._sent(method, path, params, headers or {}, content, timeout, patience, expected)
        try:
            yield response
        finally:
            response.close()

    def _sent(
        self,
        method: str,
        path: str,
        params: Params,
        headers: Mapping[str, str],
        content: bytes | None,
        timeout: float | None,
        patience: float,
        expected: frozenset[int],
    ) -> httpx.Response:
        is_harmless = method in _SAFE or IDEMPOTENCY in headers
        until = time.monotonic() + patience
        for attempt in range(1, 1_000):
            more = attempt < _TRIES
            client = self._connected()
            request = client.build_request(
                method, self.url_of(path), params=list(params) or None, headers=dict(headers), content=content
            )
            if timeout is not None:
                request.extensions["timeout"] = self._timeouts(timeout).as_dict()
            try:
                response = client.send(request, stream=True)
            except httpx.TransportError as error:
                # What was never connected was never asked.
                is_new = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
                if is_new and time.monotonic() < until:
                    _pause(min(attempt, _TRIES))
                    continue
                lost = isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError))
                if lost and is_harmless and (more or time.monotonic() < until):
                    _pause(min(attempt, _TRIES))
                    continue
                raise self.broken(error) from None
            if response.status_code < 300 or response.status_code in expected:
                return response
            failure, pause = self._failure(request, response)
            busy = response.status_code in _BUSY and (is_harmless or response.status_code == 429)
            gone = response.status_code in _GATEWAYS and is_harmless
            if not more or not (busy or gone) or pause > _LONGEST_PAUSE or self.hasty:
                raise failure
            time.sleep(pause) if pause else _pause(attempt)
        raise AssertionError("a request is tried a few times")

    def _failure(self, request: httpx.Request, response: httpx.Response) -> tuple[DsgridError, float]:
        """Return the error of an answer, and for how many seconds it asks to wait."""
        try:
            body = _read_some(response)
        except httpx.HTTPError as error:
            return self.broken(error), 0.0
        finally:
            response.close()
        what = f"{request.method} {request.url.path}"
        if 300 <= response.status_code < 400:
            target = urljoin(str(request.url), response.headers.get("location", ""))
            told = urlsplit(target)._replace(query="", fragment="").geturl()
            # The token goes nowhere but where the user sends it.
            return ServerError(f"{self.address} sends on to {told}; if that is meant, name it as the URL"), 0.0
        media_type = response.headers.get("content-type", "").partition(";")[0].lower()
        failure = failure_of(response.status_code, body, media_type, what, self.address.url)
        return failure, _seconds(response.headers.get("retry-after", ""))

    def url_of(self, path: str) -> str:
        """Return the URL of a path of the API, or of a link that this server has given.

        Raises
        ------
        ServerError
            For a link to another server: that one would get the token.
        """
        if "://" in path:
            here, there = urlsplit(self.address.base), urlsplit(path)
            if (here.scheme, here.netloc) != (there.scheme, there.netloc):
                raise ServerError(f"{self.address} links to {there.scheme}://{there.netloc}, which is another server")
            return path
        before = urlsplit(self.address.base).path
        if before and path.startswith(f"{before}{PREFIX}/"):
            path = path.removeprefix(before)  # a server behind a proxy that knows where it is
        if path.startswith(f"{PREFIX}/") or path == PREFIX:
            return f"{self.address.base}{path}"
        return f"{self.address.base}{PREFIX}{path}"

    def broken(self, error: Exception) -> DsgridError:
        """Return the error for a connection that did not come about, or broke."""
        return ServerError(f"{self.address}: {reason_of(error, self.address, self.timeout)}")

    # The connections

    def _connected(self) -> httpx.Client:
        with self._lock:
            if self._is_closed:
                raise UsageError(f"the connection to {self.address} was closed; connect again")
            # A connection that a parent process has too would mix both their answers.
            if self._client is None or self._process != os.getpid():
                self._client, self._process = self._made(), os.getpid()
            return self._client

    def _made(self) -> httpx.Client:
        headers = {"User-Agent": f"dsgrid/{__version__}"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        handler = self.handler
        if handler is None and self.address.socket is not None:
            handler = httpx.HTTPTransport(uds=self.address.socket)
        # The authorities take a while to read, and are of use for nothing else.
        is_tls = self.address.base.startswith("https:")
        try:
            return httpx.Client(
                headers=headers,
                timeout=self._timeouts(self.timeout),
                follow_redirects=False,
                # A proxy on the way out has no business with this machine; the lab's own authority (SSL_CERT_FILE) has:
                # a tunnel may lead to a server that speaks HTTPS.
                trust_env=not self.address.is_near,
                verify=httpx.create_ssl_context() if is_tls else False,
                transport=handler,
                limits=httpx.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=4.0),
            )
        except (OSError, ssl.SSLError, ValueError) as error:
            # Proxies and certificates of the environment.
            raise UsageError(f"{self.address} cannot be asked: {error}") from None

    def _timeouts(self, seconds: float) -> httpx.Timeout:
        return httpx.Timeout(seconds, connect=min(seconds, _CONNECT))


def _read_some(response: httpx.Response) -> bytes:
    found = b""
    for chunk in response.iter_bytes():
        found += chunk
        if len(found) > _LARGEST_ERROR:
            break
    return found


def _pause(attempt: int) -> None:
    time.sleep(0.1 * 2**attempt * (0.5 + random.random() / 2))


def _seconds(text: str) -> float:
    if text.strip().isdigit():
        return float(text)
    return 1.0 if text else 0.0  # a date: clocks differ
