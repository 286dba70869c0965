"""Variables, and texts that only look like them."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dsgrid.spec.node import Node, Source
from dsgrid.spec.variables import escape, fill


def filled(text: str, **variables: str) -> str:
    root, problems = fill(Node({"x": text}, (), Source(None, "", Path())), variables)
    assert problems == []
    return str(root.value["x"])


@given(st.text(st.sampled_from("${}ab")))
def test_an_escaped_text_means_itself(text: str) -> None:
    assert filled(escape(text)) == text


def test_one_dollar_more_makes_a_text_of_a_variable() -> None:
    assert filled("${a} $${a} $$${a} ${ {a} $5", a="1") == "1 ${a} $${a} ${ {a} $5"


def test_a_value_is_not_filled_again() -> None:
    assert filled("${a}", a="${a}") == "${a}"


def test_a_text_that_looks_like_a_variable_needs_no_value() -> None:
    _, problems = fill(Node({"x": "$${a}"}, (), Source(None, "", Path())), {"a": "1"})
    assert [problem.message for problem in problems] == ["the spec has no ${a}; it has no variables"]
