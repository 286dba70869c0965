"""The plans that the benchmarks measure answer alike, on a small table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from benchmarks import by_hand, stepwise
from benchmarks.checksum import checksum, equal
from benchmarks.plans import Plan
from benchmarks.preparation import prepared
from benchmarks.queries import QUERIES, Query, query_of
from benchmarks.run import main
from benchmarks.stored import files

from dsgrid.operations.query import query as ask

if TYPE_CHECKING:
    from benchmarks.generate import Bench
    from tests.conftest import Engines

VALUES = 1_000_000
# The projected table has 17 times as many values.
STEPWISE = [
    pytest.param(query, id=query.name, marks=[pytest.mark.slow] * (query.name == "projection_by_state_year"))
    for query in QUERIES
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return prepared(tmp_path_factory.mktemp("bench"), VALUES)


@pytest.mark.parametrize("query", QUERIES, ids=[query.name for query in QUERIES])
def test_dsgrid_and_sql_by_hand_give_the_same_table(bench: Bench, engines: Engines, query: Query) -> None:
    ours = ask(query.spec, engine=engines.start("sail"), variables={"folder": str(bench.folder)})
    found = checksum([Path(str(path)) for path in ours.files], query.keys)
    assert found.rows > 0
    assert equal(found, checksum([by_hand.answer(bench.folder, query.name)], query.keys))


@pytest.mark.parametrize("query", STEPWISE)
def test_the_stepwise_plan_and_sql_by_hand_give_the_same_table(bench: Bench, engines: Engines, query: Query) -> None:
    stepped = stepwise.answer(engines.start("sail").spark, bench.folder, query.name)
    assert equal(checksum([stepped], query.keys), checksum([by_hand.answer(bench.folder, query.name)], query.keys))


def test_a_filtered_query_reads_only_the_columns_that_it_needs(bench: Bench) -> None:
    plan = Plan("ours", "sail")
    reads = [plan.run(bench, query_of(name))[0].read for name in ("annual_by_state_fuel", "filtered_state_end_use")]
    if None in reads:
        pytest.skip("the system does not count what processes read")
    stored = sum(Path(path).stat().st_size for path in files(bench.folder, "facts", "county_loads"))
    # Of eight end uses it needs one; programs and small tables are read by both.
    assert reads[0] - reads[1] > 0.6 * stored


def test_the_command_keeps_figures_and_writes_the_page(bench: Bench, tmp_path: Path) -> None:
    results = tmp_path / "benchmarks" / "results"
    arguments = ["--values", str(VALUES), "--folder", str(bench.folder.parent), "--results", str(results)]
    arguments += ["--queries", "filtered_state_end_use", "--runs", "1", "--engines"]
    assert main([*arguments, "sail"]) == 0
    assert main([*arguments, "duckdb"]) == 0
    document = json.loads((results / f"{VALUES}.json").read_text())
    assert {(row["plan"], row["engine"]) for row in document["rows"]} == {
        ("ours", "sail"),
        ("stepwise", "sail"),
        ("duckdb", "duckdb"),
    }
    assert all(row["wall_s"] > 0 and row["cpu_s"] > 0 and row["rows_out"] == 8760 for row in document["rows"])
    page = (tmp_path / "benchmarks" / "README.md").read_text()
    assert page.count("| `filtered_state_end_use` |") == 3
    assert (results / f"{VALUES}.svg").exists()


def test_a_plan_that_disagrees_makes_the_command_fail(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "benchmarks" / "results"
    arguments = ["--values", str(VALUES), "--folder", str(bench.folder.parent), "--results", str(results)]
    arguments += ["--queries", "annual_by_state_fuel", "--runs", "1", "--engines", "duckdb"]
    assert main(arguments) == 0
    path = results / f"{VALUES}.json"
    document = json.loads(path.read_text())
    document["rows"].append({**document["rows"][0], "plan": "ours", "engine": "sail", "weighted_checksum": 1.0})
    path.write_text(json.dumps(document))
    assert main(arguments) == 1
    assert "NOT EQUAL: annual_by_state_fuel: ours (sail) gives 4 rows" in capsys.readouterr().out
