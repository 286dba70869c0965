"""The lineage in a real browser: drawn, clicked on, and walked by keyboard."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from tests.viewer.browser import Browser

PICTURE = "document.getElementById('lineage-graph')._cyreg.cy"


def drawn(browser: Browser, script: str) -> Any:
    return browser.evaluate(f"const cy = {PICTURE}; return {script}")


def click_on(browser: Browser, label: str) -> None:
    """Click on a box of the picture."""
    browser.evaluate("document.getElementById('lineage-graph').scrollIntoView({ block: 'center' })")
    place = drawn(browser, f"cy.nodes().filter((n) => n.data('label') === '{label}')[0].renderedPosition()")
    box = browser.find("#lineage-graph")
    x, y = round(place["x"] - box.size["width"] / 2), round(place["y"] - box.size["height"] / 2)
    ActionChains(browser.driver).move_to_element_with_offset(box, x, y).click().perform()
    browser.settle()


def test_a_lineage_is_drawn_in_the_colours_of_the_page(browser: Browser) -> None:
    browser.open("lineage/three_states_2018").wait("#lineage-graph canvas")
    colour = "cy.nodes('[?root]').style('background-color')"
    light = browser.until(lambda: drawn(browser, colour) != "rgb(245,247,248)" and drawn(browser, colour))
    assert drawn(browser, "cy.nodes().length") > 20
    # All of it is in sight.
    whole = drawn(browser, "[cy.elements().renderedBoundingBox(), cy.width(), cy.height()]")
    assert 0 <= whole[0]["x1"] < whole[0]["x2"] <= whole[1]
    assert 0 <= whole[0]["y1"] < whole[0]["y2"] <= whole[2]
    browser.dark()
    browser.until(lambda: drawn(browser, colour) != light, "other colours in the dark")
    # What is saved as SVG is a document, and has each box and link.
    svg = browser.driver.execute_async_script(
        f"const done = arguments[0]; window.dsgridLineageSvg({PICTURE}, '#fff').text().then(done)"
    )
    root = ElementTree.fromstring(svg)
    texts = {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")}
    assert texts == set(drawn(browser, "cy.nodes().map((n) => n.data('label'))"))
    assert len(root[1]) == drawn(browser, "cy.edges().length")
    browser.dark(False)
    browser.check().picture("lineage")


def test_a_click_tells_of_a_thing_and_leads_on(browser: Browser) -> None:
    browser.open("lineage/three_states_2018").wait("#lineage-graph canvas")
    browser.until(lambda: drawn(browser, "cy.zoom()") < 2)
    click_on(browser, "residential_2018")
    browser.wait("#lineage-panel h2", "three_states_2018/residential_2018")
    browser.click("#lineage-panel a", "Centre here").wait("h1", "three_states_2018/residential_2018")
    browser.until(
        lambda: drawn(browser, "cy.nodes('[kind = \"dataset\"]').length") == 1, "the picture of the submission"
    )
    assert browser.console() == []
    browser.driver.back()
    browser.wait("h1", "three_states_2018")


def test_the_lists_say_the_same_and_are_walked_by_keyboard(browser: Browser) -> None:
    browser.open("lineage/dataset%20residential_2018?walk=down").wait("#lineage-graph canvas")
    names = {each.text.partition("@")[0] for each in browser.all(".lineage-tree a")}
    labels = set(drawn(browser, "cy.nodes().filter((n) => !n.data('root')).map((n) => n.data('label'))"))
    assert {name.removeprefix("residential_2018/") for name in names} == labels
    browser.evaluate("document.querySelector('.lineage-tree a').focus()")
    browser.keys(Keys.ENTER).wait("h1", "residential_2018/")
    assert browser.path.startswith("lineage/dimension%20residential_2018/")
    assert browser.path.endswith("?walk=down")
    assert browser.console() == []


def test_the_overview_of_a_registry_has_its_projects_and_datasets(browser: Browser) -> None:
    browser.open("lineage").wait("#lineage-graph canvas")
    browser.until(lambda: drawn(browser, "cy.zoom()") <= 1.15, "a picture that is not too large")
    assert drawn(browser, "cy.edges().length") == 3
    browser.check().picture("lineage-overview")
    before = drawn(browser, "cy.zoom()")
    browser.click("[data-lineage='in']")
    assert drawn(browser, "cy.zoom()") > before
    browser.click("[data-lineage='fit']")
    assert drawn(browser, "cy.zoom()") <= 1.15
