"""The pictures of the viewer in the README and the guide, of the demo: ``make pictures``."""

from __future__ import annotations

import base64
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.viewer.browser import ROOT, WIDE, Browser, missing, running_browser
from tests.viewer.site import Site, running_site

FOLDER: Final = ROOT / "docs" / "images"
REGISTRY: Final = ROOT / "build" / "demo" / "registry"
PROJECT: Final = "three_states_2018"
_QUALITY: Final = 82


@dataclass(frozen=True)
class Shot:
    """One picture.

    Parameters
    ----------
    path
        The page, inside of the viewer; ``{result}`` is the job of the demo's query.
    wait
        What has to be there, as CSS.
    act
        What is done before the picture is taken.
    """

    name: str
    path: str
    wait: str = "#page h1"
    width: int = WIDE
    height: int = 800
    dark: bool = False
    act: Callable[[Browser], object] = lambda _browser: None


SHOTS: Final = (
    Shot("home", ""),
    Shot("project", f"projects/{PROJECT}?tab=coverage", height=660),
    Shot("map", f"dimensions/{PROJECT}/county?tab=map", "#page .js-plotly-plot", height=1000),
    Shot("dataset", "datasets/residential_2018?tab=profiles"),
    Shot("lineage", f"lineage/project {PROJECT}", height=900),
    Shot("builder", "build?job={result}", height=1000, act=lambda browser: browser.wait("#page", "the warm engine")),
    Shot("result", "results/{result}", "#page .js-plotly-plot", height=1150),
    Shot("result_dark", "results/{result}?kind=heat_map", "#page .js-plotly-plot", height=1150, dark=True),
    Shot("phone", "results/{result}", "#page .js-plotly-plot", width=400, height=860),
)


def main() -> None:
    """Take all pictures, or those that are named."""
    if reason := missing() or ("" if REGISTRY.is_dir() else "there is no demo: make demo"):
        sys.exit(f"no pictures: {reason}")
    wanted = set(sys.argv[1:]) or {shot.name for shot in SHOTS}
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_site(REGISTRY, Path(folder, "site")) as site:
        result = _result(site)
        with running_browser(Path(folder, "browser")) as browser:
            browser.renew(site.home, site.cookies).as_("analyst")
            for shot in SHOTS:
                if shot.name in wanted:
                    print(_taken(browser, shot, result).relative_to(ROOT))


def _result(site: Site) -> str:
    text = (ROOT / "specs" / "demo" / "hourly_by_state.toml").read_text("utf-8")
    job = site.run(text)
    if job["state"] != "succeeded":
        sys.exit(f"no pictures: the demo's query {job['state']}: {job.get('reason')}")
    return str(job["id"])


def _taken(browser: Browser, shot: Shot, result: str) -> Path:
    browser.width(shot.width, shot.height).dark(shot.dark)
    browser.open(shot.path.format(result=result), wait=shot.wait)
    shot.act(browser)
    browser.settle()
    options = {"format": "webp", "quality": _QUALITY}
    taken = browser.driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"]
    path = FOLDER / f"viewer_{shot.name}.webp"
    path.write_bytes(base64.b64decode(taken))
    return path


if __name__ == "__main__":
    main()
