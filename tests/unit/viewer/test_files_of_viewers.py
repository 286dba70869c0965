"""Files: what browsers keep is packed once and lasts; downloads come as they are, with the user's rights."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.showing import Viewer, problem

from dsgrid.viewer import kept_files

GZIP = {"Accept-Encoding": "gzip"}


def addresses(viewer: Viewer) -> list[str]:
    page = viewer.client.get("/").text
    return re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', page)


def test_everything_that_a_page_loads_may_be_kept_for_ever(shared: Viewer) -> None:
    viewer = shared
    found = addresses(viewer)
    assert len(found) > 10
    for address in found:
        answer = viewer.client.get(address, headers=GZIP)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", address
        if len(answer.data) >= 1_024:
            assert answer.headers["Content-Encoding"] == "gzip", address


def test_a_file_is_packed_once(shared: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = shared
    address = next(each for each in addresses(viewer) if "dash_renderer" in each)
    first = viewer.client.get(address, headers=GZIP).data

    def fail(*_given: object, **_more: object) -> bytes:
        raise AssertionError("packed once more")

    monkeypatch.setattr(gzip, "compress", fail)
    # A made-up mark is no new file, or the memory of who asks for many would be ours.
    for asked in (address, re.sub(r"m\d+\.", "m99.", address)):
        again = viewer.client.get(asked, headers=GZIP)
        assert again.data == first
        assert again.headers["Content-Type"].startswith("text/javascript")


def test_who_cannot_unpack_gets_it_plain(shared: Viewer) -> None:
    viewer = shared
    packed = viewer.client.get("/assets/viewer.css?m=1", headers=GZIP)
    plain = viewer.client.get("/assets/viewer.css?m=1", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data == (kept_files.ASSETS / "viewer.css").read_bytes()
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_a_file_without_its_mark_is_asked_for_again(shared: Viewer) -> None:
    assert "immutable" not in shared.client.get("/assets/viewer.css").headers["Cache-Control"]


@pytest.fixture
def own_cache() -> Iterator[None]:
    """What is known of files is forgotten after the test."""
    yield
    for cached in (kept_files.mark_of, kept_files._content):
        cached.cache_clear()


@pytest.mark.usefixtures("own_cache")
def test_the_mark_of_a_file_follows_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_files, "ASSETS", tmp_path)
    marks = set()
    for content in ("a", "b"):
        (tmp_path / "x.css").write_text(content)
        for cached in (kept_files.mark_of, kept_files._content):
            cached.cache_clear()
        marks |= {kept_files.mark_of("x.css"), kept_files.mark_of("all.css")}
    assert len(marks) == 2


def test_styles_and_scripts_come_in_one_file_each(shared: Viewer) -> None:
    styles = shared.client.get("/assets/all.css").text
    scripts = shared.client.get("/assets/all.js").text
    for name in ("viewer.css", "connection.css"):
        assert (kept_files.ASSETS / name).read_text() in styles
    for name in ("viewer.js", "connection.js"):
        assert (kept_files.ASSETS / name).read_text() in scripts
    assert "Before anything is drawn" not in scripts, "that comes first, by itself"
    assert shared.client.get("/assets/all.py").status_code == 404


def test_a_file_that_has_not_changed_is_not_sent_again(shared: Viewer) -> None:
    first = shared.client.get("/assets/viewer.css", headers=GZIP)
    again = shared.client.get("/assets/viewer.css", headers={**GZIP, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../app.py",
        "/assets/%2e%2e/app.py",
        "/assets/..%2fapp.py",
        "/_dash-component-suites/dsgrid.viewer/app.py",
        "/_dash-component-suites/dash/../../../etc/passwd",
        "/assets//etc/passwd",
    ],
)
def test_no_other_file_is_given(shared: Viewer, path: str) -> None:
    answer = shared.client.get(path)
    # What is no file of the viewer is a page at most: one that says that there is none.
    assert answer.status_code >= 300 or answer.text.startswith("<!doctype html>")
    assert "def " not in answer.text
    assert "root:" not in answer.text


# ---- downloads


def told(seen: list[httpx.Request], body: bytes = b"state,value\nCO,1\n", **headers: str) -> ViewerOf:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path == "/v1/me":
            return httpx.Response(200, json={"name": "ada", "role": "analyst"})
        return httpx.Response(200, content=body, headers={"Content-Type": "text/csv", **headers})

    return answer  # type: ignore[return-value]


def test_a_download_comes_as_the_server_has_it(viewer_of: ViewerOf) -> None:
    seen: list[httpx.Request] = []
    named = {"Content-Disposition": 'inline; filename="table.csv"', "ETag": '"a"'}
    viewer = viewer_of(told(seen, **named))
    answer = viewer.client.get("/download/jobs/a1b2/result/table.csv?columns=state&columns=value&where=state%3DCO")
    assert answer.data == b"state,value\nCO,1\n"
    assert answer.headers["ETag"] == '"a"'
    assert answer.headers["Content-Disposition"] == 'attachment; filename="table.csv"', "saved, and not shown"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    asked = seen[-1]
    assert asked.url.raw_path == b"/v1/jobs/a1b2/result/table.csv?columns=state&columns=value&where=state%3DCO"
    assert asked.headers["Authorization"].startswith("Bearer ")
    assert asked.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "path",
    [
        "tokens",
        "audit",
        "me",
        "jobs",
        "jobs/a1/cancel",
        "jobs/a1/result/../../../tokens",
        "jobs/a1/files/..%2f..%2f..%2ftokens",
        "jobs/a1/files/%252e%252e/x",
        "entries/x/../../tokens/records",
        "//evil.example/jobs/a1/spec",
        "http://evil.example/jobs/a1/spec",
        "jobs/a1/files/",
    ],
)
def test_nothing_else_is_fetched(viewer_of: ViewerOf, path: str) -> None:
    seen: list[httpx.Request] = []
    viewer = viewer_of(told(seen))
    before = len(seen)
    viewer.client.get(f"/download/{path}")
    for request in seen[before:]:
        assert request.url.host == "localhost"
        assert re.match(rb"/v1/jobs/a1/files/%25", request.url.raw_path), request.url.raw_path


@pytest.mark.parametrize("name", ["a b?c#d.csv", "ü/é.csv", "100%.csv", "<b>.csv"])
def test_odd_names_of_files_stay_what_they_are(viewer_of: ViewerOf, name: str) -> None:
    from urllib.parse import quote, unquote

    seen: list[httpx.Request] = []
    viewer_of(told(seen)).client.get(f"/download/jobs/a1/files/{quote(name)}")
    assert unquote(seen[-1].url.raw_path.decode()) == f"/v1/jobs/a1/files/{name}"


def test_a_download_that_the_server_refuses_says_why(viewer_of: ViewerOf) -> None:
    viewer = viewer_of({"/jobs/a1/spec": problem(410, "gone", "the <b>result</b> is gone")})
    answer = viewer.client.get("/download/jobs/a1/spec")
    assert answer.status_code == 404
    assert "the &lt;b&gt;result&lt;/b&gt; is gone" in answer.text
    assert "Content-Disposition" not in answer.headers


def test_a_download_that_breaks_off_does_not_look_whole(viewer_of: ViewerOf) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise httpx.ReadError("cut")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/me":
            return httpx.Response(200, json={"name": "ada", "role": "analyst"})
        return httpx.Response(200, content=broken(), headers={"Content-Length": "8"})

    response = viewer_of(answer).client.get("/download/jobs/a1/log", buffered=False)
    with pytest.raises(Exception, match="localhost"):
        b"".join(response.iter_encoded())


def test_downloads_leave_places_for_pages(viewer_of: ViewerOf) -> None:
    viewer = viewer_of(told([]))
    held = [viewer.client.get("/download/jobs/a1/log", buffered=False) for _ in range(8)]
    refused = viewer.client.get("/download/jobs/a1/log")
    assert (refused.status_code, "Many files" in refused.text) == (503, True)
    assert viewer.client.get("/").status_code == 200
    for each in held:
        each.close()
    assert viewer.client.get("/download/jobs/a1/log").status_code == 200
    assert [viewer.client.get("/download/jobs/zz/log").status_code for _ in range(9)] == [404] * 9, "refusals hold none"
    assert viewer.client.get("/download/jobs/a1/log").status_code == 200
