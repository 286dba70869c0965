"""A server with its viewer over the demo's registry, and one browser; both are started once for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.api.conftest import demo_registry  # noqa: F401  # the same small registry
from tests.viewer.browser import PICTURES, Browser, missing, running_browser
from tests.viewer.site import Site, running_site

_REPORT = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def site(demo_registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: F811
    """A server over the demo's registry with its viewer, for all tests that leave the registry as it is."""
    with running_site(demo_registry, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The browser of all tests; they take `browser`."""
    if reason := missing():
        pytest.skip(reason)
    with ExitStack() as stack:
        yield stack.enter_context(running_browser(tmp_path_factory.mktemp("chromium")))


@pytest.fixture
def browser(chromium: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A browser as new, signed in as an analyst; `browser.as_("reader")` makes it another one's.

    A picture of what it showed last is kept where a test fails: ``build/screenshots/failed-TEST.png``.
    """
    yield chromium.renew(site.home, site.cookies).as_("analyst")
    if request.node.stash.get(_REPORT, False):
        PICTURES.mkdir(parents=True, exist_ok=True)
        chromium.driver.save_screenshot(str(PICTURES / f"failed-{request.node.name[:80].replace('/', '_')}.png"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        item.stash[_REPORT] = True
    return report
