"""Blocks of long lists: what a grid asks for, from any place, and what happens where the list changes meanwhile."""

from __future__ import annotations

import pytest
from tests.unit.viewer.showing import problem

from dsgrid.errors import UsageError
from dsgrid.registry.conditions import parse_condition
from dsgrid.viewer.parts.paging import Source, block, choice_of, conditions_of, source_of

RECORDS = Source("/dimensions/conus/county@1.0.0/records")


class Listed:
    """A server with one list; it counts what it is asked."""

    def __init__(self, number: int = 25, revision: str = "a") -> None:
        self.rows = [{"id": f"r{place}"} for place in range(number)]
        self.revision = revision
        self.asked: list[dict[str, str]] = []

    def __call__(self, request):
        import httpx

        if request.url.path == "/v1/me":
            return httpx.Response(200, json={"name": "ada", "role": "reader"})
        params = dict(request.url.params)
        self.asked.append(params)
        place, _, of = params.get("cursor", f"0-{self.revision}").partition("-")
        if of != self.revision:
            return problem(409, "changed meanwhile", "begin again")
        start = int(place) + int(params.get("offset", 0))
        end = start + int(params["limit"])
        following = f"/v1{request.url.path}?cursor={end}-{self.revision}" if end < len(self.rows) else None
        kept = {"items": self.rows[start:end], "total": len(self.rows), "next": following}
        return httpx.Response(200, json={**kept, "rows": self.rows[start:end]})


@pytest.fixture
def served(viewer_of):
    """A visit to a viewer of such a server."""
    server = Listed()
    with viewer_of(server).at("/") as visit:
        yield server, visit.ask


def places(found):
    return [int(row["id"].removeprefix("r")) for row in found.rows]


def test_a_block_holds_the_rows_between_two_places(served):
    _, ask = served
    for start, end in ((0, 10), (10, 20), (20, 30), (5, 7), (24, 25)):
        found = block(ask, RECORDS, (), start, end)
        assert places(found) == list(range(start, min(end, 25)))
        assert found.total == 25
        assert found.is_last == (end >= 25)


def test_the_middle_of_a_list_is_reached_with_one_request_from_a_cursor(served):
    server, ask = served
    block(ask, RECORDS, (), 0, 5)
    server.asked.clear()
    assert places(block(ask, RECORDS, (), 20, 22)) == [20, 21]
    assert [(asked["cursor"], asked["offset"]) for asked in server.asked] == [("5-a", "15")]


def test_rows_are_counted_once_and_not_for_every_block(served):
    server, ask = served
    block(ask, RECORDS, (), 0, 5)
    block(ask, RECORDS, (), 5, 10)
    assert ["count" in asked for asked in server.asked] == [True, False]


def test_a_list_that_changed_is_read_anew_and_says_so(served):
    server, ask = served
    block(ask, RECORDS, (), 0, 5)
    server.revision, server.rows = "b", server.rows[:12]
    found = block(ask, RECORDS, (), 10, 15)
    assert (places(found), found.total, found.is_changed) == ([10, 11], 12, True)
    assert not block(ask, RECORDS, (), 5, 10).is_changed


def test_any_place_of_a_result_is_asked_for_at_once(served):
    server, ask = served
    table = Source("/jobs/0a1b/result/table.json")
    for choice in ((), (("sort", "-id"),)):
        server.asked.clear()
        assert places(block(ask, table, choice, 20, 23)) == [20, 21, 22]
        assert [asked.get("offset") for asked in server.asked] == ["20"]
        behind = block(ask, table, choice, 90, 95)
        assert (places(behind), behind.total, behind.is_last) == ([], 25, True)


def test_the_rows_of_a_result_that_pass_tests_are_walked_through_since_they_may_be_far_apart(served):
    server, ask = served
    table, choice = Source("/jobs/0a1b/result/table.json"), (("where", "id != 5"),)
    assert places(block(ask, table, choice, 20, 23)) == [20, 21, 22]
    assert not any("offset" in asked for asked in server.asked)
    server.asked.clear()
    # The place is known by now.
    assert places(block(ask, table, choice, 23, 25)) == [23, 24]
    assert len(server.asked) == 1
    assert places(block(ask, table, choice, 90, 95)) == []


@pytest.mark.parametrize(
    "path",
    [
        "/dimensions/conus/county@1.0.0/records",
        "/entries/a:b/records",
        "/mappings/x/y:z/sums",
        "/datasets",
        "/registrations",
        "/jobs/0a1b/result/table.json",
        "/jobs/0a1b/result/results/peak/table.json",
    ],
)
def test_lists_are_sources(path):
    assert source_of(path, [["where", "a = 1"]]) == Source(path, (("where", "a = 1"),))


@pytest.mark.parametrize(
    "path",
    ["", "/audit", "/tokens", "/jobs", "/jobs/0a1b", "/jobs/../tokens/result/table.json", "//elsewhere", None, 3],
)
def test_what_a_browser_makes_up_is_no_source(path):
    with pytest.raises(UsageError):
        source_of(path)


@pytest.mark.parametrize("path", ["/dimensions/../tokens/records", "/dimensions/./records"])
def test_a_source_that_leads_elsewhere_is_not_asked(served, path):
    server, ask = served
    with pytest.raises(UsageError):
        block(ask, source_of(path), (), 0, 5)
    assert server.asked == []


def test_parameters_that_a_grid_does_not_have_are_refused():
    with pytest.raises(UsageError):
        source_of("/datasets", [["cursor", "x"]])


@pytest.mark.parametrize(
    "value", ["CO", 'a "quoted" one', "'single'", "= 3", "~", "a,b", " edge ", '"', "x y", "!~ \"'"]
)
@pytest.mark.parametrize(("kind", "sign"), [("equals", "="), ("contains", "~"), ("notContains", "!~")])
def test_a_text_reaches_the_server_as_it_was_typed(value, kind, sign):
    (written,) = conditions_of("share, in %", {"type": kind, "filter": value})
    found = parse_condition(written, ["id", "share, in %"])
    assert (found.column, found.operator, found.value) == ("share, in %", sign, value)


def test_filters_of_numbers_become_limits():
    assert conditions_of("n", {"type": "lessThanOrEqual", "filter": 2.5}) == ['n <= "2.5"']
    assert conditions_of("n", {"type": "inRange", "filter": 0, "filterTo": 9}) == ['n >= "0"', 'n <= "9"']


@pytest.mark.parametrize(("kind", "sign"), [("blank", "="), ("notBlank", "!=")])
def test_empty_cells_are_asked_for_by_nothing(kind, sign):
    (written,) = conditions_of("to", {"type": kind})
    found = parse_condition(written, ["to"])
    assert (found.operator, found.value) == (sign, "")
    assert found.holds(None) == (kind == "blank")


def test_what_is_half_typed_filters_nothing():
    assert conditions_of("n", {"type": "equals", "filter": None}) == []
    assert conditions_of("n", {"type": "unheard of", "filter": 3}) == []


def test_the_choice_of_a_grid_is_added_to_that_of_its_page():
    source = Source("/datasets", (("where", "kind = modeled"), ("sort", "id")))
    filters = {"rows": {"type": "greaterThan", "filter": 10}}
    order = [{"colId": "rows", "sort": "desc"}, {"colId": "id", "sort": "asc"}]
    assert choice_of(source, filters, order, " homes ") == (
        ("where", "kind = modeled"),
        ("where", 'rows > "10"'),
        ("sort", "-rows,id"),
        ("search", "homes"),
    )


def test_results_are_not_searched_and_filtered_in_their_own_words():
    source = Source("/jobs/0a1b/result/table.json")
    filters = {"state": {"type": "contains", "filter": "C."}, "value": {"type": "greaterThan", "filter": 5}}
    order = [{"colId": "state", "sort": "asc"}, {"colId": "value", "sort": "desc"}]
    choice = choice_of(source, filters, order, "x")
    assert choice == (("where", 'state ~ "(?i)C\\."'), ("where", "value > 5"), ("sort", "state,-value"))
