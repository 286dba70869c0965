"""The query builder in a real browser: from the home page to the plot of a result, by keyboard alone."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from tests.viewer.browser import Browser
from tests.viewer.site import Site

SPEC = """spec_version = 1
job = "query"
name = "by_fuel"
project = "three_states_2018"
datasets = ["residential_2018"]

[[where]]
dimension = "county"
attribute = "state"
in = ["CO"]

[[step]]
by = ["fuel", "scenario"]

[result]
unit = "MWh"
"""


def spec(browser: Browser) -> str:
    return str(browser.evaluate("return document.getElementById('build-text').value"))


def opened(browser: Browser, text: str = SPEC) -> Browser:
    browser.open(f"build?spec={quote(text)}")
    browser.wait("#build-plan .facts, #build-plan .problems")
    return browser


def tab_to(browser: Browser, css: str) -> None:
    """Press Tab until something has the focus."""
    for _ in range(150):
        webdriver.ActionChains(browser.driver).send_keys(Keys.TAB).perform()
        if browser.evaluate("return document.activeElement.matches(arguments[0])", css):
            return
    raise AssertionError(f"Tab does not lead to {css}; it ends at {browser.focused()}")


def chip(at: str, value: str) -> str:
    return f"button.chip[data-at='{at}'][data-value='\"{value}\"']"


def paste(browser: Browser, text: str) -> None:
    """Put a text in place of the spec's, as the clipboard does."""
    browser.evaluate("document.getElementById('build-text').select()")
    browser.driver.execute_cdp_cmd("Input.insertText", {"text": text})
    browser.settle()


def test_from_the_home_page_to_the_plot_of_a_result_without_a_mouse(browser: Browser) -> None:
    browser.open()
    tab_to(browser, "header a[href$='build']")
    browser.keys(Keys.ENTER).wait("#build-form select")
    tab_to(browser, "select[data-at='project']")
    browser.keys(Keys.ARROW_DOWN).wait("#build-form .kept-by")
    # The form was drawn anew, and the focus is where it was.
    assert browser.evaluate("return document.activeElement.dataset.at") == "project"
    tab_to(browser, chip("datasets", "residential_2018"))
    browser.keys(Keys.ENTER).wait(f"{chip('datasets', 'residential_2018')}[aria-pressed='true']")
    tab_to(browser, "button[data-do='add'][data-at='where']")
    browser.keys(Keys.ENTER).wait("select[data-at='where[0].subject']")
    # Who adds something goes on there.
    assert browser.evaluate("return document.activeElement.dataset.at") == "where[0].subject"
    browser.keys(Keys.ARROW_DOWN).wait("select[data-at='where[0].subject'][data-value='county']:focus")
    browser.wait(chip("where[0].values", "08077"))
    tab_to(browser, chip("where[0].values", "08077"))
    browser.keys(Keys.ENTER)
    for name in ("scenario", "hourly"):
        tab_to(browser, chip("step[0].by", name))
        browser.keys(Keys.ENTER).wait(f"{chip('step[0].by', name)}[aria-pressed='true']")
    browser.wait("#build-plan", "Makes")
    assert 'in = ["08077"]' in spec(browser)
    assert 'by = ["scenario", "hourly"]' in spec(browser)
    tab_to(browser, "#build-run")
    browser.keys(Keys.ENTER).wait("#build-progress a", "Look at the result")
    tab_to(browser, "#build-progress a[href*='results/']")
    browser.keys(Keys.ENTER).wait(".js-plotly-plot .main-svg")
    assert browser.path.startswith("results/")


def test_a_mistake_stands_at_its_field_and_leads_to_its_line(browser: Browser) -> None:
    opened(browser, SPEC.replace('"fuel"', '"fule"').replace("MWh", "parsec"))
    browser.wait("#build-plan", "1 problem")
    browser.wait("[data-note='step[0].by']", "did you mean")
    browser.click("#build-plan [data-line]", "line 13")
    chosen = browser.evaluate(
        "const e = document.activeElement; return e.value.slice(e.selectionStart, e.selectionEnd)"
    )
    assert chosen == 'by = ["fule", "scenario"]'
    browser.check()
    # An unknown name can be taken away where it stands.
    browser.click(chip("step[0].by", "fule")).click(chip("step[0].by", "fuel"))
    browser.wait("[data-note='result.unit']", "parsec")
    assert browser.text("[data-note='step[0].by']") == ""
    assert browser.find("label[data-at='result.unit'] input").get_attribute("aria-invalid") == "true"


@pytest.mark.slow
def test_a_filter_that_is_not_complete_does_not_move_problems_to_other_filters(browser: Browser) -> None:
    opened(browser, SPEC.replace('"CO"', '"CA"'))
    browser.click("button[data-do='add'][data-at='where']")
    browser.wait("select[data-at='where[1].subject']")
    browser.click("button[data-do='up'][data-at='where[1]']").wait("select[data-at='where[1].attribute']")
    browser.click(chip("where[1].values", "CA"))
    # No value is left: none of the filters is in the spec, and nothing is wrong with it.
    browser.wait("#build-plan", "Makes")
    assert "[[where]]" not in spec(browser)
    assert len(browser.all(".filter-row")) == 2


@pytest.mark.slow
def test_the_form_follows_the_text_and_says_what_it_does_not_show(browser: Browser) -> None:
    opened(browser)
    more = SPEC.replace('"fuel"', '"state"') + '\n[results.more]\n[[results.more.step]]\nby = ["scenario"]\n'
    paste(browser, more)
    browser.wait(f"{chip('step[0].by', 'state')}[aria-pressed='true']")
    assert "results.more" in browser.text(".build .kept")
    browser.wait("#build-plan", "more:")
    paste(browser, f"{more}x = = 1")
    browser.wait("#build-form [role=alert]", "no TOML")
    browser.wait("#build-plan [data-line]")


@pytest.mark.slow
def test_the_spec_is_in_the_address(browser: Browser) -> None:
    opened(browser)
    browser.click(chip("step[0].by", "state"))
    browser.until(lambda: "state" in browser.path, "an address with the state")
    before = spec(browser)
    browser.open(browser.path)
    assert spec(browser) == before
    assert 'by = ["fuel", "scenario", "state"]' in before


@pytest.mark.slow
def test_what_was_begun_is_there_after_a_reload_and_after_signing_in_again(browser: Browser, site: Site) -> None:
    opened(browser)
    browser.click("button[data-do='add'][data-at='where']").wait("select[data-at='where[1].subject']")
    browser.click(chip("step[0].by", "state"))
    browser.until(lambda: "state" in browser.path, "an address with the state")
    browser.open(browser.path).wait("select[data-at='where[1].subject']")
    # The session ends while the form is filled.
    browser.as_(None).click(chip("step[0].by", "sector")).wait("#notice", "Sign in")
    browser.click(chip("step[0].by", "annual"))
    browser.wait("#notice a", "Sign in")
    # As a click does; the notice may come anew meanwhile.
    browser.evaluate("document.querySelector('#notice a').click()")
    browser.wait("input[name='token']").send_keys(site.token("analyst"), Keys.ENTER)
    browser.wait(f"{chip('step[0].by', 'annual')}[aria-pressed='true']")
    assert 'by = ["fuel", "scenario", "state", "sector", "annual"]' in spec(browser)
    assert len(browser.all(".filter-row")) == 2
    # Signed in elsewhere, one goes on where one was.
    browser.as_(None).click(chip("step[0].by", "annual")).wait("#notice:not([hidden])", "Sign in")
    browser.as_("analyst").click(chip("step[0].by", "sector"))
    browser.until(lambda: 'by = ["fuel", "scenario", "state"]' in spec(browser), "both changes in the spec")


@pytest.mark.slow
def test_who_signs_out_leaves_nothing_of_what_was_begun(browser: Browser, site: Site) -> None:
    kept = "return sessionStorage.getItem('dsgrid-build')"
    browser.as_(None).open("sign-in", wait="input[name='token']").find("input[name='token']").send_keys(
        site.token("analyst"), Keys.ENTER
    )
    browser.wait("form[action$='sign-out']")
    opened(browser).click(chip("step[0].by", "state"))
    browser.until(lambda: "state" in (browser.evaluate(kept) or ""), "a draft that the tab keeps")
    browser.click("form[action$='sign-out'] button").wait("input[name='token']")
    assert browser.evaluate(kept) is None


@pytest.mark.slow
def test_a_spec_too_long_for_an_address_survives_a_reload(browser: Browser) -> None:
    ids = '", "'.join(f"{number:05}" for number in range(1200))
    opened(browser)
    paste(browser, long := SPEC.replace('attribute = "state"\nin = ["CO"]', f'in = ["{ids}"]'))
    browser.until(lambda: browser.path.startswith("build?kept="), "a short address")
    browser.open(browser.path)
    browser.until(lambda: spec(browser) == long, "the long spec")


def test_two_clicks_are_one_job_and_another_spec_is_another_one(browser: Browser, site: Site) -> None:
    client = site.server.client("analyst")

    def jobs() -> int:
        return sum(job["name"] == "clicked_twice" for job in client.get("/v1/jobs?limit=100").json()["items"])

    opened(browser, SPEC.replace("by_fuel", "clicked_twice"))
    browser.evaluate("const b = document.getElementById('build-run'); b.click(); b.click(); b.click();")
    browser.wait("#build-progress a", "Look at the result")
    assert jobs() == 1
    browser.click(chip("step[0].by", "state")).click("#build-run")
    browser.until(lambda: jobs() == 2, "a second job")
    browser.wait(".build-recent li", "clicked_twice")


def test_what_is_still_being_typed_runs_too(browser: Browser) -> None:
    opened(browser)
    browser.click("label[data-at='result.unit'] input")
    chord = webdriver.ActionChains(browser.driver).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL)
    chord.send_keys("TWh").key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
    browser.wait("#build-progress", "TWh")
    assert 'unit = "TWh"' in spec(browser)


def test_a_reader_sees_all_but_runs_nothing_and_is_told_why(browser: Browser) -> None:
    browser.as_("reader").open(f"build?spec={quote(SPEC)}").wait("#build-form .kept-by")
    assert browser.find("#build-run").get_attribute("disabled")
    assert "reader" in browser.text(".build .warning")
    browser.click(chip("step[0].by", "state"))
    assert '"state"' in spec(browser)
    browser.evaluate("document.getElementById('build-run').disabled = false")
    browser.click("#build-run").wait("#build-progress", "analyst")


@pytest.mark.slow
def test_the_whole_form_is_sound_at_each_width(browser: Browser) -> None:
    whole = """spec_version = 1
job = "query"
name = "all_of_it"
project = "three_states_2018"
datasets = ["shops", "residential_2018"]

[source.shops]
kind = "exponential_growth"
initial = "commercial_2018"
growth = "growth_to_2040"

[[where]]
subset = "fuel"
selectors = ["electricity"]

[[step]]
by = ["county", "hourly", "model_year"]
over = ["scenario"]

[[step]]
function = "percentile"
by = ["state", "hour_of_day"]
percentiles = [50, 95]
over = ["model_year"]

[[report]]
kind = "peak_load"
by = ["state"]
over = ["scenario", "model_year"]
"""
    opened(browser, whole)
    browser.check().picture("query-builder")
    browser.picture("query-builder-dark", dark=True)
