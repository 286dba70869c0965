"""What users see where something on the way is broken, and that they can go on from there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.viewer.browser import Browser
from tests.viewer.own_viewer import Started, viewer_in_a_thread
from tests.viewer.site import Site


@pytest.fixture
def started(site: Site, tmp_path: Path) -> Iterator[Started]:
    made = Started(site.server.url, tmp_path, site.token("analyst"))
    yield made
    made.close()


def test_pages_say_that_the_server_is_gone_and_go_on_when_it_is_back(browser: Browser, site: Site) -> None:
    with viewer_in_a_thread(site.server, site.token("analyst")) as (browser.home, way):
        browser.open("?key=k")
        assert browser.path == ""
        way.is_cut = True
        browser.open("projects/three_states_2018")
        assert "nobody listens there" in browser.text("#page")
        browser.picture("server-gone").check()
        browser.click("header a", "Jobs")
        assert "nobody listens there" in browser.text("#page")
        way.is_cut = False
        browser.click("#page button", "Try again")
        browser.until(lambda: "nobody listens" not in browser.text("#page"))
        assert browser.path == "jobs"
        assert browser.all("#page h1")
        assert browser.console() == []


def test_who_has_lost_their_token_signs_in_again(browser: Browser, site: Site) -> None:
    token = site.server.token("analyst", "grace")
    browser.driver.get("about:blank")
    for name, value in site.signed_in(token).items():
        browser.driver.execute_cdp_cmd("Network.setCookie", {"name": name, "value": value, "url": site.home})
    browser.open("jobs").wait("#user", "grace")
    number = token.split("_")[1]
    assert site.server.client("admin").delete(f"/v1/tokens/{number}").status_code == 200
    browser.until(lambda: "revoked" in after_a_click(browser), "a page that says so")
    assert "grace" not in browser.text("#user")
    browser.picture("signed-out").check()
    browser.click("#page a", "Sign in").wait("#token")
    assert "next=" in browser.path


def after_a_click(browser: Browser) -> str:
    browser.click("header nav a", "Registry")
    return browser.text("#page")


@pytest.mark.slow
def test_a_viewer_that_is_gone_is_told_and_one_that_is_back_asks_to_sign_in(browser: Browser, started: Started) -> None:
    opened = started.start()
    port = int(opened.split(":")[2].partition("/")[0])
    browser.home = started.home
    browser.open(opened)
    assert started.stop() == 0
    browser.click("header nav a", "Jobs")
    assert "does not answer" in browser.wait(".notice:not([hidden])").text
    assert browser.text("#page"), "the page stays"
    started.start(port=port)
    browser.console()
    browser.click(".notice button", "Try again")
    assert "not signed in" in browser.wait("#page .state").text
    assert not browser.all(".notice:not([hidden])")
    browser.check()
