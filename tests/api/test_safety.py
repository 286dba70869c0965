"""What somebody on the network may try, against a real server: each attempt ends with an answer that tells nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from tests.api.raw_requests import Raw, connected, exchanged, head
from tests.api.server import Server, running_server
from tests.dataless import add_dataset
from tests.project_specs import DATASET, PROJECT

from dsgrid.api.state.database import open_state
from dsgrid.api.state.tokens import Tokens
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.register_project import register_project

LIMITS = {
    "body": 20_000,
    "body_time": 1.0,
    "header_time": 1.5,
    "connections": 60,
    "requests": 100_000,
    "burst": 2_000,
    "requests_anonymous": 100_000,
    "failed_tokens": 200,
}
NAMES = (
    "../../outside.txt",
    "%2e%2e/%2e%2e/outside.txt",
    "..%2f..%2foutside.txt",
    "%252e%252e%252foutside.txt",
    "a%00b",
    "%2Fetc%2Fpasswd",
    "..%5c..%5coutside.txt",
    "%c0%ae%c0%ae/outside.txt",
    "....//outside.txt",
    "a%0d%0aSet-Cookie:%20x=1",
    "%ff",
    "x" * 1_500,
)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry without data, in a folder whose name would be seen anywhere."""
    folder = tmp_path_factory.mktemp("hidden-place") / "registry"
    create_registry({"registry": str(folder)})
    register_project(PROJECT, registry=folder)
    add_dataset(folder, DATASET)
    return folder


@pytest.fixture(scope="module")
def server(registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("secret-server")
    inputs = folder / "inputs"
    inputs.mkdir()
    (folder / "outside.txt").write_text("not for you")
    settings = {"limits": LIMITS, "roots": {"inputs": {"folder": str(inputs)}}, "origins": ["https://viewer.lab.org"]}
    with running_server(registry, folder, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def tokens(server: Server) -> dict[str, str]:
    return {role: server.token(role) for role in ("reader", "analyst", "contributor", "admin")}


def bearer(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


def tells_nothing(server: Server, body: bytes) -> bool:
    """Say whether an answer names no folder, no code, and no software."""
    text = body.decode("utf-8", "replace")
    marks = (
        str(server.folder),
        "hidden-place",
        "secret-server",
        "Traceback",
        'File "',
        ".py",
        "uvicorn",
        "not for you",
    )
    return not any(mark in text for mark in marks)


def test_tokens_missing_wrong_expired_and_revoked_are_401_and_say_how(server: Server) -> None:
    state = open_state(server.state)
    kept = Tokens(state)
    info, revoked = kept.make("gone", "admin", expires_at=None, by="tests")
    _, expired = kept.make("old", "admin", expires_at="2999-01-01T00:00:00.000Z", by="tests")
    with state.atomic() as connection:
        connection.execute("UPDATE tokens SET expires_at = '2020-01-01T00:00:00.000Z' WHERE name = 'old'")
    client = server.client()
    assert client.get("/v1/me", headers=dict([bearer(revoked)])).status_code == 200
    kept.revoke(info.id)
    deadline = time.monotonic() + 2.5
    while client.get("/v1/me", headers=dict([bearer(revoked)])).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for shown in ({}, dict([bearer(expired)]), dict([bearer(revoked)]), dict([bearer(expired[:-1])])):
        answer = client.get("/v1/projects", headers=shown)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert tells_nothing(server, answer.content)
    state.close()


def test_an_admin_makes_and_revokes_tokens_and_the_audit_log_says_so(server: Server) -> None:
    admin = server.client("admin", "grace")

    made = admin.post("/v1/tokens", json={"name": "bob", "role": "reader", "expires": "1d"})
    text = made.json()["text"]
    bob = httpx.Client(base_url=server.url, headers=dict([bearer(text)]), trust_env=False)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert bob.get("/v1/me").json()["role"] == "reader"
    assert bob.post("/v1/tokens", json={"name": "bob", "role": "admin"}).status_code == 403
    assert admin.delete(made.headers["location"]).json()["state"] == "revoked"
    assert bob.get("/v1/me").status_code == 401
    bob.close()

    entries = admin.get("/v1/audit", params={"subject": made.json()["id"]}).json()["items"]
    assert [(each["method"], each["what"], each["user"]) for each in entries] == [
        ("DELETE", "revoked the token of bob, reader", "grace"),
        ("POST", "made a token for bob, reader", "grace"),
    ]
    refused = admin.get("/v1/audit", params={"user": "bob", "status": 403}).json()["items"]
    assert [each["path"] for each in refused] == ["/v1/tokens"]
    assert text not in json.dumps(admin.get("/v1/tokens").json())
    assert text not in server.said()


def test_the_audit_log_is_read_in_pages_to_its_end(server: Server) -> None:
    admin = server.client("admin", "pager")
    for _ in range(5):
        admin.delete("/v1/tokens/00000000")

    numbers: list[int] = []
    url: str | None = "/v1/audit?user=pager&limit=2"
    while url:
        page = admin.get(url).json()
        numbers += [each["number"] for each in page["items"]]
        url = page["next"]

    assert len(numbers) == 5
    assert numbers == sorted(numbers, reverse=True)
    assert admin.get("/v1/audit", params={"cursor": "x"}).status_code == 400
    assert 'did you mean "status"' in admin.get("/v1/audit?statsu=1").json()["detail"]


def test_other_hosts_and_origins_are_refused_and_only_what_is_allowed_has_cors_headers(
    server: Server, tokens: dict[str, str]
) -> None:
    asked = [bearer(tokens["admin"])]
    for host in ("evil.example", "evil.example:80", "169.254.169.254", "localhost.evil.example"):
        answer = exchanged(server.url, head("GET", "/v1/projects", server.url, [("Host", host), *asked]))
        assert answer.status == 421
        assert tells_nothing(server, answer.bytes)
    for origin in ("https://evil.example", "null", "http://localhost:3000"):
        for method in ("GET", "POST", "OPTIONS"):
            answer = exchanged(server.url, head(method, "/v1/projects", server.url, [("Origin", origin), *asked]))
            assert answer.status == 403
            assert b"access-control" not in answer.bytes.lower()
    allowed = [("Origin", "https://viewer.lab.org"), ("Access-Control-Request-Method", "GET")]
    preflight = exchanged(server.url, head("OPTIONS", "/v1/projects", server.url, allowed))
    answer = exchanged(server.url, head("GET", "/v1/projects", server.url, [allowed[0], *asked]))
    assert (preflight.status, answer.status) == (204, 200)
    assert answer.headers["access-control-allow-origin"] == "https://viewer.lab.org"


def test_no_path_parameter_leads_out_of_its_place(server: Server, tokens: dict[str, str]) -> None:
    document = httpx.get(f"{server.url}/v1/openapi.json", trust_env=False).json()
    paths = sorted(path for path in document["paths"] if "{" in path and "get" in document["paths"][path])
    asked = [bearer(tokens["admin"])]
    wrong = []

    with connected(server.url) as connection:
        connection.close()
    for path in paths:
        for name in NAMES:
            target = re.sub(r"{\w+}", lambda _: name, path)  # noqa: B023
            answer = exchanged(server.url, head("GET", target, server.url, asked))
            if answer.status not in (400, 404, 405, 406, 414, 422) or not tells_nothing(server, answer.bytes):
                wrong.append((target[:80], answer.status, answer.bytes[:300]))
            if b"\r\nset-cookie" in answer.bytes.lower():
                wrong.append((target, answer.status, b"split"))

    assert wrong == []


def test_specs_name_no_file_outside_of_the_roots(server: Server, tokens: dict[str, str]) -> None:
    client = server.client("contributor")
    for place in (
        "/etc/passwd",
        "../outside.txt",
        "inputs/../../outside.txt",
        "file:///etc/passwd",
        "~/.ssh/id_rsa",
        "inputs/../inputs/../../outside.txt",
    ):
        spec = {"spec_version": 1, "job": "register_dimensions", "registry": place, "dimension": [
            {"id": "x", "type": "geography", "records": place}]}  # fmt: skip
        answer = client.post("/v1/jobs", json=spec)
        assert answer.status_code in (400, 403, 404, 422), (place, answer.text)
        assert tells_nothing(server, answer.content)


def test_bodies_that_are_too_large_are_refused_declared_or_not(server: Server, tokens: dict[str, str]) -> None:
    asked = [bearer(tokens["analyst"]), ("Content-Type", "application/json")]

    declared = exchanged(
        server.url, head("POST", "/v1/validate", server.url, [*asked, ("Content-Length", "9999999999")])
    )
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    chunked = exchanged(
        server.url, head("POST", "/v1/validate", server.url, [*asked, ("Transfer-Encoding", "chunked")]), *[chunk] * 20
    )

    for answer in (declared, chunked):
        assert (answer.status, answer.is_closed) == (413, True)
        assert answer.document["type"] == "/v1/problems/too-large"


def test_slow_clients_are_sent_away(server: Server, tokens: dict[str, str]) -> None:
    asked = [bearer(tokens["analyst"]), ("Content-Length", "1000")]
    begun = time.monotonic()

    with ThreadPoolExecutor(3) as pool:
        body = pool.submit(
            exchanged, server.url, head("POST", "/v1/validate", server.url, asked), *[b"x"] * 8, pause=0.5
        )
        slow_head = pool.submit(exchanged, server.url, b"GET /v1/health HTTP/1.1\r\n", *[b"X-A: b\r\n"] * 8, pause=0.5)
        nothing = pool.submit(exchanged, server.url)
        found = [body.result(), slow_head.result(), nothing.result()]

    assert [each.is_closed for each in found] == [True, True, True]
    assert found[0].status == 408
    assert found[1].status in (None, 408)
    assert time.monotonic() - begun < 12


def test_floods_of_headers_are_refused_and_the_server_goes_on(server: Server) -> None:
    many = head("GET", "/v1/health", server.url, [(f"X-{number}", "a" * 100) for number in range(2_000)])
    long = head("GET", "/v1/health", server.url, [("X-Long", "a" * 1_000_000)])

    for request in (many, long, b"\x00" * 4_000 + b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"):
        answer = exchanged(server.url, request, quiet=3)
        assert answer.status in (None, 400, 408, 414, 431)
        assert tells_nothing(server, answer.bytes)
    assert httpx.get(f"{server.url}/v1/health", trust_env=False).status_code == 200


def test_no_request_hides_inside_another_one(server: Server, tokens: dict[str, str]) -> None:
    asked = [bearer(tokens["admin"])]
    hidden = head("DELETE", f"/v1/tokens/{tokens['reader'][4:12]}", server.url, asked)

    both = head(
        "POST",
        "/v1/validate",
        server.url,
        [*asked, ("Content-Length", "4"), ("Transfer-Encoding", "chunked")],
        close=False,
    )
    twice = head(
        "POST",
        "/v1/validate",
        server.url,
        [*asked, ("Content-Length", "0"), ("Content-Length", str(len(hidden)))],
        close=False,
    )
    in_get = head("GET", "/v1/health", server.url, [("Content-Length", str(len(hidden)))], close=False)
    odd = head("POST", "/v1/validate", server.url, [*asked, ("Transfer-Encoding", "xchunked")], close=False)
    early = head("POST", "/v1/validate", server.url, [("Content-Length", str(len(hidden)))], close=False)
    for request in (
        both + b"0\r\n\r\n" + hidden,
        twice + hidden,
        in_get + hidden,
        odd + b"0\r\n\r\n" + hidden,
        early + hidden,
    ):
        answer = exchanged(server.url, request)
        assert answer.statuses in ([400], [401], [501]), answer.bytes
        assert answer.is_closed
    assert server.client().get("/v1/me", headers=dict([bearer(tokens["reader"])])).status_code == 200


def test_pipelined_requests_are_each_asked_for_their_token(server: Server, tokens: dict[str, str]) -> None:
    right = head("GET", "/v1/me", server.url, [bearer(tokens["reader"])], close=False)
    without = head("GET", "/v1/me", server.url)

    assert exchanged(server.url, right + without).statuses == [200, 401]


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "PATCH", "FOO", "PROPFIND"])
def test_methods_that_there_are_not_do_nothing_and_repeat_nothing(
    server: Server, tokens: dict[str, str], method: str
) -> None:
    secret = ("X-Secret", "do-not-repeat")
    answer = exchanged(server.url, head(method, "/v1/tokens", server.url, [bearer(tokens["admin"]), secret]))

    assert answer.status in (400, 404, 405, 501)
    assert b"do-not-repeat" not in answer.bytes


def test_a_method_override_does_nothing(server: Server, tokens: dict[str, str]) -> None:
    token = tokens["reader"][4:12]
    asked = [bearer(tokens["admin"]), ("X-HTTP-Method-Override", "DELETE"), ("X-Method-Override", "DELETE")]

    answer = exchanged(server.url, head("GET", f"/v1/tokens/{token}?_method=DELETE", server.url, asked))

    assert answer.status == 400  # there is no such parameter
    assert server.client().get("/v1/me", headers=dict([bearer(tokens["reader"])])).status_code == 200


def test_what_is_repeated_in_headers_splits_no_answer(server: Server, tokens: dict[str, str]) -> None:
    client = httpx.Client(base_url=server.url, headers=dict([bearer(tokens["admin"])]), trust_env=False)
    tricks = ("x\r\nSet-Cookie: a=b", "x%0d%0aSet-Cookie: a=b", "x\nSet-Cookie: a=b", 'a>; rel="next", <http://evil')
    for trick in tricks:
        for path in ("/v1/audit", "/v1/projects", "/v1/datasets", "/v1/jobs", "/v1/tokens"):
            for name in ("user", "search", "where", "cursor", "sort", "state", "format", "limit"):
                answer = client.get(path, params={name: trick})
                assert "set-cookie" not in answer.headers, (path, name)
                assert "http://evil" not in answer.headers.get("link", ""), (path, name)
                assert answer.status_code < 500, (path, name, answer.text)
    for name in (
        "Accept",
        "If-None-Match",
        "Idempotency-Key",
        "Prefer",
        "Last-Event-ID",
        "X-Request-Id",
        "Range",
        "If-Range",
    ):
        answer = client.get("/v1/projects", headers={name: 'evil"; a=b <script>'})
        assert answer.status_code < 500
        assert "evil" not in str(answer.headers)
    client.close()


def test_nothing_that_users_say_makes_lines_in_the_log(server: Server, tokens: dict[str, str]) -> None:
    asked = [bearer(tokens["admin"]), ("User-Agent", "a\x1b[31m"), ("Referer", "x")]
    for target in (
        "/v1/projects?search=%0aFORGED%20LINE",
        "/v1/projects/%0aFORGED%20LINE",
        "/v1/datasets/a%0d%0aFORGED%20LINE",
    ):
        exchanged(server.url, head("GET", target, server.url, asked))
    client = server.client("analyst")
    spec = {"spec_version": 1, "job": "query", "name": "a\nFORGED LINE", "project": "x\n\nFORGED LINE", "step": []}
    client.post("/v1/queries", json=spec)
    client.post("/v1/validate", content=b"\nFORGED LINE\n", headers={"Content-Type": "application/toml"})

    said = server.said()
    assert not re.search(r"^\W*FORGED", said, re.MULTILINE)
    assert "\x1b" not in said


def test_no_token_and_no_query_is_ever_in_the_log(server: Server, tokens: dict[str, str]) -> None:
    exchanged(server.url, head("GET", f"/v1/projects?token={tokens['admin']}", server.url))
    exchanged(server.url, head("GET", "/v1/projects?search=my-secret-search", server.url, [bearer(tokens["reader"])]))

    said = server.said()
    assert "/v1/projects" in said
    assert "my-secret-search" not in said
    assert not any(token in said for token in tokens.values())


def test_more_connections_than_the_limit_are_told_so_and_others_come_again(server: Server) -> None:
    with ExitStack() as stack:
        opened = []
        for _ in range(LIMITS["connections"] + 10):
            opened.append(stack.enter_context(connected(server.url)))
        time.sleep(0.2)
        answer = exchanged(server.url, head("GET", "/v1/health", server.url))
        assert answer.status in (503, None)
    deadline = time.monotonic() + 10
    while exchanged(server.url, head("GET", "/v1/health", server.url)).status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_answers_of_every_kind_have_the_headers_and_name_no_software(server: Server, tokens: dict[str, str]) -> None:
    found: list[Raw] = [
        exchanged(server.url, head("GET", target, server.url, [bearer(tokens["admin"])]))
        for target in ("/v1", "/v1/health", "/v1/projects", "/v1/nothing", "/v1/jobs", "/v1/openapi.json", "/")
    ]
    found.append(exchanged(server.url, head("GET", "/v1/projects", server.url)))
    for answer in found:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "no-store" in answer.headers["cache-control"] or "private" in answer.headers["cache-control"]
        assert "server" not in answer.headers
        assert tells_nothing(server, answer.bytes)


def test_strings_of_every_kind_in_specs_are_answered_and_run_nothing(server: Server, tmp_path: Path) -> None:
    client = server.client("analyst")
    mark = tmp_path / "ran"
    tricks = [
        f"$(touch {mark})",
        f"`touch {mark}`",
        f"; touch {mark};",
        "--conf spark.x=y",
        "' OR 1=1 --",
        "${HOME}",
        "../../x",
        "\x00",
        "\ud800",
        "x" * 10_000,
        "{{7*7}}",
        "%s%n",
        "é" * 100,
    ]
    keys = ("name", "project", "datasets", "registry", "spec_version", "job", "step")
    plain: dict[str, object] = {"spec_version": 1, "job": "query", "name": "q", "project": "p", "datasets": ["d"]}
    bodies = [
        ("/v1/validate", plain | {key: [trick] if key == "datasets" else trick}) for trick in tricks for key in keys
    ]
    bodies += [("/v1/queries", plain | {"name": trick, "project": trick, "datasets": [trick]}) for trick in tricks]
    for path, spec in bodies:
        # As JSON writes it: halves of characters and zero bytes are texts, too.
        answer = client.post(path, content=json.dumps(spec), headers={"Content-Type": "application/json"})
        assert answer.status_code in (200, 400, 403, 404, 413, 422), (path, spec, answer.text)
        assert tells_nothing(server, answer.content), (path, spec, answer.text)
    assert not mark.exists()


def test_deep_and_odd_documents_are_refused_without_harm(server: Server) -> None:
    client = server.client("analyst")
    odd = [
        b"[" * 9_000,
        b'{"a":' * 3_000,
        b"{}" * 3,
        b"\xff\xfe",
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 6_000 + b"}",
        b'{"a":1,"a":2}',
        b"null",
        b"",
        b'"\\ud800"',
        b"NaN",
    ]
    types = ("application/json", "application/toml", "text/plain", "application/x-www-form-urlencoded")
    asked = [(body, "application/json", path) for body in odd for path in ("/v1/validate", "/v1/queries", "/v1/tokens")]
    asked += [(body, type_, "/v1/jobs") for body in odd[:4] for type_ in types]
    for body, type_, path in asked:
        answer = client.post(path, content=body, headers={"Content-Type": type_})
        assert 200 <= answer.status_code < 500, (path, type_, body[:40], answer.text)
        assert tells_nothing(server, answer.content)


def test_a_flood_of_one_token_is_429_with_the_time_to_wait(registry: Path, tmp_path: Path) -> None:
    with running_server(registry, tmp_path, limits={"requests": 60, "burst": 5, "failed_tokens": 3}) as own:
        client = own.client("reader")
        answers = [client.get("/v1/me") for _ in range(8)]
        assert [each.status_code for each in answers].count(200) in (5, 6)
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert own.client("reader", "other").get("/v1/me").status_code == 200
        wrong = own.client(headers={"Authorization": "Bearer dsg_00000000_" + "A" * 43})
        assert {wrong.get("/v1/me").status_code for _ in range(6)} == {401, 429}
