"""Which form of an answer a client gets."""

from __future__ import annotations

import pytest
from fastapi import Request

from dsgrid.api.answers.negotiation import CSV, JSON, chosen, content_type, offered
from dsgrid.api.problems.problems import ApiError

THERE = offered("json", "csv", "arrow", "text")


def asking(*accept: str) -> Request:
    headers = [(b"accept", value.encode("latin-1")) for value in accept]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers})


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("text/csv", "csv"),
        ("TEXT/CSV", "csv"),
        ("text/csv;header=present", "csv"),
        ("text/*", "csv"),
        ("text/plain, text/csv;q=0.9", "text"),
        ("application/json;q=0.1, text/csv;q=0.2", "csv"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "json"),
        ("text/*;q=0.5, text/csv;q=0, */*;q=0.1", "text"),
        ("application/json;q=0, */*", "csv"),
        ("application/vnd.apache.arrow.stream", "arrow"),
        ("nonsense, text/csv", "csv"),
        (",,;;q=1, text/csv ; q=1.000", "csv"),
    ],
)
def test_the_form_that_is_wanted_most_wins(accept, expected):
    assert chosen(asking(accept), THERE) == expected


def test_several_accept_headers_count_as_one():
    assert chosen(asking("image/png", "text/csv"), THERE) == "csv"


@pytest.mark.parametrize(
    "accept", ["image/png", "text/csv;q=0", "text/csv;q=2", "text/csv;q=nan", "nonsense", "*/*;q=0"]
)
def test_what_is_not_there_is_406_and_says_what_is(accept):
    with pytest.raises(ApiError) as raised:
        chosen(asking(accept), THERE)
    assert raised.value.status == 406
    assert "text/csv" in raised.value.detail
    assert "format=json|csv" in raised.value.detail


def test_the_address_wins_over_the_header():
    assert chosen(asking("text/csv"), THERE, "arrow") == "arrow"


def test_an_unknown_format_is_400_with_the_closest_one():
    with pytest.raises(ApiError) as raised:
        chosen(asking(), THERE, "cvs")
    assert (raised.value.status, 'did you mean "csv"' in raised.value.detail) == (400, True)


def test_texts_say_their_encoding_and_json_does_not():
    assert content_type(CSV) == "text/csv; charset=utf-8"
    assert content_type(JSON) == JSON
