"""Numbers are tested all at once as they are one by one, or not at all."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.operations.chosen_rows import chosen
from dsgrid.operations.shown_rows import Rows
from dsgrid.query import model
from dsgrid.query.predicates import PredicateError, kept, kept_numbers

OPERATORS = ("above", "at_least", "below", "at_most", "between", "in", "null")
LIMITS = st.one_of(
    st.integers(-(2**64), 2**64),
    st.floats(allow_nan=False),
    st.integers(-3, 3),
    st.sampled_from([2**53, 2**53 + 1, -0.0]),
)
INTEGERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-3, 3), st.sampled_from([2**53, 2**53 + 1]))
FLOATS = st.one_of(st.floats(), st.integers(-3, 3).map(float), st.just(2.0**53))


@given(st.sampled_from(OPERATORS), st.lists(LIMITS, min_size=2, max_size=2), st.booleans(), st.booleans(), st.data())
def test_all_at_once_is_one_by_one(
    operator: str, limits: list[float], negate: bool, whole: bool, data: st.DataObject
) -> None:
    numbers = data.draw(st.lists(INTEGERS if whole else FLOATS, max_size=6))
    count = {"between": 2, "null": 0}.get(operator, 1)
    test = model.Test(operator, tuple(sorted(limits)[:count]), negate=negate)
    found = kept_numbers(test, np.array(numbers, np.int64 if whole else np.float64))
    if found is None:
        return
    try:
        assert found.tolist() == kept(test, [None if math.isnan(one) else one for one in numbers])
    except PredicateError:
        assert operator == "between"  # limits that include nothing are refused before


@pytest.mark.parametrize("numbers", [np.array([1, 2, 3]), np.array([1.0, math.nan, 3.0])])
def test_the_usual_tests_are_made_at_once(numbers: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    found = kept_numbers(model.Test("at_least", (2,), negate=False), numbers)
    assert found is not None
    assert found.tolist() == [False, numbers.dtype == np.int64, True]


@pytest.mark.parametrize("column", [[1.5, None, math.nan, 3.0], [1, None, 2, 3], [2**53 + 1, 2**53, 5, 6]])
@pytest.mark.parametrize("test", ["value>=2", "value<2.5", f"value>{2**53}", "value=3", "value!=3"])
def test_rows_are_chosen_as_by_hand(column: list[float | None], test: str) -> None:
    table = pa.table({"value": pa.array(column), "row": range(4)})
    found = chosen(Rows(table.schema, lambda: iter([table])), ["row"], [test]).first(9)["row"].to_pylist()
    by_hand = {
        "value>=2": lambda one: one >= 2,
        "value<2.5": lambda one: one < 2.5,
        f"value>{2**53}": lambda one: one > 2**53,
        "value=3": lambda one: one == 3,
        "value!=3": lambda one: one != 3,
    }[test]
    known = [one is not None and not math.isnan(one) for one in column]
    wanted = [
        row
        for row, one in enumerate(column)
        if (by_hand(one) if known[row] else test == "value!=3")  # type: ignore[arg-type]
    ]
    assert found == wanted
