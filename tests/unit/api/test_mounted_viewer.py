"""What stands beside the API: its guards, its ways inside, and that the API has the last word."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.unit.api.conftest import ToldRunner
from tests.unit.api.guarded import asked

from dsgrid.api.limits import Limits
from dsgrid.api.server.app import make_app
from dsgrid.api.server.mounting import Mount, Way
from dsgrid.api.settings import Settings
from dsgrid.cli.viewing import viewer_of

PAGE = {"Accept": "text/html,*/*"}


class Told:
    """Something beside the API that writes down what it is asked."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.scopes: list[Any] = []
        self.body = b""
        self.free = asyncio.Event()
        self.free.set()
        self.is_closed = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        self.body = (await receive()).get("body", b"")
        await self.free.wait()
        headers = [(b"content-type", b"text/html"), (b"content-security-policy", b"script-src 'self'")]
        await send(
            {"type": "http.response.start", "status": 200, "headers": [*headers, (b"referrer-policy", b"same-origin")]}
        )
        await send({"type": "http.response.body", "body": b"a page"})

    def close(self) -> None:
        self.is_closed = True


def server(settings: Settings, **changes: Any) -> tuple[FastAPI, Told]:
    made: list[Told] = []

    def make(way: Way) -> Told:
        made.append(Told(way))
        return made[0]

    return make_app(replace(settings, **changes), {"warm": ToldRunner()}, Mount(make)), made[0]


def ask(app: FastAPI, method: str, path: str, headers: Any = (), **more: Any) -> Any:
    return asyncio.run(asked(app, method, path, headers, **more))


def test_a_page_needs_no_token_for_it_has_users_of_its_own(settings: Settings) -> None:
    app, told = server(settings)
    answer = ask(app, "GET", "/viewer/projects/a", query="tab=b")
    assert (answer.status, answer.body) == (200, b"a page")
    assert told.scopes[0]["root_path"] == "/viewer"
    assert told.scopes[0]["path"] == "/viewer/projects/a"
    assert answer.headers["content-security-policy"] == "script-src 'self'", "its own"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "x-request-id" in answer.headers


def test_browsers_are_led_there_and_programs_are_not(settings: Settings) -> None:
    app, _ = server(settings)
    for path in ("/", "/viewer"):
        answer = ask(app, "GET", path, PAGE)
        assert (answer.status, answer.headers["location"]) == (307, "viewer/")
    assert ask(app, "GET", "/", {"Accept": "*/*"}).status == 404
    assert ask(app, "GET", "/v1/projects", PAGE).status == 401
    alone = make_app(replace(settings, state=settings.state.parent / "other"), {"warm": ToldRunner()})
    assert ask(alone, "GET", "/", PAGE).status == 404


@pytest.mark.parametrize("path", ["/viewer/../v1/tokens", "/viewer/\\x", "/viewer/\x00"])
def test_addresses_are_looked_at_before(settings: Settings, path: str) -> None:
    app, told = server(settings)
    assert ask(app, "GET", path).status == 400
    assert told.scopes == []


@pytest.mark.parametrize("host", ["evil.example", None])
def test_names_are_looked_at_before(settings: Settings, host: str | None) -> None:
    app, told = server(settings)
    assert ask(app, "GET", "/viewer/", host=host).status in (400, 421)
    assert told.scopes == []


def test_pages_of_other_origins_never_get_there_whatever_the_api_allows(settings: Settings) -> None:
    app, told = server(settings, origins=frozenset({"https://friend.org"}))
    for origin in ("https://evil.example", "https://friend.org", "null"):
        for method in ("GET", "POST", "OPTIONS"):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            answer = ask(app, method, "/viewer/_dash-update-component", headers)
            assert answer.status == 403, (origin, method)
            assert "access-control-allow-origin" not in answer.headers
    assert told.scopes == []


def test_behind_a_proxy_the_pages_of_its_url_are_its_own(settings: Settings) -> None:
    app, _ = server(settings, url="https://dsgrid.lab.org")
    headers = {"Origin": "https://dsgrid.lab.org"}
    assert ask(app, "POST", "/viewer/sign-in", headers, host="dsgrid.lab.org").status == 200
    assert ask(app, "POST", "/viewer/sign-in", headers, host="127.0.0.1:8000").status == 200
    assert ask(app, "POST", "/viewer/sign-in", {"Origin": "https://other.org"}, host="dsgrid.lab.org").status == 403


def test_a_token_in_an_address_is_refused_there_too(settings: Settings) -> None:
    app, told = server(settings)
    assert ask(app, "GET", "/viewer/", query=f"text=dsg_12345678_{'x' * 43}").status == 400
    assert told.scopes == []


def test_bodies_are_read_and_bounded_before(settings: Settings) -> None:
    app, told = server(settings, limits=Limits(body=1_024, body_time=0.1))
    assert ask(app, "POST", "/viewer/x", {"Content-Length": "9"}, parts=[b"four", b" five"]).status == 200
    assert told.body == b"four five"
    chunked = {"Transfer-Encoding": "chunked"}
    assert ask(app, "POST", "/viewer/x", chunked, parts=[b"x" * 2_000]).status == 413
    assert ask(app, "POST", "/viewer/x", chunked, parts=[b"x", b"y"], pause=0.5).status == 408
    assert len(told.scopes) == 1


def test_a_page_with_many_files_is_no_many_requests(settings: Settings) -> None:
    app, _ = server(settings, limits=Limits(requests=60, burst=3, requests_anonymous=1))
    files = ["/viewer/assets/viewer.css", "/viewer/_dash-component-suites/dash/x.js"] * 20
    assert {ask(app, "GET", path).status for path in files} == {200}
    assert [ask(app, "GET", "/viewer/").status for _ in range(5)] == [200] * 3 + [429] * 2
    assert ask(app, "GET", "/viewer/", client=("10.0.0.9", 1)).status == 200, "another browser"


def test_it_never_has_all_connections(settings: Settings) -> None:
    app, told = server(settings, limits=Limits(connections=4))

    async def run() -> list[int]:
        told.free = asyncio.Event()
        held = [asyncio.ensure_future(asked(app, "GET", "/viewer/")) for _ in range(2)]
        await asyncio.sleep(0.05)
        refused = await asked(app, "GET", "/viewer/")
        api = await asked(app, "GET", "/v1/health")
        told.free.set()
        answers = await asyncio.gather(*held)
        after = await asked(app, "GET", "/viewer/")
        return [refused.status, api.status, *(each.status for each in answers), after.status]

    assert asyncio.run(run()) == [503, 200, 200, 200, 200]


def test_it_ends_with_the_server(settings: Settings) -> None:
    app, told = server(settings)
    with TestClient(app):
        assert not told.is_closed
    assert told.is_closed
    with pytest.raises(httpx.ConnectError, match="ends"):
        told.way.handle_request(httpx.Request("GET", "http://localhost/v1/health"))


# ---- the way inside


@pytest.fixture
def inside(settings: Settings) -> Iterator[tuple[FastAPI, Way]]:
    app, told = server(settings)
    with TestClient(app):
        yield app, told.way


def test_it_asks_through_all_guards(inside: tuple[FastAPI, Way]) -> None:
    app, way = inside
    with httpx.Client(transport=way, base_url="http://localhost") as client:
        assert client.get("/v1/projects").status_code == 401
        assert client.get("/v1/projects", headers={"Authorization": "Bearer dsg_wrong"}).status_code == 401
        _, token = app.state.context.tokens.make("ada", "reader", expires_at=None, by="")
        mine = {"Authorization": f"Bearer {token}"}
        assert client.get("/v1/projects", headers=mine).json()["total"] == 1
        assert client.get("/v1/datasets", headers=mine, params={"search": "ü &x"}).status_code == 200
        assert client.post("/v1/queries", headers=mine, content=b"x").status_code == 403
        assert client.get("/v1/projects", headers={**mine, "Host": "evil.example"}).status_code == 421


def test_many_ask_at_once_and_all_are_answered(inside: tuple[FastAPI, Way]) -> None:
    app, way = inside
    _, token = app.state.context.tokens.make("ada", "reader", expires_at=None, by="")
    client = httpx.Client(transport=way, base_url="http://localhost", headers={"Authorization": f"Bearer {token}"})
    with client, ThreadPoolExecutor(24) as threads:
        found = list(threads.map(lambda _: client.get("/v1/projects").status_code, range(120)))
    assert found == [200] * 120


def test_wrong_tokens_count_for_the_browser_that_sends_them(settings: Settings) -> None:
    app = make_app(replace(settings, limits=Limits(failed_tokens=2)), {"warm": ToldRunner()}, viewer_of(settings))
    with TestClient(app, client=("10.0.0.7", 5)) as client:
        for number in range(3):
            last = client.post("/viewer/sign-in", data={"token": f"dsg_{number}"})
        assert "too many requests" in last.text
        wrong = {"Authorization": "Bearer dsg_x"}
        assert client.get("/v1/me", headers=wrong).status_code == 429
    elsewhere = asyncio.run(asked(app, "GET", "/v1/me", wrong, client=("10.0.0.8", 5)))
    assert elsewhere.status == 401


def test_an_answer_that_is_slow_is_given_up(settings: Settings) -> None:
    async def never(_scope: Any, _receive: Any, _send: Any) -> None:
        await asyncio.sleep(60)

    with looping() as loop:
        way = Way(never)
        way.open(loop)
        request = httpx.Request("GET", "http://localhost/", extensions={"timeout": {"read": 0.05}})
        with pytest.raises(httpx.ReadTimeout):
            way.handle_request(request)


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    async def broken(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError("cut")

    with looping() as loop:
        way = Way(broken)
        way.open(loop)
        client = httpx.Client(transport=way, base_url="http://localhost")
        with client, pytest.raises(httpx.RemoteProtocolError):
            client.get("/")


def test_who_takes_no_more_lets_the_application_end() -> None:
    ended = threading.Event()

    async def endless(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):
            await send({"type": "http.response.body", "body": b"x" * 1_000, "more_body": True})
        assert (await receive())["type"] == "http.disconnect"
        ended.set()

    with looping() as loop:
        way = Way(endless)
        way.open(loop)
        client = httpx.Client(transport=way, base_url="http://localhost")
        with client, client.stream("GET", "/") as answer:
            next(answer.iter_raw())
        assert ended.wait(5)


class looping:  # noqa: N801  # used as a function is
    """A loop in a thread."""

    def __enter__(self) -> asyncio.AbstractEventLoop:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        return self.loop

    def __exit__(self, *_given: object) -> None:
        async def all_ended() -> None:
            others = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
            for each in others:
                each.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(all_ended(), self.loop).result(5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()


# ---- the viewer itself, mounted


def test_the_viewer_signs_in_and_shows_through_the_server(settings: Settings, tmp_path: Path) -> None:
    app = make_app(settings, {"warm": ToldRunner()}, viewer_of(settings))
    with TestClient(app, base_url="http://localhost:8000", follow_redirects=False) as client:
        assert client.get("/viewer/projects/x").headers["Location"] == "/viewer/sign-in?next=%2Fviewer%2Fprojects%2Fx"
        _, token = app.state.context.tokens.make("ada", "reader", expires_at=None, by="")
        answer = client.post("/viewer/sign-in", data={"token": token, "next": "/viewer/projects/x"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/viewer/projects/x")
        assert "Path=/viewer/" in answer.headers["Set-Cookie"]
        page = client.get("/viewer/projects/x")
        assert page.status_code == 200
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert client.get("/v1/projects").status_code == 401, "the cookie is no token of the API"


def test_behind_a_proxy_with_a_path_its_addresses_have_that_path(settings: Settings) -> None:
    made = replace(settings, url="https://lab.org/dsgrid/")
    app = make_app(made, {"warm": ToldRunner()}, viewer_of(made))
    with TestClient(app, base_url="http://lab.org", follow_redirects=False) as client:
        assert (
            client.get("/viewer/jobs")
            .headers["Location"]
            .startswith("/dsgrid/viewer/sign-in?next=%2Fdsgrid%2Fviewer%2Fjobs")
        )
        _, token = app.state.context.tokens.make("ada", "reader", expires_at=None, by="")
        origin = {"Origin": "https://lab.org"}
        cookie = client.post("/viewer/sign-in", data={"token": token}, headers=origin).headers["Set-Cookie"]
        assert "Path=/dsgrid/viewer/" in cookie
        assert "; Secure" in cookie
