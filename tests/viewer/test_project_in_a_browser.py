"""The page of a project in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

import pytest
from selenium.webdriver.common.keys import Keys
from tests.project_specs import PROJECT, SUBMISSION, one
from tests.stored_dataset import add_dataset
from tests.viewer.browser import Browser
from tests.viewer.site import Site, running_site

from dsgrid.operations.apply import apply
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset

ADDRESS = "projects/three_states_2018"


SLOW = pytest.mark.slow
TABS = [
    "overview",
    pytest.param("dimensions", marks=SLOW),
    "datasets",
    "requirements",
    pytest.param("versions", marks=SLOW),
]


@pytest.mark.parametrize("tab", TABS)
def test_each_part_of_a_project_is_seen(browser: Browser, tab: str) -> None:
    browser.open(f"{ADDRESS}?tab={tab}")
    assert browser.text("h1") == "Three States 2018"
    assert browser.text(".tab.chosen").lower() == tab
    browser.check().picture(f"project-{tab}")


def test_coverage_is_chosen_by_keyboard_and_stands_in_the_address(browser: Browser) -> None:
    browser.open(f"{ADDRESS}?tab=coverage", wait=".matrix")
    assert [each.text for each in browser.all(".matrix thead th")][2:] == ["Commercial\ncom", "Residential\nres"]
    select = browser.find('select[name="dimension"]')
    select.send_keys("building_types")
    browser.until(lambda: "dimension=building_types_by_sector" in browser.path)
    browser.wait(".matrix thead", "homes")
    browser.settle()
    assert browser.evaluate("return document.activeElement.name") == "dimension", "who chooses goes on choosing"
    browser.find('input[name="dataset"]').send_keys("resid", Keys.ENTER)
    browser.until(lambda: "dataset=resid" in browser.path)
    browser.until(lambda: [each.text for each in browser.all(".matrix tbody .first a")] == ["residential_2018"])
    browser.evaluate("history.back()")
    browser.until(lambda: len(browser.all(".matrix tbody tr")) == 3)
    browser.check().picture("project-coverage")


def test_datasets_are_found_by_words_and_lead_to_their_pages(browser: Browser) -> None:
    browser.open(f"{ADDRESS}?tab=datasets")
    browser.find('input[name="search"]').send_keys("growth_rate", Keys.ENTER)
    browser.until(lambda: [each.text for each in browser.all(".datasets tbody a")] == ["growth_to_2040"])
    browser.click(".datasets tbody a").until(lambda: browser.path == "datasets/growth_to_2040@1.0.0")


def test_a_requirement_is_read_record_by_record(browser: Browser) -> None:
    browser.open(f"{ADDRESS}?tab=requirements").click("tbody a", "residential_2018")
    browser.wait(".requirement h2", "Required of residential_2018")
    assert "Single-family home" in browser.text(".requirement")
    browser.check()


def test_what_is_drawn_is_text_and_leads_nowhere_but_to_pages(browser: Browser) -> None:
    browser.open(f"{ADDRESS}?tab=datasets")
    browser.evaluate(
        """const place = document.querySelector("[data-drawn]");
        const link = ["a", { href: "javascript:alert(1)", class: "odd" }, "<img src=x onerror=alert(1)>"];
        place.setAttribute("data-drawn", JSON.stringify(link));"""
    )
    odd = browser.wait(".odd", "<img src=x onerror=alert(1)>")
    assert odd.get_dom_attribute("href") is None
    assert not browser.all("img[src=x]")
    browser.evaluate(
        """document.querySelector("[data-drawn]").setAttribute("data-drawn", '["script", {}, "alert(1)"]');"""
    )
    browser.wait("[data-drawn]", "cannot be drawn")
    assert [line for line in browser.console() if "<script> is not drawn" in line]


# With a past, and with many records ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A project of two versions, whose dataset does not fit the second, with more counties than a table has columns."""
    folder = tmp_path_factory.mktemp("past")
    create_registry({"registry": str(folder / "registry")})
    register_project(PROJECT, registry=folder / "registry")
    add_dataset(folder / "registry")
    submit_dataset({"job": "submit_dataset", **SUBMISSION}, registry=folder / "registry")
    later = deepcopy(PROJECT)
    more = [one(f"c{number:03}", state="CO") for number in range(150)]
    later["base"]["county"]["records"] += more
    ways = later["supplemental"]["state"]["mapping"]["records"]
    ways += [{"from": record["id"], "to": "CO"} for record in more]
    apply({"job": "register_project", **later}, registry=folder / "registry", allow="major")
    with running_site(folder / "registry", folder) as site:
        yield site


@pytest.mark.slow
def test_versions_are_compared(chromium: Browser, past: Site) -> None:
    browser = chromium.renew(past.home, past.cookies).as_("reader")
    browser.open("projects/two_counties@1.0.0").click(".project-reference a", "What changed since")
    browser.wait(".project-diff .change-part")
    assert "150 added" in browser.text(".project-diff")
    assert "does not fit" in browser.text(".project-versions")
    browser.check().picture("project-changes")


@pytest.mark.slow
def test_more_records_than_columns_are_a_picture_and_pages(chromium: Browser, past: Site) -> None:
    browser = chromium.renew(past.home, past.cookies).as_("reader")
    browser.open("projects/two_counties?tab=coverage&dimension=county", wait=".project-heat .main-svg")
    assert len(browser.all(".matrix thead th")) == 62
    assert "invalidated" in browser.text(".matrix tbody .first")
    browser.click(".project-pages a", "Last").wait(".project-pages", "121 to 152 of 152")
    browser.check().picture("project-coverage-wide")
    browser.click(".project-coverage a", "state").wait(".matrix thead", "CO")
    assert not browser.all(".project-heat")
