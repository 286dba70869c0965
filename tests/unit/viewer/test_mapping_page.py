"""The page of a mapping: checks, sums, and the matrix."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.unit.viewer.showing import links, piece, pieces, words

from dsgrid.viewer.pages.mapping import checks, matrix
from dsgrid.viewer.pages.mapping.matrix_part import Part

SIDE = {
    "records": 4,
    "used": 3,
    "unused": 1,
    "dropped": 0,
    "repeated": 0,
    "sum_least": 1.0,
    "sum_most": 1.0,
    "sums_off": 0,
}
SUMMARY = {
    "reference": "p/a:b@1.0.0",
    "kind": "many_to_one_aggregation",
    "use": "roll up",
    "promises": {
        "sums_to_one": "from",
        "from_repeats": False,
        "to_repeats": True,
        "all_ones": False,
        "tolerance": 1e-6,
    },
    "associations": 3,
    "without_target": 0,
    "fractions": {"least": 1.0, "most": 1.0, "ones": 3},
    "from": {"dimension": "p/a", "version": "1.0.0", **SIDE},
    "to": {"dimension": "p/b", "version": "1.0.0", **SIDE, "repeated": 2, "sum_most": 2_000.5, "unused": 0},
}


def axis(number, step=1, start=0, total=None, prefix="r"):
    end = start + number
    labels = [
        {
            "id": f"{prefix}{first}",
            "name": f"Name {first}",
            "last": f"{prefix}{min(first + step, end) - 1}",
            "records": min(first + step, end) - first,
        }
        for first in range(start, end, step)
    ]
    return {"total": total or end, "start": start, "end": end, "step": step, "labels": labels}


def found(rows, columns, cells):
    return {"reference": "p/a:b@1.0.0", "rows": rows, "columns": columns, "cells": cells}


@pytest.fixture
def visit(viewer_of):
    with viewer_of().at("/") as visit:
        yield visit


def asked(href):
    """Return the path and parameters of an address."""
    parts = urlsplit(href)
    return parts.path, {name: value[0] for name, value in parse_qs(parts.query).items()}


def test_promises_that_hold_are_told_so():
    said = {text: words(tag) for text, tag in checks.promises(SUMMARY)}
    assert said["the fractions of each record of from sum to 1 (within 1e-06)"] == "holds"
    assert said["each record of from is in one association"] == "holds"
    assert said["records of to may be in several"] == "2 are"
    assert said["each fraction is"] == "1"


def test_sides_are_called_by_their_dimensions_where_those_differ(visit):
    shown = words(checks.shown(visit, "p/county:state@1.0.0", SUMMARY))
    assert "each record of county is in one association" in shown
    assert "records of state may be in several" in shown
    assert "each record of from is in one association" in words(checks.shown(visit, "p/d/year:year@1.0.0", SUMMARY))


def test_promises_that_are_broken_are_told_with_numbers():
    broken = {**SUMMARY, "from": {**SUMMARY["from"], "sums_off": 2, "repeated": 1}}
    said = {text: (words(tag), tag.className) for text, tag in checks.promises(broken)}
    assert said["the fractions of each record of from sum to 1 (within 1e-06)"] == ("2 of 3 do not", "tag bad")
    assert said["each record of from is in one association"] == ("1 are in several", "tag bad")
    copied = {**SUMMARY, "promises": {**SUMMARY["promises"], "all_ones": True}, "associations": 5}
    assert ("2 are not", "all fractions are 1") in [(words(tag), text) for text, tag in checks.promises(copied)]


def test_a_kind_that_promises_nothing_says_that():
    free = {**SUMMARY, "promises": {**SUMMARY["promises"], "sums_to_one": None}}
    assert "sums of fractions may be anything" in dict(checks.promises(free))


def test_records_that_are_left_over_are_counted_and_lead_to_their_grid(visit):
    shown = checks.shown(visit, "p/a:b@1.0.0", SUMMARY)
    path, params = asked(links(shown)["1"])
    assert (path, params["tab"]) == ("/mappings/p/a:b@1.0.0", "from")
    assert json.loads(params["filter"]) == {"associations": {"filterType": "number", "type": "equals", "filter": 0}}
    assert "1 to 2,000.5" in words(shown)


def test_a_small_part_is_a_table_whose_cells_lead_to_their_associations(visit):
    shown = matrix.shown(
        visit, found(axis(2), axis(2, prefix="c"), [[0, 0, 1, 0.25], [0, 1, 1, 0.75], [1, -1, 1, 1.0]])
    )
    table = words(pieces(shown, "Table"))
    assert "no target" in table
    assert table.startswith("Fractions from rows to columns a \\ b c0 c1")
    assert re.sub(r" +", " ", table).endswith("r0 Name 0 0.25 0.75 1 r1 Name 1 1 1")
    _, params = asked(links(shown)["0.25"])
    assert {name: each["filter"] for name, each in json.loads(params["filter"]).items()} == {"from": "r0", "to": "c0"}
    _, params = asked(links(shown)["1"])
    assert json.loads(params["filter"])["to"] == {"filterType": "text", "type": "blank"}


def test_sums_of_rows_are_told_only_where_all_columns_are_seen(visit):
    part = found(axis(1), axis(2, prefix="c", total=9), [[0, 0, 1, 0.25]])
    assert "sum" not in words(pieces(matrix.shown(visit, part), "Thead"))


def test_a_large_part_is_a_picture_with_ways_to_smaller_ones(visit):
    part = found(axis(3_108, step=26), axis(51, prefix="c"), [[0, 0, 26, 26.0], [119, -1, 2, 2.0]])
    shown = matrix.shown(visit, part)
    (graph,) = pieces(shown, "Graph")
    heat = graph.figure["data"][0]
    assert (len(heat["z"]), len(heat["z"][0])) == (120, 52)
    assert heat["z"][119][51] == 2.0
    assert "r0 – r25 to c0" in heat["text"][0][0]
    assert "26 in 26 associations" in heat["text"][0][0]
    assert "Rows are records of a: all 3,108, 26 taken together in each" in words(shown)
    _, params = asked(links(shown)["The first records"])
    assert (params["height"], params["width"]) == ("40", "25")


def test_a_click_goes_into_a_cell_until_it_holds_one_association(visit):
    height, steps = 3_108, 0
    meta = matrix.picture(found(axis(height, step=26), axis(500, step=5, prefix="c"), [])).children.figure["layout"][
        "meta"
    ]
    path, params = asked(matrix.target(visit, meta, 60, 10))
    assert (path, params["tab"]) == ("/mappings/p/a:b@1.0.0", "matrix")
    top, number = int(params["top"]), int(params["height"])
    assert top <= 60 * 26 < top + number
    assert number < height
    while number > 25 and steps < 10:
        meta["rows"] = {**axis(number, step=-(-number // 120), start=top, total=height), "labels": ["r"] * number}
        if meta["rows"]["step"] == 1:
            break
        _, params = asked(matrix.target(visit, meta, 0, 0))
        top, number, steps = int(params.get("top", 0)), int(params["height"]), steps + 1
    assert steps < 10
    fine = matrix.picture(found(axis(50), axis(50, prefix="c"), [])).children.figure["layout"]["meta"]
    _, params = asked(matrix.target(visit, fine, 7, 9))
    assert {name: each["filter"] for name, each in json.loads(params["filter"]).items()} == {"from": "r7", "to": "c9"}


def test_parts_follow_each_other_over_the_whole_matrix(visit):
    part = found(axis(10, start=10, total=30), axis(5, start=5, total=12, prefix="c"), [[0, 0, 1, 1.0]])
    found_links = links(matrix.shown(visit, part))
    after = asked(found_links["Rows after"])[1]
    assert (after["top"], after["left"], after["height"], after["width"]) == ("20", "5", "10", "5")
    before = asked(found_links["Columns before"])[1]
    assert (before["top"], before.get("left")) == ("10", None)
    assert set(found_links) >= {"Rows before", "Columns after", "All of it"}


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({}, Part()),
        ({"top": "3", "height": "9"}, Part(3, 0, 9, None)),
        ({"top": "-3", "left": "x", "height": "0", "width": "²"}, Part()),
        ({"top": 3, "width": 4}, Part(3, 0, None, 4)),
        ({"top": "9" * 30}, Part()),
    ],
)
def test_a_part_that_an_address_names_is_read_as_far_as_it_makes_sense(params, part):
    assert Part.of(params) == part


def test_texts_of_the_registry_are_no_markup_in_a_matrix(visit):
    rows = axis(60)
    rows["labels"][0]["id"] = "<img src=x>"
    figure = pieces(matrix.shown(visit, found(rows, axis(60), [[0, 0, 1, 1.0]])), "Graph")[0].figure
    assert "<img" not in str(figure["data"])
    assert "<img" not in str(figure["layout"]["yaxis"])


def test_nothing_beyond_the_end_of_a_matrix_says_so(visit):
    shown = matrix.shown(visit, found(axis(0, start=9, total=9), axis(3), []))
    assert "nothing in this part" in words(shown)
    assert "Show all of it" in links(shown)


def test_the_page_of_a_real_server_is_shown(real_viewer_of):
    viewer = real_viewer_of("reader")
    reference = "two_counties/county:state"
    for tab in ("associations", "from", "to", "matrix", "uses", "versions"):
        shown = viewer.show(f"/mappings/{reference}?tab={tab}")
        assert words(pieces(shown, "H1")) == reference
        assert not [each for each in pieces(shown) if getattr(each, "role", "") == "alert"], words(shown)
    assert links(shown)["two_counties/county@1.0.0"] == "/dimensions/two_counties/county@1.0.0"
    with viewer.at("/") as visit:
        summary = visit.ask.get(f"/mappings/{reference}@1.0.0/summary")
        assert "holds" in words(checks.shown(visit, f"{reference}@1.0.0", summary))
        drawn = matrix.shown(visit, visit.ask.get(f"/mappings/{reference}@1.0.0/matrix"))
        assert pieces(drawn, "Table")


def test_the_grids_of_both_sides_ask_for_their_sums(real_viewer_of):
    shown = real_viewer_of("reader").show("/mappings/two_counties/county:state?tab=to")
    kept = piece(shown, {"grid": "mapping-to", "part": "source"}).data
    assert (kept["path"], kept["params"]) == ("/mappings/two_counties/county:state@1.0.0/sums", [["side", "to"]])
