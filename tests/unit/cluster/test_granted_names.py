"""The names that a folded list of nodes stands for."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.cluster.node_names import expand
from dsgrid.errors import UsageError


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("n1", ("n1",)),
        ("n[001-003,7],gpu1", ("n001", "n002", "n003", "n7", "gpu1")),
        ("x[8-11]", ("x8", "x9", "x10", "x11")),
        ("x[08-11]", ("x08", "x09", "x10", "x11")),
        ("r[1-2]n[01-02]", ("r1n01", "r1n02", "r2n01", "r2n02")),
        ("n[1-2]-ib,login", ("n1-ib", "n2-ib", "login")),
        ("a,b,c", ("a", "b", "c")),
    ],
)
def test_a_list_stands_for_its_names_in_its_order(text, names):
    assert expand(text) == names


@pytest.mark.parametrize(
    "text", ["", ",", "n[1-", "n]1[", "n[[1]]", "n[3-1]", "n[a-b]", "n[]", "n[1-2-3]", "n[1-9999999]"]
)
def test_what_is_no_list_is_refused_and_quoted(text):
    with pytest.raises(UsageError, match=re.escape(f'"{text}" is no list of nodes')):
        expand(text)


@given(st.data())
def test_whatever_is_folded_comes_back(data):
    names, folded = [], []
    for _ in range(data.draw(st.integers(1, 4))):
        prefix = data.draw(st.sampled_from(["n", "gpu-", "x1000c0s", "a.b"]))
        width = data.draw(st.integers(1, 4))
        first = data.draw(st.integers(0, 200))
        last = first + data.draw(st.integers(0, 20))
        names += [f"{prefix}{number:0{width}d}" for number in range(first, last + 1)]
        folded.append(f"{prefix}[{first:0{width}d}-{last}]")
    assert expand(",".join(folded)) == tuple(names)
