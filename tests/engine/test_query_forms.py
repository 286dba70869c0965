"""The forms that a result may have on disk: Arrow files, partitions, and what large or empty results become."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from reference.example import HOURS, dataset, plan_of, project, records
from reference.stored import Stored, facts_frame
from tests.engines import SLOW_ON_SPARK
from tests.object_store import BUCKET, ObjectStore, environment, variables

from dsgrid.dimensions.dimension import Dimension
from dsgrid.engine import session
from dsgrid.query import output
from dsgrid.query.execution import execute
from dsgrid.query.output import Written
from dsgrid.query.result import Result
from dsgrid.registry.publish import data_file, write_manifest
from dsgrid.storage.location import Location, files_below, location, relative_name

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from dsgrid.engine import Engine

HOURLY = '[[step]]\nfunction = "sum"\nby = ["county", "time_mst", "daily", "hour_of_day", "end_use"]\n'
BY_METRIC = '[[step]]\nfunction = "sum"\nby = ["end_use"]\n'
SMALL, LARGE = output.LARGEST_ARROW_RESULT, 0
SIZES = pytest.mark.parametrize("limit", [SMALL, LARGE], ids=["small", "large"])
ZSTD = b"\x28\xb5\x2f\xfd"


def _write(
    engine: Engine,
    folder: Location,
    text: str,
    stored: Stored | None = None,
    change: Callable[[DataFrame], DataFrame] = lambda rows: rows,
    foretold: bool = True,
) -> tuple[Result, Written]:
    """Write the result of a query to the example project, perhaps with rows that were changed before."""
    stored = stored or dataset(project())
    geography = stored.dataset.dimensions["geography"]
    of = project(geography=geography) if geography.id != "county" or len(geography.records) != 3 else project()
    plan = plan_of(text, stored, of=of)
    if not foretold:
        plan = replace(plan, foretold=False)
    scratch = folder if isinstance(folder, Path) else Path()
    rows = execute(plan, engine.spark, lambda spark, _, columns: facts_frame(stored, spark, columns), scratch)
    written = output.write(plan, change(rows), folder, engine.spark)
    manifest = {"query": "example", "table": written.path.name, "rows": written.rows, "columns": written.columns}
    return Result(folder, manifest, engine), written


def _form(**entries: Any) -> str:
    shown = {"true": "true"}
    lines = [f"{key} = {shown.get(str(value).lower(), repr(value))}" for key, value in entries.items()]
    return "\n".join(["[result]", *lines]).replace("'", '"')


def _sorted(table: pa.Table) -> list[dict[str, Any]]:
    return table.sort_by([(name, "ascending") for name in table.column_names]).to_pylist()


def _names(result: Result) -> list[str]:
    return [relative_name(path, result.folder) for path, _, _ in files_below(result.folder)]


# Arrow ---------------------------------------------------------------------------------------------------------------


@SLOW_ON_SPARK
@SIZES
@pytest.mark.parametrize("more", [{}, {"pivot": "metric"}, {"pivot": "geography"}, {"zone": "America/New_York"}])
def test_arrow_files_hold_the_parquet_table(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, more: dict[str, str]
) -> None:
    parquet, _ = _write(engine, tmp_path / "parquet", HOURLY + _form(**more))
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    arrow, written = _write(engine, tmp_path / "arrow", HOURLY + _form(format="arrow", **more))
    one, other = parquet.to_arrow(), arrow.to_arrow()
    assert other.schema.equals(one.schema, check_metadata=True)
    assert _sorted(other) == _sorted(one)
    assert arrow.rows == written.rows == one.num_rows
    assert arrow.table.count() == arrow.rows
    assert arrow.to_pandas().shape == parquet.to_pandas().shape
    assert arrow.path.name == "table.arrow"
    assert arrow.path.is_file() == (limit == SMALL)


@SLOW_ON_SPARK
def test_an_arrow_file_is_in_order_and_compressed_and_others_read_it(engine: Engine, tmp_path: Path) -> None:
    arrow, _ = _write(engine, tmp_path, HOURLY + _form(format="arrow", sort=["hour_of_day"]))
    with pa.memory_map(str(arrow.path)) as file:
        table = pa.ipc.open_file(file).read_all()
    assert table.equals(arrow.to_arrow())
    assert table["hour_of_day"].to_pylist() == sorted(table["hour_of_day"].to_pylist())
    assert ZSTD in arrow.path.read_bytes()


@SLOW_ON_SPARK
@pytest.mark.parametrize("more", [{"format": "arrow"}, {"partition": ["county"]}])
def test_what_the_engine_wrote_on_the_way_is_gone(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", LARGE)
    found, _ = _write(engine, tmp_path, HOURLY + _form(**more))
    assert [path.name for path in tmp_path.iterdir()] == [found.path.name]
    assert {path.suffix for path in found.path.rglob("*") if path.is_file()} == {found.path.suffix}


@SLOW_ON_SPARK
@pytest.mark.parametrize("more", [{"format": "arrow"}, {"partition": ["end_use"]}])
def test_every_file_is_sorted_where_an_order_was_asked(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", LARGE)
    found, _ = _write(engine, tmp_path, HOURLY + _form(sort=["hour_of_day"], **more))
    assert found.files
    for file in found.files:
        hours = found._read(file)["hour_of_day"].to_pylist()
        assert hours == sorted(hours)


# Partitions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "limit"),
    [("sail", SMALL), ("sail", LARGE), ("spark", LARGE)],
    ids=["small-sail", "large-sail", "large-spark"],
    indirect=["engine"],
    scope="session",
)
def test_partitions_are_folders_whose_files_have_all_columns(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    plain, _ = _write(engine, tmp_path / "plain", HOURLY)
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    found, written = _write(engine, tmp_path / "parts", HOURLY + _form(partition=["county", "end_use"]))
    counties, metrics = ("06037", "06073", "36061"), ("cooling", "heating")
    assert _names(found) == [
        f"table.parquet/county={county}/end_use={metric}/part-0.parquet" for county in counties for metric in metrics
    ]
    for file in found.files:
        table = pq.ParquetFile(file).read()
        county, metric = (name.partition("=")[2] for name in file.parts[-3:-1])
        assert set(table["county"].to_pylist()) == {county}
        assert set(table["end_use"].to_pylist()) == {metric}
        assert table.num_rows == HOURS
    assert found.to_arrow().schema.equals(plain.to_arrow().schema, check_metadata=True)
    assert _sorted(found.to_arrow()) == _sorted(plain.to_arrow())
    assert found.rows == plain.rows
    assert written.totals[0].found == 3 * 2 * HOURS
    read = found.table
    assert read.columns == plain.table.columns
    assert sorted({row["county"] for row in read.select("county").distinct().toArrow().to_pylist()}) == [*counties]
    assert read.count() == found.rows


@SLOW_ON_SPARK
@SIZES
def test_what_no_file_may_be_called_is_encoded_in_the_names_of_folders_alone(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    names = {"06037": "../Los Angeles", "06073": "100% = é*{}", "36061": "."}
    stored = dataset(project(geography=Dimension("county", "geography", "county", records(*names, names=names))))
    found, _ = _write(engine, tmp_path, HOURLY + _form(names=True, partition=["county"]), stored)
    folders = (".", "..%2FLos%20Angeles", "100%25%20%3D%20%C3%A9%2A%7B%7D")
    assert sorted(_names(found)) == sorted(f"table.parquet/county={folder}/part-0.parquet" for folder in folders)
    assert set(found.to_arrow()["county"].to_pylist()) == set(names.values())
    assert {row["county"] for row in found.table.toArrow().to_pylist()} == set(names.values())


@SLOW_ON_SPARK
@SIZES
def test_time_tells_partitions_apart(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    found, _ = _write(engine, tmp_path, HOURLY + _form(partition=["daily", "hour_of_day", "time_mst"]))
    assert [path.parts[-4:-1] for path in found.files] == [
        ("daily=2018-07-01", f"hour_of_day={hour}", f"time_mst=2018-07-01%20{hour + 7:02}%3A00%3A00Z")
        for hour in range(HOURS)
    ]
    assert found.rows == 3 * 2 * HOURS
    shown, _ = _write(engine, tmp_path / "shown", HOURLY + _form(partition=["time_mst"], zone="America/Los_Angeles"))
    assert shown.files[0].parts[-2] == "time_mst=2018-07-01%2000%3A00%3A00-07%3A00"


@SLOW_ON_SPARK
@SIZES
def test_a_pivoted_table_is_partitioned_too(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    found, _ = _write(engine, tmp_path, HOURLY + _form(pivot="geography", partition=["end_use"]))
    assert [path.parts[-2] for path in found.files] == ["end_use=cooling", "end_use=heating"]
    assert found.to_arrow().column_names[-3:] == ["06037", "06073", "36061"]


# Nothing, and what has no value --------------------------------------------------------------------------------------


@SLOW_ON_SPARK
@SIZES
@pytest.mark.parametrize("more", [{}, {"format": "csv"}, {"format": "arrow"}, {"partition": ["county"]}])
def test_a_result_of_which_nothing_passed_a_filter_has_its_columns(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, more: dict[str, Any]
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    found, written = _write(
        engine, tmp_path, HOURLY + _form(**more), change=lambda rows: rows.where("value < 0"), foretold=False
    )
    full, _ = _write(engine, tmp_path / "full", HOURLY)
    assert found.rows == found.to_arrow().num_rows == found.table.count() == 0
    assert len(found.files) == 1
    assert found.to_arrow().schema.equals(full.to_arrow().schema)
    assert found.head().column_names == found.table.columns
    assert [total.found for total in written.totals if total.found] == []


@SLOW_ON_SPARK
@SIZES
def test_nothing_does_not_become_a_row_by_being_pivoted(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    text = BY_METRIC + _form(pivot="metric")
    found, _ = _write(engine, tmp_path, text, change=lambda rows: rows.where("value < 0"), foretold=False)
    assert found.rows == 0
    assert found.to_arrow().column_names == ["cooling", "heating"]


@SLOW_ON_SPARK
@SIZES
@pytest.mark.parametrize("more", [{}, {"format": "csv"}, {"format": "arrow"}, {"partition": ["county"]}])
def test_a_row_without_a_value_adds_nothing_and_nothing_is_expected_where_nothing_is_foretold(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, more: dict[str, Any]
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)

    def without_some(rows: DataFrame) -> DataFrame:
        # The last of three counties, and the second of two end uses, by the digits of the code.
        third, heating = "`#code` % 3 = 2", "`#code` div 3 % 2 = 1"
        others = (f"`{name}`" for name in rows.columns if name != "value")
        return rows.selectExpr(*others, f"case when {third} or {heating} then null else value end as value")

    found, written = _write(engine, tmp_path, HOURLY + _form(**more), change=without_some, foretold=False)
    assert found.rows == 3 * 2 * HOURS
    table = found.to_arrow()
    assert pc.sum(pc.is_null(table["value"])).as_py() == 4 * HOURS
    totals = {total.unit: total for total in written.totals}
    assert {unit: total.found for unit, total in totals.items()} == {"MWh": 2 * 2.0 * HOURS, "MBtu": 0.0}
    for total in totals.values():
        assert (total.expected, total.carried, total.absolute) == (None, None, None)
        assert total.conserved


# Elsewhere -----------------------------------------------------------------------------------------------------------


@SIZES
@pytest.mark.parametrize("more", [{"format": "arrow"}, {"names": True, "partition": ["county"]}])
def test_arrow_files_and_partitions_are_written_to_s3_and_read_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    limit: int,
    more: dict[str, Any],
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", limit)
    prefix = request.node.name.partition("[")[2].rstrip("]")
    store = ObjectStore()
    store.client().create_bucket(Bucket=BUCKET)
    try:
        with variables(**environment(store.url)), session("sail", memory="1g") as engine:
            here, _ = _write(engine, tmp_path, HOURLY + _form(**more))
            there, _ = _write(engine, location(f"s3://{BUCKET}/{prefix}"), HOURLY + _form(**more))
            assert _sorted(there.to_arrow()) == _sorted(here.to_arrow())
            assert there.head(3).num_rows == 3
            assert there.table.count() == there.rows == here.rows
            assert len(store.objects(prefix)) == len(there.files)
            if limit == SMALL:
                assert _names(there) == _names(here)
    finally:
        store.stop()


# Several -------------------------------------------------------------------------------------------------------------


@SLOW_ON_SPARK
def test_a_further_result_lies_in_a_folder_of_the_run(engine: Engine, tmp_path: Path) -> None:
    run = tmp_path / "example" / "run"
    manifests: dict[str, dict[str, Any]] = {}
    for name, text in (("by_metric", BY_METRIC + _form(format="arrow")), ("", HOURLY)):
        found, written = _write(engine, run / name if name else run, text)
        files = [data_file(found.folder, relative_name(path, found.folder), "table", 0) for path in found.files]
        more: dict[str, Any] = {"results": list(manifests)} if manifests else {}
        sums = [{"unit": "MWh", "found": written.totals[0].found}]
        manifests[name] = {**found.manifest, "datasets": [], "sums": sums, **more}
        write_manifest(found.folder, files, manifests[name])
    result = Result(run, manifests[""], engine)
    assert list(result.results) == ["by_metric"]
    assert result.results["by_metric"].to_arrow()["end_use"].to_pylist() == ["cooling", "heating"]
    assert result.results["by_metric"].table.count() == 2
