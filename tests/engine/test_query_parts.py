"""A contraction in parts leaves the table that it leaves as a whole; finished parts are not done again."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from reference.answer import RefusedError
from reference.compare import assert_same
from reference.refused import RefusedByValuesError
from reference.stored import write_lookup
from strategies.cases import Case, whole_cases

from dsgrid.engine import engine_errors
from dsgrid.query.execution import contract, follow
from dsgrid.query.output import write
from dsgrid.query.part_store import PartStore, stores, whole
from dsgrid.query.plan import Plans
from dsgrid.query.planner import plan_parts, plan_results

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from dsgrid.engine import Engine

FEW = {"sail": 20, "spark": 2}
MANY = {"sail": 600, "spark": 60}
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


def _in_parts(case: Case, plans: Plans, count: int, engine: Engine, folder: Path) -> pa.Table:
    """Carry out the first result in parts and return what was written."""
    import pyarrow.parquet as pq

    run = folder / secrets.token_hex(8)
    run.mkdir(parents=True)
    for stored in case.stored.values():
        write_lookup(stored, run)
    (parts,) = plan_parts(plans, count)

    def rows(number: int) -> Callable[[], DataFrame | None]:
        return lambda: contract(parts[number], engine.spark, case.facts(), run)

    store = PartStore(run / "parts")
    with engine_errors():
        table = whole(store, engine.spark, 0, [rows(number) for number in range(len(parts))], lambda *_: None)
        written = write(plans.first, follow(plans.first, engine.spark, table, lambda one: one), run, engine.spark)
        # What is finished is found, and nothing is computed any more.
        again = whole(store, engine.spark, 0, [_never] * len(parts), lambda *_: None)
    assert (table is None) == (again is None)
    return pq.read_table(written.path)


def _never() -> DataFrame | None:
    raise AssertionError("a finished part is computed again")


def _check(engine: Engine, folder: Path, profile: settings) -> None:
    @profile
    @given(whole_cases(), st.sampled_from([2, 3, 50]))
    def agree(case: Case, count: int) -> None:
        try:
            expected = case.answer
        except (RefusedError, RefusedByValuesError):
            assume(False)
        query = case.query
        plans = plan_results(query, case.project, tuple(map(case._source, query.members)))
        assert_same(_in_parts(case, plans, count, engine, folder), expected)

    agree()


def test_parts_make_the_whole(engine: Engine, tmp_path: Path) -> None:
    _check(engine, tmp_path, settings(SETTINGS, max_examples=FEW[engine.name], derandomize=True, database=None))


@pytest.mark.slow
def test_parts_make_the_whole_of_many_queries(engine: Engine, tmp_path: Path) -> None:
    _check(engine, tmp_path, settings(SETTINGS, max_examples=MANY[engine.name]))


def _rows(engine: Engine, count: int) -> DataFrame:
    return engine.spark.range(count).selectExpr("id AS `#code`", "cast(id AS double) / 8 AS value")


def test_a_part_that_is_damaged_is_computed_again_and_the_others_are_not(engine: Engine, tmp_path: Path) -> None:
    store = PartStore(tmp_path / "key-3")
    parts = [_rows(engine, 3), None, _rows(engine, 5)]
    computed: list[int] = []

    def part(number: int) -> Callable[[], DataFrame | None]:
        def rows() -> DataFrame | None:
            computed.append(number)
            return parts[number]

        return rows

    def read() -> list[dict[str, object]]:
        table = whole(store, engine.spark, 0, [part(number) for number in range(3)], lambda *_: None)
        assert table is not None
        return sorted(table.toArrow().to_pylist(), key=lambda row: (row["#code"], row["value"]))

    first = read()
    assert (len(first), computed) == (8, [0, 1, 2])
    assert [count for count, _ in stores(tmp_path, "key")] == [3]
    file = store.find(0, 2).files[0]  # type: ignore[union-attr]
    file.write_bytes(file.read_bytes()[:-1])
    assert read() == first
    assert computed == [0, 1, 2, 2]
    (store.folder / "0.0.json").write_text("{", "utf-8")
    assert read() == first
    assert computed == [0, 1, 2, 2, 0]
    store.remove()
    assert read() == first
    assert computed == [0, 1, 2, 2, 0, 0, 1, 2]
