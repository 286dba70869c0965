"""Filters and orders of listings: what they say, and what is told about those that say nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.errors import UsageError
from dsgrid.registry.conditions import OPERATORS, Condition, chosen, parse_condition, parse_order, sort_key, text

COLUMNS = ("id", "name", "rows", "registered_at", "version", "local time", "a=b")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("name = New York", Condition("name", "=", "New York")),
        ("name=New York", Condition("name", "=", "New York")),
        ("  name   !~   heat pump  ", Condition("name", "!~", "heat pump")),
        ("rows>=10", Condition("rows", ">=", "10")),
        ("name = a = b < c", Condition("name", "=", "a = b < c")),
        ('name = " padded "', Condition("name", "=", " padded ")),
        ("name = '=x'", Condition("name", "=", "=x")),
        ("name = ", Condition("name", "=", "")),
        ('name = "', Condition("name", "=", '"')),
        ("local time ~ denver", Condition("local time", "~", "denver")),
        ("a=b = c", Condition("a=b", "=", "c")),
    ],
)
def test_a_condition_is_a_column_an_operator_and_the_rest(written: str, meant: Condition) -> None:
    assert parse_condition(written, COLUMNS) == meant


@given(st.sampled_from(COLUMNS), st.sampled_from(OPERATORS), st.text(st.characters(codec="utf-8"), max_size=8))
def test_any_value_in_quotes_comes_back(column: str, operator: str, value: str) -> None:
    assert parse_condition(f'{column} {operator} "{value}"', COLUMNS) == Condition(column, operator, value)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("nmae = x", '"nmae = x": there is no column "nmae"; did you mean "name"?'),
        ("name == x", '"name == x": there is no operator "=="; did you mean "="?'),
        ("name <> x", 'there is no operator "<>"; did you mean'),
        ("name contains x", '"name contains x" is no filter; expected COLUMN OP VALUE, where OP is one of = != < <='),
        ("= x", '"= x" is no filter'),
        ("", '"" is no filter'),
    ],
)
def test_what_is_no_condition_is_told_with_the_closest_name(written: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        parse_condition(written, COLUMNS)


@pytest.mark.parametrize(
    ("operator", "value", "cell", "holds"),
    [
        ("=", "10", 10, True),
        ("=", "10.0", 10, True),
        ("=", "ten", 10, False),
        ("!=", "ten", 10, True),
        (">", "1,000", 1_000_001, True),
        (">", "1e6", 999_999, False),
        ("<", "9007199254740993", 9007199254740992, True),  # whole numbers are not compared as floats
        ("=", "06037", "6037", False),  # an id is a text
        (">", "9", "10", True),  # a CSV file's numbers are texts
        (">", "b", "a", False),
        ("~", "DENVER", "America/Denver", True),
        ("!~", "denver", "America/Denver", False),
        ("~", "", None, True),
        ("=", "", None, True),
        ("<", "5", None, False),
        ("=", "yes", True, True),
        ("=", "True", True, True),
        ("!=", "false", True, True),
        ("~", "ye", True, True),
        ("=", "1", "1.2.3", True),
        ("=", "1.2", "1.20.0", False),
        (">=", "1.10", "1.9.0", False),
        (">", "1.2", "1.2.9", False),
        ("<", "2", "1.99.0", True),
        ("=", "2026-11-23", "2026-11-23T08:00:00.000000Z", True),
        ("<=", "2026-11-23", "2026-11-23T08:00:00.000000Z", True),
        (">", "2026-11-23", "2026-11-23T08:00:00.000000Z", False),
        ("<", "2026-11-23 09:00", "2026-11-23T08:00:00.000000Z", True),
        (">=", "2026-11-23T08:00:00Z", "2026-11-23T08:00:00.900000Z", True),
    ],
)
def test_a_value_means_what_the_cell_is(operator: str, value: str, cell: str | int | bool | None, holds: bool) -> None:
    assert Condition("x", operator, value).holds(cell) is holds


def test_a_number_is_not_larger_than_a_text() -> None:
    with pytest.raises(UsageError, match='"rows" holds numbers, and "many" is none'):
        Condition("rows", ">", "many").holds(3)


def test_rows_are_chosen_and_sorted_by_several_columns() -> None:
    rows = [
        {"id": "a", "kind": "x", "rows": 5, "version": "1.9.0"},
        {"id": "b", "kind": "y", "rows": 5, "version": "1.10.0"},
        {"id": "c", "kind": "x", "rows": None, "version": "1.0.0"},
        {"id": "d", "kind": "x", "rows": 12, "version": "1.2.0"},
    ]

    def ids(order: str, *conditions: str) -> str:
        parsed = [parse_condition(each, tuple(rows[0])) for each in conditions]
        return "".join(row["id"] for row in chosen(rows, parsed, parse_order(order, tuple(rows[0])) if order else ()))

    assert ids("", "kind = x", "version > 1.0") == "ad"
    assert ids("-rows,id") == "dabc"
    assert ids("rows,-id") == "cbad"
    assert ids("version") == "cdab"
    assert ids("kind,-version") == "adcb"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("-rwos", '"-rwos": there is no column "rwos"; did you mean "rows"?'),
        ("id,,rows", "is no order"),
        ("-", "is no"),
    ],
)
def test_what_is_no_order_is_told(written: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        parse_order(written, COLUMNS)


@given(st.lists(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4)))
def test_cells_of_any_types_are_sorted_the_same_way_from_both_ends(cells: list) -> None:
    ordered = sorted(cells, key=sort_key)
    backwards = cells[::-1]
    backwards.sort(key=sort_key)
    assert [sort_key(cell) for cell in backwards] == [sort_key(cell) for cell in ordered]
    assert all(text(cell) == "" for cell in ordered[: sum(text(cell) == "" for cell in cells)])
