"""What `few_on_spark` leaves to the slow tests, and what it does not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.engines import few_on_spark, mark_the_others_slow

MODULE, FUNCTION = SimpleNamespace(nodeid="test_a.py"), SimpleNamespace(nodeid="test_a.py::test_b[spark-0]")


class Case:
    """A test as pytest collects it."""

    def __init__(self, engine: str | None, *marks: tuple[Any, pytest.MarkDecorator], slow: bool = False) -> None:
        self.callspec = SimpleNamespace(params={"engine": engine} if engine else {})
        self.marks = [(node, mark.mark) for node, mark in marks]
        self.slow = slow

    def iter_markers_with_node(self, name: str) -> Any:
        return iter([(node, mark) for node, mark in self.marks if mark.name == name])

    def get_closest_marker(self, name: str) -> object:
        return True if self.slow and name == "slow" else None

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        assert mark.name == "slow"
        self.slow = True


def slow(cases: list[Case]) -> list[bool]:
    mark_the_others_slow(cases)  # type: ignore[arg-type]
    return [case.slow for case in cases]


def test_every_so_manyth_case_runs_on_spark_and_the_first_always() -> None:
    assert slow([Case("spark", (FUNCTION, few_on_spark(3))) for _ in range(7)]) == [False, True, True] * 2 + [False]


def test_sail_runs_all_of_them_and_so_does_what_chooses_its_engine_itself() -> None:
    for engine in ("sail", None):
        assert not any(slow([Case(engine, (MODULE, few_on_spark(3))) for _ in range(7)]))


def test_a_mark_of_a_function_goes_before_that_of_its_module_and_counts_for_itself() -> None:
    own = [Case("spark", (FUNCTION, few_on_spark(2)), (MODULE, few_on_spark(3))) for _ in range(4)]
    others = [Case("spark", (MODULE, few_on_spark(3))) for _ in range(4)]
    assert slow([each for pair in zip(own, others, strict=True) for each in pair]) == [
        *(False, False, True, True, False, True, True, False),
    ]


def test_what_is_slow_anyway_takes_no_place_of_others() -> None:
    cases = [Case("spark", (MODULE, few_on_spark(2)), slow=number == 0) for number in range(3)]
    assert slow(cases) == [True, False, True]
