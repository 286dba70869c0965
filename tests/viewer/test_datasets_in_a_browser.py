"""The page of a dataset in a real browser: all of its parts, and its load shape as a job of the server."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys
from tests.viewer.browser import Browser

OWN = "datasets/commercial_2018"


def test_the_overview_stands_and_leads_on(browser: Browser) -> None:
    browser.open(OWN)
    found = {each.text: str(each.get_dom_attribute("href")) for each in browser.all("#page a")}
    assert found["three_states_2018@1.0.0"].endswith("/projects/three_states_2018@1.0.0")
    assert found["commercial_county"].endswith("/dimensions/commercial_2018/commercial_county@1.0.0")
    browser.check().picture("dataset")


def test_mean_days_and_all_hours_are_drawn(browser: Browser) -> None:
    browser.open(f"{OWN}?tab=shape&metric=electricity_cooling&zone=America/Denver")
    # The first query of a server waits for its engine.
    browser.wait("#dataset-shape-year .heatmaplayer image, #dataset-shape-year .hm", seconds=60)
    browser.wait("#dataset-shape-day .scatterlayer path.js-line")
    # The data are a week of summer: weekdays and weekends.
    assert len(browser.all("#dataset-shape-day .scatterlayer .trace")) == 2
    text = browser.text(".dataset-part")
    assert "Clock: America/Denver" in text
    assert "2018-07-" in text
    browser.check().picture("dataset-shape")


def test_what_is_chosen_is_drawn_at_once_and_stands_in_the_address(browser: Browser) -> None:
    browser.open(f"{OWN}?tab=shape&metric=electricity_cooling")
    browser.wait("#dataset-shape-day", seconds=60)
    select = browser.find("form.choose select[name='by']")
    select.send_keys("m")
    browser.wait("#dataset-shape-month-1")
    assert "by=month" in browser.path
    assert browser.focused().startswith("select")


@pytest.mark.slow
def test_annual_data_are_bars_of_years(browser: Browser) -> None:
    browser.open("datasets/growth_to_2040?tab=shape&geography=CO&metric=electricity")
    browser.wait("#dataset-shape-years .bars path", seconds=60)
    assert "no load shape" in browser.text(".dataset-part")
    browser.check()


@pytest.mark.slow
def test_rates_are_not_added_up_over_states(browser: Browser) -> None:
    browser.open("datasets/growth_to_2040?tab=shape&metric=electricity")
    browser.wait(".dataset-part .problem", "do not add up", seconds=60)
    browser.check()


def test_a_reader_is_told_why_there_are_no_pictures(browser: Browser) -> None:
    browser.as_("reader").open(f"{OWN}?tab=shape")
    browser.wait(".state.empty", "your role (reader) may not run")
    browser.check()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tab", "said"),
    [
        ("profiles", "5 metrics in kWh: in all "),
        ("missing", "with metric natural_gas_cooking"),
        ("layout", "Pivoted: each metric has a column of values."),
        ("history", "Commercial buildings are the same in both scenarios"),
    ],
)
def test_each_part_stands_under_its_address(browser: Browser, tab: str, said: str) -> None:
    browser.open(f"{OWN}?tab={tab}")
    browser.wait(".dataset-part", said)
    assert browser.find(".tab.chosen").get_dom_attribute("href").endswith(f"?tab={tab}")
    browser.check().picture(f"dataset-{tab}")


def test_rows_are_chosen_by_keyboard_and_stand_in_the_address(browser: Browser) -> None:
    browser.open(f"{OWN}?tab=sample")
    browser.wait("#dataset-sample-grid .ag-row")
    county = browser.find("#dataset-sample-grid [col-id='geography'].ag-cell").text
    browser.find("#dataset-sample-where").send_keys(f"geography={county}")
    columns = browser.find("#dataset-sample-columns")
    columns.send_keys("geography,electricity_heating", Keys.ENTER)
    browser.wait("#dataset-sample-grid .ag-header-cell-text", "electricity_heating, kWh")
    browser.until(lambda: f"where=geography%3D{county}" in browser.path, "the choice in the address")
    assert {each.text for each in browser.all("#dataset-sample-grid [col-id='geography'].ag-cell")} == {county}
    browser.check()
    browser.find("#dataset-sample-where").send_keys("\ncolour=red")
    browser.click("#dataset-sample-show")
    browser.wait(".problem", "colour")


def test_files_are_compared_when_asked(browser: Browser) -> None:
    browser.open(f"{OWN}?tab=checks")
    browser.click("#dataset-checks-sums")
    browser.wait("#dataset-checks-files", "as published")
    assert "yours is analyst" in browser.text(".dataset-part")
    browser.check().picture("dataset-checks")


@pytest.mark.slow
def test_all_datasets_are_listed(browser: Browser) -> None:
    browser.open("datasets")
    browser.wait(".ag-row", "residential_2018")
    browser.check()
