"""Rows of long lists that are passed over, searched and counted."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

RECORDS = "/v1/dimensions/two_counties/county/records"


@pytest.fixture
def reader(shared_client):
    return shared_client("reader")


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["items"]]


@pytest.mark.parametrize("path", [RECORDS, "/v1/dimensions"])
def test_an_offset_passes_over_rows_from_the_beginning_or_from_a_cursor(reader, path):
    every = ids(reader.get(path))
    assert ids(reader.get(path, params={"offset": 1})) == every[1:]
    assert ids(reader.get(path, params={"offset": len(every)})) == []
    first = reader.get(path, params={"limit": 1})
    cursor = parse_qs(urlsplit(first.json()["next"]).query)["cursor"][0]
    assert ids(reader.get(path, params={"cursor": cursor})) == every[1:]
    assert ids(reader.get(path, params={"cursor": cursor, "offset": 1})) == every[2:]


def test_the_next_page_after_an_offset_passes_over_nothing_more(reader):
    every = ids(reader.get("/v1/dimensions"))
    found = reader.get("/v1/dimensions", params={"offset": 2, "limit": 2}).json()
    assert ids(reader.get(found["next"])) == every[4:6]


def test_a_search_finds_a_text_in_any_cell_whatever_its_case(reader):
    rows = reader.get(RECORDS).json()["items"]
    name = rows[0]["name"]
    assert ids(reader.get(RECORDS, params={"search": name.upper()})) == [rows[0]["id"]]
    assert ids(reader.get(RECORDS, params={"search": rows[1]["id"]})) == [rows[1]["id"]]
    assert ids(reader.get(RECORDS, params={"search": "nothing like it"})) == []
    assert reader.get(RECORDS, params={"search": name, "format": "csv"}).text.count("\n") == 2


def test_rows_that_fit_are_counted_only_where_that_is_asked_for(reader):
    total = reader.get(RECORDS).json()["total"]
    assert total == len(ids(reader.get(RECORDS))) > 1
    first = ids(reader.get(RECORDS))[0]
    assert reader.get(RECORDS, params={"where": f"id != {first}"}).json()["total"] is None
    found = reader.get(RECORDS, params={"where": f"id != {first}", "count": True, "limit": 1})
    assert found.json()["total"] == total - 1
    assert reader.get(RECORDS, params={"search": "nothing like it", "count": True}).json()["total"] == 0


def test_counting_makes_no_other_list_of_it(reader):
    params = {"where": "id != nobody", "limit": 1}
    counted = reader.get(RECORDS, params={**params, "count": True}).json()
    cursor = parse_qs(urlsplit(counted["next"]).query)["cursor"][0]
    assert reader.get(RECORDS, params={**params, "cursor": cursor}).status_code == 200
