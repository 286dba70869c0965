"""Regular expressions of users in a server: none that takes for ever, and all that people need."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.query.patterns import PatternError, compiled, only_cheap_patterns


@pytest.mark.parametrize(
    "text",
    [
        "^electricity",
        "heat|cool",
        "^(electricity|natural_gas)_(heating|cooling)$",
        "(?i)new york",
        r"^\d{5}$",
        "^.*_(peak|total)$",
        "[a-z]+_[0-9]+",
        "(?:ab)+",
        r"^\w+(?:_\w+)?$",
    ],
)
def test_what_people_write_is_allowed(text):
    with only_cheap_patterns():
        assert compiled(text) == re.compile(text)


@pytest.mark.parametrize(
    "text",
    [
        "(a+)+$",
        "(a*)*b",
        "(a|aa)+$",
        "(a|a)*b",
        "(?:a?){30}b",
        "a?" * 25 + "a" * 25,
        "(.*.*)*x",
        ".*.*.*.*.*.*x",
        "((a{1,50}){1,50}){1,50}b",
        "(?=(a+)+b)a",
        "(?>(a+)+)b",
        "(ab?)+(ab?)+c",
        r"(a)?(?(1)b*|c*)*d",
        "(?:aa|b)" + "(?:ab|c|dd)" * 6,
    ],
)
def test_what_may_take_for_ever_is_refused_in_a_server_only(text):
    with only_cheap_patterns(), pytest.raises(PatternError, match="not allowed in a server"):
        compiled(text)
    assert compiled(text) == re.compile(text)


@pytest.mark.parametrize("text", ["(", "[a", "a{2}{3}", "*", "(?P<1>a)", "a{99999999999999999999}"])
def test_what_is_no_pattern_is_said_in_a_server_too(text):
    with only_cheap_patterns(), pytest.raises(PatternError, match="no regular expression"):
        compiled(text)


PIECES = st.sampled_from(
    ["a", "b", "(", ")", "|", "*", "+", "?", "{2}", "{1,9}", "(?:", "[ab]", ".", "^", "$", "(?=", "(?>"]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_what_is_allowed_is_quick(text):
    with only_cheap_patterns():
        try:
            pattern = compiled(text)
        except PatternError:
            return
    began = time.perf_counter()
    pattern.search("a" * 60 + "c")
    assert time.perf_counter() - began < 2.0
