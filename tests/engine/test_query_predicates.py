"""Conditions on values: an engine keeps what the test keeps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dsgrid.query.model import Test as Condition
from dsgrid.query.predicates import kept, value_condition

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ORDERS = ("above", "at_least", "below", "at_most")
VALUES = [None, -1.5, 0.0, 1.0, 2.0, 1e300, math.inf]


def _conditions() -> list[Condition]:
    numbers: list[Condition] = [Condition("null"), Condition("in", (1, 2.0, 7)), Condition("in", (math.inf,))]
    numbers += [Condition(operator, (limit,)) for operator in ORDERS for limit in (1, -1.5, math.inf)]
    numbers += [Condition("between", limits) for limits in ((0, 1), (1, 1), (-math.inf, 0))]
    return [Condition(each.operator, each.operands, negate) for each in numbers for negate in (False, True)]


def test_a_condition_on_values_keeps_what_the_test_keeps_and_no_row_without_a_value(session: SparkSession) -> None:
    from pyspark.sql import functions as F

    rows = session.createDataFrame(list(enumerate(VALUES)), "place int, value double")
    tests = _conditions()
    columns = [value_condition(test, F.col("value")).alias(f"t{index}") for index, test in enumerate(tests)]
    found = rows.select("place", *columns).orderBy("place").toArrow().to_pydict()
    for index, test in enumerate(tests):
        expected = [
            one and (value is not None or test.operator == "null")
            for value, one in zip(VALUES, kept(test, VALUES), strict=True)
        ]
        assert found[f"t{index}"] == expected, test
    kept_rows = rows.where(value_condition(Condition("between", (0, 1), negate=True), F.col("value"))).toArrow()
    assert sorted(kept_rows["value"].to_pylist()) == [-1.5, 2.0, 1e300, math.inf]
