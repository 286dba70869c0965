"""Pictures of all kinds in a real browser, from a phone's width on: drawn, labelled, no text over another.

Images of them are put into ``build/plots``, to be looked at.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.plots.browser import browser, look, outside, overlapping
from tests.plots.gallery import GALLERY

IMAGES = Path(__file__).resolve().parents[2] / "build" / "plots"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser() is None, reason="there is no Chromium here to draw with"),
    pytest.mark.skipif(pytest.importorskip("plotly") is None, reason="Plotly is not installed"),
]


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", list(GALLERY))
def test_a_picture_can_be_read(name: str, width: int, tmp_path: Path) -> None:
    plot = GALLERY[name](tmp_path / "result")
    page = plot.html()
    # Below the figure and above it there are a few lines of text.
    height = plot.figure.layout.height + 460
    found = look(page, width, tmp_path, IMAGES / f"{name}_{width}.png", height)
    assert found["errors"] == []
    assert found["shown"] > 0
    assert found["width"] <= width
    assert len(found["texts"]) > 3
    assert overlapping(found["texts"]) == []
    assert outside(found) == []


def asked(script: str, folder: Path, name: str = "area") -> Any:
    """Return what a script finds in the page of one of the pictures."""
    found = look(GALLERY[name](folder / "result").html(), 1280, folder, script=script)
    assert found["errors"] == []
    return found["asked"]


def test_a_colour_is_hidden_by_its_button_and_shown_alone_by_two_clicks(tmp_path: Path) -> None:
    script = """
      const plot = document.getElementById("plot");
      const shown = () => plot.data.filter((one) => one.visible !== false).map((one) => one.name);
      const button = document.querySelector(".legend button");
      const before = shown();
      button.click();
      const without = shown();
      button.click();
      button.dispatchEvent(new MouseEvent("dblclick"));
      const alone = shown();
      button.dispatchEvent(new MouseEvent("dblclick"));
      return { before, without, alone, after: shown() };
    """
    found = asked(script, tmp_path)
    every = ["cooling", "heating", "ventilation", "lighting", "equipment", "all"]
    assert found["before"] == found["after"] == every
    # The sum of all is told only while all is there.
    assert found["without"] == every[1:-1]
    assert found["alone"] == ["cooling"]


def test_a_button_shows_the_week_of_the_peak_and_another_one_all(tmp_path: Path) -> None:
    script = """
      const plot = document.getElementById("plot");
      const buttons = [...document.querySelectorAll(".zoom button")];
      const range = () => plot.layout.xaxis.range.map(String);
      const press = async (one) => { one.click(); await new Promise((go) => setTimeout(go, 300)); return range(); };
      return { all: range(), week: await press(buttons[0]), again: await press(buttons[buttons.length - 1]) };
    """
    found = asked(script, tmp_path)
    assert found["all"] == found["again"]
    first, last = (np.datetime64(one.replace(" ", "T")[:16]) for one in found["week"])
    assert last - first == np.timedelta64(7, "D")


def test_an_image_has_the_title_and_the_legend_that_the_page_has_beside_the_figure(tmp_path: Path) -> None:
    script = """
      let given;
      Plotly.downloadImage = async (figure, options) => { given = [figure, options]; };
      document.querySelector('[data-title="Download as an image"]').click();
      const [figure, options] = given;
      const image = await Plotly.toImage(figure, options);
      return { title: figure.layout.title.text, legend: figure.layout.showlegend, bytes: image.length };
    """
    found = asked(script, tmp_path)
    assert found["title"] == "Electricity of buildings by end use"
    assert found["legend"] is True
    assert found["bytes"] > 20_000
