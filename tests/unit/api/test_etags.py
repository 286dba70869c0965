"""Entity tags: what a client has already, and what has changed since."""

from __future__ import annotations

import pytest

from dsgrid.api.answers import etags


def test_tags_are_the_same_for_the_same_and_for_nothing_else():
    assert etags.strong("a", "b") == etags.strong("a", "b")
    assert len({etags.strong("a", "b"), etags.strong("ab"), etags.strong("a", "b", ""), etags.strong("", "ab")}) == 4
    assert etags.weak("a") == f"W/{etags.strong('a')}"


@pytest.mark.parametrize(
    ("given", "tag", "known"),
    [
        ('"x"', '"x"', True),
        ('W/"x"', '"x"', True),
        ('"x"', 'W/"x"', True),
        ('"a", W/"x" , "b"', '"x"', True),
        ("*", '"x"', True),
        ('"y"', '"x"', False),
        ("x", '"x"', False),
        ("", '"x"', False),
        ('"a,x"', '"x"', False),
    ],
)
def test_if_none_match_compares_weakly(given, tag, known):
    assert etags.is_known({"if-none-match": given} if given else {}, tag) is known


def test_a_header_without_end_takes_no_time():
    assert not etags.is_known({"if-none-match": '"' * 1_000_000}, '"x"')


def test_if_match_takes_strong_tags_only():
    assert not etags.fails({}, '"x"')
    assert not etags.fails({"if-match": "*"}, '"x"')
    assert not etags.fails({"if-match": '"a", "x"'}, '"x"')
    assert etags.fails({"if-match": '"a"'}, '"x"')
    assert etags.fails({"if-match": 'W/"x"'}, 'W/"x"')


def test_a_range_is_only_of_what_has_not_changed():
    assert etags.allows_range({}, '"x"')
    assert etags.allows_range({"if-range": '"x"'}, '"x"')
    assert not etags.allows_range({"if-range": '"y"'}, '"x"')
    assert not etags.allows_range({"if-range": 'W/"x"'}, 'W/"x"')
    assert not etags.allows_range({"if-range": "Wed, 21 Oct 2026 07:28:00 GMT"}, '"x"')
