"""How a result is written: its form, its order, its types, and what happens when it cannot be trusted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from chispa import assert_df_equality
from reference.example import HOURS, dataset, plan_of, project, records
from reference.stored import Stored, facts_frame
from tests.desk import Desk
from tests.engines import few_on_spark

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.errors import ConservationError
from dsgrid.query import output
from dsgrid.query.execution import execute
from dsgrid.query.result import Result, open_result
from dsgrid.registry.publish import read_manifest

if TYPE_CHECKING:
    from conftest import Engines

    from dsgrid.engine import Engine

pytestmark = few_on_spark(3)

MIDNIGHT = datetime(2018, 7, 1, 7, tzinfo=UTC)
BY_STATE = '[[step]]\nfunction = "sum"\nby = ["state", "end_use"]\n'
HOURLY = '[[step]]\nfunction = "sum"\nby = ["county", "time_mst", "daily", "hour_of_day", "end_use"]\n'
NEW_YORK = '[[where]]\ndimension = "county"\nequals = "36061"\n'
# New York is on no coast that the project knows.
NOWHERE = NEW_YORK + '[[step]]\nfunction = "sum"\nby = ["coast", "end_use", "daily"]\n'


def _written(engine: Engine, folder: Path, text: str, *datasets: Stored, facts: Any = None) -> Result:
    """Write the result of a query to the example project as the operation does."""
    found = datasets or (dataset(project()),)
    plan = plan_of(text, *found)
    by_id = {stored.dataset.id: facts or stored for stored in found}

    def read(session: Any, one: Any, columns: Any) -> Any:
        return facts_frame(by_id[one.id], session, columns)

    folder.mkdir(exist_ok=True, parents=True)
    written = output.write(plan, execute(plan, engine.spark, read, folder), folder, engine.spark)
    manifest = {"query": "example", "table": written.path.name, "rows": written.rows, "columns": written.columns}
    return Result(folder, manifest, engine)


def _without_cooling_in_new_york() -> Stored:
    stored = dataset(project())
    kept = (stored.facts["geography"] != "36061") | (stored.facts["metric"] == "heating")
    return replace(stored, facts=stored.facts[kept])


def _rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


# Form ----------------------------------------------------------------------------------------------------------------


def test_a_stacked_result_has_keys_value_and_unit_in_order(engine: Engine, tmp_path: Path) -> None:
    found = _written(engine, tmp_path, BY_STATE)
    # One of two counties in New York; two building types, four hours.
    rows = [("CA", "cooling", 16.0, "MWh"), ("CA", "heating", 16.0, "MBtu")]
    rows += [("NY", "cooling", 8.0, "MWh"), ("NY", "heating", 8.0, "MBtu")]
    expected = engine.spark.createDataFrame(rows, "state string, end_use string, value double, unit string")
    assert_df_equality(found.table, expected, ignore_nullable=True)


def test_a_pivoted_result_has_a_column_per_record_with_its_unit(engine: Engine, tmp_path: Path) -> None:
    found = _written(engine, tmp_path, BY_STATE + '[result]\npivot = "metric"')
    expected = engine.spark.createDataFrame(
        [("CA", 16.0, 16.0), ("NY", 8.0, 8.0)], "state string, cooling double, heating double"
    )
    assert_df_equality(found.table, expected, ignore_nullable=True)
    schema = found.to_arrow().schema
    assert [schema.field(name).metadata for name in ("cooling", "heating")] == [{b"unit": b"MWh"}, {b"unit": b"MBtu"}]


def test_a_type_other_than_the_metric_pivots_with_the_unit_as_a_key(engine: Engine, tmp_path: Path) -> None:
    found = _written(engine, tmp_path, BY_STATE + '[result]\npivot = "geography"\nunit = "MWh"')
    assert found.to_arrow().column_names == ["end_use", "unit", "CA", "NY"]
    assert _rows(found.to_arrow())[0] == ("cooling", "MWh", 16.0, 8.0)


def test_a_missing_combination_is_null_in_a_pivoted_result(engine: Engine, tmp_path: Path) -> None:
    found = _written(engine, tmp_path, BY_STATE + '[result]\npivot = "metric"', _without_cooling_in_new_york())
    assert _rows(found.to_arrow()) == [("CA", 16.0, 16.0), ("NY", None, 8.0)]


def test_everything_in_one_row_pivots(engine: Engine, tmp_path: Path) -> None:
    text = '[[step]]\nfunction = "sum"\nby = ["end_use"]\n[result]\npivot = "metric"'
    assert _rows(_written(engine, tmp_path, text).to_arrow()) == [(24.0, 24.0)]


def test_time_columns_have_their_own_types(engine: Engine, tmp_path: Path) -> None:
    table = _written(engine, tmp_path, HOURLY).to_arrow()
    types = {field.name: field.type for field in table.schema}
    assert types == {
        "county": pa.string(),
        "time_mst": pa.timestamp("us", "UTC"),
        "daily": pa.date32(),
        "hour_of_day": pa.int32(),
        "end_use": pa.string(),
        "value": pa.float64(),
        "unit": pa.string(),
    }
    assert _rows(table)[0] == ("06037", MIDNIGHT, date(2018, 7, 1), 0, "cooling", 2.0, "MWh")


def test_names_stand_in_for_ids(engine: Engine, tmp_path: Path) -> None:
    found = _written(engine, tmp_path, '[[step]]\nfunction = "sum"\nby = ["county", "end_use"]\n[result]\nnames = true')
    assert _rows(found.to_arrow())[0] == ("06073", "Cooling", 8.0, "MWh")
    assert _rows(found.to_arrow())[-1] == ("Los Angeles", "Heating", 8.0, "MBtu")


def test_rows_are_sorted_as_asked_and_then_by_the_other_columns(engine: Engine, tmp_path: Path) -> None:
    asked = _written(engine, tmp_path / "asked", HOURLY + '[result]\nsort = ["hour_of_day", "end_use"]').to_arrow()
    keys = asked.select(["hour_of_day", "end_use", "county"]).to_pylist()
    assert keys == sorted(keys, key=lambda row: tuple(row.values()))
    plain = (
        _written(engine, tmp_path / "plain", HOURLY).to_arrow().select(["county", "time_mst", "end_use"]).to_pylist()
    )
    assert plain == sorted(plain, key=lambda row: tuple(row.values()))


def test_csv_keeps_ids_and_instants_as_they_are(engine: Engine, tmp_path: Path) -> None:
    found = _written(engine, tmp_path, HOURLY + '[result]\nformat = "csv"')
    lines = found.path.read_text().splitlines()
    assert lines[0] == '"county","time_mst","daily","hour_of_day","end_use","value","unit"'
    assert lines[1] == '"06037",2018-07-01 07:00:00Z,2018-07-01,0,"cooling",2,"MWh"'
    assert found.to_pandas()["county"].tolist()[0] == "06037"
    assert found.table.count() == found.rows == 3 * 2 * HOURS
    parquet = _written(engine, tmp_path / "parquet", HOURLY).to_arrow()
    assert found.to_arrow().cast(parquet.schema).equals(parquet)


def test_a_coefficient_of_0_gives_rows_of_0(engine: Engine, tmp_path: Path) -> None:
    of = project()
    filled = (Association("reference", "reference"), Association("reference", "high", 0.0))
    stored = dataset(of, scenario=Mapping("one_to_many_explicit_multipliers", filled))
    text = '[[step]]\nfunction = "sum"\nby = ["scenario", "end_use"]\n[result]\nunit = "MWh"'
    rows = [row[:3] for row in _rows(_written(engine, tmp_path, text, stored).to_arrow())]
    assert ("high", "cooling", 0.0) in rows
    assert len(rows) == 4


# Size ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["parquet", "csv"])
@pytest.mark.parametrize("pivot", ["", 'pivot = "metric"\n', 'pivot = "geography"\n'])
def test_a_large_result_is_the_same_table(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str, pivot: str
) -> None:
    text = f'{HOURLY}[result]\nformat = "{format_}"\nsort = ["hour_of_day"]\n{pivot}'
    stored = _without_cooling_in_new_york()
    small = _written(engine, tmp_path / "small", text, stored)
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", 0)
    large = _written(engine, tmp_path / "large", text, stored)
    assert small.path.is_file()
    assert large.path.is_dir()
    assert large.rows == small.rows
    keys = [(name, "ascending") for name in small.to_arrow().column_names]
    one, other = (result.to_arrow().sort_by(keys) for result in (small, large))
    assert other.schema.names == one.schema.names
    assert [field.type for field in other.schema] == [field.type for field in one.schema]
    assert other.to_pylist() == one.to_pylist()
    assert large.table.count() == large.rows
    if format_ == "csv":
        assert "2018-07-01 07:00:00Z" in next(large.path.glob("*.csv")).read_text()


def test_every_file_of_a_large_result_is_sorted(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", 0)
    large = _written(engine, tmp_path, HOURLY + '[result]\nsort = ["hour_of_day"]')
    for file in large.path.glob("*.parquet"):
        hours = pq.read_table(file)["hour_of_day"].to_pylist()
        assert hours == sorted(hours)


@pytest.mark.parametrize("limit", [0, output.LARGEST_ARROW_RESULT])
@pytest.mark.parametrize("format_", ["parquet", "csv"])
@pytest.mark.parametrize("pivot", [None, "metric", "geography"])
def test_a_result_without_rows_is_a_table_with_columns(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, format_: str, pivot: str | None
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    form = f'[result]\nformat = "{format_}"\n' + (f'pivot = "{pivot}"\n' if pivot else "")
    found = _written(engine, tmp_path, NOWHERE + form)
    columns = {
        None: ["coast", "end_use", "daily", "value", "unit"],
        "metric": ["coast", "daily", "cooling", "heating"],
        "geography": ["end_use", "daily", "unit"],
    }
    assert found.rows == 0
    assert found.to_arrow().column_names == columns[pivot]
    assert found.table.count() == 0
    if format_ == "parquet":
        assert found.to_arrow().schema.field("daily").type == pa.date32()


def test_a_result_without_rows_has_one_even_if_nothing_names_them(engine: Engine, tmp_path: Path) -> None:
    # No dataset reaches the pivoted type, and no other column is left.
    text = NOWHERE.replace('["coast", "end_use", "daily"]', '["coast"]') + '[result]\npivot = "geography"\nunit = "MWh"'
    assert _written(engine, tmp_path, text).rows == 0


# Trust ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [0, output.LARGEST_ARROW_RESULT])
def test_facts_that_are_not_what_was_registered_are_noticed(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    stored = dataset(project())
    tampered = stored.facts.assign(value=stored.facts["value"].where(stored.facts.index != 3, 1.0001))
    with pytest.raises(
        ConservationError, match=r"query example: the result adds up to .* MWh, but the datasets give 24\.0"
    ):
        _written(engine, tmp_path, BY_STATE, stored, facts=replace(stored, facts=tampered))


@pytest.fixture(scope="module")
def desk(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk.new(tmp_path_factory.mktemp("desk"), engine)
    desk.run("register_commercial", "submit_commercial")
    desk.replace("hourly_by_state.toml", '"commercial_2018", "residential_2018"', '"commercial_2018"')
    return desk


def test_a_query_that_fails_leaves_the_result_before(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = desk.copy(tmp_path)
    before = copy.run("hourly_by_state")
    (facts,) = (copy.registry / "data/commercial_2018").glob("*/facts/*.parquet")
    table = pq.read_table(facts)
    name = "electricity_cooling"
    changed = table.set_column(table.column_names.index(name), name, pc.add(table[name], 1.0))
    pq.write_table(changed, facts)
    # The file's size would tell, before the totals do.
    monkeypatch.setattr("dsgrid.registry.data_check.verify_files", lambda *_, **__: ())
    with pytest.raises(ConservationError):
        copy.run("hourly_by_state")
    results = copy.folder / "build/demo/results/hourly_by_state"
    assert open_result(results).folder == before.folder
    assert [path for path in results.iterdir() if path.is_dir()] == [before.folder]


@pytest.mark.parametrize("format_", ["parquet", "csv"])
def test_the_manifest_counts_the_rows_of_every_file_of_a_large_result(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", 0)
    copy = desk.copy(tmp_path)
    copy.replace("hourly_by_state.toml", 'format = "parquet"', f'format = "{format_}"')
    result = copy.run("hourly_by_state")
    files = read_manifest(result.folder).files
    assert sum(file.rows for file in files) == result.rows > 0
    assert all(file.rows >= 0 for file in files)


def test_the_manifest_of_a_dataset_says_what_its_files_hold(desk: Desk) -> None:
    (folder,) = (desk.registry / "data/commercial_2018").glob("*")
    found = read_manifest(folder).extra
    assert found["layout"]["pivot"] == "metric"
    assert found["schema"]["facts"]["electricity_cooling"] == "double"
    assert list(found["schema"]["associations"])[:2] == ["geography", "sector"]


# Answers a query in a process of its own, which kills itself when the operation calls the function of that name.
KILLED_QUERY = """
import os, signal, sys
from dsgrid.engine import session
from dsgrid.operations import query as job

spec, point = sys.argv[1:]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(job, point, die)
with session("sail") as used:
    job.query(spec, engine=used)
"""


@pytest.fixture(scope="module")
def sail_desk(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk.new(tmp_path_factory.mktemp("sail_desk"), engines.start("sail"))
    desk.run("register_commercial", "submit_commercial")
    desk.replace("hourly_by_state.toml", '"commercial_2018", "residential_2018"', '"commercial_2018"')
    return desk


@pytest.mark.parametrize("point", ["_carry_out", "write_manifest", "publish_result"])
def test_a_query_that_is_killed_leaves_the_result_before(sail_desk: Desk, tmp_path: Path, point: str) -> None:
    copy = sail_desk.copy(tmp_path)
    before = copy.run("hourly_by_state")
    spec = str(copy.specs / "hourly_by_state.toml")
    lib = Path(output.__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(lib)}
    killed = subprocess.run([sys.executable, "-c", KILLED_QUERY, spec, point], env=environment, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    results = copy.folder / "build/demo/results/hourly_by_state"
    assert open_result(results).folder == before.folder
    after = copy.run("hourly_by_state")
    assert open_result(results).folder == after.folder
    assert after.to_arrow().equals(before.to_arrow())


@pytest.mark.parametrize("limit", [output.LARGEST_ARROW_RESULT, 0], ids=["one file", "a folder of files"])
@pytest.mark.parametrize("pivot", ["", 'pivot = "geography"\n'], ids=["stacked", "pivoted"])
def test_csv_keeps_names_as_they_are_and_needs_no_unit(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, pivot: str
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    names = {"06037": 'the "City", proper', "06073": "up\\down", "36061": " aside "}
    counties = Dimension("county", "geography", "county", records(*names, names=names))
    growth = Dimension("growth", "metric", "growth_rate", records("yearly"))
    of = project(metric=growth, subsets=(), geography=counties)
    stored = dataset(of)
    text = f'[result]\nformat = "csv"\nnames = true\n{pivot}'
    plan = plan_of(text, stored, of=of)
    written = output.write(plan, execute(plan, engine.spark, _reader(stored), tmp_path), tmp_path, engine.spark)
    manifest = {"query": "example", "table": written.path.name, "rows": written.rows, "columns": written.columns}
    table = Result(tmp_path, manifest, engine).to_arrow()
    assert set(table.column("unit").to_pylist()) == {""}
    found = set(table.column_names) if pivot else set(table.column("county").to_pylist())
    assert set(names.values()) <= found
    assert written.totals[0].found == table.num_rows * (3 if pivot else 1)


def _reader(stored: Stored) -> Any:
    return lambda session, _, columns: facts_frame(stored, session, columns)
