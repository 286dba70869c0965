"""The viewer as users start it: `dsgrid viewer` in a process of its own, and `dsgrid serve --viewer`."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.api.server import running_server
from tests.viewer.own_viewer import Started
from tests.viewer.site import Site


@pytest.fixture
def started(site: Site, tmp_path: Path) -> Iterator[Started]:
    made = Started(site.server.url, tmp_path)
    yield made
    made.close()


def test_a_viewer_says_where_it_is_and_ends_in_order(started: Started) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", started.start()), "no token is kept, so there is no key"
    with httpx.Client(base_url=started.home, trust_env=False) as client:
        assert client.get("/projects").headers["Location"] == "/sign-in?next=%2Fprojects"
    said = started.log.read_text()
    assert "no token is kept for the server" in said
    assert started.stop(signal.SIGTERM) == 0
    assert started.log.read_text() == said, "nothing more is said: neither a request nor a traceback"


def test_the_server_tells_of_its_viewer(site: Site) -> None:
    assert f"viewer          {site.home}" in site.server.said()


def test_no_log_has_a_token_or_what_an_address_asks_for(site: Site) -> None:
    token = site.server.token("reader", "secretive")
    cookies = site.signed_in(token)
    with httpx.Client(base_url=site.home, cookies=dict(cookies), trust_env=False) as client:
        client.get("projects/x", params={"search": "a-secret-search"})
    said = site.server.said()
    assert "/viewer/projects/x" in said
    for secret in (token, token[-20:], "a-secret-search", *cookies.values()):
        assert secret not in said


@pytest.mark.slow
def test_a_key_signs_in_and_is_written_nowhere(site: Site, tmp_path: Path) -> None:
    started = Started(site.server.url, tmp_path, site.token("reader"))
    try:
        key = started.start("--name", "viewer.lab.org").partition("?key=")[2]
        assert len(key) >= 32
        assert "whoever has this address is reader (reader) there" in started.log.read_text()
        said = started.log.read_text()
        with httpx.Client(base_url=started.home, trust_env=False) as client:
            assert client.get(f"/?key={key}").headers["Location"] == "/"
            assert client.get("/").status_code == 200
            assert client.get("/sign-in", headers={"Host": "viewer.lab.org"}).status_code == 200
            assert client.get("/sign-in", headers={"Host": "other.lab.org"}).status_code == 421
        assert started.log.read_text() == said
        assert started.stop(signal.SIGINT) == 0
    finally:
        started.close()


@pytest.mark.slow
def test_a_server_at_a_unix_socket_is_shown(demo_registry: Path, tmp_path: Path) -> None:
    place = Path(os.path.relpath(tmp_path)) / "s"
    with running_server(demo_registry, tmp_path / "server", listen={"socket": str(tmp_path / "s")}) as server:
        assert place.exists()
        started = Started(f"unix://{tmp_path / 's'}", tmp_path, server.token("reader"))
        try:
            opened = started.start()
            with httpx.Client(trust_env=False, follow_redirects=True) as client:
                assert client.get(opened).status_code == 200
        finally:
            started.close()
