"""Aggregates that are made a block of columns at a time are those of one pass."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.datasets import blocks
from dsgrid.datasets.blocks import in_blocks, side_by_side
from dsgrid.errors import EngineError

KEYS = ("geography", "id")


@given(st.integers(0, 20), st.integers(1, 7))
def test_every_column_is_in_one_block_in_its_place(columns: int, size: int) -> None:
    names = [f"column {number}" for number in range(columns)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(blocks, "BLOCK", size)
        parts = list(in_blocks(names))
    assert [pair for part in parts for pair in part] == list(enumerate(names))
    assert parts
    assert all(len(part) <= size for part in parts)


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from([1.0, 2.0, np.nan])),
        unique_by=lambda key: (key[0], str(key[1])),
        min_size=1,
    ),
    st.randoms(use_true_random=False),
)
def test_parts_in_any_order_of_rows_are_put_together_by_their_keys_also_where_these_are_null(keys, random) -> None:
    whole = pd.DataFrame(keys, columns=list(KEYS)).assign(rows=range(len(keys)))
    whole["sum_0"], whole["sum_1"] = whole["rows"] * 2.0, whole["rows"] * 3.0
    parts = []
    for own in (["rows", "sum_0"], ["sum_1"]):
        order = list(range(len(keys)))
        random.shuffle(order)
        parts.append(whole[[*KEYS, *own]].iloc[order])
    found = side_by_side(parts, KEYS)
    assert list(found) == list(whole)
    assert (found["sum_0"] == found["rows"] * 2).all()
    assert (found["sum_1"] == found["rows"] * 3).all()
    pd.testing.assert_frame_equal(found.sort_values("rows", ignore_index=True), whole)


def test_parts_of_other_combinations_are_an_error() -> None:
    one, other = (pd.DataFrame({"id": [1, second], f"sum_{second}": [0.5, 1.5]}) for second in (2, 3))
    with pytest.raises(EngineError, match="found other combinations"):
        side_by_side([one, other], ["id"])


def test_without_keys_there_is_one_row() -> None:
    one, other = pd.DataFrame({"rows": [24], "sum_0": [1.5]}), pd.DataFrame({"sum_1": [2.5]})
    assert side_by_side([one, other], []).to_dict("records") == [{"rows": 24, "sum_0": 1.5, "sum_1": 2.5}]
