"""What every request to a viewer passes: names, other origins, policies; and that ids and words stay text."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.showing import TOKEN, Viewer

CALLBACK = {"output": "x.children", "outputs": {"id": "x", "property": "children"}, "inputs": []}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8050", "[::1]:8050", "LOCALHOST:1", "viewer.lab.org"])
def test_it_answers_under_its_names(viewer_of: ViewerOf, host: str) -> None:
    viewer = viewer_of(role=None, names=frozenset({"Viewer.lab.org"}))
    assert viewer.client.get("/sign-in", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[", "a b"])
def test_it_answers_under_no_other_name(nobody: Viewer, host: str) -> None:
    answer = nobody.client.get("/sign-in", headers={"Host": host})
    assert answer.status_code in (400, 421)
    assert "Sign in" not in answer.text


def test_it_answers_at_the_very_address_that_is_asked(nobody: Viewer) -> None:
    client = nobody.client
    own = {"SERVER_NAME": "10.1.2.3"}
    assert client.get("/sign-in", headers={"Host": "10.1.2.3:8050"}, environ_overrides=own).status_code == 200
    assert client.get("/sign-in", headers={"Host": "10.1.2.4:8050"}, environ_overrides=own).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("path", ["/_dash-update-component", "/sign-in", "/sign-out"])
def test_pages_of_elsewhere_change_nothing(shared: Viewer, path: str, headers: dict[str, str]) -> None:
    viewer = shared
    answer = viewer.client.post(path, json=CALLBACK, headers=headers)
    assert answer.status_code == 403
    assert viewer.client.get("/_dash-layout").status_code == 200, "and sign nobody out"


def test_its_own_pages_may_ask(shared: Viewer) -> None:
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert shared.client.post("/sign-in", data={"token": TOKEN}, headers=headers).status_code == 303


def test_a_link_of_elsewhere_leads_here_and_nothing_else_does(shared: Viewer) -> None:
    client = shared.client
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/projects/a", headers=link).status_code == 200
    assert client.get("/projects/a", headers={**link, "Sec-Fetch-Dest": "iframe"}).status_code == 403
    for mode in ("no-cors", "cors", "same-origin"):
        headers = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": mode}
        assert client.get("/download/jobs/a1/spec", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/projects/x", "/sign-in", "/assets/viewer.css", "/_dash-layout", "/sign-in?next=x"]
)
def test_every_answer_says_what_browsers_may_do_with_it(shared: Viewer, path: str) -> None:
    headers = shared.client.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert "http" not in policy["script-src"]
    assert policy["connect-src"] == "'self'"
    assert policy["form-action"] == "'self'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"


def test_pages_are_kept_by_nobody(shared: Viewer) -> None:
    client = shared.client
    for path in ("/", "/_dash-layout", "/sign-in"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path


def test_the_page_holds_nothing_that_comes_from_elsewhere_and_no_token(shared: Viewer) -> None:
    client = shared.client
    text = client.get("/").text + client.get("/_dash-layout").text + client.get("/sign-in").text
    assert TOKEN not in text
    for address in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert address.startswith("/"), address


def test_scripts_of_an_address_or_a_cookie_are_text(shared: Viewer) -> None:
    client = shared.client
    evil = "<script>alert(1)</script>"
    for path in (f"/{evil}", f"/projects/{evil}?tab={evil}", f"/sign-in?next={evil}", f"/download/{evil}"):
        answer = client.get(path)
        assert evil not in answer.text, path
    assert evil not in client.get("/", headers={"Cookie": f"dsgrid_viewer={evil}"}).text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"output": 1}', b'{"inputs": {}}', b"\xff" * 10])
def test_a_callback_that_is_none_tells_nothing_of_the_program(shared: Viewer, body: bytes) -> None:
    answer = shared.client.post("/_dash-update-component", data=body, content_type="application/json")
    assert 400 <= answer.status_code <= 500
    for word in ("Traceback", "File ", "site-packages", "werkzeug", "KeyError"):
        assert word not in answer.text


def test_a_body_that_is_too_large_is_refused(shared: Viewer) -> None:
    answer = shared.client.post("/_dash-update-component", data=b" " * (3 << 20), content_type="application/json")
    assert answer.status_code == 413


@pytest.mark.parametrize("prefix", ["/", "/viewer/", "/lab/dsgrid/viewer/"])
def test_all_addresses_of_a_page_are_below_its_own(viewer_of: ViewerOf, prefix: str) -> None:
    viewer: Any = viewer_of(prefix=prefix)
    text = viewer.client.get("/").text
    for address in re.findall(r'(?:src|href|action)="([^"]+)"', text):
        assert address.startswith(prefix), address
    found = json.dumps(viewer.client.get("/_dash-layout").get_json())
    for address in re.findall(r'"href": ?"([^"#]+)"', found):
        assert address.startswith(prefix), address
