"""The page of a picture: complete in itself, labelled with units and clocks, and safe whatever data are called."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.plots.made import crossed, hours, made

from dsgrid.errors import NotFoundError, StorageError, UsageError
from dsgrid.operations import plot as operation
from dsgrid.query.plots import plot as plots
from dsgrid.query.plots.labels import number_format
from dsgrid.query.plots.page import GENERATOR, LIBRARY
from dsgrid.query.plots.palette import COLOURS
from dsgrid.query.plots.plot import Plot, draw
from dsgrid.query.result import Result

EVIL = '</script><img src=x onerror=alert(1)> & "%{y}" <b>'


@pytest.fixture(autouse=True)
def short_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "_library", lambda: "var Plotly = '</script>';")


@pytest.fixture
def result(tmp_path: Path) -> Result:
    axes = crossed(fuel=("electricity", "natural_gas"), scenario=("base", "high"), hourly=hours(24 * 3))
    values = [float(at.hour) + 1 for at in axes["hourly"]]
    return made(tmp_path / "result", {**axes, "value": values, "unit": ["MWh"] * len(values)})


class Texts(HTMLParser):
    """The elements of a page with their attributes, and what can be read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.read = ""
        self._hidden = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._hidden = tag if tag in ("script", "style") else self._hidden

    def handle_endtag(self, tag: str) -> None:
        self._hidden = "" if tag == self._hidden else self._hidden

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.read += data


def figure_of(page: str) -> dict[str, Any]:
    """Return the figure that a page draws, with its numbers as they are."""
    (text,) = re.findall(r'<script type="application/json" id="figure">(.*?)</script>', page, re.DOTALL)
    return json.loads(text, object_hook=_decoded)


def _decoded(value: dict[str, Any]) -> Any:
    if "bdata" not in value:
        return value
    array = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
    return array.reshape([int(one) for one in value["shape"].split(",")]) if "shape" in value else array


def test_a_page_asks_for_nothing_from_elsewhere(result: Result) -> None:
    page = draw(result).html()
    assert not [attributes for _, attributes in Texts(page).elements if {"src", "href"} & set(attributes)]
    assert "://" not in page
    assert "sendChartToCloud" not in page


def test_a_page_says_what_it_shows_with_its_unit_its_clock_and_what_it_is_of(result: Result) -> None:
    page = draw(result).html()
    read = Texts(page).read
    assert "example" in read
    assert "p@1.0.0: d@1.0.0" in read
    assert "Stacked areas by fuel, a panel for each scenario. Values are in MWh." in read
    assert "Times are UTC-07:00, hour beginning." in read
    assert f"{result.rows:,} rows of example, answered 2026-11-26 06:00 UTC; drawn by dsgrid" in read
    layout = figure_of(page)["layout"]
    assert layout["yaxis"]["title"]["text"] == "MWh per hour"
    assert layout["xaxis2"]["title"]["text"] == "UTC-07:00, hour beginning"
    assert [one["text"] for one in layout["annotations"]] == ["<b>base</b>", "<b>high</b>"]


def test_a_page_has_the_numbers_of_the_picture(result: Result) -> None:
    traces = figure_of(draw(result).html())["data"]
    for one in traces:
        assert (one["x0"], one["dx"]) == ("2018-01-01", 3_600_000)
        factor = 2 if one["name"] == "all" else 1
        np.testing.assert_array_equal(one["y"][:3], [factor * 8.0, factor * 9.0, factor * 10.0])
    assert [one["name"] for one in traces] == ["electricity", "natural_gas", "all"] * 2


def test_names_of_data_are_never_markup(tmp_path: Path) -> None:
    columns = {EVIL: {"type": "metric"}}
    rows = {EVIL: [EVIL, "plain"] * 2, "hourly": [hours(2)[0]] * 2 + [hours(2)[1]] * 2, "value": [1.0] * 4}
    one = made(tmp_path, {**rows, "unit": [EVIL] * 4}, columns=columns, query=EVIL, project=EVIL)
    page = draw(one, title=EVIL).html()
    seen = Texts(page)
    assert not [tag for tag, _ in seen.elements if tag in ("img", "b")]
    assert EVIL in seen.read
    figure = figure_of(page)
    assert "<img" not in json.dumps(figure, default=str)
    # Plotly fills in %{y} of templates only where we have written it.
    for trace in figure["data"]:
        assert re.findall(r"%\{[^}]*\}", trace["hovertemplate"]) == ["%{y:,.3f}"]


def test_a_legend_names_each_colour_once(result: Result) -> None:
    buttons = [attributes for tag, attributes in Texts(draw(result).html()).elements if tag == "button"]
    assert [one["data-group"] for one in buttons if "data-group" in one] == ["colour 0", "colour 1"]
    # So does the legend that the figure has where no page is around it.
    assert [one.name for one in draw(result).figure.data if one.showlegend is not False] == [
        "electricity",
        "natural_gas",
    ]
    alone = draw(result, kind="line", where=["fuel=electricity", "scenario=base"])
    assert "data-group" not in alone.html().partition("</main>")[0]
    assert "fuel electricity · scenario base" in Texts(alone.html()).read


def test_the_week_of_the_peak_has_a_button(tmp_path: Path) -> None:
    values = [1.0] * (24 * 70)
    values[24 * 30 + 5] = 9.0
    page = draw(made(tmp_path, {"hourly": hours(len(values)), "value": values})).html()
    spans = [
        (attributes["data-from"], attributes["data-to"])
        for tag, attributes in Texts(page).elements
        if tag == "button" and "data-from" in attributes
    ]
    assert spans == [("2018-01-27", "2018-02-03"), ("2018-01-15", "2018-02-15")]


@pytest.mark.parametrize("kind", ["line", "area", "heat_map", "load_duration", "bar"])
def test_plotly_takes_every_kind_of_figure(result: Result, kind: str) -> None:
    figure = draw(result, kind=kind).figure
    assert len(figure.data) > 1
    assert {one.type for one in figure.data} == {{"bar": "bar", "heat_map": "heatmap"}.get(kind, "scatter")}
    # It shows its name and legend itself, where no page does.
    assert figure.layout.title.text == "example"
    assert figure.layout.showlegend == (kind != "heat_map")


def test_long_names_lie_and_short_ones_stand(tmp_path: Path) -> None:
    ends = ["water heating of homes", "cooking"]
    flat = draw(made(tmp_path / "long", {"end_use": ends, "value": [1.0, 2.0]})).figure
    assert flat.data[0].orientation == "h"
    assert list(flat.data[0].y) == ["cooking", "water heating of homes"]
    upright = draw(made(tmp_path / "short", {"state": ["CA", "CO"], "value": [1.0, 2.0]})).figure
    assert list(upright.data[0].x) == ["CO", "CA"]


def test_panels_of_very_different_size_have_scales_of_their_own_and_say_so(tmp_path: Path) -> None:
    axes = crossed(scenario=("base", "high"), state=("CA", "CO"))
    same = draw(made(tmp_path / "same", {**axes, "value": [1.0, 2.0, 3.0, 4.0]}), facet="scenario")
    assert same.figure.layout.yaxis2.matches == "y"
    unlike = draw(made(tmp_path / "unlike", {**axes, "value": [1.0, 2.0, 300.0, 4.0]}), facet="scenario")
    assert unlike.figure.layout.yaxis2.matches is None
    assert "Each panel has a scale of its own." in unlike.html()


@pytest.mark.parametrize(
    ("most", "shown"), [(263_272_041, ",.0f"), (1234.5, ",.0f"), (99.0, ",.2f"), (1.5, ",.3f"), (0.00012, ",.4~r")]
)
def test_numbers_have_as_many_digits_as_say_something(most: float, shown: str) -> None:
    assert number_format(most) == shown


def test_no_two_colours_are_the_same() -> None:
    assert len(set(COLOURS)) == len(COLOURS) == 12


def test_a_plot_is_written_where_it_is_asked_and_drawn_anew_without_asking(result: Result, tmp_path: Path) -> None:
    first = draw(result, output=tmp_path)
    assert first.path == tmp_path / "example.html"
    assert first.path.read_text("utf-8") == first.html()
    again = draw(result, kind="line", output=tmp_path)
    assert again.path is not None
    assert again.path.read_text("utf-8") == again.html() != first.html()
    named = draw(result, output=tmp_path / "new" / "hours.html")
    assert named.path == tmp_path / "new" / "hours.html"
    assert named.path.is_file()


def test_what_dsgrid_has_not_drawn_is_not_overwritten(result: Result, tmp_path: Path) -> None:
    (tmp_path / "example.html").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="is there, and is no plot of dsgrid's; --force overwrites it"):
        draw(result, output=tmp_path)
    assert (tmp_path / "example.html").read_text("utf-8") == "mine"
    draw(result, output=tmp_path, force=True)
    assert GENERATOR in (tmp_path / "example.html").read_text("utf-8")
    with pytest.raises(UsageError, match="a plot is an HTML file, so its name ends in"):
        draw(result, output=tmp_path / "picture.png")


def test_a_place_that_cannot_be_written_to_is_named(result: Result, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(StorageError, match=r"file/plot\.html cannot be written: .*(exists|directory)"):
        draw(result, output=tmp_path / "file" / "plot.html")


def test_no_colours_are_drawn_where_none_are_asked_for(result: Result) -> None:
    assert draw(result, by="", where=["scenario=base"]).picture.by == ()


def test_the_library_may_stand_beside_the_pages(result: Result, tmp_path: Path) -> None:
    one = draw(result, output=tmp_path, assets=True)
    assert one.path is not None
    sources = [a["src"] for tag, a in Texts(one.path.read_text("utf-8")).elements if tag == "script" and "src" in a]
    assert sources == [LIBRARY]
    assert (tmp_path / LIBRARY).read_text("utf-8") == "var Plotly = '</script>';"


def test_a_notebook_shows_the_page_in_a_frame_of_its_own(result: Result) -> None:
    plot = draw(result)
    shown = Texts(plot._repr_html_())
    ((tag, attributes),) = shown.elements
    assert tag == "iframe"
    assert attributes["srcdoc"] == plot.html()


def test_a_plot_tells_what_it_has_chosen(result: Result, tmp_path: Path) -> None:
    plot = draw(result, output=tmp_path)
    assert plot.report().splitlines() == [
        "example: area along hourly; by fuel; a panel for each scenario",
        str(tmp_path / "example.html"),
    ]
    assert repr(plot).startswith("Plot(example: area")
    assert draw(result, kind="heat_map").report() == (
        "example: heat map of hours of days along hourly; a panel for each scenario; summed over fuel"
    )


def test_without_plotly_it_is_said_how_to_get_it(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"pip install 'dsgrid\[plot\]'"):
        draw(result)


def test_further_results_are_drawn_by_their_names(result: Result, tmp_path: Path) -> None:
    run = made(tmp_path / "run", {"state": ["CA"], "value": [1.0]}, results=["peaks"])
    made(tmp_path / "run" / "peaks", {"state": ["CO"], "value": [2.0]}, query="peaks")
    plot = operation.plot(run.folder, name="peaks", output=None)
    assert plot.title == "peaks"
    assert plot.path is None
    with pytest.raises(NotFoundError, match='no further result "peak"; did you mean "peaks"'):
        operation.plot(run, name="peak")
    with pytest.raises(NotFoundError, match="there is no result"):
        operation.plot(tmp_path / "nowhere")


def test_a_result_draws_itself(result: Result) -> None:
    plot = result.plot(kind="line", by="fuel")
    assert isinstance(plot, Plot)
    assert plot.picture.by == ("fuel",)
