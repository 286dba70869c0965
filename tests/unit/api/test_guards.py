"""The guards: what gets to a route, what does not, and what every answer has."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers
from tests.unit.api.guarded import Answer, Guarded, asked, guarded

from dsgrid.api.guards import bodies
from dsgrid.api.guards.addresses import Addresses
from dsgrid.api.guards.dressing import dressed
from dsgrid.api.limits import Limits
from dsgrid.api.roles import ROLES
from dsgrid.api.settings import Settings
from dsgrid.api.state.database import StateBusyError, StateFullError


@pytest.fixture
def here(tmp_path: Path) -> Guarded:
    return guarded(tmp_path)


def test_without_a_token_only_what_is_open_answers(here: Guarded) -> None:
    assert here.ask("GET", "/v1/open").status == 200
    for method, path in (("GET", "/v1/read"), ("POST", "/v1/work"), ("DELETE", "/v1/none")):
        answer = here.ask(method, path)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.document["type"] == "/v1/problems/no-token"


def test_a_wrong_token_is_refused_also_where_none_is_needed(here: Guarded) -> None:
    for shown in (
        "Bearer dsg_00000000_" + "A" * 43,
        "Bearer x",
        "Bearer",
        "Basic YTpi",
        "dsg_00000000_" + "A" * 43,
        "Bearer a b",
        "Bearer " + "x" * 5_000,
    ):
        answer = here.ask("GET", "/v1/open", {"Authorization": shown})
        assert answer.status == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert "A" * 43 not in answer.body.decode()


def test_two_tokens_are_none(here: Guarded) -> None:
    right = here.as_("admin")["Authorization"]

    assert here.ask("GET", "/v1/read", [("Authorization", right), ("Authorization", right)]).status == 401


def test_each_role_may_do_what_it_includes_and_hears_403_for_the_rest(here: Guarded) -> None:
    for rank, role in enumerate(ROLES):
        headers = here.as_(role)
        assert here.ask("GET", "/v1/read", headers).status == 200
        assert here.ask("POST", "/v1/work", headers).status == (202 if rank >= 1 else 403)
        assert here.ask("GET", "/v1/admins", headers).status == (200 if rank == 3 else 403)


def test_who_has_no_token_may_read_where_that_is_configured_and_no_more(tmp_path: Path) -> None:
    here = guarded(tmp_path, anonymous=True)

    assert here.ask("GET", "/v1/read").document == {"user": "anonymous"}
    assert here.ask("POST", "/v1/explain", parts=[b"x"], headers={"Content-Length": "1"}).status == 200
    assert here.ask("POST", "/v1/work").status == 401  # a token would help, so that it is not 403
    assert here.ask("GET", "/v1/admins").status == 401
    assert here.ask("GET", "/v1/read", {"Authorization": "Bearer wrong"}).status == 401


def test_a_token_in_the_address_is_refused_and_not_repeated(here: Guarded) -> None:
    for query in ("token=abc", "a=1&Access_Token=x", "q=dsg_00000000_" + "A" * 43, "authorization="):
        answer = here.ask("GET", "/v1/open", query=query)
        assert (answer.status, answer.document["type"]) == (400, "/v1/problems/token-in-url")
        assert "A" * 43 not in answer.body.decode()
    token = "dsg_00000000_" + "A" * 43
    answer = here.ask("DELETE", f"/v1/names/{token}", here.as_("admin"))
    assert (answer.status, answer.document["type"]) == (400, "/v1/problems/token-in-url")
    assert not here.audit.list(), "nor written down"


def test_loopback_names_are_answered_with_any_port_as_tunnels_have(here: Guarded) -> None:
    for host in ("localhost", "localhost:8000", "LOCALHOST:9999", "127.0.0.1:8000", "[::1]:8000"):
        assert here.ask("GET", "/v1/open", host=host).status == 200


def test_other_names_are_refused_so_that_rebinding_reads_nothing(here: Guarded) -> None:
    headers = here.as_("admin")
    cases: list[tuple[str | None, int]] = [
        ("evil.example", 421),
        ("evil.example:8000", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.nip.io:8000", 421),
        ("10.0.0.7", 421),
        ("", 400),
        ("localhost:8000@evil.example", 400),
        ("local host", 400),
        ("localhost/", 400),
        (None, 400),
    ]

    for host, status in cases:
        answer = here.ask("GET", "/v1/read", headers, host=host)
        assert (host, answer.status) == (host, status)
        assert "user" not in answer.document


def test_two_hosts_are_refused(here: Guarded) -> None:
    assert here.ask("GET", "/v1/open", [("Host", "localhost")], host="localhost").status == 400


def test_names_of_the_settings_are_answered(tmp_path: Path) -> None:
    here = guarded(
        tmp_path, host="0.0.0.0", hosts=frozenset({"grid.lab.org", "other:81"}), url="https://dsgrid.lab.org"
    )

    expected = {
        "grid.lab.org": 200,
        "grid.lab.org:443": 200,
        "dsgrid.lab.org": 200,
        "other:81": 200,
        "other:82": 421,
        "other": 421,
        "0.0.0.0": 421,
    }
    assert {host: here.ask("GET", "/v1/open", host=host).status for host in expected} == expected
    # The very address that the request came to is no name that anybody could have bent.
    assert here.ask("GET", "/v1/open", host="10.1.2.3:8000", server=("10.1.2.3", 8000)).status == 200


def test_a_unix_socket_is_asked_as_localhost(tmp_path: Path) -> None:
    here = guarded(tmp_path, socket=tmp_path / "s")

    assert here.ask("GET", "/v1/open", host="localhost", client=None, server=(str(tmp_path / "s"), None)).status == 200
    assert here.ask("GET", "/v1/open", host="evil", client=None, server=(str(tmp_path / "s"), None)).status == 421


def test_pages_of_other_origins_are_refused_for_every_method(tmp_path: Path) -> None:
    here = guarded(tmp_path, origins=frozenset({"https://viewer.lab.org"}))
    headers = {**here.as_("admin"), "Access-Control-Request-Method": "GET"}
    origins = ("https://evil.example", "null", "http://localhost:3000", "", "https://viewer.lab.org.evil.example")

    for method, origin in itertools.product(("GET", "HEAD", "POST", "OPTIONS", "DELETE"), origins):
        answer = here.ask(method, "/v1/work", {**headers, "Origin": origin})
        assert answer.status == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert here.calls == []


def test_without_configured_origins_there_is_no_cors_header(here: Guarded) -> None:
    answer = here.ask("GET", "/v1/read", here.as_("reader"))

    assert answer.status == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_an_allowed_origin_reads_and_its_preflight_is_answered(tmp_path: Path) -> None:
    here = guarded(tmp_path, origins=frozenset({"https://viewer.lab.org"}))
    origin = {"Origin": "https://viewer.lab.org"}

    asked = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    before = here.ask("OPTIONS", "/v1/work", asked)
    answer = here.ask("GET", "/v1/read", {**origin, **here.as_("reader")})

    assert before.status == 204
    assert before.headers["access-control-allow-origin"] == "https://viewer.lab.org"
    assert "Authorization" in before.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in before.headers
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "https://viewer.lab.org"
    assert answer.headers["vary"] == "Origin"
    # Also errors have to be read by the page.
    assert here.ask("GET", "/v1/read", origin).headers["access-control-allow-origin"] == "https://viewer.lab.org"


def test_the_servers_own_pages_may_ask(here: Guarded) -> None:
    assert here.ask("GET", "/v1/open", {"Origin": "http://127.0.0.1:8000"}).status == 200
    assert here.ask("GET", "/v1/open", {"Origin": "http://127.0.0.1:8001"}).status == 403


def test_a_body_announced_too_large_is_refused_before_any_of_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "DISCARDING", 0.05)
    here = guarded(tmp_path, limits=Limits(body=100, body_time=0.2))

    # Nothing ever comes of it: whoever waited for it would answer 408.
    answer = here.ask("POST", "/v1/work", {**here.as_("analyst"), "Content-Length": "101"}, parts=[b""], pause=5)

    assert answer.status == 413
    assert answer.headers["connection"] == "close"
    assert here.calls == []


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"Content-Length": str(3 << 20)}, 3),
        ({"Content-Length": str(5 << 20)}, 0),
        ({"Transfer-Encoding": "chunked"}, 4),
        ({"Content-Length": str(3 << 20), "Expect": "100-continue"}, 0),
    ],
)
def test_a_refusal_is_told_at_once_and_ended_when_the_rest_was_taken(headers: dict[str, str], taken: int) -> None:
    """Whoever still sends when a connection is closed is reset, and a proxy then makes 502 of any refusal."""
    events: list[str] = []
    pieces = 3 if headers.get("Content-Length") == str(3 << 20) else 9

    async def receive() -> Any:
        events.append("taken")
        return {"type": "http.request", "body": b"x" * (1 << 20), "more_body": events.count("taken") < pieces}

    async def send(message: Any) -> None:
        events.append("end" if not message.get("more_body") else "told")

    incoming = bodies.Incoming(receive)
    sending = incoming.outlasting(send, Headers(headers))
    asyncio.run(sending({"type": "http.response.body", "body": b"no", "more_body": False}))
    assert events == ["told", *["taken"] * taken, "end"]


def test_a_chunked_body_is_counted(tmp_path: Path) -> None:
    here = guarded(tmp_path, limits=Limits(body=100))
    headers = {**here.as_("analyst"), "Transfer-Encoding": "chunked"}

    assert here.ask("POST", "/v1/work", headers, parts=[b"x" * 50] * 2).document == {"size": 100}
    assert here.ask("POST", "/v1/work", headers, parts=[b"x" * 50, b"x" * 50, b"x"]).status == 413
    assert here.calls == [b"x" * 100]


def test_a_slow_body_is_given_up(tmp_path: Path) -> None:
    here = guarded(tmp_path, limits=Limits(body_time=0.05))

    answer = here.ask("POST", "/v1/work", {**here.as_("analyst"), "Content-Length": "9"}, parts=[b"x"] * 9, pause=0.02)

    assert (answer.status, answer.headers["connection"], here.calls) == (408, "close", [])


def test_bodies_that_are_not_plain_are_refused(here: Guarded) -> None:
    token = list(here.as_("analyst").items())
    for headers, status in (
        ([("Content-Length", "3"), ("Transfer-Encoding", "chunked")], 400),
        ([("Content-Length", "3"), ("Content-Length", "4")], 400),
        ([("Content-Length", "-3")], 400),
        ([("Content-Length", "³")], 400),
        ([("Content-Length", "9" * 5_000)], 413),
        ([("Content-Length", "3"), ("Content-Encoding", "gzip")], 415),
    ):
        answer = here.ask("POST", "/v1/work", [*token, *headers], parts=[b"abc"])
        assert (answer.status, here.calls) == (status, [])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_reading_request_has_no_body(here: Guarded, method: str) -> None:
    assert here.ask(method, "/v1/open", {"Content-Length": "3"}, parts=[b"abc"]).status == 400
    assert here.ask(method, "/v1/open", {"Content-Length": "0"}).status in (200, 405)


def test_who_has_no_token_gets_no_body_read(tmp_path: Path) -> None:
    here = guarded(tmp_path, limits=Limits(body_time=0.2))

    assert here.ask("POST", "/v1/work", {"Content-Length": "9"}, parts=[b""], pause=5).status == 401


def test_paths_that_are_meant_to_lead_elsewhere_reach_no_route(here: Guarded) -> None:
    headers = here.as_("admin")
    for name in ("../x", "./open", "a/..", "a\0b", "a\nb", "a\\b", "\ufffd", "\x7f", "a/./b"):
        assert here.ask("GET", f"/v1/names/{name}", headers).status == 400


def test_dots_that_are_no_way_up_are_names(here: Guarded) -> None:
    assert here.ask("GET", "/v1/names/a..b/...").document == {"name": "a..b/..."}
    assert here.ask("GET", "/v1/names/%2e%2e/%252f").document == {"name": "%2e%2e/%252f"}  # encoded twice


def test_long_addresses_and_zero_bytes_are_refused(here: Guarded) -> None:
    assert here.ask("GET", "/v1/names/" + "x" * 3_000).status == 414
    assert here.ask("GET", "/v1/open", query="q=" + "x" * 9_000).status == 414
    assert here.ask("GET", "/v1/open", query="q=a%00b").status == 400


def test_no_header_makes_another_method_of_one(here: Guarded) -> None:
    names = ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method")
    answer = here.ask("GET", "/v1/work", here.as_("admin") | dict.fromkeys(names, "POST"))

    assert (answer.status, here.calls) == (405, [])


def test_a_token_has_a_rate_of_its_own(tmp_path: Path) -> None:
    here = guarded(tmp_path, limits=Limits(requests=60, burst=3))
    ada, bob = here.as_("reader"), here.as_("reader")

    found = [here.ask("GET", "/v1/read", ada).status for _ in range(4)]
    late = here.ask("GET", "/v1/read", ada)

    assert found == [200, 200, 200, 429]
    assert int(late.headers["retry-after"]) >= 1
    assert here.ask("GET", "/v1/read", bob).status == 200


def test_who_has_no_token_has_a_rate_by_address_of_an_ipv6_network(tmp_path: Path) -> None:
    here = guarded(tmp_path, limits=Limits(requests_anonymous=2, burst=2))

    def status(address: str) -> int:
        return here.ask("GET", "/v1/open", client=(address, 1)).status

    assert [status("10.0.0.1") for _ in range(3)] == [200, 200, 429]
    assert status("10.0.0.2") == 200
    assert [status(f"2001:db8::{number}") for number in range(3)] == [200, 200, 429]


def test_wrong_tokens_of_an_address_become_429_while_right_ones_go_on(tmp_path: Path) -> None:
    here = guarded(tmp_path, limits=Limits(failed_tokens=2))
    wrong = {"Authorization": "Bearer dsg_00000000_" + "A" * 43}

    assert [here.ask("GET", "/v1/read", wrong).status for _ in range(3)] == [401, 401, 429]
    assert here.ask("GET", "/v1/read", here.as_("reader")).status == 200


@pytest.mark.parametrize(
    ("proxies", "client", "said", "address"),
    [
        ((), "10.0.0.9", "1.2.3.4", "10.0.0.9"),
        (("10.0.0.9",), "10.0.0.9", "1.2.3.4", "1.2.3.4"),
        (("10.0.0.0/8",), "10.0.0.9", "6.6.6.6, 1.2.3.4, 10.0.0.7", "1.2.3.4"),
        (("10.0.0.9",), "10.0.0.9", '1.2.3.4, junk"<>', "10.0.0.9"),
        (("10.0.0.9",), "10.0.0.9", "", "10.0.0.9"),
        (("10.0.0.9",), "::ffff:10.0.0.9", "1.2.3.4", "1.2.3.4"),
        (("10.0.0.9",), "10.0.0.9", "6.6.6.6, 1.2.3.4:5678", "1.2.3.4"),
        (("10.0.0.9",), "10.0.0.9", "[2001:db8::1]:5678", "2001:db8::1"),
        (("10.0.0.9",), "10.0.0.9", "1.2.3.4, unknown", "10.0.0.9"),
        (("10.0.0.9",), "10.0.0.8", "10.0.0.9", "10.0.0.8"),
        ((), None, "1.2.3.4", "unix"),
    ],
)
def test_only_proxies_are_believed_whom_they_heard(
    tmp_path: Path, proxies: tuple[str, ...], client: str | None, said: str, address: str
) -> None:
    here = guarded(tmp_path, proxies=proxies)
    headers = {**here.as_("analyst"), "X-Forwarded-For": said}

    here.ask("POST", "/v1/work", headers, client=None if client is None else (client, 1))

    assert here.audit.list()[0].address == address


@pytest.mark.parametrize(
    ("client", "told", "scheme"),
    [
        ("10.0.0.9", ["https"], "https"),
        ("10.0.0.9", ["https", "http"], "http"),
        ("10.0.0.9", ["javascript"], "http"),
        ("10.0.0.8", ["https"], "http"),
    ],
)
def test_only_proxies_are_believed_over_which_scheme_they_heard(client: str, told: list[str], scheme: str) -> None:
    settings = Settings(registry=Path("r"), state=Path("s"), proxies=("10.0.0.9",))
    raw = [(b"x-forwarded-proto", each.encode()) for each in told] + [(b"x-forwarded-for", b"1.2.3.4")]
    scope = {"type": "http", "scheme": "http", "client": (client, 5), "headers": raw}
    address = Addresses(settings).heed(scope, Headers(scope=scope))
    is_believed = client == "10.0.0.9"
    assert (scope["scheme"], address) == (scheme, "1.2.3.4" if is_believed else client)
    assert scope["client"] == (("1.2.3.4", 0) if is_believed else (client, 5)), "what the log says"


def test_a_change_is_in_the_audit_log_with_who_what_and_how_it_ended(here: Guarded) -> None:
    answer = here.ask("POST", "/v1/work", here.as_("analyst"), query="set=secret")

    (entry,) = here.audit.list()
    assert (entry.user, entry.method, entry.path, entry.status) == ("analyst", "POST", "/v1/work", 202)
    assert (entry.what, entry.subject, entry.address) == ("worked", "job-1", "127.0.0.1")
    assert entry.request == answer.headers["x-request-id"]
    assert entry.token == here.tokens.list()[0].id


def test_what_a_role_forbids_is_in_the_audit_log_reads_too(here: Guarded) -> None:
    here.ask("GET", "/v1/admins", here.as_("analyst"))
    here.ask("POST", "/v1/work", here.as_("reader"))
    here.ask("GET", "/v1/read", here.as_("reader"))

    found = [(entry.path, entry.status) for entry in here.audit.list()]
    assert found == [("/v1/work", 403), ("/v1/admins", 403)]


@pytest.mark.parametrize(("error", "status"), [("busy", 503), ("full", 507), ("damaged", 500)])
def test_a_change_that_cannot_be_written_down_is_not_made(
    here: Guarded, monkeypatch: pytest.MonkeyPatch, error: str, status: int
) -> None:
    def refused(_entry: object) -> int:
        raise {"busy": StateBusyError("busy"), "full": StateFullError("the disk is full")}.get(
            error, sqlite3.DatabaseError(error)
        )

    headers = here.as_("analyst")
    monkeypatch.setattr(here.audit, "write", refused)

    assert here.ask("POST", "/v1/work", headers).status == status
    assert here.calls == []
    assert here.ask("GET", "/v1/read", headers).status == 200


def test_a_change_that_breaks_off_is_in_the_log_as_asked(here: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    def died(*_arguments: object, **_more: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr(here.audit, "answered", died)
    assert here.ask("POST", "/v1/work", here.as_("analyst")).status == 202

    assert [(entry.method, entry.status) for entry in here.audit.list()] == [("POST", 0)]


def test_a_reading_answer_that_does_not_begin_in_time_is_503_and_ended(tmp_path: Path) -> None:
    here = guarded(tmp_path, limits=Limits(answer_time=0.05))
    headers = here.as_("reader")

    async def late() -> tuple[Answer, list[Any]]:
        answer = await asked(here.app, "GET", "/v1/slow", headers)
        await asyncio.sleep(0.05)
        # Looked at in here: the end of the loop would end the route, too.
        return answer, list(here.calls)

    answer, ended = asyncio.run(late())

    assert (answer.status, answer.document["type"]) == (503, "/v1/problems/slow-answer")
    assert "retry-after" in answer.headers
    assert ended == ["ended"]


def test_a_defect_tells_the_client_nothing_but_the_id_and_the_log_the_rest(
    here: Guarded, caplog: pytest.LogCaptureFixture
) -> None:
    answer = here.ask("GET", "/v1/boom", here.as_("reader"))

    assert answer.status == 500
    assert "secret" not in answer.body.decode()
    assert "KeyError" not in answer.body.decode()
    assert answer.headers["x-request-id"] in caplog.text
    assert "KeyError" in caplog.text


def test_more_open_requests_than_the_limit_are_503(tmp_path: Path) -> None:
    here = guarded(tmp_path, limits=Limits(connections=2, answer_time=0.2))

    async def many() -> list[int]:
        answers = await asyncio.gather(*(asked(here.app, "GET", "/v1/slow") for _ in range(2)),
                                       asked(here.app, "GET", "/v1/open"))  # fmt: skip
        return [answer.status for answer in answers]

    assert asyncio.run(many()) == [503, 503, 503]
    assert here.ask("GET", "/v1/open").status == 200


def test_every_answer_has_the_headers_that_keep_browsers_from_harm(here: Guarded) -> None:
    for path in ("/v1/open", "/v1/read", "/v1/none", "/v1/boom"):
        headers = here.ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert len(headers["x-request-id"]) == 36
        assert "server" not in headers


def test_a_request_id_of_the_client_is_not_taken(here: Guarded) -> None:
    answer = here.ask("GET", "/v1/open", {"X-Request-Id": "mine"})

    assert answer.headers["x-request-id"] != "mine"


def test_a_header_with_a_line_break_never_leaves(tmp_path: Path) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    start = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"location", b"/x\r\nSet-Cookie: a"), (b"etag", b'"1"')],
    }
    asyncio.run(dressed(send, "id")(start))

    names = dict(sent[0]["headers"])
    assert b"location" not in names
    assert names[b"etag"] == b'"1"'
    assert names[b"cache-control"] == b"private, no-cache"


def test_web_sockets_are_closed(here: Guarded) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    asyncio.run(here.app({"type": "websocket", "path": "/v1/open", "headers": []}, receive, send))
    assert sent[0]["type"] == "websocket.close"
