"""The home page in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.viewer.browser import Browser
from tests.viewer.site import running_site

from dsgrid.operations.create_registry import create_registry


def test_the_registry_is_seen_at_a_glance(browser: Browser) -> None:
    browser.open()
    assert browser.text("h1") == "Registry"
    assert browser.find(".cards h3 a").text == "Three States 2018"
    assert "Homes, split from regions" in browser.text(".registrations")
    browser.check().picture("home")


def test_a_tag_narrows_it_and_stands_in_the_address(browser: Browser) -> None:
    browser.open()
    next(each for each in browser.all(".tag-list a") if "growth" in each.text).click()
    browser.wait(".chosen-tag")
    assert browser.path == "?tag=growth"
    assert [each.text for each in browser.all("table.table tbody tr td:first-child")] == ["growth_to_2040"]
    browser.check()


def test_a_project_leads_to_its_parts(browser: Browser) -> None:
    browser.open()
    found = {each.text: str(each.get_dom_attribute("href")) for each in browser.all(".card a")}
    assert found["Three States 2018"].endswith("/projects/three_states_2018")
    assert found["county"].endswith("/dimensions/three_states_2018/county@1.0.0")
    assert found["Ask"].endswith("/build?project=three_states_2018")


@pytest.mark.slow
def test_an_empty_registry_says_how_to_begin(chromium: Browser, tmp_path: Path) -> None:
    create_registry({"registry": str(tmp_path / "registry")})
    with running_site(tmp_path / "registry", tmp_path) as site:
        browser = chromium.renew(site.home, site.cookies).as_("reader").open()
        assert "dsgrid apply SPEC" in browser.text("#page")
        assert "role contributor" in browser.text("#page")
        browser.check().picture("home-empty")
