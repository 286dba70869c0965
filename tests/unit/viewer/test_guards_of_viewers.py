"""What every request to a viewer passes: names, other origins, policies; and that ids and words stay text."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.showing import TOKEN, Viewer, problem

from dsgrid.viewer.callbacks import is_sound
from dsgrid.viewer.problems import line_of

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


SEARCH = {
    "output": "search-hits.children",
    "outputs": {"id": "search-hits", "property": "children"},
    "inputs": [{"id": "search", "property": "value", "value": "x"}],
    "state": [],
    "changedPropIds": ["search.value"],
}
FORGED = (
    *(b"", b"{", b"[]", b"null", b'"x"', b'{"output": 1}', b'{"output": ["a"]}', b'{"inputs": {}}', b"\xff" * 10),
    *(b"[" * 100_000, b'{"output":' * 50_000, json.dumps(CALLBACK).encode()),
    *(
        json.dumps({**SEARCH, **change}).encode()
        for change in (
            {"output": "..search-hits.children.."},
            {"outputs": None},
            {"outputs": [{}]},
            {"inputs": []},
            {"inputs": None},
            {"inputs": [None]},
            {"inputs": [[]]},
            {"inputs": [{"id": "search", "property": "value", "value": "\ud800"}]},
            {"inputs": [{"id": "search", "property": "value", "value": {"a": 1}}]},
            {"inputs": [{"id": "search", "property": "id", "value": "x"}]},
            {"inputs": [{"id": {"a": "b"}, "property": "value", "value": "x"}]},
            {"inputs": [{"id": "address", "property": "value", "value": "x"}]},
            {"state": [{"id": "search", "property": "value", "value": "x"}]},
            {"state": "x"},
            {"changedPropIds": [1]},
            {"changedPropIds": {"a": "b"}},
        )
    ),
)


@pytest.mark.parametrize("body", FORGED, ids=lambda body: body[:12].decode("latin-1") + str(len(body)))
def test_what_no_page_asks_of_a_callback_is_refused_and_no_defect(
    shared: Viewer, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = shared.client.post("/_dash-update-component", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.text == "no page of the viewer asks this\n"
    assert not caplog.records


def test_what_pages_ask_of_callbacks_is_answered(shared: Viewer) -> None:
    assert shared.client.post("/_dash-update-component", json=SEARCH).status_code == 200
    first = {**SEARCH, "inputs": [{"id": "search", "property": "value"}], "changedPropIds": []}
    assert shared.client.post("/_dash-update-component", json=first).status_code in (200, 204)


def test_patterns_of_ids_fit_those_that_pages_have() -> None:
    rows = {"id": '{"grid":["MATCH"],"part":"rows"}', "property": "data"}
    seen = {"id": '{"job":["ALL"],"type":"seen"}', "property": "data"}
    asked = {
        "output": "a.b",
        "outputs": {"id": "a", "property": "b"},
        "inputs": [{"id": {"grid": "g", "part": "rows"}, "property": "data", "value": {"a": 1}}],
        "state": [[{"id": {"job": "1", "type": "seen"}, "property": "data"}]],
        "changedPropIds": ['{"grid":"g","part":"rows"}.data'],
    }
    assert is_sound(asked, [rows], [seen])
    assert is_sound({**asked, "state": [[]]}, [rows], [seen]), "there may be none"
    for id in ({"grid": "g", "part": "other"}, {"grid": "g"}, {"grid": {}, "part": "rows"}, "g"):
        assert not is_sound({**asked, "inputs": [{"id": id, "property": "data"}]}, [rows], [seen]), id
    assert not is_sound({**asked, "state": [asked["state"][0][0]]}, [rows], [seen])


@pytest.mark.parametrize("role", ["analyst", None])
def test_odd_headers_are_no_defects(viewer_of: ViewerOf, role: str | None, caplog: pytest.LogCaptureFixture) -> None:
    viewer = viewer_of(lambda _request: problem(401, "no token", "no"), role=role) if role is None else viewer_of()
    for name, value in (
        ("Referer", "http://["),
        ("Referer", "javascript:alert(1)"),
        ("Origin", "http://["),
        ("Cookie", "dsgrid_viewer=\udcff; \x01=;;="),
        ("Accept-Encoding", "gzip;q=x, *;q=-1"),
        ("If-None-Match", "x" * 5_000),
        ("If-Modified-Since", "yesterday"),
        ("Range", "bytes=9-1,x"),
        ("Content-Type", "application/json; charset=none"),
        ("X-Forwarded-For", "\xff"),
    ):
        headers = {name: value.encode("utf-8", "replace").decode("latin-1")}
        for path in ("/", "/projects/x", "/sign-in", "/assets/all.css"):
            assert viewer.client.get(path, headers=headers).status_code < 500, (path, name, value)
        for path in ("/_dash-update-component", "/sign-in"):
            data = json.dumps(SEARCH)
            answer = viewer.client.post(path, data=data, headers={"Content-Type": "application/json", **headers})
            assert answer.status_code < 500, (path, name, value)
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("path", ["dash/dash.py", "dash/../../../etc/passwd", "flask/app.py", "dash/none.js", "x/y"])
def test_files_of_programs_are_not_there(nobody: Viewer, path: str, caplog: pytest.LogCaptureFixture) -> None:
    assert nobody.client.get(f"/_dash-component-suites/{path}").status_code == 404
    assert not caplog.records


def test_a_defect_fills_no_log_however_often_it_is_brought_about(
    shared: Viewer, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> str:
        try:
            {}["the same"]
        except KeyError as error:
            return line_of(error)
        return ""

    assert len({told() for _ in range(3)}) == 1, "one number"
    assert [bool(record.exc_info) for record in caplog.records] == [True, False, False]


def test_who_has_not_signed_in_brings_about_no_defect(viewer_of: ViewerOf, caplog: pytest.LogCaptureFixture) -> None:
    client = viewer_of(lambda _request: problem(401, "no token", "no"), role=None).client
    for body in (*FORGED, json.dumps(SEARCH).encode()):
        answer = client.post("/_dash-update-component", data=body, content_type="application/json")
        assert answer.status_code in (200, 401)
        assert "not signed in any more" in answer.text
    assert not caplog.records


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
