"""A real browser that looks at the viewer: Debian's Chromium, driven by selenium."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from tests.viewer import axe_core

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURES: Final = ROOT / "build" / "screenshots"
WIDE: Final = 1280
NARROW: Final = 400
HEIGHT: Final = 900
TALLEST: Final = 6_000  # of a picture
SECONDS: Final = 15.0
_FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    # Whatever is not on this machine is not there: a page that needs it shows that by an error.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
# Counts what the page asks for and has not yet got; put into each page before its own scripts.
_COUNTING: Final = """
window.__asked = 0; window.__last = performance.now();
const real = window.fetch;
window.fetch = (...given) => {
  window.__asked += 1;
  return real(...given).finally(() => setTimeout(() => { window.__asked -= 1; window.__last = performance.now(); }));
};
"""
_QUIET: Final = (
    "return document.readyState === 'complete' && window.__asked === 0 && performance.now() - window.__last > 60"
)
_AXE: Final = """
const done = arguments[0];
axe.run(document, { resultTypes: ["violations"] }).then(
  (found) => done(found.violations.map((each) => ({
    rule: each.id, impact: each.impact, help: each.help,
    where: each.nodes.slice(0, 4).map((node) => `${node.target.join(" ")}  ${node.html.slice(0, 140)}`),
  }))),
  (error) => done([{ rule: "axe", impact: "failed", help: String(error), where: [] }]),
);
"""
_T = TypeVar("_T")


class Browser:
    """One Chromium, which tests share; `conftest.py` makes it as new for each of them.

    Attributes
    ----------
    driver
        selenium's, for what is not here.
    home
        The address of the viewer, with a slash at its end.
    """

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self.home = ""
        self._sign_in: Callable[[str | None], Mapping[str, str]] = lambda _role: {}
        self._width = 0
        self._is_dark = False

    # Going somewhere

    def as_(self, role: str | None) -> Browser:
        """Look with the rights of a role, such as ``reader``; as nobody for None."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        for name, value in self._sign_in(role).items():
            self.driver.execute_cdp_cmd("Network.setCookie", {"name": name, "value": value, "url": self.home})
        return self

    def open(self, path: str = "", *, wait: str = "#page h1") -> Browser:
        """Go to a page of the viewer, such as ``/projects/three_states_2018?tab=datasets``, and wait until it stands.

        Parameters
        ----------
        path
            Inside of the viewer.
        wait
            What is waited for, as CSS; then for all that the page still asks for.
        """
        self.driver.get(path if path.startswith("http") else self.home + path.lstrip("/"))
        self.wait(wait)
        return self.settle()

    @property
    def path(self) -> str:
        """Where the browser is, inside of the viewer: ``projects/x?tab=...``."""
        return str(self.driver.current_url).removeprefix(self.home)

    # Looking

    def find(self, css: str) -> WebElement:
        """Return the first element; an `AssertionError` with what is there if none is."""
        found = self.driver.find_elements(By.CSS_SELECTOR, css)
        assert found, f"nothing on the page is {css}; it says:\n{self.text()[:2_000]}"
        return found[0]

    def all(self, css: str) -> list[WebElement]:
        """Return all elements."""
        return list(self.driver.find_elements(By.CSS_SELECTOR, css))

    def text(self, css: str = "body") -> str:
        """Return what one reads there."""
        return self.evaluate("return document.querySelector(arguments[0])?.innerText ?? ''", css)

    def evaluate(self, script: str, *given: Any) -> Any:
        """Return what a script in the page returns."""
        return self.driver.execute_script(script, *given)

    def wait(self, css: str, text: str = "", *, seconds: float = SECONDS) -> WebElement:
        """Wait until there is such an element, with a text where one is given, and return it."""

        def there() -> WebElement | None:
            for each in self.all(css):
                # Not what selenium takes for visible: what a tab has scrolled away is there, too.
                if not text or text in str(each.get_property("innerText")):
                    return each
            return None

        return self.until(there, f"{css}{f' with the text {text!r}' if text else ''}", seconds=seconds)

    def until(
        self, found: Callable[[], _T | None], what: str = "what was waited for", *, seconds: float = SECONDS
    ) -> _T:
        """Wait until a function returns something true, and return that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if value := found():
                    return value
            except StaleElementReferenceException:
                pass  # the page was drawn anew meanwhile
            time.sleep(0.03)
        raise AssertionError(
            f"there was not within {seconds:g} s: {what}; at /{self.path} stands:\n{self.text()[:2_000]}\n"
            f"console: {self.console()}"
        )

    def settle(self, seconds: float = SECONDS) -> Browser:
        """Wait until the page asks for nothing more."""
        self.until(lambda: self.evaluate(_QUIET), "a page that asks for nothing more", seconds=seconds)
        return self

    def console(self) -> list[str]:
        """Return the errors and warnings of the console since this was asked last."""
        found = self.driver.get_log("browser")
        return [f"{one['level']}: {one['message']}" for one in found if one["level"] in ("SEVERE", "WARNING")]

    # Doing

    def click(self, css: str, text: str = "") -> Browser:
        """Click on what is there, and wait until the page asks for nothing more."""
        found = self.wait(css, text)
        self.evaluate("arguments[0].scrollIntoView({ block: 'center' })", found)
        found.click()
        return self.settle()

    def keys(self, *keys: str) -> Browser:
        """Press keys, wherever the focus is; selenium's `Keys` has names for those without a letter."""
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()
        return self.settle()

    def focused(self) -> str:
        """Return what has the focus, as ``a#id.class text``."""
        return self.evaluate(
            "const e = document.activeElement; return e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') +"
            " (e.className ? '.' + String(e.className).trim().replace(/ +/g, '.') : '') +"
            " ' ' + (e.innerText || e.value || '').slice(0, 60)"
        )

    def dark(self, on: bool = True) -> Browser:
        """Have the system prefer dark pages, or light ones."""
        feature = {"name": "prefers-color-scheme", "value": "dark" if on else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        self._is_dark = on
        return self

    def width(self, width: int, height: int = HEIGHT) -> Browser:
        """Make the window so wide."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self._width = width
        return self

    # Judging

    def check(self) -> Browser:
        """Fail unless the page as it stands is sound: no error in the console, one heading, not wider than the window.

        That is at 1280 and 400 pixels; and axe-core finds nothing, in light and dark. Without axe-core the test is
        skipped after the rest was looked at.
        """
        self.settle()
        self._is_quiet()
        assert len(self.all("h1")) == 1, [each.text for each in self.all("h1")]
        before = self._width, self._is_dark
        unsound: list[str] = []
        try:
            script = axe_core.script()
        except axe_core.NotFetchedError as reason:
            script, missing = "", str(reason)
        for width, dark in ((WIDE, False), (NARROW, False), (NARROW, True)):
            self.width(width).dark(dark)
            self._drawn()
            where = f"{width} px, {'dark' if dark else 'light'}"
            wide = self.evaluate("return document.documentElement.scrollWidth")
            if wide > width:
                unsound.append(f"{where}: the page is {wide} px wide; {self._widest()}")
            if script:
                # Once in a page; it stays there until the next one.
                self.evaluate(f"if (!window.axe) {{ {script} }}")
                found = self.driver.execute_async_script(_AXE)
                unsound += [f"{where}: {json.dumps(one, indent=1, ensure_ascii=False)}" for one in found]
        self.width(before[0]).dark(before[1])
        self._drawn()
        assert not unsound, "\n".join(unsound)
        self._is_quiet()
        if not script:
            pytest.skip(f"all but accessibility was checked: {missing}")
        return self

    def _is_quiet(self) -> None:
        said = self.console()
        assert not said, "the console says:\n" + "\n".join(said)

    def picture(self, name: str, *, dark: bool = False) -> Browser:
        """Keep pictures of the whole page, as ``build/screenshots/NAME-1280.png`` and ``-400.png``."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        before = self._width, self._is_dark
        self.dark(dark)
        for width in (WIDE, NARROW):
            self.width(width)
            self._drawn()
            tall = min(TALLEST, max(HEIGHT, self.evaluate("return document.documentElement.scrollHeight")))
            self.width(width, tall)
            self._drawn()
            self.driver.save_screenshot(str(PICTURES / f"{name}-{width}.png"))
        self.width(before[0]).dark(before[1])
        return self

    def _drawn(self) -> None:
        """Wait until what a change of the window brings about is drawn."""
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 80)))"
        )
        self.settle()

    def _widest(self) -> str:
        """Return the elements that make the page too wide."""
        found = self.evaluate(
            "const most = document.documentElement.clientWidth;"
            "return [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > most + 1"
            " && !e.closest('.scroll, .ag-root-wrapper')).slice(0, 4).map((e) => e.outerHTML.slice(0, 120))"
        )
        return f"perhaps because of {found}"

    def renew(self, home: str, sign_in: Callable[[str | None], Mapping[str, str]]) -> Browser:
        """Forget what an earlier test has done: cookies, what pages keep, theme, width, console."""
        self.home, self._sign_in = home, sign_in
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        origin = "/".join(home.split("/")[:3])
        self.driver.execute_cdp_cmd(
            "Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage,service_workers"}
        )
        self.width(WIDE).dark(False)
        self.console()
        return self


def missing() -> str:
    """Return why there is no browser; nothing where there is one."""
    wanted = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"there is no {' and no '.join(wanted)} here (Debian: chromium, chromium-driver)" if wanted else ""


@contextmanager
def running_browser(folder: Path) -> Iterator[Browser]:
    """Give a browser, and end it afterwards.

    Parameters
    ----------
    folder
        For its profile.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*_FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # What the driver says is of use only where it does not start.
    service = Service(str(shutil.which("chromedriver")), log_output=os.devnull)
    try:
        driver = webdriver.Chrome(options=options, service=service)
    except WebDriverException as error:
        raise AssertionError(f"Chromium does not start: {error.msg}") from None
    try:
        driver.set_page_load_timeout(30)
        driver.set_script_timeout(30)
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _COUNTING})
        yield Browser(driver)
    finally:
        driver.quit()
