"""Cursors: where a page begins, for one list in one state."""

from __future__ import annotations

import base64
import json

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.api.answers import paging
from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import ApiError


def asking(path: str = "/v1/datasets", query: str = "") -> Request:
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
    return Request(scope | {"server": ("here", 80), "scheme": "http"})


def refused(cursor: str, listing: str = "a", revision: str = "") -> int:
    with pytest.raises(ApiError) as raised:
        paging.decoded(cursor, listing, revision)
    return raised.value.status


@given(st.recursive(st.none() | st.integers() | st.text(), lambda each: st.lists(each, max_size=3), max_leaves=5))
def test_a_cursor_gives_back_its_place(position):
    cursor = paging.encoded(position, "list", "state")
    assert cursor.replace("-", "").replace("_", "").isalnum()
    if len(cursor) <= paging.MOST:
        assert paging.decoded(cursor, "list", "state") == position


def test_a_cursor_of_another_list_is_refused():
    assert refused(paging.encoded(10, "a"), "b") == 400


def test_a_cursor_of_another_state_says_that_something_changed():
    assert refused(paging.encoded(10, "a", "before"), "a", "after") == 409


@given(st.text(max_size=40))
def test_what_is_no_cursor_is_refused(text):
    assert refused(text) == 400


def test_a_cursor_that_somebody_has_edited_is_refused():
    made = paging.encoded(10, "a")
    text = base64.urlsafe_b64decode(made + "=" * (-len(made) % 4)).decode()
    edited = base64.urlsafe_b64encode(text.replace("10", "99").encode()).decode().rstrip("=")
    assert refused(edited) == 400
    assert refused(made + "AAAA") == 400
    assert refused("A" * 5_000) == 400


def test_a_cursor_and_a_limit_do_not_make_another_list():
    first, later = asking(query="where=a=1&limit=10"), asking(query="limit=20&where=a=1&cursor=abc")
    assert paging.listing_of(first) == paging.listing_of(later)
    assert paging.listing_of(first) != paging.listing_of(asking(query="where=a=2"))
    assert paging.listing_of(asking("/a", "x=1")) != paging.listing_of(asking("/b", "x=1"))


def test_the_next_page_keeps_what_was_asked():
    url = paging.next_url(asking(query="where=kind+%3D+a%26b&limit=2&cursor=old"), "new")
    assert url == "/v1/datasets?where=kind+%3D+a%26b&limit=2&cursor=new"
    assert paging.link(url) == {"Link": f'<{url}>; rel="next"'}
    assert paging.next_url(asking(), None) is None
    assert paging.link(None) == {}


@pytest.mark.parametrize("limit", [0, -1, 10_001, 10**30])
def test_a_page_has_rows_and_not_too_many(limit):
    with pytest.raises(ApiError) as raised:
        paging.page_size(limit, Limits())
    assert raised.value.status == 400


def test_a_page_is_as_large_as_is_asked_for():
    assert paging.page_size(None, Limits(page=7)) == 7
    assert paging.page_size(10_000, Limits()) == 10_000
    assert json.loads(paging.listing_of(asking()))[0] == "/v1/datasets"
