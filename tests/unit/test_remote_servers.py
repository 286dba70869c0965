"""A Spark Connect server that refuses, is silent, or is none is told within seconds, and a token stays a secret."""

from __future__ import annotations

import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from pyspark.sql.connect.proto import base_pb2

from dsgrid import remote
from dsgrid.engine import resolve, session
from dsgrid.errors import EngineError, UsageError
from dsgrid.remote import TOKEN, server, shown

RIGHT = "correct-horse"
WRONG = "battery-staple"


class Guard(grpc.GenericRpcHandler):
    """Answers the two requests of `ask` where the token is right, as Spark's server does."""

    def __init__(self, token):
        self.token = token
        self.seen = []
        self.ended = []

    def service(self, call):
        answer = {
            "/spark.connect.SparkConnectService/AnalyzePlan": self.version,
            "/spark.connect.SparkConnectService/ReleaseSession": self.release,
        }[call.method]
        request = {self.version: base_pb2.AnalyzePlanRequest, self.release: base_pb2.ReleaseSessionRequest}[answer]
        return grpc.unary_unary_rpc_method_handler(answer, request.FromString, lambda reply: reply.SerializeToString())

    def require(self, context):
        shown = dict(context.invocation_metadata()).get("authorization")
        self.seen.append(shown)
        if self.token is not None and shown != f"Bearer {self.token}":
            said = "Invalid authentication token" if shown else "No authentication token provided"
            context.abort(grpc.StatusCode.UNAUTHENTICATED, said)

    def version(self, request, context):
        self.require(context)
        reply = base_pb2.AnalyzePlanResponse(session_id=request.session_id)
        reply.spark_version.version = "4.2.1"
        return reply

    def release(self, request, context):
        self.require(context)
        self.ended.append(request.session_id)
        return base_pb2.ReleaseSessionResponse(session_id=request.session_id)


@contextlib.contextmanager
def guarded(token, address="127.0.0.1"):
    guard = Guard(token)
    listening = grpc.server(ThreadPoolExecutor(2), handlers=(guard,))
    port = listening.add_insecure_port(f"{address}:0")
    listening.start()
    try:
        yield guard, port
    finally:
        listening.stop(None)


@pytest.fixture
def spark():
    with guarded(RIGHT) as found:
        yield found


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in (TOKEN, "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "DSGRID_ENGINE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.11"])
def test_the_token_of_the_environment_is_shown_to_a_server_on_this_machine(monkeypatch, host):
    monkeypatch.setenv(TOKEN, RIGHT)
    with guarded(RIGHT, "127.0.0.11" if host == "127.0.0.11" else "127.0.0.1") as (guard, port):
        server(f"sc://{host}:{port}").require()
    assert guard.seen == [f"Bearer {RIGHT}"] * 2
    assert len(guard.ended) == 1, "the session of the question is given back"


def test_a_server_without_a_token_is_asked_without_one():
    with guarded(None) as (guard, port):
        server(f"sc://127.0.0.1:{port}").require()
    assert guard.seen == [None, None]


@pytest.mark.parametrize(
    ("token", "said"),
    [(None, "the server wants a token; set SPARK_CONNECT_AUTHENTICATE_TOKEN"), (WRONG, "does not take this token")],
)
def test_a_wrong_token_is_one_clear_line_without_the_token(monkeypatch, spark, token, said):
    if token:
        monkeypatch.setenv(TOKEN, token)
    _, port = spark
    with pytest.raises(EngineError, match=said) as caught:
        session(f"sc://localhost:{port}")
    assert WRONG not in str(caught.value)
    assert RIGHT not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None, "--debug shows the cause: nothing of gRPC's is worth it"


def test_a_token_in_the_url_wins_and_is_never_shown(monkeypatch, spark):
    guard, port = spark
    monkeypatch.setenv(TOKEN, WRONG)
    found = server(f"sc://localhost:{port}/;user_id=me;token={RIGHT}")
    found.require()
    assert found.url == f"sc://localhost:{port}/;user_id=me"
    assert RIGHT not in repr(found)
    with pytest.raises(EngineError, match=f"^sc://localhost:{port}/;user_id=me: ") as caught:
        session(f"sc://localhost:{port}/;user_id=me;token={WRONG}")
    assert WRONG not in str(caught.value)
    assert guard.seen[-1] == f"Bearer {WRONG}"


@pytest.mark.parametrize(
    "url",
    [
        f"sc://;token={WRONG}",
        f"sc://:15002/;token={WRONG}",
        f"sc://host:port/;token={WRONG}",
        f"sc://host/;nothing;token={WRONG}",
        f"sc://host/;token={WRONG}%20",
        f"sc://host;token={WRONG}",
        f"sc://host/;token={WRONG}#2",
        f"sc://host/?token={WRONG}",
        f"sc://me:token={WRONG}@host",
        f"SC://host/;token={WRONG}",
        f"http://host/;token={WRONG}",
    ],
)
def test_a_wrong_url_is_refused_without_its_token(url):
    with pytest.raises(UsageError) as caught:
        session(url)
    assert WRONG not in str(caught.value)
    assert "host" in str(caught.value)


def test_a_token_that_was_copied_with_a_line_break_is_told(monkeypatch):
    monkeypatch.setenv(TOKEN, f"{WRONG}\n")
    with pytest.raises(UsageError, match="characters that no token has; copy it again") as caught:
        server("sc://localhost")
    assert WRONG not in str(caught.value)


def test_a_token_does_not_leave_this_machine_in_clear_text(monkeypatch, spark):
    guard, port = spark
    monkeypatch.setenv(TOKEN, RIGHT)
    monkeypatch.setattr(remote.Server, "is_here", property(lambda _: False))
    with pytest.raises(EngineError) as caught:
        server(f"sc://localhost:{port}").require(5)
    assert "is not sent to another machine in clear text" in str(caught.value)
    assert f"ssh -N -L 15002:localhost:{port} " in str(caught.value)
    assert guard.seen == []


@pytest.mark.parametrize(
    ("host", "is_here"), [("localhost", True), ("127.0.0.11", True), ("10.1.2.3", False), ("node1", False)]
)
def test_only_loopback_addresses_are_of_this_machine(host, is_here):
    assert server(f"sc://{host}:1").is_here is is_here


def test_what_is_no_server_is_told(spark):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(EngineError, match=r"no Spark Connect server|has not answered within 1 s"):
            server(f"sc://127.0.0.1:{port}").require(1)
    with pytest.raises(EngineError, match=f"port {port}: Connection refused"):
        server(f"sc://127.0.0.1:{port}").require(1)


def test_a_server_is_given_up_once():
    gone = Exception("away")
    policy = remote.patience()
    first, second = policy.to_state(), policy.to_state()
    waits = [first.next_attempt(gone) for _ in range(remote.RETRIES)]
    assert 60_000 < sum(waits) < 80_000, "a minute"
    assert second.next_attempt(gone) is not None, "it has not been given up yet"
    assert first.next_attempt(gone) is None
    assert second.next_attempt(gone) is None
    assert policy.to_state().next_attempt(gone) is None, "the goodbye is not repeated"
    assert remote.patience().to_state().next_attempt(gone) is not None, "another session has patience of its own"


def test_texts_are_shown_without_tokens():
    assert shown("sc://h/;user_id=a;token=abc;use_ssl=true") == "sc://h/;user_id=a;token=***;use_ssl=true"
    assert shown("no engine here") == "no engine here"


def test_the_choice_of_an_engine_shows_no_token():
    with pytest.raises(UsageError, match=r"token=\*\*\*") as caught:
        resolve(f"connect://host/;token={WRONG}")
    assert WRONG not in str(caught.value)
