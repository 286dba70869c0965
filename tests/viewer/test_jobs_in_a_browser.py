"""Jobs in a real browser: followed, cancelled, tried again, removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys
from tests.viewer.browser import Browser
from tests.viewer.site import Site

SPEC = """
spec_version = 1
job = "query"
name = "by_state"
project = "three_states_2018"
datasets = ["residential_2018"]
[[step]]
by = ["state", "scenario", "annual"]
"""
Submit = Callable[[], dict[str, Any]]


@pytest.fixture
def submit(site: Site) -> Iterator[Submit]:
    """Hands in jobs that take some seconds to begin: one runs then, and others wait. What is left of them is ended."""
    made: list[str] = []
    client = site.server.client("analyst", headers={"Authorization": f"Bearer {site.token('analyst')}"})

    def submitted() -> dict[str, Any]:
        headers = {"Content-Type": "application/toml"}
        answer = client.post("/v1/queries?cache=false&runner=embedded", content=SPEC, headers=headers)
        assert answer.status_code == 202, answer.text
        made.append(answer.json()["id"])
        return dict(answer.json())

    yield submitted
    for job in made:
        client.post(f"/v1/jobs/{job}/cancel")


def test_a_job_is_cancelled_and_tried_again_by_keyboard_alone(browser: Browser, submit: Submit) -> None:
    submit()
    waiting = submit()
    browser.open(f"job/{waiting['id']}").wait(".job-follower", "waiting")
    assert "next for embedded" in browser.text(".job-follower")
    browser.evaluate("document.querySelector('.job-follower .job-actions button').focus()")
    # Escape is no, and the focus comes back to where it was.
    browser.keys(Keys.ENTER).wait("dialog[open]", "Cancel this job?")
    browser.keys(Keys.ESCAPE)
    browser.until(lambda: not browser.all("dialog"))
    assert browser.focused().endswith(".button Cancel")
    assert "waiting" in browser.text(".job-follower")
    browser.keys(Keys.ENTER).wait("dialog[open]")
    assert "Cancel the job" in browser.focused()
    browser.keys(Keys.ENTER).wait(".job-follower .job-tag", "cancelled")
    browser.wait(".job-follower button", "Try again")
    browser.wait("#job-rest", "cancelled by")
    browser.evaluate("document.querySelector('.job-follower .job-actions button').focus()")
    browser.keys(Keys.ENTER)
    browser.until(lambda: browser.path.startswith("job/") and waiting["id"] not in browser.path, "the new job")
    browser.wait("#job-rest", "tries again")
    assert browser.console() == []


@pytest.mark.slow  # an engine starts for it
def test_a_job_is_followed_to_its_result_without_a_reload(browser: Browser, site: Site, submit: Submit) -> None:
    first, second = submit(), submit()
    browser.open("jobs").wait(".jobs-table", "place 1")
    browser.evaluate("window.notReloaded = true")
    browser.click(f".jobs-table a[href$='{second['id']}']").wait(".job-follower", "waiting")
    headers = {"Authorization": f"Bearer {site.token('analyst')}"}
    site.server.client(headers=headers).post(f"/v1/jobs/{first['id']}/cancel")
    browser.wait(".job-stages li", "reading", seconds=60)
    browser.wait(".job-follower .job-tag", "succeeded", seconds=60)
    browser.wait(".job-follower a", "Look at the result")
    assert "rows" in browser.text(".job-report")
    assert "annual" in browser.text("#job-spec-text")
    browser.wait("#job-log-text", "by_state")
    assert browser.evaluate("return window.notReloaded") is True
    browser.check().picture("job")
    # Nothing is asked any more.
    asked = browser.evaluate("return performance.getEntriesByType('resource').length")
    browser.evaluate("performance.clearResourceTimings()")
    browser.driver.execute_async_script("setTimeout(arguments[0], 1600)")
    assert asked > 0
    assert browser.evaluate("return performance.getEntriesByType('resource').map((each) => each.name)") == []


def test_the_list_of_jobs_is_chosen_from_and_one_is_removed(browser: Browser, site: Site) -> None:
    done = site.run(SPEC)
    assert done["state"] == "succeeded", done
    browser.open("jobs").wait(f".jobs-table a[href$='{done['id']}']")
    browser.check().picture("jobs")
    browser.click("nav.tabs a", "succeeded").wait(".tab.chosen", "succeeded")
    assert browser.path == "jobs?state=succeeded"
    row = f"tr:has(a[href$='job/{done['id']}'])"
    browser.click(f"{row} button", "Remove").click("dialog button", "Remove it")
    browser.until(lambda: not browser.all(row), "a list without the job")
    browser.open(f"job/{done['id']}")
    assert "there is no job" in browser.text("#page")
    browser.check()


def test_who_may_not_run_jobs_is_told_so(browser: Browser) -> None:
    browser.as_("reader").open("jobs")
    assert "analyst" in browser.text("#page")
    browser.check()
