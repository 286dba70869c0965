"""A real proxy before the server and its viewer, set up as the guide says: all that users do works through it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.viewer import nginx
from tests.viewer.browser import Browser
from tests.viewer.nginx import Front
from tests.viewer.own_viewer import Started
from tests.viewer.site import Site, running_site

from dsgrid.client.connecting import connect

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(nginx.missing()), reason=nginx.missing() or "there is one"),
]
QUERY = """
spec_version = 1
job = "query"
name = "by_state"
project = "three_states_2018"
datasets = ["commercial_2018"]
[[step]]
by = ["state"]
over = ["scenario"]
"""
LIMITS = {"failed_tokens": 12}


@dataclass
class Behind:
    """A site behind a proxy.

    Attributes
    ----------
    url
        What users call the server.
    path
        The path in it.
    """

    site: Site
    front: Front
    url: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def origin(self) -> str:
        return self.url.removesuffix(self.path)

    def client(self, role: str | None = None, source: str = "127.0.0.2", **options: object) -> httpx.Client:
        """Return a client of another address than the proxy's."""
        headers = {"Authorization": f"Bearer {self.site.token(role)}"} if role is not None else {}
        way = httpx.HTTPTransport(local_address=source, verify=self.front.trusted())
        return httpx.Client(base_url=self.url, transport=way, headers=headers, timeout=60.0, trust_env=False)

    def sign_in(self, client: httpx.Client, token: str, next: str = "", **headers: str) -> httpx.Response:
        """Sign in as the form of the page does."""
        sent = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", **headers}
        return client.post(f"{self.url}/viewer/sign-in", data={"token": token, "next": next}, headers=sent)


@pytest.fixture(scope="module", params=["https", "https below a path", "http below a path"])
def behind(
    request: pytest.FixtureRequest, demo_registry: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    front = Front(tmp_path_factory.mktemp("nginx"))
    url = front.https if request.param.startswith("https") else front.http
    if "path" in request.param:
        url += "/dsgrid"
    folder = tmp_path_factory.mktemp("behind")
    with running_site(demo_registry, folder, url=url, proxies=["127.0.0.1"], limits=LIMITS) as site:
        port = urlsplit(site.server.url).port or 0
        if "path" in request.param:
            servers = front.below("/dsgrid", port, is_secure=url.startswith("https"))
        else:
            servers = front.of_its_own(port)
        with nginx.running(front, servers):
            yield Behind(site, front, url)


def test_a_browser_is_led_to_the_form_and_from_there_to_its_page(behind: Behind) -> None:
    with behind.client() as client:
        first = client.get(f"{behind.url}/", headers={"Accept": "text/html"})
        assert first.status_code == 307
        assert str(first.url.join(first.headers["Location"])) == f"{behind.url}/viewer/"
        shut = client.get(f"{behind.url}/viewer/projects/three_states_2018?tab=versions")
        assert shut.status_code == 303
        form = client.get(shut.url.join(shut.headers["Location"]))
        assert form.status_code == 200
        files = re.findall(r'(?:src|href)="([^"]+)"', form.text)
        assert len(files) >= 3
        for each in files:
            assert client.get(form.url.join(each)).status_code == 200, each
        after = re.search(r'name="next" value="([^"]+)"', form.text)
        assert after is not None
        assert after[1] == f"{behind.path}/viewer/projects/three_states_2018?tab=versions"


def test_the_cookie_is_for_the_viewer_alone_and_leaves_no_encrypted_way(behind: Behind) -> None:
    with behind.client() as client:
        answer = behind.sign_in(client, behind.site.token("reader"))
        assert answer.status_code == 303, answer.text
        cookie = answer.headers["Set-Cookie"]
        assert f"Path={behind.path}/viewer/" in cookie
        assert ("; Secure" in cookie) == behind.url.startswith("https:")
        assert answer.headers["Location"] == f"{behind.path}/viewer/"
        page = client.get(f"{behind.url}/viewer/")
        assert page.status_code == 200
        for each in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            found = client.get(page.url.join(each))
            assert found.status_code == 200, each
        asked = {
            "output": "..page.children...title.data...user.children..",
            "outputs": [
                {"id": id, "property": name}
                for id, name in (("page", "children"), ("title", "data"), ("user", "children"))
            ],
            "inputs": [
                {"id": "address", "property": "pathname", "value": f"{behind.path}/viewer/"},
                {"id": "address", "property": "search", "value": ""},
                {"id": "again", "property": "n_clicks", "value": None},
            ],
            "changedPropIds": ["address.pathname"],
        }
        own = {"Origin": behind.origin, "Sec-Fetch-Site": "same-origin"}
        shown = client.post(f"{behind.url}/viewer/_dash-update-component", json=asked, headers=own)
        assert shown.status_code == 200, shown.text
        assert "three_states_2018" in shown.text
        saved = client.get(f"{behind.url}/viewer/download/datasets", params={"format": "csv"})
        assert saved.headers["Content-Disposition"].startswith("attachment")
        assert b"commercial_2018" in saved.content


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_pages_of_elsewhere_stay_strangers(behind: Behind, headers: dict[str, str]) -> None:
    with behind.client() as client:
        assert behind.sign_in(client, behind.site.token("reader"), **headers).status_code == 403


def test_programs_use_it_as_the_server_itself(behind: Behind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(behind.front.certificate))
    registry = connect(behind.url, token=behind.site.token("analyst"))
    spec = tmp_path / "by_state.toml"
    spec.write_text(QUERY)
    result = registry.query(spec)
    assert result.rows == 3
    for kind in ("csv", "parquet"):
        assert result.download(tmp_path / f"table.{kind}").stat().st_size > 0
    with behind.client("analyst") as client:
        made = client.post("/v1/queries", content=QUERY, headers={"Content-Type": "application/toml"})
        there = made.url.join(made.headers["Location"])
        assert str(there).startswith(f"{behind.url}/v1/jobs/")
        assert client.get(there).json()["id"] == made.json()["id"]


def test_events_come_as_they_happen(behind: Behind) -> None:
    spec = QUERY.replace('"by_state"', f'"n{time.time_ns()}"')
    with behind.client("analyst") as client:
        sent = {"Content-Type": "application/toml"}
        job = client.post("/v1/queries?runner=embedded&cache=false", content=spec, headers=sent).json()
        with client.stream("GET", f"/v1/jobs/{job['id']}/events", headers={"Accept": "text/event-stream"}) as events:
            assert events.headers["Content-Type"].startswith("text/event-stream")
            lines = events.iter_lines()
            first = next(lines)
            # An engine takes seconds to start.
            state = behind.site.server.client("admin").get(f"/v1/jobs/{job['id']}").json()["state"]
            assert state in ("queued", "running"), first
            rest = "\n".join(lines)
        assert "succeeded" in rest


def test_everybody_is_limited_for_himself_whatever_he_says_of_his_address(behind: Behind) -> None:
    wrong = {"Authorization": "Bearer dsg_00000000_" + "A" * 43}

    def tried(source: str, **more: str) -> int:
        with behind.client(source=source) as client:
            return client.get("/v1/projects", headers={**wrong, **more}).status_code

    said = [{"X-Forwarded-For": f"6.6.6.{number}"} for number in range(13)]
    assert [tried("127.0.0.21", **each) for each in said] == [401] * 12 + [429]
    assert tried("127.0.0.22") == 401, "another user"
    direct = httpx.HTTPTransport(local_address="127.0.0.23")
    with httpx.Client(base_url=behind.site.server.url, transport=direct, trust_env=False) as client:
        statuses = [client.get("/v1/projects", headers={**wrong, **each}).status_code for each in said]
    assert statuses == [401] * 12 + [429], "who is no proxy is not believed"
    log = behind.site.server.said()
    assert " 127.0.0.21 GET /v1/projects 429" in log
    assert "6.6.6." not in log


def test_who_tries_tokens_in_the_form_keeps_nobody_else_out(behind: Behind) -> None:
    statuses = []
    for number in range(12):
        with behind.client(source="127.0.0.31") as client:
            more = {"X-Forwarded-For": f"6.6.7.{number}"}
            statuses.append(behind.sign_in(client, f"dsg_0000000{number % 10}_wrong", **more).status_code)
    assert statuses[0] == 401
    assert statuses[-1] == 429
    with behind.client(source="127.0.0.32") as client:
        assert behind.sign_in(client, behind.site.token("reader")).status_code == 303


def test_what_is_long_or_large_is_judged_by_the_server(behind: Behind) -> None:
    with behind.client("analyst") as client:
        behind.sign_in(client, behind.site.token("analyst"))
        assert client.get(f"{behind.url}/viewer/build", params={"spec": "x" * 8_000}).status_code == 200
        body = b"# " + b"x" * 1_500_000
        answer = client.post("/v1/queries", content=body, headers={"Content-Type": "application/toml"})
        assert answer.status_code == 413
        assert answer.json()["type"] == "/v1/problems/too-large"
    with behind.client() as stranger:
        shut = stranger.get(f"{behind.url}/viewer/build", params={"spec": "é" * 1_300})
        assert shut.status_code == 200
        assert 'id="token"' in shut.text
        after = re.search(r'name="next" value="([^"]+)"', shut.text)
        assert after is not None
        told = behind.sign_in(stranger, behind.site.token("reader"), next=after[1])
        assert told.headers["Location"] == after[1]
        assert stranger.get(told.url.join(told.headers["Location"])).status_code == 200


def test_the_unencrypted_way_leads_to_the_encrypted_one(behind: Behind) -> None:
    if behind.path or behind.url.startswith("http:"):
        pytest.skip("the site has pages of its own there")
    with behind.client() as client:
        answer = client.get(f"{behind.front.http}/viewer/?a=b")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{behind.url}/viewer/?a=b")


def test_a_browser_works_through_it(behind: Behind, chromium: Browser) -> None:
    chromium.driver.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": True})
    try:
        browser = chromium.renew(f"{behind.url}/viewer/", lambda _role: {})
        browser.open("projects/three_states_2018?tab=versions", wait="#token")
        browser.wait("#token").send_keys(behind.site.token("reader"))
        browser.click("button.main")
        browser.wait("#user", "reader (reader)")
        browser.settle()
        assert browser.path == "projects/three_states_2018?tab=versions"
        browser.check()
        browser.click("#user button", "Sign out")
        browser.wait("#token")
    finally:
        chromium.driver.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": False})


def test_a_viewer_of_its_own_is_told_what_users_call_it(site: Site, tmp_path: Path) -> None:
    front = Front(tmp_path)
    public = f"{front.https}/loads"
    started = Started(site.server.url, tmp_path, site.token("reader"))
    try:
        assert started.start("--public", public) == f"{public}/"
        said = started.log.read_text()
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)/, for the proxy", said)[1])  # type: ignore[index]
        with nginx.running(front, front.below("/loads", port, at=8050)):
            for number in range(11):
                _tried(front, public, f"dsg_0000000{number % 10}_wrong", "127.0.0.41", f"6.6.8.{number}")
            assert _tried(front, public, site.token("reader"), "127.0.0.41").status_code == 429
            answer = _tried(front, public, site.token("reader"), "127.0.0.42")
            assert (answer.status_code, answer.headers["Location"]) == (303, "/loads/")
            cookie = answer.headers["Set-Cookie"]
            assert "Path=/loads/" in cookie
            assert "; Secure" in cookie
            with httpx.Client(verify=front.trusted(), trust_env=False, cookies=dict(answer.cookies)) as client:
                page = client.get(f"{public}/projects/three_states_2018")
                assert page.status_code == 200
                for each in re.findall(r'(?:src|href)="([^"]+)"', page.text):
                    assert client.get(page.url.join(each)).status_code == 200, each
        assert started.log.read_text() == said
    finally:
        started.close()


def _tried(front: Front, public: str, token: str, source: str, said: str = "") -> httpx.Response:
    way = httpx.HTTPTransport(local_address=source, verify=front.trusted())
    headers = {"Origin": front.https, **({"X-Forwarded-For": said} if said else {})}
    with httpx.Client(transport=way, trust_env=False) as client:
        return client.post(f"{public}/sign-in", data={"token": token}, headers=headers)
