"""Grids, maps and matrices in a real browser: the pages of dimensions and mappings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.keys import Keys
from tests.viewer.browser import Browser
from tests.viewer.site import Site, running_site

from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_mappings import register_mappings
from dsgrid.viewer.parts.shapes import all_places, state_of

COUNTY = "dimensions/three_states_2018/county"
EVIL = "<img src=x onerror=alert(1)>"


def rows(browser: Browser) -> list[list[str]]:
    """Return the cells of the rows of a grid that are seen, in their order."""
    return browser.evaluate(
        "return [...document.querySelectorAll('.ag-center-cols-container .ag-row')]"
        ".sort((a, b) => a.getAttribute('row-index') - b.getAttribute('row-index'))"
        ".map((row) => [...row.querySelectorAll('.ag-cell')].map((cell) => cell.innerText.trim()))"
    )


def ids(browser: Browser) -> list[str]:
    return [row[0] for row in rows(browser) if row]


def test_records_are_filtered_and_sorted_by_the_server_and_the_address_keeps_it(browser: Browser) -> None:
    browser.open(COUNTY).wait(".grid-count", "records")
    every = ids(browser)
    assert browser.text(".grid-count") == f"{len(every)} records"
    browser.find(".grid-bar input").send_keys("co")
    browser.wait(".grid-count", "fit")
    browser.until(lambda: 0 < len(ids(browser)) < len(every) and "search=co" in browser.path)
    browser.click(".ag-header-cell[col-id='id']").click(".ag-header-cell[col-id='id']")
    browser.until(lambda: "sort=-id" in browser.path)
    found = ids(browser.settle())
    assert found == sorted(found, reverse=True)
    browser.open(browser.path, wait=".ag-row")
    browser.until(lambda: ids(browser) == found)
    assert browser.find(".grid-bar input").get_property("value") == "co"
    csv = browser.evaluate("return fetch(document.querySelector('.grid-exports a').href).then((a) => a.text())")
    assert [line.split(",")[0] for line in csv.splitlines()] == ["id", *found]


def test_a_search_without_a_hit_says_so_and_is_undone(browser: Browser) -> None:
    browser.open(f"{COUNTY}?search=nothing+like+it", wait=".grid-note p, .grid-note:not(:empty)")
    assert browser.text(".grid-note") == "None of the records fit."
    browser.find(".grid-bar input").send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.DELETE)
    browser.until(lambda: ids(browser) and "search" not in browser.path)
    browser.check().picture("dimension")


def test_a_time_dimension_is_told_in_words(browser: Browser) -> None:
    browser.open("dimensions/three_states_2018/time_mst")
    assert "UTC-07:00" in browser.text(".dimension")
    browser.check()


def test_a_map_is_drawn_of_shapes_of_the_viewer_alone(browser: Browser) -> None:
    browser.open(f"{COUNTY}?tab=map", wait=".choroplethlayer path")
    fetched = browser.evaluate("return performance.getEntriesByType('resource').map((each) => each.name)")
    assert all(each.startswith(("http://127.0.0.1", "data:", "blob:")) for each in fetched)
    assert any(each.endswith("/assets/shapes/counties.json") for each in fetched)
    browser.find("select[name='colour']").send_keys("climate")
    browser.wait(".map-legend li")
    browser.wait(".choroplethlayer path")
    browser.check().picture("map")


def test_a_mapping_shows_its_checks_and_a_matrix_that_leads_to_its_associations(browser: Browser) -> None:
    browser.open("mappings/three_states_2018/county:state", wait=".ag-row")
    browser.wait(".mapping-tables .tag.good", "holds")
    browser.check().picture("mapping")
    browser.click(".tab", "Matrix").wait(".fractions")
    row = browser.find(".fractions tbody tr")
    (county, name), state = row.find_element("css selector", "th").text.split(" ", 1), "CA"
    assert name == "Fresno"
    browser.check()
    browser.click(".fractions .held a")
    browser.until(lambda: [each[:2] for each in rows(browser)] == [[county, state]])


# With many records ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose registry has all counties, and a mapping of them to states, one of them split."""
    folder = tmp_path_factory.mktemp("many")
    create_registry({"registry": str(folder / "registry")})
    counties = all_places("counties")
    records = [
        {"id": each, "name": EVIL if each == "06037" else f"County {each}", "size": int(each)} for each in counties
    ]
    states = [{"id": each, "name": each} for each in all_places("states")]
    dimensions = {
        "county": {"type": "geography", "records": records},
        "state": {"type": "geography", "records": states},
    }
    head = {"spec_version": 1, "log_message": "For tests", "owner": "lab"}
    ways = [{"from": each, "to": state_of("counties", each)} for each in counties[1:]]
    ways += [{"from": counties[0], "to": to, "fraction": 0.5} for to in ("AL", "GA")]
    mapping = {"from": "lab/county", "to": "lab/state", "kind": "many_to_many_aggregation", "records": ways}
    register_dimensions({**head, "job": "register_dimensions", "dimension": dimensions}, registry=folder / "registry")
    register_mappings({**head, "job": "register_mappings", "mapping": {"up": mapping}}, registry=folder / "registry")
    with running_site(folder / "registry", folder) as site:
        yield site


@pytest.fixture
def far(chromium: Browser, many: Site) -> Browser:
    return chromium.renew(many.home, many.cookies).as_("reader")


def test_the_end_of_a_long_list_is_reached_without_what_lies_before(far: Browser) -> None:
    far.open("dimensions/lab/county", wait=".ag-row")
    far.wait(".grid-count", "3,142 records")
    before = len(far.evaluate("return performance.getEntriesByType('resource')"))
    far.evaluate("document.querySelector('.ag-body-viewport').scrollTop = 10 ** 7")
    far.until(lambda: "56045" in ids(far))
    assert len(far.evaluate("return performance.getEntriesByType('resource')")) - before <= 4


@pytest.mark.slow
def test_texts_of_the_registry_are_never_markup(far: Browser) -> None:
    far.open("dimensions/lab/county?search=onerror", wait=".ag-row")
    far.until(lambda: EVIL in str(rows(far)))
    far.open("dimensions/lab/county?tab=map&colour=a:size", wait=".choroplethlayer path")
    assert not far.all("img[src='x']")
    assert far.console() == []


@pytest.mark.slow
def test_a_large_matrix_is_a_picture_with_ways_into_it(far: Browser) -> None:
    far.open("mappings/lab/up?tab=matrix", wait=".heatmaplayer image")
    assert "3,142, 27 taken together" in far.text("#mapping-matrix")
    far.check().picture("matrix")
    far.click(".matrix-ways a", "The first records").wait(".fractions")
    assert "0.5" in far.text(".fractions")
    far.click(".matrix-ways a", "Rows after")
    far.until(lambda: "top=40" in far.path)


@pytest.mark.slow
def test_a_grid_is_used_with_keys_alone(far: Browser) -> None:
    far.open("mappings", wait=".ag-row")
    far.evaluate("document.querySelector('.grid-bar input').focus()")
    for _ in range(12):
        far.keys(Keys.TAB)
        if "ag-" in far.focused():
            break
    far.keys(Keys.ARROW_DOWN)
    assert "ag-cell" in far.focused(), far.focused()
    far.keys(Keys.HOME, Keys.ENTER)
    far.until(lambda: far.path.startswith("mappings/lab/up"))
    far.wait("h1", "lab/up")
