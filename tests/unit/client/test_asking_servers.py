"""How a server is asked: what is tried again, what is never sent twice, and where the token goes."""

from __future__ import annotations

import importlib
import pickle
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import certifi
import httpx
import pytest

import dsgrid.client
from dsgrid.client.address import in_path
from dsgrid.client.connecting import connect, greet
from dsgrid.client.transport import IDEMPOTENCY, Transport
from dsgrid.errors import NotFoundError, ServerError, UsageError
from dsgrid.version import __version__

Way = Callable[..., Transport]
FINE = httpx.Response(200, json={"fine": True})


class Script:
    """Answers requests one after the other, and keeps them."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers: Iterator[httpx.Response | Exception] = iter(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _problem(status: int, detail: str = "no", **headers: str) -> httpx.Response:
    document = {"type": "/v1/problems/busy", "title": "busy", "status": status, "detail": detail, "problems": []}
    return httpx.Response(status, json=document, headers={"Content-Type": "application/problem+json", **headers})


def test_every_request_has_the_token_and_says_who_asks(way: Way) -> None:
    script = Script(FINE)
    assert way(script).get("/projects", [("where", "a = 1"), ("where", "b & c")]).json() == {"fine": True}
    (request,) = script.asked
    assert str(request.url) == "http://localhost:8000/v1/projects?where=a+%3D+1&where=b+%26+c"
    assert request.headers["Authorization"] == "Bearer dsg_secret"
    assert request.headers["User-Agent"] == f"dsgrid/{__version__}"


def test_a_token_is_in_no_text_of_the_client(way: Way) -> None:
    made = way(Script(FINE))
    assert "dsg_secret" not in repr(made) + str(made)


@pytest.mark.parametrize("lost", [httpx.RemoteProtocolError("cut"), httpx.ReadError("reset"), httpx.WriteError("pipe")])
def test_what_can_do_no_harm_is_asked_again_when_the_connection_breaks(way: Way, lost: Exception) -> None:
    script = Script(lost, lost, FINE)
    way(script).get("/projects")
    keyed = Script(lost, FINE)
    way(keyed).ask("POST", "/queries", content=b"{}", headers={IDEMPOTENCY: "k"})
    assert [one.headers[IDEMPOTENCY] for one in keyed.asked] == ["k", "k"]
    plain = Script(lost)
    with pytest.raises(ServerError, match="localhost:8000"):
        way(plain).ask("POST", "/tokens", content=b"{}")
    assert (len(script.asked), len(plain.asked)) == (3, 1)


def test_a_server_that_is_busy_is_asked_again_after_as_long_as_it_says(way: Way, naps: list[float]) -> None:
    script = Script(_problem(429, **{"Retry-After": "7"}), _problem(503, **{"Retry-After": "2"}), FINE)
    way(script).get("/projects")
    assert naps == [7.0, 2.0]


def test_a_server_that_stays_busy_is_an_error_in_the_end(way: Way) -> None:
    script = Script(*[_problem(503, "all slots are taken", **{"Retry-After": "1"})] * 9)
    with pytest.raises(ServerError, match="all slots are taken"):
        way(script).get("/projects")
    assert len(script.asked) == 4


def test_nobody_waits_for_minutes_without_a_word(way: Way, naps: list[float]) -> None:
    with pytest.raises(ServerError):
        way(Script(_problem(429, **{"Retry-After": "3600"}))).get("/projects")
    assert naps == []


def test_what_may_have_been_done_is_not_asked_again(way: Way) -> None:
    script = Script(_problem(503, **{"Retry-After": "1"}))
    with pytest.raises(ServerError):
        way(script).ask("POST", "/tokens", content=b"{}")
    # What was turned away before anything happened is.
    again = Script(_problem(429, **{"Retry-After": "1"}), FINE)
    way(again).ask("POST", "/tokens", content=b"{}")
    assert (len(script.asked), len(again.asked)) == (1, 2)


def test_a_server_that_starts_again_is_waited_for_where_that_is_wanted(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = httpx.ConnectError("refused")
    with pytest.raises(ServerError):
        way(Script(gone)).get("/jobs/1")
    script = Script(*[gone] * 20, FINE)
    way(script).get("/jobs/1", patience=60.0)
    clock = iter(float(second) for second in range(0, 1_000, 10))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    with pytest.raises(ServerError):
        way(Script(*[gone] * 20)).get("/jobs/1", patience=60.0)


@pytest.mark.parametrize("location", ["https://elsewhere.org/v1/projects", "/v1/login", "//evil.org/"])
def test_the_token_follows_no_redirect(way: Way, location: str) -> None:
    script = Script(httpx.Response(307, headers={"Location": location}), FINE)
    with pytest.raises(ServerError, match="sends on to"):
        way(script).get("/projects")
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    "link", ["https://elsewhere.org/v1/x", "http://localhost:8001/v1/x", "https://localhost:8000/v1/x"]
)
def test_the_token_follows_no_link_to_another_server(way: Way, link: str) -> None:
    script = Script(FINE)
    with pytest.raises(ServerError, match="another server"):
        way(script).get(link)
    assert script.asked == []


@pytest.mark.parametrize(
    ("url", "path", "asked"),
    [
        ("http://localhost:8000", "/v1/jobs/5f", "http://localhost:8000/v1/jobs/5f"),
        ("http://localhost:8000", "http://localhost:8000/v1/jobs", "http://localhost:8000/v1/jobs"),
        ("https://lab.org/dsgrid", "/v1/jobs/5f", "https://lab.org/dsgrid/v1/jobs/5f"),
        ("https://lab.org/dsgrid", "/dsgrid/v1/jobs/5f", "https://lab.org/dsgrid/v1/jobs/5f"),
        ("https://lab.org/dsgrid", "/jobs", "https://lab.org/dsgrid/v1/jobs"),
        ("unix:///run/x", "/jobs", "http://localhost/v1/jobs"),
    ],
)
def test_links_of_answers_lead_to_the_same_server_behind_whatever_stands_before_it(
    way: Way, url: str, path: str, asked: str
) -> None:
    assert way(Script(), url=url).url_of(path) == asked


@pytest.mark.parametrize(
    ("cause", "part"),
    [
        (ConnectionRefusedError(111, "refused"), "nobody listens there"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "does not speak TLS; is it http://?"),
        (PermissionError(13, "denied"), "not allowed to connect"),
        (OSError(113, "No route to host"), "No route to host"),
    ],
)
def test_no_connection_is_told_by_its_cause_in_one_line(way: Way, cause: Exception, part: str) -> None:
    error = httpx.ConnectError("all connection attempts failed")
    error.__cause__ = cause
    with pytest.raises(ServerError) as caught:
        way(Script(error)).get("/projects")
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_certificate_that_is_not_trusted_is_told_with_what_to_do(way: Way) -> None:
    error = httpx.ConnectError("x")
    error.__cause__ = ssl.SSLCertVerificationError(1, "failed")
    error.__cause__.verify_message = "self-signed certificate"  # type: ignore[attr-defined]
    with pytest.raises(ServerError, match=r"not trusted \(self-signed certificate\); SSL_CERT_FILE"):
        way(Script(error), url="https://lab.org").get("/projects")


@pytest.mark.parametrize("url", ["https://lab.org", "https://localhost:8000"])
def test_the_authority_of_the_lab_is_trusted_through_a_tunnel_too(
    way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    end = "-----END CERTIFICATE-----\n"
    (tmp_path / "own.pem").write_text(Path(certifi.where()).read_text("utf-8").partition(end)[0] + end, "utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    trusted: list[ssl.SSLContext] = []
    monkeypatch.setattr(httpx, "Client", lambda **options: trusted.append(options["verify"]))
    way(Script(), url=url)._connected()
    assert len(trusted[0].get_ca_certs()) == 1


def test_a_silent_server_is_told_with_how_long_it_was_waited_for(way: Way) -> None:
    with pytest.raises(ServerError, match="no answer within 5 s"):
        way(Script(*[httpx.ReadTimeout("x")] * 9), timeout=5.0).get("/projects")


def test_proxies_of_the_environment_are_for_other_machines_only(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = []
    monkeypatch.setattr(httpx, "Client", lambda **options: trusted.append(options["trust_env"]))
    for url in ("http://localhost:8000", "unix:///run/x", "https://lab.org"):
        way(Script(), url=url)._connected()
    assert trusted == [False, False, True]


def test_a_connection_survives_a_pickle_and_is_new_in_another_process(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = way(Script(FINE, FINE))
    first = made._connected()
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert made._connected() is not first
    made.handler = None
    again = pickle.loads(pickle.dumps(made))
    assert (again.address, again.token, again.timeout) == (made.address, made.token, made.timeout)


def test_what_was_closed_says_so(way: Way) -> None:
    made = way(Script(FINE))
    made.close()
    with pytest.raises(UsageError, match="was closed"):
        made.get("/projects")


@pytest.mark.parametrize("text", ["", " ", "..", "a/../b", "/etc/passwd", "a/", "."])
def test_a_path_is_no_reference(text: str) -> None:
    with pytest.raises(UsageError):
        in_path(text)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("conus_2022/county:state@1.0.0", "conus_2022/county:state@1.0.0"),
        ("a b", "a%20b"),
        ("a?b#c%2f", "a%3Fb%23c%252f"),
        ("größe", "gr%C3%B6%C3%9Fe"),
    ],
)
def test_a_reference_stays_one_part_of_a_path(text: str, path: str) -> None:
    assert in_path(text) == path


def test_a_dsgrid_server_is_known_by_what_it_says(way: Way) -> None:
    assert greet(way(Script(httpx.Response(200, json={"name": "dsgrid", "api": "v1"}))))["api"] == "v1"
    for answer in (httpx.Response(200, json={"name": "other"}), httpx.Response(200, json=[1])):
        with pytest.raises(ServerError, match="not as a dsgrid server does"):
            greet(way(Script(answer)))
    with pytest.raises(ServerError, match="not as a dsgrid server does"):
        greet(way(Script(httpx.Response(200, text="<html>", headers={"Content-Type": "text/html"}))))
    missing = httpx.Response(
        404,
        json={"type": "/v2/problems/not-found", "detail": "no such address"},
        headers={"Content-Type": "application/problem+json"},
    )
    with pytest.raises(ServerError, match="no dsgrid API of version v1"):
        greet(way(Script(missing)))


def test_nobody_at_an_address_is_told_at_once() -> None:
    # Port 1 of this machine: nobody listens there, and nothing leaves the machine.
    with pytest.raises(ServerError, match="nobody listens there"):
        connect("http://127.0.0.1:1")
    with pytest.raises(ServerError, match="there is no such socket"):
        connect("unix:///nowhere/dsgrid.sock")
    with pytest.raises(UsageError, match="timeout"):
        connect("http://127.0.0.1:1", timeout=0)


def test_a_problem_document_becomes_the_error_of_the_call(way: Way) -> None:
    answer = httpx.Response(
        404,
        json={
            "type": "/v1/problems/not-found",
            "error": "NotFoundError",
            "detail": "x",
            "problems": [{"message": "no x"}],
        },
        headers={"Content-Type": "application/problem+json"},
    )
    with pytest.raises(NotFoundError, match=r"^no x$"):
        way(Script(answer)).get("/projects/x")


def test_without_httpx_it_is_said_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install 'dsgrid\[client\]'"):
        importlib.reload(dsgrid.client)
    monkeypatch.undo()
    importlib.reload(dsgrid.client)
