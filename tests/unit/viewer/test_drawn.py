"""Long tables and lists are one component: what is in them comes to the browser as plain values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dash import dcc, html
from tests.unit.viewer.showing import links, pieces, words

from dsgrid.viewer.parts.blocks import table
from dsgrid.viewer.parts.drawn import drawn, node


def test_a_long_table_is_one_component_with_all_its_text_and_links() -> None:
    rows = [(dcc.Link(f"d{number}", href=f"/datasets/d{number}"), number) for number in range(500)]
    shown = drawn(table(("Name", "Rows"), rows, caption="All", numeric=("Rows",)))
    assert getattr(shown, "children", None) is None
    assert len(pieces(shown, "Tr")) == 501
    assert links(shown)["d499"] == "/datasets/d499"
    assert words(shown).startswith("All Name Rows d0 0")


def test_texts_stay_texts_and_properties_are_attributes() -> None:
    shown = html.Td(["<b>", None, 1, html.Span("x", title='"')], className="cover", colSpan=3, **{"aria-label": "y"})
    assert node(shown) == [
        "td",
        {"class": "cover", "colspan": "3", "aria-label": "y"},
        "<b>",
        "1",
        ["span", {"title": '"'}, "x"],
    ]
    assert node(html.Details(html.Summary("s"), open=True)) == ["details", {"open": ""}, ["summary", {}, "s"]]
    assert node(html.Details(html.Summary("s"), open=False)) == ["details", {}, ["summary", {}, "s"]]
    assert json.loads(getattr(drawn([html.P("a"), None, "b"]), "data-drawn")) == ["", {}, ["p", {}, "a"], "b"]


def test_tables_of_many_cells_are_drawn_wherever_they_stand() -> None:
    few, many = ([(number, "x") for number in range(rows)] for rows in (199, 200))
    assert len(pieces(table(("a", "b"), few, caption="Few"), "Tr")) == 200
    shown = table(("a", "b"), many, caption="Many")
    assert getattr(shown, "data-drawn", None)
    assert len(pieces(shown, "Tr")) == 201
    # As a part of what is drawn it needs no place of its own.
    assert node(html.Details(shown))[2][0] == "div"
    assert len(pieces(drawn(html.Details(shown)), "Tr")) == 201
    # What is more than text and links stays what it is.
    kept = table(("a", "b"), [(html.Button("b", n_clicks=0), "x")] * 200, caption="Buttons")
    assert len(pieces(kept, "Button")) == 200


@pytest.mark.parametrize("shown", [dcc.Graph(), html.Div(dcc.Store(id="x")), html.Div(style={"color": "red"})])
def test_what_cannot_be_drawn_is_refused(shown: Any) -> None:
    with pytest.raises(TypeError, match="is not drawn"):
        drawn(shown)
