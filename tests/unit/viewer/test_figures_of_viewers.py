"""Figures: in the colours of the theme, with their legend, words and numbers as text."""

from __future__ import annotations

from typing import Any

from tests.unit.viewer.showing import pieces, words

from dsgrid.query.plots import palette
from dsgrid.viewer.parts import figures
from dsgrid.viewer.parts.figures import graph, picture, themed

EVIL = "<img src=x onerror=alert(1)>"


def only(shown: Any, kind: str) -> Any:
    """Return the one component of a kind."""
    (found,) = pieces(shown, kind)
    return found


def answer(**more: Any) -> dict[str, Any]:
    """Return a picture as the server tells it."""
    told: dict[str, Any] = {
        "title": "load",
        "fixed": "year 2018",
        "caption": "Bars by fuel. Values are in GWh.",
        "chosen": {"kind": "bar", "x": "state", "y": "", "by": ["fuel"], "facet": [], "units": ["GWh"]},
        "choices": {
            "kinds": ["bar"],
            "x": ["state", "fuel"],
            "by": ["fuel"],
            "facet": ["fuel"],
            "units": ["MWh", "GWh"],
            "columns": [column("state", ["CA", "CO"]), column("fuel", ["gas", EVIL])],
        },
        "legend": [
            {"name": "gas", "group": "colour 0", "colour": "#0072b2", "dash": "solid"},
            {"name": EVIL, "group": "colour 1", "colour": "#e69f00", "dash": "dash"},
        ],
        "zooms": [{"title": "week of the peak", "from": "2018-01-01", "to": "2018-01-08"}],
        "summary": [summed("gas"), summed(EVIL)],
        "numbers": [
            {
                "panel": "",
                "unit": "GWh",
                "places": ["CA", "CO"],
                "series": [{"name": "gas", "values": [1234567.0, 2.0]}, {"name": EVIL, "values": [3.0, None]}],
            }
        ],
        "figure": {"data": [{"type": "bar"}], "layout": {"height": 500, "title": {"text": "load"}, "showlegend": True}},
    }
    return told | more


def column(name: str, values: list[str], **more: Any) -> dict[str, Any]:
    """Return a column that can be chosen."""
    told = {"name": name, "title": name.replace("_", " "), "type": "geography", "role": "category", "added_up": True}
    return told | {"count": len(values), "values": [{"value": one, "title": one} for one in values]} | more


def summed(name: str) -> dict[str, Any]:
    return {
        "panel": "",
        "series": name,
        "unit": "GWh",
        "count": 8760,
        "least": 0.5,
        "mean": 1.0,
        "most": 2e6,
        "sum": None,
    }


def test_a_figure_has_a_clear_ground_and_leaves_title_and_legend_to_the_page() -> None:
    layout = themed({"title": {"text": "x"}, "paper_bgcolor": "#fff", "height": 300, "xaxis": {"type": "date"}})
    assert "title" not in layout
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert layout["showlegend"] is False
    assert layout["xaxis"] == {"type": "date"}


def test_a_figure_asks_no_other_server_and_is_named() -> None:
    made = graph({"data": [], "layout": {}}, id="x-graph", label="Loads by state")
    assert getattr(made, "aria-label") == "Loads by state"
    plot = only(made, "Graph")
    assert plot.config["plotlyServerURL"] == ""
    assert [name for group in plot.config["modeBarButtons"] for name in group][-1] == "toImage"
    assert plot.style["height"] == "430px"


def test_colours_are_buttons_that_say_what_they_hide() -> None:
    shown = picture(answer(), id="x")
    buttons = [one for one in pieces(shown, "Button") if getattr(one, "data-group", None)]
    assert [(words(one), getattr(one, "data-group"), getattr(one, "aria-pressed")) for one in buttons] == [
        ("gas", "colour 0", "true"),
        (EVIL, "colour 1", "true"),
    ]
    assert not [one for one in pieces(picture(answer(legend=[]), id="x"), "Button") if getattr(one, "data-group", None)]


def test_the_numbers_of_a_small_picture_stand_below_it() -> None:
    shown = words(only(picture(answer(), id="x"), "Details"))
    for text in ("1,234,567", "–", "GWh", EVIL, "state"):
        assert text in shown


def test_of_a_large_picture_each_series_is_told_in_short() -> None:
    shown = words(only(picture(answer(numbers=None), id="x"), "Details"))
    for text in ("8,760", "2,000,000", "smallest", "greatest", EVIL):
        assert text in shown
    assert "sum" not in shown


def test_another_figure_is_another_element_so_that_nothing_stays_hidden_in_it() -> None:
    first, same = (picture(answer(), id="x").key for _ in range(2))
    other = picture(answer(figure={"data": [], "layout": {}}), id="x").key
    assert first == same != other


def test_what_the_viewer_draws_has_the_colours_of_the_servers_pictures() -> None:
    """The viewer may not import them: it knows nothing of the server but what that answers."""
    assert (figures.COLOURS, figures.REST) == (palette.COLOURS, palette.REST)
