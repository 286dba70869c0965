"""How long the viewer's pages take over a large registry: python -m benchmarks.viewer [--runs 5] [--counties 3200].

A server, a viewer and Chromium, each a process of its own. Cold is a new browser that has nothing of the viewer yet and
a page that nobody has asked for; warm is the median of the runs after it. Of each page is told when its heading stands,
and when nothing changes any more. Of the search is told how long after the last key its answers stand (it waits a
quarter of a second for more keys), and of the API how long its answers take, made anew each time.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from benchmarks.large_registry import COUNTIES, DATASETS, PROJECT, large_registry
from benchmarks.latency import served

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = {
    "home": "",
    "search page": "search?text=lake+county",
    "project": f"projects/{PROJECT}",
    "its datasets": f"projects/{PROJECT}?tab=datasets",
    "its coverage": f"projects/{PROJECT}?tab=coverage",
    "dimension of counties": f"dimensions/{PROJECT}/county",
    "mapping to states": f"mappings/{PROJECT}/county:state",
    "dataset": "datasets/commercial_01",
    "lineage of a dataset": "lineage/commercial_01",
    "lineage of the project": f"lineage/{PROJECT}",
    "query builder": f"build?project={PROJECT}",
}
ASKED: Final = {
    "/v1/overview": "/v1/overview?recent={}&projects=12",
    "/v1/datasets": "/v1/datasets?limit={}&sort=-rows",
    "/v1/search, a record": "/v1/search?text=doña+ana+{}",
    "/v1/search, much": "/v1/search?text=county&limit={}",
    "counties, searched": "/v1/dimensions/" + PROJECT + "/county/records?search=county%20{}&count=true",
}
TYPED: Final = ("union county 12", "lake", "commercial", "reference 20", "heating")
_QUIET: Final = 0.6  # seconds without a change
_LONGEST: Final = 60.0
_WATCH: Final = """
window.__asked = 0; window.__heading = 0; window.__last = 0;
const real = window.fetch;
window.fetch = (...given) => {
  window.__asked += 1;
  return real(...given).finally(() => setTimeout(() => { window.__asked -= 1; }));
};
new MutationObserver((changes) => {
  const page = document.getElementById("page");
  if (!page || !changes.some((each) => page.contains(each.target))) return;
  const now = performance.now();
  if (!window.__heading && page.querySelector("h1")) window.__heading = now;
  window.__last = now;
}).observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
"""
_FLAGS: Final = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic")


@dataclass(frozen=True)
class Seen:
    """When the heading of a page stood, and the whole page, in seconds; and bytes that came over the network."""

    heading: float
    whole: float
    received: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at pages of a large registry, and print how long each takes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.viewer", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--runs", type=int, default=5, help="of each page, after the first")
    parser.add_argument("--counties", type=int, default=COUNTIES)
    parser.add_argument("--datasets", type=int, default=DATASETS)
    parser.add_argument("--folder", type=Path, default=ROOT / "build/bench/viewer", help="where the registry is kept")
    chosen = parser.parse_args(arguments)
    registry = large_registry(chosen.folder.absolute(), chosen.counties, chosen.datasets)
    folder = Path(tempfile.mkdtemp(prefix="dsgrid-viewer-"))
    try:
        with served(folder, registry) as client:
            asked(client, chosen.runs)
            with viewed(folder, client) as address:
                looked(address, folder, chosen.runs)
    finally:
        shutil.rmtree(folder)
    return 0


def asked(client: httpx.Client, runs: int) -> None:
    """Print how long the API takes; each request is another one, so that no answer is kept."""
    print(f"{'of the API':<26}{'ms, median (highest)':>22}{'kB':>10}")
    for name, path in ASKED.items():
        times = []
        for number in range(runs):
            began = time.perf_counter()
            answer = client.get(path.format(number + 1))
            times.append(time.perf_counter() - began)
            answer.raise_for_status()
        shown = f"{statistics.median(times) * 1e3:,.0f} ({max(times) * 1e3:,.0f})"
        print(f"{name:<26}{shown:>22}{len(answer.content) / 1e3:>10,.1f}", flush=True)


def looked(address: str, folder: Path, runs: int) -> None:
    """Print how long each page takes."""
    home = address.partition("?")[0]
    print(f"\n{'':<26}{'cold':>22}{'warm':>22}   s until its heading stands / until all does")
    for name, path in PAGES.items():
        with chromium(folder / name.replace(" ", "_")) as driver:
            # The form, which has hardly anything of the viewer.
            driver.get(f"{home}sign-in")
            cookie = _signed_in(address)
            driver.add_cookie({"name": cookie[0], "value": cookie[1]})
            driver.execute_cdp_cmd("Network.clearBrowserCache", {})
            first = seen(driver, home + path)
            again = [seen(driver, home + path) for _ in range(runs)]
        warm = [statistics.median(each) for each in zip(*((one.heading, one.whole) for one in again), strict=True)]
        cold = f"{first.heading:.2f} / {first.whole:.2f}"
        print(f"{name:<26}{cold:>22}{f'{warm[0]:.2f} / {warm[1]:.2f}':>22}   {first.received / 1e6:.1f} MB", flush=True)
    with chromium(folder / "typing") as driver:
        driver.get(f"{home}sign-in")
        cookie = _signed_in(address)
        driver.add_cookie({"name": cookie[0], "value": cookie[1]})
        seen(driver, home)
        for text in TYPED:
            print(f"typed: {text:<19}{typed(driver, text):>22.2f}", flush=True)


def seen(driver: webdriver.Chrome, url: str) -> Seen:
    """Go to a page, wait until it is quiet, and return what it took."""
    driver.get("about:blank")
    driver.get(url)
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        now, heading, last, waiting = driver.execute_script(
            "return [performance.now(), window.__heading, window.__last, window.__asked]"
        )
        if heading and not waiting and now - last > _QUIET * 1e3:
            received = driver.execute_script(
                "return performance.getEntries().reduce((sum, each) => sum + (each.transferSize || 0), 0)"
            )
            return Seen(heading / 1e3, last / 1e3, int(received))
        time.sleep(0.05)
    raise SystemExit(
        f"{url} did not stand within {_LONGEST:g} s: {driver.find_element(By.TAG_NAME, 'body').text[:500]}"
    )


def typed(driver: webdriver.Chrome, text: str) -> float:
    """Type a text into the search, and return how long after the last key something stands below it."""
    field = driver.find_element(By.ID, "search")
    driver.execute_script("arguments[0].focus(); arguments[0].select()", field)
    field.send_keys(text)
    began = time.perf_counter()
    wanted = f"return document.querySelector('.search-hits > div')?.dataset.of === {text!r}"
    while time.perf_counter() - began < _LONGEST:
        if driver.execute_script(wanted):
            return time.perf_counter() - began
        time.sleep(0.01)
    raise SystemExit(f'nothing stands below the search for "{text}" after {_LONGEST:g} s')


@contextmanager
def viewed(folder: Path, client: httpx.Client) -> Iterator[str]:
    """Give the address of a viewer that has just started, with its key."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DSGRID_")}
    environment["DSGRID_TOKEN"] = client.headers["Authorization"].removeprefix("Bearer ")
    command = [sys.executable, "-u", "-m", "dsgrid", "viewer", "--url", str(client.base_url), "--port", "0"]
    log = folder / "viewer.log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment, start_new_session=True)
    try:
        while process.poll() is None:
            if found := re.search(r"http://\S+\?key=\S+", log.read_text("utf-8")):
                yield found[0]
                break
            time.sleep(0.05)
        else:
            raise SystemExit(f"the viewer ended: {log.read_text('utf-8')}")
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def chromium(folder: Path) -> Iterator[webdriver.Chrome]:
    """Give a browser that knows nothing yet."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*_FLAGS, f"--user-data-dir={folder}", "--window-size=1280,900"):
        options.add_argument(flag)
    service = Service(shutil.which("chromedriver"), log_output=os.devnull)
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH})
        yield driver
    finally:
        driver.quit()


def _signed_in(address: str) -> tuple[str, str]:
    """Return the cookie of who comes with the key."""
    with httpx.Client(trust_env=False) as client:
        end = time.monotonic() + 20
        while True:
            try:
                client.get(address)
                break
            except httpx.ConnectError:
                # It prints its address a moment before it listens there.
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        return next((cookie.name, cookie.value or "") for cookie in client.cookies.jar)


if __name__ == "__main__":
    sys.exit(main())
