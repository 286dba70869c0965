"""Grids: their columns, what the server is asked for them, and what they say about it."""

from __future__ import annotations

import httpx
import pytest
from tests.unit.viewer.showing import links, piece, pieces, problem, words

from dsgrid.viewer.parts.grid import fetched, grid, ids, short_grid
from dsgrid.viewer.parts.grid_columns import Column, columns_of, kind_of
from dsgrid.viewer.parts.paging import Source

KEPT = {"path": "/datasets", "params": [], "noun": "datasets", "exports": "/datasets", "formats": ["csv"]}


def page(rows, total):
    return {"items": rows, "total": total, "next": None}


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([3_000, None, 12], "count"),
        ([2018, 2040], "text"),
        ([0.5, 3], "number"),
        ([True, False], "truth"),
        (["06037", "08001"], "text"),
        ([1, "one"], "text"),
        ([None], "text"),
        ([], "text"),
    ],
)
def test_columns_that_nobody_told_are_known_by_their_cells(cells, kind):
    assert kind_of(cells) == kind


def test_columns_that_are_told_stay_as_told():
    known = {"id": Column("id", "county", width=9)}
    found = columns_of(["id", "population"], [{"id": "a", "population": 9_000}], known)
    assert found == [known["id"], Column("population", kind="count")]


def test_numbers_stand_right_with_filters_of_numbers(viewer_of):
    with viewer_of().at("/") as visit:
        shown = grid("x", Source("/datasets"), [Column("rows", kind="count"), Column("id")], visit, label="All")
    rows, id_ = piece(shown, ids("x")).columnDefs
    assert (rows["filter"], rows["type"]) == ("agNumberColumnFilter", "rightAligned")
    assert "contains" in id_["filterParams"]["filterOptions"]
    assert "type" not in id_


def test_a_column_with_a_comma_in_its_name_cannot_be_sorted_by_the_server(viewer_of):
    with viewer_of().at("/") as visit:
        shown = grid("x", Source("/datasets"), [Column("share, in %"), Column("id")], visit, label="All")
    assert [each.get("sortable") for each in piece(shown, ids("x")).columnDefs] == [False, None]


def test_an_address_brings_its_search_filters_and_order_as_far_as_there_are_such_columns(viewer_of):
    address = '/dimensions?search=co&sort=-id,gone&filter={"id":{"type":"equals","filter":"x"},"gone":{"type":"blank"}}'
    with viewer_of().at(address) as visit:
        shown = grid("x", Source("/datasets"), [Column("id")], visit, label="All", keeps=True)
        other = grid("y", Source("/datasets"), [Column("id")], visit, label="All")
    assert piece(shown, ids("x")).filterModel == {"id": {"type": "equals", "filter": "x"}}
    assert piece(shown, ids("x")).columnDefs[0]["sort"] == "desc"
    assert piece(shown, {"grid": "x", "part": "search"}).value == "co"
    assert piece(other, ids("y")).filterModel == {}


@pytest.mark.parametrize("written", ["{", "[]", "3", '{"id":null}', "null"])
def test_a_filter_that_is_none_is_passed_over(viewer_of, written):
    with viewer_of().at(f"/dimensions?filter={written}") as visit:
        shown = grid("x", Source("/datasets"), [Column("id")], visit, label="All", keeps=True)
    assert piece(shown, ids("x")).filterModel == {}


def test_the_field_of_a_search_has_a_label_of_its_own(viewer_of):
    with viewer_of().at("/") as visit:
        shown = grid("x", Source("/datasets"), [Column("id")], visit, label="All")
    (label,) = pieces(shown, "Label")
    assert label.htmlFor == '{"grid":"x","part":"search"}'


def test_rows_come_with_their_number_and_their_downloads(viewer_of):
    rows = [{"id": f"d{number}"} for number in range(3)]
    with viewer_of({"/datasets": page(rows, 3)}).at("/") as visit:
        response, said, exports, note, _ = fetched(visit, {"startRow": 0, "endRow": 200}, KEPT, "")
    assert response == {"rowData": rows, "rowCount": 3}
    assert (said, note) == ("3 datasets", None)
    assert links(exports) == {"CSV": "/download/datasets?format=csv"}


def test_downloads_hold_what_is_chosen_and_no_more(viewer_of):
    asked = {
        "filterModel": {"id": {"type": "contains", "filter": "a&b"}},
        "sortModel": [{"colId": "id", "sort": "desc"}],
    }
    with viewer_of({"/datasets": page([{"id": "a&b"}], 1)}).at("/") as visit:
        _, said, exports, _, _ = fetched(visit, asked, KEPT, "x y")
    assert said == "1 dataset that fits"
    assert links(exports)["CSV"] == "/download/datasets?where=id+~+%22a%26b%22&sort=-id&search=x+y&format=csv"


@pytest.mark.parametrize("path", ["/datasets", "/dimensions/a/b@1.0.0/records", "/mappings/a:b/sums", "/aliases"])
def test_what_a_grid_shows_can_be_downloaded(viewer_of, path):
    viewer = viewer_of({path: "id\na\n"})
    answer = viewer.client.get(f"/download{path}?format=csv")
    assert (answer.status_code, answer.text) == (200, "id\na\n")


def test_a_list_without_rows_says_whether_there_are_none_or_none_fit(viewer_of):
    with viewer_of({"/datasets": page([], 0)}).at("/") as visit:
        assert fetched(visit, {}, KEPT, "")[3] == "There are no datasets."
        assert fetched(visit, {}, KEPT, "x")[3] == "None of the datasets fit."
        ordered = {"sortModel": [{"colId": "id", "sort": "desc"}]}
        assert fetched(visit, ordered, KEPT, "")[3] == "There are no datasets.", "an order chooses none"


def test_an_error_stands_in_the_grid_with_the_servers_reason(viewer_of):
    answers = {"/datasets": problem(400, "bad request", 'there is no column "size"')}
    with viewer_of(answers).at("/") as visit:
        response, said, _, note, _ = fetched(visit, {}, KEPT, "")
    assert response == {"rowData": [], "rowCount": 0}
    assert said == "not shown"
    assert 'there is no column "size"' in words(note)
    assert note.role == "alert"


def test_who_has_lost_the_token_meanwhile_is_told_to_sign_in(viewer_of):
    with viewer_of({"/datasets": problem(401, "wrong token", "this token was revoked")}).at("/") as visit:
        note = fetched(visit, {}, KEPT, "")[3]
    assert "Sign in" in links(note)
    assert not pieces(note, "Button")


def test_a_browser_that_asks_for_more_than_a_block_gets_a_block(viewer_of):
    limits = []

    def answer(request):
        if request.url.path != "/v1/datasets":
            return httpx.Response(200, json={"name": "ada", "role": "reader"})
        limits.append(request.url.params["limit"])
        return httpx.Response(200, json=page([], 0))

    with viewer_of(answer).at("/") as visit:
        fetched(visit, {"startRow": 0, "endRow": 10**9}, KEPT, "")
    assert limits == ["200"]


def test_a_source_that_a_browser_made_up_is_not_asked(viewer_of):
    with viewer_of().at("/") as visit:
        note = fetched(visit, {}, {**KEPT, "path": "/tokens"}, "")[3]
    assert "shows no list" in words(note)


def test_short_grids_hold_their_rows(viewer_of):
    with viewer_of().at("/") as visit:
        shown = short_grid("x", [Column("id", kind="link", page="datasets")], [{"id": "a"}], visit, label="Some")
    found = piece(shown, "x")
    assert found.rowData == [{"id": "a"}]
    assert found.columnDefs[0]["cellRendererParams"]["prefix"] == "/datasets/"
