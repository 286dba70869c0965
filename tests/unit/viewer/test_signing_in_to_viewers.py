"""Signing in: what the cookie is, where one gets to, how often one may be wrong, and what ends a session."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.showing import TOKEN, Viewer, answering, problem, words

from dsgrid.client.address import parse_address
from dsgrid.client.transport import Transport
from dsgrid.viewer.attempts import Attempts
from dsgrid.viewer.sessions import IDLE, Sessions
from dsgrid.viewer.sign_in import safe
from dsgrid.viewer.visit import way_in

ME = {"name": "ada", "role": "analyst"}


def server_that_knows(*tokens: str) -> Any:
    """Return a server as a function of requests, with the tokens that it knows as its attribute."""
    known = set(tokens)

    def answer(request: httpx.Request) -> httpx.Response:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        answer.asked.append(request.url.path)  # type: ignore[attr-defined]
        if shown not in known:
            return problem(401, "wrong token" if shown else "no token", "no")
        return httpx.Response(200, json=ME if request.url.path == "/v1/me" else {"items": [], "total": 0, "next": None})

    answer.known = known  # type: ignore[attr-defined]
    answer.asked = []  # type: ignore[attr-defined]
    return answer


def test_the_cookie_is_for_this_viewer_alone_and_no_script_reads_it(viewer_of: ViewerOf) -> None:
    viewer = viewer_of(role=None, prefix="/viewer/")
    cookie = viewer.client.post("/sign-in", data={"token": TOKEN}).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/viewer/" in cookie
    assert "Secure" not in cookie, "the browser would not send it back to http://localhost"
    assert TOKEN not in cookie


@pytest.mark.parametrize(
    ("url", "host", "public"),
    [
        ("https://localhost/sign-in", None, None),
        ("http://localhost/sign-in", "dsgrid.lab.org", "https://dsgrid.lab.org"),
    ],
)
def test_the_cookie_stays_on_encrypted_ways(
    viewer_of: ViewerOf, url: str, host: str | None, public: str | None
) -> None:
    viewer = viewer_of(role=None, names=None, public=public)
    headers = {"Host": host} if host else {}
    answer = viewer.client.post(url, data={"token": TOKEN}, headers=headers)
    assert "; Secure" in answer.headers["Set-Cookie"]


def test_two_viewers_of_one_machine_do_not_sign_each_other_out(viewer_of: ViewerOf) -> None:
    viewer = viewer_of(role=None)
    names = {
        viewer.client.post("/sign-in", data={"token": TOKEN}, headers={"Host": f"localhost:{port}"})
        .headers["Set-Cookie"]
        .partition("=")[0]
        for port in (8050, 8051)
    }
    assert len(names) == 2


def test_a_session_that_the_browser_brings_along_is_never_taken_over(viewer_of: ViewerOf) -> None:
    viewer = viewer_of(server_that_knows(TOKEN), role=None)
    planted = "dsgrid_viewer=planted-by-somebody"
    answer = viewer.client.post("/sign-in", data={"token": TOKEN}, headers={"Cookie": planted})
    assert "planted" not in answer.headers["Set-Cookie"]
    assert viewer.flask.test_client().get("/", headers={"Cookie": planted}).status_code == 303


def test_signing_in_anew_ends_the_session_before(viewer_of: ViewerOf) -> None:
    viewer = viewer_of(server_that_knows(TOKEN))
    before = {"Cookie": viewer.cookie}
    other = viewer.flask.test_client(use_cookies=False)
    assert other.get("/jobs", headers=before).status_code == 200
    assert viewer.client.post("/sign-in", data={"token": TOKEN}).status_code == 303
    assert other.get("/jobs", headers=before).status_code == 303


def test_signing_out_ends_the_session_and_not_only_the_cookie(viewer_of: ViewerOf) -> None:
    viewer = viewer_of(server_that_knows(TOKEN))
    assert viewer.client.get("/jobs").status_code == 200
    assert viewer.client.post("/sign-out").status_code == 303
    other = viewer.flask.test_client(use_cookies=False)
    assert other.get("/jobs", headers={"Cookie": viewer.cookie}).status_code == 303


def test_a_link_signs_nobody_out(viewer_of: ViewerOf) -> None:
    viewer = viewer_of(server_that_knows(TOKEN))
    viewer.client.get("/sign-out")
    assert viewer.client.get("/_dash-layout").status_code == 200


@pytest.mark.parametrize(
    "after",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/viewer//evil.example",
        "/viewer/../v1/tokens",
        "/elsewhere",
        "javascript:alert(1)",
        "/viewer/\r\nSet-Cookie: a=b",
        "/viewer/sign-out",
        "http://[",
        "",
    ],
)
def test_nobody_is_led_out_of_the_viewer(after: str) -> None:
    assert safe(after, "/viewer/") == "/viewer/"


@pytest.mark.parametrize("after", ["/viewer/", "/viewer/projects/a%20b@1.0.0?tab=x&y=%C3%A9", "/viewer/jobs"])
def test_one_gets_to_the_page_that_was_asked_for(after: str, viewer_of: ViewerOf) -> None:
    assert safe(after, "/viewer/") == after
    viewer = viewer_of(role=None, prefix="/viewer/")
    answer = viewer.client.post("/sign-in", data={"token": TOKEN, "next": after})
    assert answer.headers["Location"] == after


def test_a_page_with_a_long_address_asks_who_comes_itself(viewer_of: ViewerOf) -> None:
    viewer = viewer_of(server_that_knows(TOKEN), role=None, prefix="/viewer/")
    address = f"/build?spec={'%C3%A9' * 1_300}"
    answer = viewer.client.get(address)
    assert answer.status_code == 200, "an address that holds another one would be refused"
    assert f'name="next" value="/viewer{address}"' in answer.text
    told = viewer.client.post("/sign-in", data={"token": TOKEN, "next": f"/viewer{address}"})
    assert (told.status_code, told.headers["Location"]) == (303, f"/viewer{address}")


@pytest.mark.parametrize("after", ["//evil.example/", "https://evil.example/", "javascript:alert(1)//"])
def test_a_long_address_of_elsewhere_is_no_way_in(after: str) -> None:
    assert way_in("/", f"{after}{'é' * 3_000}") == "/sign-in"


def test_what_an_address_says_stands_in_the_form_as_text(viewer_of: ViewerOf) -> None:
    page = viewer_of(role=None).client.get("/sign-in", query_string={"next": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_the_address_with_the_key_signs_in_and_leaves_the_key_behind(
    viewer_of: ViewerOf, caplog: pytest.LogCaptureFixture
) -> None:
    viewer = viewer_of(server_that_knows(TOKEN), role=None, key="right", own_token=TOKEN)
    with caplog.at_level(logging.DEBUG):
        answer = viewer.client.get("/?key=right")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "right" not in answer.text
    assert TOKEN not in answer.text + caplog.text
    assert viewer.client.get("/").status_code == 200


@pytest.mark.parametrize("options", [{}, {"key": "right", "own_token": TOKEN}])
def test_a_wrong_key_opens_nothing(viewer_of: ViewerOf, options: dict[str, str]) -> None:
    viewer = viewer_of(server_that_knows(TOKEN), role=None, **options)
    for address in ("/?key=wrong", "/?key=", "/?key=%C3%A9", "/jobs?key=wrong", "/?key=wrong&key=right"):
        answer = viewer.client.get(address)
        assert answer.status_code in (303, 401), address
        assert "Set-Cookie" not in answer.headers, address


def test_whoever_tries_tokens_is_told_to_wait_and_the_server_is_not_asked(viewer_of: ViewerOf) -> None:
    server = server_that_knows(TOKEN)
    viewer = viewer_of(server, role=None)
    statuses = [viewer.client.post("/sign-in", data={"token": f"dsg_{n}"}).status_code for n in range(13)]
    assert statuses == [401] * 10 + [429] * 3
    asked = server.asked.count("/v1/me")
    answer = viewer.client.post("/sign-in", data={"token": TOKEN})
    assert answer.status_code == 429
    assert "next try is possible in" in answer.text
    assert server.asked.count("/v1/me") == asked
    elsewhere = viewer.client.post("/sign-in", data={"token": TOKEN}, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 303


def test_keys_are_not_tried_for_long_either(viewer_of: ViewerOf) -> None:
    viewer = viewer_of(server_that_knows(TOKEN), role=None, key="right", own_token=TOKEN)
    assert [viewer.client.get(f"/?key={n}").status_code for n in range(12)][-2:] == [429, 429]
    assert viewer.client.get("/?key=right").status_code == 429


def test_a_minute_later_one_may_try_again() -> None:
    now = [0.0]
    attempts = Attempts(most=2, clock=lambda: now[0])
    attempts.failed("10.0.0.1")
    now[0] = 30.0
    attempts.failed("10.0.0.1")
    assert attempts.wait("10.0.0.1") == 30.0
    assert attempts.wait("10.0.0.2") == 0.0
    now[0] = 61.0
    assert attempts.wait("10.0.0.1") == 0.0


def test_the_addresses_of_one_network_are_one_client() -> None:
    attempts = Attempts(most=1)
    attempts.failed("2001:db8::1")
    assert attempts.wait("2001:db8::ffff") > 0
    assert attempts.wait("2001:db8:0:1::1") == 0


@pytest.mark.parametrize("token", ["", "   ", "two words", "dsg_\n_x", "ü"])
def test_what_cannot_be_a_token_is_told_without_asking(viewer_of: ViewerOf, token: str) -> None:
    server = server_that_knows(TOKEN)
    answer = viewer_of(server, role=None).client.post("/sign-in", data={"token": token})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert server.asked == []


def test_a_server_that_does_not_answer_is_no_wrong_token(viewer_of: ViewerOf) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request) from ConnectionRefusedError()

    viewer = viewer_of(refuse, role=None)
    answers = [viewer.client.post("/sign-in", data={"token": TOKEN}) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {502}
    assert "nobody listens there" in answers[0].text


def test_a_token_that_the_server_refuses_ends_its_session(viewer_of: ViewerOf) -> None:
    server = server_that_knows(TOKEN)
    viewer = viewer_of(server)
    server.known.clear()
    with viewer.at("/jobs") as visit, pytest.raises(Exception, match="no"):
        visit.ask.get("/datasets")
    assert viewer.client.get("/jobs").headers["Location"] == "/sign-in?next=%2Fjobs"


def sessions(clock: list[float]) -> Sessions:
    def connected(token: str | None) -> Transport:
        return Transport(parse_address("http://localhost"), token, handler=answering({}, ME))

    return Sessions(connected, clock=lambda: clock[0])


def test_who_does_nothing_for_long_is_signed_out() -> None:
    clock = [0.0]
    made = sessions(clock)
    key = made.begin("dsg_a")
    clock[0] = IDLE - 1
    assert made.get(key) is not None
    clock[0] += IDLE - 1
    assert made.get(key) is not None, "whoever does something stays"
    clock[0] += IDLE + 1
    assert made.get(key) is None
    assert made.get("") is None
    assert made.get(None) is None


def test_who_signs_in_again_and_again_puts_nobody_else_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsgrid.viewer.sessions.MOST_OF_ONE", 2)
    made = sessions([0.0])
    other = made.begin("dsg_other")
    keys = [made.begin("dsg_many") for _ in range(4)]
    assert made.get(other) is not None
    assert [made.get(key) is not None for key in keys] == [False, False, True, True]


def test_there_are_never_more_sessions_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsgrid.viewer.sessions.MOST", 2)
    made = sessions([0.0])
    keys = [made.begin(f"dsg_{number}") for number in range(3)]
    assert [made.get(key) is not None for key in keys] == [False, True, True]


def test_nobody_sees_pages_of_a_server_that_wants_a_token(viewer_of: ViewerOf) -> None:
    viewer = viewer_of(server_that_knows(TOKEN), role=None)
    for path in ("/", "/projects/a?tab=b", "/download/jobs/1/spec", "/jobs"):
        answer = viewer.client.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["Location"].startswith("/sign-in"), path
    for path in ("/_dash-layout", "/_dash-dependencies", "/_reload-hash"):
        assert viewer.client.get(path).status_code == 401, path


def test_everybody_sees_pages_where_the_server_lets_them(viewer_of: ViewerOf) -> None:
    viewer = viewer_of({"/me": {"name": "anonymous", "role": "reader"}}, role=None)
    assert viewer.client.get("/").status_code == 200
    assert viewer.client.get("/_dash-layout").status_code == 200


def test_callbacks_of_who_is_signed_out_change_nothing_but_the_notice(viewer_of: ViewerOf) -> None:
    viewer: Viewer = viewer_of(server_that_knows(TOKEN), role=None)
    asked = {"output": "jobs-list.children", "outputs": {"id": "jobs-list", "property": "children"}, "inputs": []}
    page = {"Referer": "http://localhost/jobs?mine=1"}
    answer = viewer.client.post("/_dash-update-component", json=asked, headers=page)
    document = answer.get_json()
    assert answer.status_code == 200
    assert document["response"] == {}
    notice = document["sideUpdate"]["notice"]
    assert notice["hidden"] is False
    assert "not signed in" in str(notice["children"])
    assert "/sign-in?next=%2Fjobs%3Fmine%3D1" in str(notice["children"])


def test_the_page_of_who_is_signed_out_says_so(viewer_of: ViewerOf) -> None:
    viewer = viewer_of(server_that_knows(TOKEN), role=None)
    asked = {
        "output": "..page.children...title.data...user.children..",
        "outputs": [
            {"id": "page", "property": "children"},
            {"id": "title", "property": "data"},
            {"id": "user", "property": "children"},
        ],
        "inputs": [
            {"id": "address", "property": "pathname", "value": "/jobs"},
            {"id": "address", "property": "search", "value": ""},
            {"id": "again", "property": "n_clicks", "value": None},
        ],
        "changedPropIds": ["address.pathname"],
    }
    shown = viewer.client.post("/_dash-update-component", json=asked).get_json()["response"]
    assert "You are not signed in" in str(shown["page"])
    assert shown["title"]["data"] == "Sign in · dsgrid"


def test_a_token_that_is_refused_is_told_with_the_way_back(viewer_of: ViewerOf) -> None:
    viewer = viewer_of(server_that_knows(TOKEN))
    with viewer.at("/datasets/homes?tab=checks") as visit:
        from dsgrid.client.failures import TokenError
        from dsgrid.viewer.parts.states import failed

        shown = failed(TokenError("http://localhost: no; `dsgrid login URL` keeps a token"), visit)
    assert "dsgrid login" not in words(shown)
    assert "expired or was revoked" in words(shown)
    assert "next=%2Fdatasets%2Fhomes%3Ftab%3Dchecks" in str(shown)
