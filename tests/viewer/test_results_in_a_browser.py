"""Results and comparisons in a real browser: drawn, chosen by keyboard and pointer, taken home."""

from __future__ import annotations

import re
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys
from tests.viewer.browser import Browser
from tests.viewer.site import Site

SPEC = """
spec_version = 1
job = "query"
name = "{name}"
project = "three_states_2018"
datasets = [{datasets}]
[[step]]
by = ["state", "fuel", "scenario", "{time}"]
[result]
unit = "MWh"
"""
BOTH = '"commercial_2018", "residential_2018"'


@pytest.fixture(scope="module")
def hourly(site: Site) -> str:
    return str(site.run(SPEC.format(name="hours", datasets=BOTH, time="hourly"))["id"])


@pytest.fixture(scope="module")
def annual(site: Site) -> str:
    return str(site.run(SPEC.format(name="years", datasets=BOTH, time="annual"))["id"])


@pytest.fixture(scope="module")
def homes(site: Site) -> str:
    return str(site.run(SPEC.format(name="years_of_homes", datasets='"residential_2018"', time="annual"))["id"])


def drawn(browser: Browser, text: str) -> None:
    """Wait for a picture whose caption begins so."""
    browser.wait("figcaption", text)
    browser.wait(".js-plotly-plot .main-svg")


def pressed(browser: Browser) -> list[str]:
    return browser.evaluate("return [...document.querySelectorAll('.chip[aria-pressed=true]')].map((e) => e.innerText)")


def focused(browser: Browser) -> Any:
    return browser.evaluate("return { ...document.activeElement.dataset }")


def test_a_picture_is_drawn_and_the_page_is_sound(browser: Browser, hourly: str) -> None:
    browser.open(f"results/{hourly}")
    drawn(browser, "Stacked areas by fuel")
    assert browser.text("h1") == "hours"
    assert browser.evaluate("return document.title") == f"Result {hourly} · dsgrid"
    browser.check()
    browser.picture("result").picture("result-dark", dark=True)


def test_a_picture_is_chosen_by_keyboard_and_stands_in_the_address(browser: Browser, hourly: str) -> None:
    browser.open(f"results/{hourly}")
    drawn(browser, "Stacked areas")
    browser.evaluate("document.querySelector('.chip[data-value=line]').focus()")
    browser.keys(Keys.ENTER)
    drawn(browser, "Lines")
    # What has the focus keeps it, though the form came anew.
    browser.until(lambda: focused(browser).get("value") == "line")
    assert browser.path == f"results/{hourly}?kind=line"
    browser.evaluate("document.querySelector('[data-filter=state] summary').focus()")
    browser.keys(Keys.ENTER, Keys.TAB, Keys.SPACE)
    drawn(browser, "Lines")
    browser.wait("figcaption", "Only state")
    browser.until(lambda: focused(browser).get("name") == "only.state")
    assert len(browser.all("[data-filter=state][open]")) == 1
    browser.keys(Keys.ESCAPE)
    assert not browser.all(".filter[open]")
    # Whoever is sent this address sees the same.
    seen, caption = pressed(browser), browser.text("figcaption")
    browser.open(browser.path)
    drawn(browser, "Lines")
    assert (pressed(browser), browser.text("figcaption")) == (seen, caption)
    browser.click("[data-reset]")
    drawn(browser, "Stacked areas")
    assert browser.path == f"results/{hourly}"


@pytest.mark.slow
def test_colours_are_hidden_and_come_back_with_the_next_picture(browser: Browser, annual: str) -> None:
    def visible() -> list[Any]:
        return browser.evaluate("return document.querySelector('.js-plotly-plot').data.map((e) => e.visible ?? true)")

    browser.open(f"results/{annual}?kind=bar&x=state&by=fuel")
    drawn(browser, "Stacked bars by fuel")
    browser.click(".legend .colour")
    assert browser.evaluate("return document.querySelector('.colour').ariaPressed") == "false"
    assert False in visible()
    browser.click(".chip[data-name=by][data-value=scenario]")
    drawn(browser, "Bars by fuel and scenario")
    assert set(visible()) == {True}
    assert browser.evaluate("return document.querySelector('.colour').ariaPressed") == "true"


@pytest.mark.slow
def test_what_cannot_be_drawn_says_why_and_leads_back(browser: Browser, annual: str) -> None:
    browser.open(f"results/{annual}?kind=load_duration").wait("#results-picture", "load duration needs")
    browser.check()
    browser.click("[data-reset]")
    drawn(browser, "Bars")
    assert browser.path == f"results/{annual}"


def test_the_table_is_filtered_and_sorted_by_the_server(browser: Browser, hourly: str) -> None:
    browser.open(f"results/{hourly}?tab=table", wait=".ag-cell")
    rows = int(browser.wait(".grid-count", " rows").text.split()[0].replace(",", ""))
    assert rows > 1000
    browser.check()
    told = '{"state":{"filterType":"text","type":"equals","filter":"CO"}}'
    browser.open(f"results/{hourly}?tab=table&filter={told}", wait=".ag-cell")
    states = "return [...document.querySelectorAll('.ag-cell[col-id=state]')].map((each) => each.innerText)"
    assert set(browser.evaluate(states)) == {"CO"}
    browser.click(".ag-header-cell[col-id=hourly]").click(".ag-header-cell[col-id=hourly]")
    browser.until(lambda: "sort=-hourly" in browser.path)
    browser.open(browser.path, wait=".ag-cell")
    csv = browser.evaluate("return fetch(document.querySelector('.grid-exports a').href).then((a) => a.text())")
    hours = [line.split(",")[3] for line in csv.splitlines()[1:]]
    assert hours == sorted(hours, reverse=True) != sorted(hours)
    first = browser.evaluate("return document.querySelector('[row-index=\"0\"] [col-id=hourly]').innerText")
    assert first.replace("T", " ") == hours[0]


def test_a_result_by_state_is_drawn_as_a_map(browser: Browser, annual: str) -> None:
    browser.open(f"results/{annual}?tab=map").wait(".js-plotly-plot .choroplethlayer path")
    assert "only scenario" in browser.text("#results-map")
    browser.check()
    browser.picture("result-map")


@pytest.mark.slow
@pytest.mark.parametrize("tab", ["files", "spec", "made"])
def test_every_other_part_of_a_result_is_sound(browser: Browser, annual: str, tab: str) -> None:
    browser.open(f"results/{annual}?tab={tab}", wait=".part").check()
    if tab == "spec":
        assert 'by = ["state", "fuel", "scenario", "annual"]' in browser.text("#results-spec")


def test_two_results_are_compared(browser: Browser, annual: str, homes: str) -> None:
    browser.open(f"results/{annual}").click(".button", "Compare with another").wait("h1", "Compare years")
    browser.click("#page a", "years_of_homes").wait("h1", "years and years_of_homes")
    drawn(browser, "Bars by result")
    browser.wait("#compare-found", "values differ, by up to")
    browser.check()
    browser.picture("comparison")
    browser.click(".chip[data-value=difference]")
    browser.wait("figcaption", "B minus those of A")
    assert re.fullmatch(rf"compare/{annual}/{homes}\?draw=difference", browser.path)
    browser.click(".button", "Swap A and B").wait("h1", "years_of_homes and years")


def test_readers_see_why_they_see_no_result(browser: Browser, annual: str) -> None:
    browser.as_("reader").open(f"results/{annual}").wait(".problem", "needs the role analyst")
    browser.check()
