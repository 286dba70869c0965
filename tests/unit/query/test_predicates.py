"""Tests of filters: what passes is said by types, what makes no sense is refused, engines agree on values."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dsgrid.query.model import OPERATORS
from dsgrid.query.model import Test as Condition
from dsgrid.query.predicates import PredicateError, described, kept, unknown_value, value_condition

TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
SHORT = st.text("ab_%\n.", max_size=6)
NUMBERS = st.integers(-5, 5) | st.floats(-5, 5) | st.sampled_from([math.inf, -math.inf, 2**60, 2**60 + 1])
FIVE = datetime.fromisoformat("2012-06-01T05:00")
ORDERS = ("above", "at_least", "below", "at_most")
ALIKE = ("like", "matches", "contains", "starts_with", "ends_with")


def asked(key: str, value: Any) -> Condition:
    """The test that a spec asks for with ``key = value``."""
    operator, negate = OPERATORS[key]
    if operator == "null":
        return Condition(operator, (), negate=not value)
    return Condition(operator, tuple(value) if isinstance(value, list) else (value,), negate)


def passing(key: str, value: Any, cells: list[Any], *, is_id: bool = False) -> list[Any]:
    found = kept(asked(key, value), cells, is_id=is_id)
    assert len(found) == len(cells)
    assert {type(one) for one in found} <= {bool}
    return [cell for cell, one in zip(cells, found, strict=True) if one]


@pytest.mark.parametrize(
    ("key", "value", "cells", "expected"),
    [
        ("equals", 1, [1, 1.0, True, "1", "1.0", "1e0", "01", "one", None], [1, 1.0, "1", "1.0", "1e0"]),
        ("equals", True, [True, 1, "true", "TRUE", "1", False, None], [True, "true", "TRUE"]),
        ("equals", "1", [1, True, "1", "1.0"], ["1"]),
        ("equals", 6037, ["06037", "6037", "+6037", " 6037"], ["6037"]),
        ("equals", 12345678901234567891, ["12345678901234567891", "12345678901234567890"], ["12345678901234567891"]),
        ("in", ["CA", 5], ["CA", "NY", 5, "5", None], ["CA", 5, "5"]),
        ("not_in", ["CA", 5], ["CA", "NY", 5, "5", None], ["NY", None]),
        ("not_equals", "CA", ["CA", "ca", None], ["ca", None]),
        ("equals", "2012-06-01", [date(2012, 6, 1), date(2012, 6, 2)], [date(2012, 6, 1)]),
        ("equals", "2012-06-01 05:00", [FIVE, FIVE + timedelta(hours=1)], [FIVE]),
    ],
)
def test_equality_goes_by_type_but_texts_are_the_numbers_that_they_write(
    key: str, value: Any, cells: list[Any], expected: list[Any]
) -> None:
    found = passing(key, value, cells)
    assert [(type(one), one) for one in found] == [(type(one), one) for one in expected]


def test_only_a_text_is_equal_to_an_id() -> None:
    assert passing("equals", 2030, ["2030"], is_id=True) == []
    assert passing("equals", "2030", ["2030", "2040"], is_id=True) == ["2030"]
    assert passing("equals", True, ["true"], is_id=True) == []


@pytest.mark.parametrize(
    ("key", "value", "cells", "expected"),
    [
        ("above", 9, [9, 10, 9.5, None], [10, 9.5]),
        ("at_least", 9, ["9", "10", "8.9", "small", "", None], ["9", "10"]),
        ("below", 10, ["9", "1e1", "-20", "x"], ["9", "-20"]),
        ("at_most", 1, [1, 0.5, True, None, math.nan, -math.inf], [1, 0.5, -math.inf]),
        ("between", [2030, 2040], ["2020", "2030", "2035", "2040", "2050"], ["2030", "2035", "2040"]),
        ("not_between", [2030, 2040], ["2020", "2030", "other", None], ["2020", "other", None]),
        # An order of numbers counts padded ones: none of the counties below 10000 goes missing.
        ("below", 10000, ["06037", "36061"], ["06037"]),
        ("at_least", "10", ["9", "10", "2", "1", None], ["9", "10", "2"]),
        ("between", ["2012-06-01", "2012-08-31"], [date(2012, 5, 31), date(2012, 8, 31)], [date(2012, 8, 31)]),
        ("above", "z", ["z", "zz", "\u00e9", "\U0001f600", "Z"], ["zz", "\u00e9", "\U0001f600"]),
        ("between", [3, 3], [2, 3, 4], [3]),
        ("below", 5, [None, None], []),
    ],
)
def test_an_order_is_of_numbers_or_of_texts_as_its_limits_are(
    key: str, value: Any, cells: list[Any], expected: list[Any]
) -> None:
    assert passing(key, value, cells) == expected


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("like", "electricity_%", ["electricity_heating", "electricity_"]),
        ("like", "%ing", ["electricity_heating", "gas_heating"]),
        ("like", "gas_______%g", ["gas_heating"]),
        ("like", "Gas%", []),
        ("like", "%", ["electricity_heating", "electricity_", "gas_heating", "a\nb", ""]),
        ("like", "a_b", ["a\nb"]),
        ("like", "%i%i%i%", ["electricity_heating"]),
        ("not_like", "%a%", ["electricity_", "", None]),
        ("matches", "^gas|_$", ["electricity_", "gas_heating"]),
        ("matches", "HEAT", []),
        ("not_matches", "heat", ["electricity_", "a\nb", "", None]),
        ("contains", "_h", ["electricity_heating", "gas_heating"]),
        ("not_contains", "i", ["a\nb", "", None]),
        ("starts_with", "gas", ["gas_heating"]),
        ("ends_with", "_", ["electricity_"]),
    ],
)
def test_texts_are_tested_by_their_letters(key: str, value: str, expected: list[str | None]) -> None:
    cells = ["electricity_heating", "electricity_", "gas_heating", "a\nb", "", None]
    assert passing(key, value, cells) == expected


def test_what_is_empty_is_none_or_not_a_number() -> None:
    cells = [None, "", 0, False, "x", math.nan, np.float64("nan")]
    assert [index for index, one in enumerate(kept(asked("is_null", True), cells)) if one] == [0, 5, 6]
    assert [index for index, one in enumerate(kept(asked("is_null", False), cells)) if one] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("key", "value", "cells", "message"),
    [
        ("at_least", "5", [None, 7], 'its values are numbers, such as 7: write the limit without quotes, not "5"'),
        ("at_least", "5", [True], "its values are true or false: they have no order"),
        ("below", 5, [None, "small"], 'its values are no numbers, such as "small": 5 is no limit for them'),
        ("below", 5, [date(2012, 6, 1)], 'its values are no numbers, such as "2012-06-01": 5 is no limit for them'),
        ("not_between", [1, 5], [True], "its values are no numbers, such as true: 1 is no limit for them"),
        ("between", [5, 1], [3], "nothing is between 5 and 1: expected the lower limit first"),
        ("between", ["b", "a"], ["a"], 'nothing is between "b" and "a": expected the lower limit first'),
        (
            "between",
            [1, "2"],
            ["1"],
            'the limits are a number and a text (1 and "2"): expected two numbers or two texts',
        ),
        ("above", math.nan, [1], "nan is no limit: no number is above or below it"),
        ("above", True, [1], "true is no limit: expected a number or a text"),
        (
            "matches",
            "a(b",
            ["a"],
            '"a(b" is no regular expression: missing ), unterminated subpattern at character 2',
        ),
        ("not_matches", "*", [], '"*" is no regular expression: nothing to repeat at character 1'),
        ("matches", "a{9999999999}", ["a"], '"a{9999999999}" is no regular expression: the repetition number is too'),
        ("like", 5, ["a"], "`like` expects a text, found 5"),
        ("not_contains", True, ["a"], "`not_contains` expects a text, found true"),
        ("like", "2%", [None, 20], "its values are numbers, such as 20: `like` tests texts"),
    ],
)
def test_a_test_that_makes_no_sense_is_refused(key: str, value: Any, cells: list[Any], message: str) -> None:
    with pytest.raises(PredicateError) as refused:
        kept(asked(key, value), cells)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("operands", "cells", "is_id", "expected"),
    [
        (("CA", "NJ"), ["CA", "NY", None], False, ("NJ", '; there are: "CA", "NY"')),
        (("CA", "NY"), ["CA", "NY"], False, None),
        (("12",), [12, None], False, ("12", "; its values are no texts: write 12 without quotes")),
        (("12",), [12.0], False, ("12", "; its values are no texts: write 12.0 without quotes")),
        (("True",), [True], False, ("True", "; its values are no texts: write true without quotes")),
        ((1,), [True, False], False, (1, '; there are: "false", "true"')),
        ((2030,), ["2030"], False, None),
        ((2030,), ["2030"], True, (2030, '; did you mean "2030"?')),
        ((6037,), ["06037"], False, (6037, '; did you mean "06037"?')),
        (("a",), [None], False, ("a", "")),
        ((5,), [np.int64(5)], False, None),
        (("2012-06-01",), [date(2012, 6, 1)], False, None),
    ],
)
def test_the_first_value_that_nothing_has_is_told_with_the_nearest(
    operands: tuple[Any, ...], cells: list[Any], is_id: bool, expected: tuple[object, str] | None
) -> None:
    for negate in (False, True):
        assert unknown_value(Condition("in", operands, negate), cells, is_id=is_id) == expected


def test_only_equality_names_values_that_have_to_exist() -> None:
    tests = [asked("like", "x%"), asked("at_least", 9), asked("is_null", True), asked("contains", "x")]
    assert [unknown_value(test, ["a"]) for test in tests] == [None] * 4


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("equals", "CA", "in CA"),
        ("not_in", ["CA", 5, True], "not in CA, 5, true"),
        ("equals", "", 'in ""'),
        ("in", [str(one) for one in range(10)], "in 0, 1, 2, 3, 4, 5, 6, 7 and 2 more"),
        ("at_least", 5, "at least 5"),
        ("above", 0.5, "above 0.5"),
        ("between", [1, 2], "between 1 and 2"),
        ("not_between", ["a", "b"], "not between a and b"),
        ("like", "electricity_%", "like electricity_%"),
        ("not_like", "a", "not like a"),
        ("matches", "^a", "matches ^a"),
        ("not_matches", "^a", "does not match ^a"),
        ("not_contains", "a", "does not contain a"),
        ("starts_with", "06", "starts with 06"),
        ("is_null", True, "is empty"),
        ("is_null", False, "is not empty"),
    ],
)
def test_a_test_is_described_in_words(key: str, value: Any, text: str) -> None:
    assert described(asked(key, value)) == text


def test_every_operator_of_specs_has_words_of_its_own() -> None:
    texts = {described(asked(key, ["a", "b"] if "between" in key else "a")) for key in OPERATORS if key != "is_null"}
    assert len(texts) == len(OPERATORS) - 3  # `equals` and `in` are one, and their negations


@given(st.lists(NUMBERS), NUMBERS, NUMBERS)
def test_between_is_at_least_and_at_most(cells: list[float], one: float, other: float) -> None:
    low, high = sorted([one, other])
    both = [
        a and b for a, b in zip(kept(asked("at_least", low), cells), kept(asked("at_most", high), cells), strict=True)
    ]
    assert kept(asked("between", [low, high]), cells) == both
    assert kept(asked("between", [low, high]), [str(cell) for cell in cells if math.isfinite(cell)]) == [
        each for cell, each in zip(cells, both, strict=True) if math.isfinite(cell)
    ]


@given(st.lists(TEXTS), TEXTS, TEXTS)
def test_texts_are_ordered_by_their_bytes(cells: list[str], one: str, other: str) -> None:
    low, high = sorted([one, other], key=str.encode)
    expected = [low.encode() <= cell.encode() <= high.encode() for cell in cells]
    assert kept(asked("between", [low, high]), cells) == expected


@given(st.sampled_from([*ORDERS, *ALIKE, "in"]), st.lists(st.none() | TEXTS), TEXTS, st.booleans())
def test_a_negation_is_the_complement_and_what_has_no_value_passes_it(
    operator: str, cells: list[str | None], operand: str, is_id: bool
) -> None:
    try:
        found = kept(Condition(operator, (operand,)), cells, is_id=is_id)
    except PredicateError:
        assume(False)
    denied = kept(Condition(operator, (operand,), negate=True), cells, is_id=is_id)
    assert denied == [not one for one in found]
    assert not any(one for cell, one in zip(cells, found, strict=True) if cell is None)


@given(st.lists(TEXTS), TEXTS)
def test_like_without_wildcards_is_equality(cells: list[str], operand: str) -> None:
    assume("%" not in operand and "_" not in operand)
    cells = [*cells, operand]
    assert kept(asked("like", operand), cells) == kept(asked("equals", operand), cells, is_id=True)


def _is_like(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(_is_like(pattern[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in ("_", text[0]) and _is_like(pattern[1:], text[1:])


@given(SHORT, st.lists(SHORT))
def test_like_is_what_the_letters_one_by_one_say(pattern: str, cells: list[str]) -> None:
    assert kept(asked("like", pattern), cells) == [_is_like(pattern, cell) for cell in cells]


def test_many_wildcards_take_no_longer() -> None:
    assert kept(asked("like", "%a" * 40 + "%b"), ["a" * 5000]) == [False]


@given(st.sampled_from(ORDERS), st.lists(st.integers(-9, 9), min_size=1), st.integers(-9, 9))
def test_scalars_of_numpy_are_what_they_hold(operator: str, cells: list[int], limit: int) -> None:
    expected = kept(Condition(operator, (limit,)), cells)
    for kind in (np.int32, np.int64, np.float32, np.float64, np.str_):
        assert kept(Condition(operator, (limit,)), [kind(cell) for cell in cells]) == expected
    assert kept(Condition("in", (limit,)), list(np.array(cells, "int16"))) == kept(Condition("in", (limit,)), cells)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("like", "1%", "values are numbers: `like` tests texts"),
        ("not_matches", "1", "values are numbers: `not_matches` tests texts"),
        ("equals", "1.5", "values are numbers: write 1.5 without quotes"),
        ("at_least", "much", 'values are numbers: "much" is none'),
        ("equals", True, "values are numbers: true is none"),
        ("between", [2, 1], "nothing is between 2.0 and 1.0: expected the lower limit first"),
        ("below", math.nan, "values are numbers: nan is none"),
        ("below", 10**400, "values are numbers up to 1.8e308: 1000"),
    ],
)
def test_a_condition_on_values_takes_nothing_but_numbers(key: str, value: Any, message: str) -> None:
    from pyspark.sql import Column

    column: Column = object()  # type: ignore[assignment]  # refused before the column is looked at
    with pytest.raises(PredicateError) as refused:
        value_condition(asked(key, value), column)
    assert str(refused.value).startswith(message)
