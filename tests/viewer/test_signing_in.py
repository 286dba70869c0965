"""Signing in and out, in a real browser: nobody sees anything before, and everybody gets back to where they were."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys
from tests.viewer.browser import Browser
from tests.viewer.site import Site


def sign_in(browser: Browser, token: str) -> None:
    browser.wait("#token")
    browser.keys(token, Keys.ENTER)


def test_a_page_asks_who_comes_and_then_is_shown(browser: Browser, site: Site) -> None:
    browser.as_(None).open("projects/three_states_2018?tab=versions", wait="#token")
    assert browser.path.startswith("sign-in?next=")
    assert browser.focused().startswith("input#token")
    browser.check()
    sign_in(browser, site.token("reader"))
    browser.wait("#user", "reader (reader)")
    assert browser.path == "projects/three_states_2018?tab=versions"
    assert site.token("reader") not in browser.driver.page_source
    assert "dsg_" not in str(browser.evaluate("return JSON.stringify([{...localStorage}, document.cookie])"))


def test_signing_out_closes_the_pages(browser: Browser, site: Site) -> None:
    browser.driver.get("about:blank")
    for name, value in site.signed_in(site.token("reader")).items():
        browser.driver.execute_cdp_cmd("Network.setCookie", {"name": name, "value": value, "url": site.home})
    browser.open().wait("#user", "reader")
    browser.click("#user button", "Sign out")
    browser.wait("#token")
    browser.open("jobs", wait="#token")


def test_a_wrong_token_is_told_at_its_field(browser: Browser) -> None:
    browser.as_(None).open(wait="#token")
    sign_in(browser, "dsg_00000000_wrong")
    assert "does not know this token" in browser.wait("#problem").text
    assert browser.find("#token").get_attribute("aria-describedby") == "problem"
    assert "wrong" not in browser.path
    assert "dsg_" not in browser.driver.page_source.replace("dsg_…", "")
    assert len(browser.console()) == 1  # the browser itself notes the status, 401
    browser.check()


def test_the_sign_in_page_is_drawn_in_the_chosen_theme(browser: Browser) -> None:
    browser.open()
    browser.click("#theme").click("#theme")
    assert browser.evaluate("return document.documentElement.dataset.theme") == "dark"
    browser.as_(None).open(wait="#token")
    assert browser.evaluate("return document.documentElement.dataset.theme") == "dark"
    browser.picture("sign-in", dark=True)


@pytest.mark.parametrize("role", ["reader", "admin"])
def test_the_head_says_who_looks(browser: Browser, role: str) -> None:
    browser.as_(role).open()
    assert f"{role} ({role})" in browser.text("#user")
