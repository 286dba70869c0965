"""The search in a real browser: the field in the head of every page, and the page of all that was found."""

from __future__ import annotations

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from tests.viewer.browser import Browser


def focus(browser: Browser) -> WebElement:
    return browser.driver.switch_to.active_element


def test_what_is_typed_is_found_with_the_keyboard_alone(browser: Browser) -> None:
    browser.open()
    focus(browser).send_keys("/")
    assert focus(browser).get_dom_attribute("id") == "search"
    focus(browser).send_keys("fresno")
    browser.wait('.search-hits > [data-of="fresno"] a', "Fresno")
    focus(browser).send_keys(Keys.ARROW_DOWN)
    assert "Fresno" in focus(browser).text
    focus(browser).send_keys(Keys.ENTER)
    browser.until(lambda: "search=06019" in browser.path, "the page of the dimension")
    browser.wait("h1", "county")
    browser.until(lambda: focus(browser).get_dom_attribute("id") == "page", "the focus on the page")
    assert not browser.find(".search-hits").is_displayed()


def test_enter_goes_to_all_that_was_found(browser: Browser) -> None:
    browser.open("jobs")
    # At once: the field has not told anybody yet what stands in it.
    browser.find("#search").send_keys("state", Keys.ENTER)
    browser.wait("h1", "state")
    assert browser.path == "search?text=state"
    assert [each.text.split()[0] for each in browser.all("#page h2")] == ["Projects", "Dimensions", "Mappings"]
    assert {each.text.lower() for each in browser.all("#page mark")} == {"state"}
    browser.check().picture("search")


def test_the_field_says_what_the_page_is_about(browser: Browser) -> None:
    browser.open("search?text=fresno")
    browser.until(lambda: browser.find("#search").get_property("value") == "fresno", "the text in the field")
    browser.find("#search-records a").click()
    browser.wait("h1", "county")
    browser.until(lambda: browser.find("#search").get_property("value") == "", "an empty field")
    browser.driver.back()
    browser.wait("h1", "fresno")
    browser.until(lambda: browser.find("#search").get_property("value") == "fresno", "the text in the field")


def test_escape_closes_what_was_found(browser: Browser) -> None:
    browser.open()
    browser.find("#search").send_keys("county")
    browser.wait('.search-hits > [data-of="county"] a')
    browser.check()
    assert browser.find(".search-hits").is_displayed()
    browser.find("#search").send_keys(Keys.ESCAPE)
    assert not browser.find(".search-hits").is_displayed()


def test_nothing_found_says_what_to_do(browser: Browser) -> None:
    browser.open("search?text=nowhere%20%3Cb%3Eat%3C/b%3E")
    assert browser.text("h1") == "nowhere <b>at</b>"
    assert "Fewer or shorter words" in browser.text("#page")
    browser.check()


def test_the_key_that_goes_there_can_be_typed_elsewhere(browser: Browser) -> None:
    browser.open("search")
    browser.find("#search").send_keys("a/b")
    assert browser.find("#search").get_property("value") == "a/b"
