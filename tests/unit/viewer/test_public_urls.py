"""A viewer behind a proxy: what users call it, and what it makes of that."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.showing import TOKEN

from dsgrid import cli
from dsgrid.errors import UsageError
from dsgrid.viewer import serving
from dsgrid.viewer.public import Public, checked_proxies, origin_of, parse_public


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("https://lab.org", Public("https://lab.org/", "lab.org", "/")),
        ("https://Lab.org:443/", Public("https://lab.org/", "lab.org", "/")),
        ("http://lab.org:8080/a/b/", Public("http://lab.org:8080/a/b/", "lab.org", "/a/b/")),
        ("https://[2001:db8::1]:8443/a", Public("https://[2001:db8::1]:8443/a/", "2001:db8::1", "/a/")),
    ],
)
def test_a_url_says_the_name_and_the_path(text: str, public: Public) -> None:
    assert parse_public(text) == public


@pytest.mark.parametrize(
    "text",
    [
        *("", "lab.org", "lab.org/a", "ftp://lab.org", "https://", "https://lab.org:x", "http://[", "https:///a"),
        *("https://ada:secret@lab.org", "https://lab.org/?a=b", "https://lab.org/#a", "https://lab.org//evil.org"),
        *("https://lab.org/../a", 'https://lab.org/"><script>', "https://lab.org/a b", "https://lab.org/{x}"),
    ],
)
def test_what_is_no_such_url_is_refused_and_no_secret_is_told(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_public(text)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(("url", "origin"), [(None, ""), ("x", ""), ("HTTPS://Lab.org/a", "https://lab.org")])
def test_an_origin_is_as_browsers_say_it(url: str | None, origin: str) -> None:
    assert origin_of(url) == origin


def test_proxies_are_addresses_or_networks() -> None:
    assert checked_proxies(["10.0.0.2", "10.1.0.0/16", "::1"]) == ("10.0.0.2", "10.1.0.0/16", "::1")
    for wrong in ("*", "proxy.lab.org", "10.0.0.1/8", ""):
        with pytest.raises(UsageError, match="no address of a proxy"):
            checked_proxies([wrong])


def test_the_command_hands_both_on(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(serving, "serve_viewer", lambda _url, **more: calls.append(more))
    monkeypatch.setattr(serving, "leave_threads", lambda: None)
    assert cli.run(["viewer", "--public", "https://lab.org/a", "--proxy", "10.0.0.2", "--proxy", "10.0.0.3"]) == 0
    assert (calls[0]["public"], calls[0]["proxies"]) == ("https://lab.org/a", ("10.0.0.2", "10.0.0.3"))


def test_tokens_are_asked_for_on_encrypted_ways_only(capsys: pytest.CaptureFixture[str]) -> None:
    nobody = ["--url", "http://127.0.0.1:1"]
    assert cli.run(["viewer", *nobody, "--public", "http://lab.org/a"]) == 2
    assert "unencrypted" in capsys.readouterr().err
    for more in (["http://localhost:8080/a"], ["http://lab.org/a", "--insecure"], ["https://lab.org/a"]):
        assert cli.run(["viewer", *nobody, "--public", *more]) == 12, "what it asks is not there"


@pytest.mark.parametrize("host", ["lab.org:8443", "lab.org", "127.0.0.1:8050"])
def test_its_own_pages_may_ask_whatever_name_the_proxy_hands_on(viewer_of: ViewerOf, host: str) -> None:
    viewer = viewer_of(role=None, names=frozenset({"lab.org"}), public="https://lab.org:8443/a/", prefix="/a/")
    own = {"Host": host, "Origin": "https://lab.org:8443", "Sec-Fetch-Site": "same-origin"}
    answer = viewer.client.post("/sign-in", data={"token": TOKEN}, headers=own)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/a/")
    assert "; Secure" in answer.headers["Set-Cookie"]
    for origin in ("https://lab.org:8444", "https://evil.example", "null"):
        assert viewer.client.post("/sign-in", data={}, headers={**own, "Origin": origin}).status_code == 403
