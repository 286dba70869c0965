"""Estimates: exact where times follow the model, robust where they do not, and none where nothing is known."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.operations import expectation
from dsgrid.operations.estimate import ENOUGH, Estimate, estimate, fitted, past_queries
from dsgrid.operations.expectation import Expected, free_bytes, tell_expected
from dsgrid.operations.progress import ESTIMATE, LONG, Event, Listener
from dsgrid.query.size import Work
from dsgrid.storage.location import location


def work(values: int, summed: int = 0, rows: int = 1, bytes_: int = 1_000, exact: bool = True) -> Work:
    return Work(values, values, 4 * values, summed, rows, exact, bytes_)


def run(values: float, seconds: float, summed: float = 0, rows: float = 1, **more: Any) -> dict[str, Any]:
    """A run as the history tells it."""
    return {
        "outcome": "succeeded",
        "engine": "sail",
        "work": {"values_read": values, "rows_summed": summed, "rows": rows},
        "seconds_of": {"planning": 0.3, "starting": 0.5, "running": seconds},
        **more,
    }


def model(values: float, summed: float = 0, rows: float = 0) -> float:
    return 0.2 + 2e-8 * values + 1e-7 * summed + 1e-6 * rows


MANY = [
    run(values, model(values, summed, rows), summed, rows)
    for values, summed, rows in itertools.product((1e6, 1e7, 1e8), (1e3, 1e6), (10, 1e5))
]


# Nothing invented ----------------------------------------------------------------------------------------------------


def test_without_past_runs_no_time_is_told() -> None:
    found = estimate(work(1_000), [], "sail")
    assert (found.seconds, found.text()) == (None, "not known on sail: no past runs here")


def test_few_different_queries_are_too_few_to_tell_of_another_one() -> None:
    past = [run(1_000 * number, 1.0) for number in range(1, ENOUGH[0])] * 5
    found = estimate(work(50_000), past, "sail")
    assert found.seconds is None
    assert found.says == "past runs here are of 2 queries only, which is too few to tell"


@pytest.mark.parametrize(
    "more",
    [
        {"engine": "spark"},
        {"outcome": "failed"},
        {"outcome": "killed"},
        {"reused": "answered from the cache"},
        {"work": None},
        {"work": {"values_read": "many", "rows_summed": 0, "rows": 1}},
        {"work": {"values_read": -1, "rows_summed": 0, "rows": 1}},
        {"seconds_of": {"running": 3.0}},
        {"seconds_of": None},
        {"engine": None},
    ],
    ids=str,
)
def test_a_run_that_did_not_read_its_facts_to_the_end_tells_nothing(more: dict[str, Any]) -> None:
    assert estimate(work(1_000), [run(1_000, 1.0) | more], "sail").seconds is None


# The same query, and others ------------------------------------------------------------------------------------------


def test_a_query_that_has_run_before_takes_the_median_of_its_times_and_the_start_of_the_engine() -> None:
    past = [*MANY, *(run(1_000, seconds) for seconds in (3.0, 1.0, 50.0))]
    found = estimate(work(1_000), past, "sail")
    assert (found.seconds, found.low, found.high) == (3.5, 1.5, 50.5)
    assert found.text() == "about 3.5 s on sail (1.5 s to 50.5 s), as in 3 past runs of this size"


def test_times_that_follow_the_model_are_foretold_exactly() -> None:
    found = estimate(work(5_000_000, 500_000, 50_000), MANY, "sail")
    assert found.seconds == pytest.approx(model(5e6, 5e5, 5e4) + 0.5, rel=1e-3)
    assert found.low == pytest.approx(found.seconds, rel=1e-2)
    assert found.says == "from 12 past runs of 12 queries here"


def test_one_run_that_was_disturbed_hardly_matters() -> None:
    disturbed = [*MANY[:-1], run(1e8, 900.0, 1e6, 1e5)]
    calm = estimate(work(5_000_000, 500_000, 50_000), MANY, "sail").seconds
    found = estimate(work(5_000_000, 500_000, 50_000), disturbed, "sail").seconds
    assert calm is not None
    assert found is not None
    assert found / calm == pytest.approx(1.0, abs=0.5)


def test_what_is_larger_than_all_that_ran_is_told_as_such_and_may_take_as_much_for_each_value() -> None:
    past = [run(values, 1.0) for values in (1e6, 2e6, 3e6)]
    found = estimate(work(300_000_000), past, "sail")
    assert found.says.endswith(", all of them smaller")
    assert found.high == pytest.approx(100 * 1.0 + 0.5)


def test_engines_are_told_apart() -> None:
    past = [*MANY, *(one | {"engine": "spark", "seconds_of": {"starting": 6.0, "running": 60.0}} for one in MANY)]
    assert estimate(work(5_000_000), past, "spark").seconds == pytest.approx(66.0, rel=0.01)


def test_of_many_runs_the_newest_queries_count() -> None:
    old = [run(1_000 + number, 100.0) for number in range(200)]
    new = [run(2_000 + number, 1.0) for number in range(100)]
    assert {one.median for one in past_queries([*old, *new])} == {1.0}


NUMBERS = st.floats(min_value=0, max_value=1e12, allow_nan=False)


@given(
    st.lists(
        st.tuples(NUMBERS, NUMBERS, NUMBERS, st.floats(min_value=0, max_value=1e5, allow_nan=False)),
        min_size=ENOUGH[0],
        max_size=14,
    ),
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
)
def test_no_estimate_is_negative_and_more_work_never_takes_less(
    past: list[tuple[float, float, float, float]], asked: tuple[float, float, float]
) -> None:
    runs = [run(values, seconds, summed, rows) for values, summed, rows, seconds in past]
    rates = fitted(past_queries(runs))
    assert all(rate >= 0 for rate in rates)
    found = estimate(work(int(asked[0]), int(asked[1]), int(asked[2])), runs, "sail")
    if found.seconds is not None and found.low is not None and found.high is not None:
        assert 0 <= found.low <= found.seconds + 1e-3
        assert found.seconds <= found.high + 1e-3


# What is told before a run -------------------------------------------------------------------------------------------


class Heard(Listener):
    def __init__(self) -> None:
        self.events: list[Event] = []

    def take(self, event: Event) -> None:
        self.events.append(event)


def expected(seconds: float | None, bytes_: int = 1_200_000, free: int | None = None, exact: bool = True) -> Expected:
    time = Estimate(
        "sail", seconds, seconds, seconds, 3, "as in 3 past runs of this size" if seconds else "no past runs here"
    )
    return Expected(work(10, rows=36, bytes_=bytes_, exact=exact), (time,), Path("/results"), free)


def test_rows_bytes_and_time_are_told_before_a_run() -> None:
    heard = Heard()
    tell_expected(heard, expected(LONG + 10))
    (event,) = heard.events
    assert (event.kind, event.seconds, event.rows, event.bytes) == (ESTIMATE, LONG + 10, 36, 1_200_000)
    assert (
        event.text
        == "expected: 36 rows, about 1.2 MB on disk; time about 40.0 s on sail, as in 3 past runs of this size"
    )
    assert (
        expected(None, exact=False).text().startswith("expected: at most 36 rows, about 1.2 MB on disk; time not known")
    )


def test_a_disk_that_is_too_small_is_told_and_one_that_is_not_is_not() -> None:
    heard = Heard()
    tell_expected(heard, expected(None, bytes_=2_000_000, free=1_999_999))
    assert [(event.level, event.text) for event in heard.events[1:]] == [
        ("warning", "the result takes about 2.0 MB, but only 2.0 MB are free in /results")
    ]
    for free in (2_000_000, None):
        assert expected(None, bytes_=2_000_000, free=free).warning == ""


def test_free_bytes_are_those_of_the_disk_that_a_new_folder_would_be_on(tmp_path: Path) -> None:
    found = free_bytes(tmp_path / "not" / "yet" / "there")
    assert found is not None
    assert found == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)
    (tmp_path / "file").write_text("")
    assert free_bytes(tmp_path / "file" / "below") is not None
    assert free_bytes(location("s3://bucket/results")) is None


def test_runs_of_other_machines_and_of_fewer_cores_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"host": expectation.platform.node(), "cpus": expectation.available_cores()}
    told = [here, here | {"host": "elsewhere"}, here | {"cpus": 999}]
    monkeypatch.setattr(expectation, "read_runs", lambda: told)
    assert expectation.runs_here() == [here]
