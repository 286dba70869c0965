"""The reference, by which plans are judged, gives what was worked out by hand."""

from __future__ import annotations

import math

import pytest
from reference.answer import answer
from reference.conditions import passes, refuse_test
from reference.moments import determined
from reference.refused import RefusedError
from reference.refused_traps import REFUSED
from reference.small import HOURS
from reference.traps import TRAPS, Trap

from dsgrid.query.model import Test as Condition
from dsgrid.query.reading import read_query
from dsgrid.spec.load import load_spec


def _rows(trap: Trap) -> dict[tuple[object, ...], float]:
    stored = {one.dataset.id: one for one in (*trap.datasets, *trap.growth)}
    found = answer(read_query(load_spec(trap.spec, "query")), trap.project, stored)
    keys = found.table[list(trap.by)].itertuples(index=False, name=None)
    return dict(zip(keys, found.table["value"], strict=True))


@pytest.mark.parametrize("name", TRAPS)
def test_the_reference_gives_what_was_worked_out_by_hand(name: str) -> None:
    trap = TRAPS[name]()
    found = _rows(trap)
    assert trap.rows is not None
    assert found.keys() == trap.rows.keys()
    for key, value in trap.rows.items():
        assert math.isnan(found[key]) if value is None else found[key] == pytest.approx(value, rel=1e-12), key


@pytest.mark.parametrize("name", REFUSED)
def test_the_reference_refuses_what_means_nothing(name: str) -> None:
    with pytest.raises(RefusedError):
        _rows(REFUSED[name]())


@pytest.mark.parametrize(
    ("operator", "operands", "cell", "passing"),
    [
        ("in", (10,), "10", True),
        ("in", (6037,), "06037", False),
        ("in", ("10",), 10, False),
        ("in", (True,), "true", True),
        ("in", (1,), True, False),
        ("above", (9,), "10", True),
        ("above", ("9",), "10", False),
        ("below", (10000,), "06037", True),
        ("between", (1, 2), 2.0, True),
        ("between", ("2018-06", "2018-07"), "2018-06-30 22:00", True),
        ("like", ("el%_ty",), "electricity", True),
        ("like", ("a.c",), "abc", False),
        ("matches", ("^a|z$",), "quiz", True),
        ("contains", ("b",), "abc", True),
        ("starts_with", ("b",), "abc", False),
        ("ends_with", ("c",), "abc", True),
        ("null", (), None, True),
        ("in", ("a",), None, False),
    ],
)
def test_conditions_compare_cells_as_people_read_them(
    operator: str, operands: tuple[object, ...], cell: object, passing: bool
) -> None:
    assert passes(Condition(operator, operands), cell) is passing
    assert passes(Condition(operator, operands, negate=True), cell) is not passing


def test_an_id_is_a_text_unless_it_is_put_in_order() -> None:
    assert not passes(Condition("in", (2030,)), "2030", is_id=True)
    assert passes(Condition("at_least", (2030,)), "2030", is_id=True)


@pytest.mark.parametrize(
    ("operator", "operands", "cells"),
    [
        ("in", ("d",), ["a", "b"]),
        ("above", ("5",), [1, 2]),
        ("above", (5,), ["a", "b"]),
        ("between", (2, 1), [1, 2]),
        ("like", ("1%",), [1, 2]),
        ("matches", ("(",), ["a"]),
    ],
)
def test_conditions_that_no_cell_could_be_compared_by_are_refused(
    operator: str, operands: tuple[object, ...], cells: list[object]
) -> None:
    with pytest.raises(RefusedError):
        refuse_test(Condition(operator, operands), cells)


@pytest.mark.parametrize(
    ("word", "said", "not_said"),
    [
        ("slot", {"hourly", "daily", "hour_of_day", "season"}, set()),
        ("hourly", {"daily", "hour_of_day", "annual"}, {"slot"}),
        ("daily", {"monthly", "annual", "day_of_year", "day_type"}, {"hour_of_day", "hourly"}),
        ("monthly", {"annual", "month_of_year", "season"}, {"daily", "day_of_month"}),
        ("month_of_year", {"season"}, {"annual", "monthly"}),
        ("day_of_week", {"day_type"}, {"daily"}),
        ("annual", set(), {"season"}),
    ],
)
def test_a_column_of_time_says_what_follows_from_it(word: str, said: set[str], not_said: set[str]) -> None:
    found = determined({word}, HOURS)
    assert said <= found
    assert not not_said & found
