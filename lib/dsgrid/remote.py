"""A Spark Connect server as its client sees it: where it is, the token that it wants, and whether it answers."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from dsgrid.errors import EngineError, UsageError

if TYPE_CHECKING:
    from pyspark.sql.connect.client import DefaultChannelBuilder
    from pyspark.sql.connect.client.retries import DefaultPolicy

PORT: Final = 15002  # Spark's own default
TOKEN: Final = "SPARK_CONNECT_AUTHENTICATE_TOKEN"  # read by Spark's servers and clients
# How often a call is repeated that the server does not take: PySpark's own 15 times are ten minutes, these are one.
RETRIES: Final = 6
_SECONDS: Final = 15.0
_HIDDEN: Final = "***"


@dataclass(frozen=True)
class Server:
    """A server, and what to show it.

    Parameters
    ----------
    url
        As it was given, without the token.
    host, port
        Where it listens.
    token
        What it wants to see; None for nothing.
    has_tls
        The connection is to be encrypted.
    """

    url: str
    host: str
    port: int
    token: str | None = field(default=None, repr=False)
    has_tls: bool = False

    @property
    def is_here(self) -> bool:
        """Whether the connection does not leave this machine, as through a tunnel; PySpark knows ``localhost`` only."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    def require(self, seconds: float = _SECONDS) -> None:
        """Raise an error that says what is wrong, within seconds; PySpark would try again for ten minutes.

        Raises
        ------
        EngineError
            Nobody listens, nobody answers, or the token is not the server's.
        """
        if not any(name.lower().removeprefix("no_").endswith("_proxy") and value for name, value in os.environ.items()):
            self._require_listener(seconds)  # else the way leads through another machine
        self._require_answer(seconds)

    def _require_listener(self, seconds: float) -> None:
        try:
            socket.create_connection((self.host, self.port), timeout=seconds).close()
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
            raise EngineError(
                f"{self.url}: no Spark Connect server answers at {self.host}, port {self.port}: {reason}"
            ) from error

    def _require_answer(self, seconds: float) -> None:
        import grpc  # type: ignore[import-untyped]

        builder = self.channel_builder()
        channel = builder.toChannel()
        try:
            ask(channel, seconds, headers=builder.metadata())
        except grpc.RpcError as error:
            raise EngineError(f"{self.url}: {self._refusal(error, seconds)}") from None
        finally:
            channel.close()

    def _refusal(self, error: Any, seconds: float) -> str:
        code, details = str(error.code().name), " ".join(str(error.details() or "").split())
        if code in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
            if self.token is None:
                return f"the server wants a token; set {TOKEN} to it (dsgrid jobs connect ID prints it)"
            return f"the server does not take this token; is {TOKEN} that of another one? (dsgrid jobs connect ID)"
        if code == "DEADLINE_EXCEEDED":
            return f"something listens at {self.host}, port {self.port}, but has not answered within {seconds:.0f} s"
        if code == "UNAVAILABLE" and self._is_encrypted:
            why = "" if self.has_tls else f"a token ({TOKEN}) is not sent to another machine in clear text; "
            tunnel = f"ssh -N -L {PORT}:{self.host}:{self.port} LOGIN"
            return (
                f"no server with TLS answers at {self.host}, port {self.port}; {why}"
                f"without TLS use a tunnel: {tunnel}, and then sc://localhost:{PORT}"
            )
        if code in ("UNAVAILABLE", "UNIMPLEMENTED"):
            return f"what listens at {self.host}, port {self.port}, is no Spark Connect server: {details}"
        return f"no Spark Connect server answers: {code.lower()}: {details}"

    @property
    def _is_encrypted(self) -> bool:
        return self.has_tls or (self.token is not None and not self.is_here)

    def channel_builder(self) -> DefaultChannelBuilder:
        """Return what PySpark makes its connection with.

        It never looks into the environment for a token: one for another server would be sent to this one, and would
        make PySpark want TLS of it.
        """
        import grpc
        from pyspark.sql.connect.client import DefaultChannelBuilder

        server = self

        class Builder(DefaultChannelBuilder):
            @property
            def token(self) -> str | None:
                return server.token

            def toChannel(self) -> Any:  # noqa: N802  # PySpark's name
                if server.token is None and not server.has_tls:
                    return self._insecure_channel(self.endpoint)
                inner = grpc.ssl_channel_credentials() if server._is_encrypted else grpc.local_channel_credentials()
                if server.token is not None:
                    inner = grpc.composite_channel_credentials(inner, grpc.access_token_call_credentials(server.token))
                return self._secure_channel(self.endpoint, inner)

        return Builder(self.url)


def ask(channel: Any, seconds: float, *, token: str | None = None, headers: Iterable[tuple[str, str]] = ()) -> str:
    """Ask a server for its version and return it.

    Parameters
    ----------
    token
        Shown in clear text, where the channel does not do it.
    headers
        More that is sent along.
    """
    import grpc
    from pyspark.sql.connect.proto import base_pb2, base_pb2_grpc

    sent = [*headers, *([] if token is None else [("authorization", f"Bearer {token}")])]
    stub: Any = base_pb2_grpc.SparkConnectServiceStub(channel)  # type: ignore[no-untyped-call]
    session = str(uuid.uuid4())
    question = base_pb2.AnalyzePlanRequest(session_id=session, client_type="dsgrid")
    question.user_context.user_id = "dsgrid"
    question.spark_version.SetInParent()
    version = stub.AnalyzePlan(question, timeout=seconds, metadata=sent).spark_version.version
    # The session that this has begun is given back: a server keeps one for an hour.
    ended = base_pb2.ReleaseSessionRequest(session_id=session, client_type="dsgrid")
    ended.user_context.user_id = "dsgrid"
    with contextlib.suppress(grpc.RpcError):
        stub.ReleaseSession(ended, timeout=seconds, metadata=sent)
    return str(version)


def patience() -> DefaultPolicy:
    """Return how often calls of a session are repeated that the server does not take: for a minute, and only once.

    When a server has been given up, the calls that come after, as those of a goodbye, are not repeated.
    """
    from pyspark.sql.connect.client.retries import DefaultPolicy, RetryPolicyState

    class State(RetryPolicyState):
        def next_attempt(self, exception: BaseException | None = None) -> int | None:
            wait = None if policy.has_given_up else super().next_attempt(exception)
            policy.has_given_up = wait is None
            return wait

    class Policy(DefaultPolicy):
        has_given_up = False

        def to_state(self) -> RetryPolicyState:
            return State(self)

    policy = Policy(max_retries=RETRIES)
    return policy


def server(url: str, environment: Mapping[str, str] | None = None) -> Server:
    """Return the server that a URL such as ``sc://host:15002`` names, with its token from the environment.

    Parameters
    ----------
    url
        May have parameters behind ``/;``: what PySpark knows, such as ``token`` and ``use_ssl``.

    Raises
    ------
    UsageError
        It is no such URL; a token in it is not shown.
    """
    environment = os.environ if environment is None else environment
    place = urlsplit(f"//{url.removeprefix('sc://')}")
    try:
        host, port = place.hostname, place.port or PORT
    except ValueError:
        host, port = None, PORT
    parameters = [each.partition("=") for each in place.path.lstrip("/").split(";") if each]
    known = {name: unquote(value) for name, _, value in parameters}
    is_whole = re.fullmatch(r"[\w.:%-]+", host or "") and "@" not in place.netloc
    is_whole = is_whole and not (place.query or place.fragment) and all(name and value for name, _, value in parameters)
    if not host or not is_whole or not url.startswith("sc://"):
        raise UsageError(f'"{shown(url)}" is no address of a Spark Connect server, such as sc://host:{PORT}')
    token = known.get("token") or environment.get(TOKEN) or None
    if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
        raise UsageError(f"{shown(url)}: the token ({TOKEN}) has characters that no token has; copy it again")
    rest = "".join(f";{name}={value}" for name, _, value in parameters if name != "token")
    plain = f"sc://{place.netloc}" + (f"/{rest}" if rest else "")
    return Server(plain, host, port, token, known.get("use_ssl", "").lower() == "true")


def shown(text: str) -> str:
    """Return a text without the tokens of URLs in it."""
    return re.sub(r"(?i)(\btoken=)[^;\s\"']*", rf"\g<1>{_HIDDEN}", text)
