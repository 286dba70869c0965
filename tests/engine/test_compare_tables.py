"""Results and versions of datasets, as engines wrote them, against each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.desk import Desk
from tests.engines import SLOW_ON_SPARK, few_on_spark

from dsgrid.cli import run
from dsgrid.errors import DataError, NotFoundError, UsageError
from dsgrid.operations.apply import apply
from dsgrid.operations.compare_tables import DIFFERENT_CODE, compare
from dsgrid.operations.query import query
from dsgrid.query.comparison.found import DIFFERENT, EQUAL, Comparison
from dsgrid.query.result import Result

if TYPE_CHECKING:
    from dsgrid.engine import Engine

pytestmark = few_on_spark(3)

BY_HOUR = ["state", "fuel", "scenario", "hourly"]
FACTS = "commercial/load_data.parquet"
TABLES: dict[str, dict[str, Any]] = {
    "stacked": {"unit": "MWh"},
    "by_fuel": {"unit": "GWh", "pivot": "metric", "format": "csv"},
    "by_scenario": {"unit": "kWh", "pivot": "scenario", "format": "arrow"},
    "with_names": {"unit": "MWh", "names": True},
    "in_new_york": {"unit": "MWh", "zone": "America/New_York", "format": "csv"},
    "on_own_clocks": {"unit": "MWh", "zone": "geography"},
    "partitioned": {"unit": "TJ", "partition": ["state", "fuel"], "sort": ["hourly"]},
}


def asked(desk: Desk, name: str, by: list[str] | None = None, **result: Any) -> Result:
    spec: dict[str, Any] = {
        "name": name,
        "project": "three_states_2018",
        "datasets": ["commercial_2018"],
        "result": {"path": str(desk.folder / "results"), **result},
    }
    if by is not None:
        spec["step"] = [{"function": "sum", "by": by}]
    return query(spec, registry=desk.registry, engine=desk.engine)


def told(found: Comparison, what: str) -> list[str]:
    return [one.text for one in found.told if one.what == what]


@pytest.fixture(scope="module")
def shared_desk(commercial_template: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project that no test changes."""
    return commercial_template.copy(tmp_path_factory.mktemp("compared"))


@pytest.fixture(scope="module")
def results(shared_desk: Desk) -> dict[str, Result]:
    """The same answer in many forms."""
    return {name: asked(shared_desk, name, BY_HOUR, **result) for name, result in TABLES.items()}


@pytest.mark.parametrize("name", list(TABLES))
@SLOW_ON_SPARK
def test_an_answer_is_the_same_in_every_form(shared_desk: Desk, results: dict[str, Result], name: str) -> None:
    found = compare(results["stacked"], results[name], registry=shared_desk.registry)
    assert found.is_equal, found
    assert found.both == found.a.rows == found.b.rows == 384
    assert found.keys == tuple(BY_HOUR)


@SLOW_ON_SPARK
def test_what_differs_in_form_is_told(shared_desk: Desk, results: dict[str, Result]) -> None:
    found = {name: compare(results["stacked"], results[name], registry=shared_desk.registry) for name in TABLES}
    assert told(found["by_fuel"], "unit") == ["GWh in B is compared in MWh, the unit of A"]
    assert told(found["by_scenario"], "form") == ["B has a column for each scenario, A a row"]
    assert {one.column for one in found["with_names"].told if one.what == "names"} == {"state", "scenario"}
    assert told(found["in_new_york"], "zone")[0].startswith(
        'instants of "hourly" are shown in UTC in A, in America/New'
    )
    assert told(found["on_own_clocks"], "zone")[0].endswith("instants are compared")


@SLOW_ON_SPARK
def test_names_of_records_are_told_from_ids_by_a_registry_alone(
    shared_desk: Desk, results: dict[str, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = results["stacked"].diff(results["with_names"])
    assert (found.verdict, found.both) == (DIFFERENT, 0)
    assert '"California"' in told(found, "values")[0]
    assert "--registry" in told(found, "values")[0]
    # Two tables of names have the same keys.
    assert compare(results["with_names"], results["with_names"]).verdict == EQUAL
    assert compare(results["with_names"], results["with_names"], registry=shared_desk.registry).verdict == EQUAL


def test_a_result_without_steps_is_the_dataset_as_it_is_stored(shared_desk: Desk) -> None:
    fine = asked(shared_desk, "fine", pivot="metric", where=[{"dimension": "scenario", "equals": "reference"}])
    found = compare(fine, "commercial_2018@1.0.0", registry=shared_desk.registry)
    assert found.is_equal, found
    assert found.both == found.a.rows == found.b.rows > 1000
    assert told(found, "interval") == [
        'labels of "time_mst" are period-beginning in A, period-ending in B; the periods are compared'
    ]
    assert "kWh in B is compared in MWh, the unit of A" in told(found, "unit")


@SLOW_ON_SPARK
def test_a_result_is_compared_by_its_folder_by_its_run_and_by_its_table(results: dict[str, Result]) -> None:
    stacked = results["stacked"]
    for place in (stacked.folder.parent, stacked.folder, stacked.path):
        found = stacked.diff(place)
        assert (found.verdict, found.b.kind) == (EQUAL, "result")
    with pytest.raises(NotFoundError, match="there is no result and no table"):
        stacked.diff(stacked.folder / "none")


@SLOW_ON_SPARK
def test_a_copy_of_its_table_needs_no_manifest(results: dict[str, Result], tmp_path: Path) -> None:
    for name in ("stacked", "by_scenario", "in_new_york"):
        path = results[name].path
        copy = tmp_path / f"copy{path.suffix}"
        copy.write_bytes(path.read_bytes())
        found = results["stacked"].diff(copy)
        assert found.is_equal, found
        assert found.b.kind == "table"


def test_states_are_not_compared_with_counties_but_their_sums_are(shared_desk: Desk) -> None:
    states = asked(shared_desk, "states", ["state", "fuel", "scenario", "annual"], unit="MWh")
    counties = asked(shared_desk, "counties", ["county", "fuel", "scenario", "annual"], unit="MWh")
    with pytest.raises(DataError, match=r"/states/.* has several values in the column .state., which the other table"):
        compare(states, counties)
    assert compare(states, counties, keys=["fuel", "scenario"], duplicates="sum").is_equal


# Versions of datasets ------------------------------------------------------------------------------------------------


def change(desk: Desk, values: Callable[[pa.Table], pa.Table]) -> None:
    desk.rewrite(FACTS, values)
    apply(desk.specs / "register_commercial.toml", allow="major", engine=desk.engine)


def one_value_more(table: pa.Table) -> pa.Table:
    name = "electricity_lighting"
    cells = table.column(name).to_pylist()
    cells[5] += 1.0
    return table.set_column(table.column_names.index(name), name, pa.array(cells))


def test_versions_of_a_dataset_differ_where_its_file_does(commercial_desk: Desk) -> None:
    before = pq.read_table(commercial_desk.data / FACTS).slice(5, 1).to_pylist()[0]
    change(commercial_desk, one_value_more)
    versions = [f"commercial_2018@{version}" for version in ("1.0.0", "2.0.0")]
    found = compare(*versions, registry=commercial_desk.registry)
    # A value of the file is that of a kind of building, of which each county has so many.
    assert {row.keys["metric"] for row in found.largest} == {"electricity_lighting"}
    assert len({row.keys["timestamp"] for row in found.largest}) == 1
    lookup = pq.read_table(commercial_desk.data / "commercial/load_data_lookup.parquet").to_pandas()
    factors = sorted(lookup[lookup["id"] == before["id"]]["scaling_factor"], reverse=True)
    assert [row.b - row.a for row in found.largest if row.a is not None and row.b is not None] == pytest.approx(factors)
    assert found.values.changed == len(factors)
    differing = {one.key: (one.differing, one.values) for one in found.by}
    assert differing["metric"] == (1, 8)
    assert differing["timestamp"] == (1, 48)


def test_versions_with_the_same_data_are_equal(commercial_desk: Desk) -> None:
    commercial_desk.replace("register_commercial.toml", 'tags = ["demo", "commercial"]', 'tags = ["demo"]')
    apply(commercial_desk.specs / "register_commercial.toml", allow="patch", engine=commercial_desk.engine)
    found = compare("commercial_2018@1.0.0", "commercial_2018", registry=commercial_desk.registry)
    assert (found.verdict, found.both) == (EQUAL, found.a.rows)


def test_a_dataset_of_two_tables_with_columns_is_the_one_of_its_rows(commercial_desk: Desk) -> None:
    desk = commercial_desk
    facts = pq.read_table(desk.data / FACTS).to_pandas()
    lookup = pq.read_table(desk.data / "commercial/load_data_lookup.parquet").to_pandas()
    joined = facts.merge(lookup, on="id")
    metrics = [name for name in facts.columns if name not in ("id", "timestamp")]
    for name in metrics:
        joined[name] *= joined["scaling_factor"]
    others = [name for name in joined.columns if name not in (*metrics, "id", "scaling_factor")]
    stacked = joined.melt(id_vars=others, value_vars=metrics, var_name="metric", value_name="value")
    pq.write_table(pa.Table.from_pandas(stacked, preserve_index=False), desk.data / "stacked.parquet")
    specs = desk.specs
    text = (specs / "register_commercial.toml").read_text("utf-8")
    spec = text.replace("commercial/load_data.parquet", "stacked.parquet").replace(
        '"commercial_2018"', '"stacked_2018"'
    )
    left = [line for line in spec.splitlines() if not line.startswith(("lookup =", "pivot ="))]
    (specs / "register_stacked.toml").write_text("\n".join(left), "utf-8")
    apply(specs / "register_stacked.toml", engine=desk.engine)
    found = compare("commercial_2018", "stacked_2018", registry=desk.registry)
    assert found.is_equal, found
    assert found.both == stacked["value"].notna().sum()
    assert told(found, "form") == ["A has a column for each metric, B a row"]


# The command ---------------------------------------------------------------------------------------------------------


@SLOW_ON_SPARK
def test_the_command_ends_with_0_where_tables_are_equal_and_with_10_where_they_differ(
    shared_desk: Desk, results: dict[str, Result], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = str(results["stacked"].folder.parent)
    assert run(["diff", a, str(results["by_fuel"].folder)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("equal within the tolerance")
    table = results["stacked"].to_arrow()
    other = tmp_path / "other.parquet"
    pq.write_table(table.set_column(4, "value", pc.multiply(table.column("value"), 1.5)), other)
    assert run(["diff", a, str(other), "--rows", "3"]) == DIFFERENT_CODE == 10
    assert "by state: 2 of 2 differ" in capsys.readouterr().out
    assert run(["diff", a, "commercial_2018@7", "--registry", str(shared_desk.registry)]) == 3
    assert "has no version 7" in capsys.readouterr().err


@SLOW_ON_SPARK
def test_a_project_is_compared_by_another_command(shared_desk: Desk, results: dict[str, Result]) -> None:
    with pytest.raises(UsageError, match=r"is a project; `dsgrid registry diff three_states_2018 OLD NEW` compares"):
        compare(results["stacked"], "three_states_2018@1", registry=shared_desk.registry)


def test_both_engines_give_the_same_result(
    engine: Engine, engines: Any, commercial_template: Desk, tmp_path: Path
) -> None:
    desk = commercial_template.copy(tmp_path)
    own = asked(desk, "own", BY_HOUR)
    found = own.diff(asked(Desk(desk.folder, engines.start("sail")), "other", BY_HOUR))
    engine.activate()
    assert found.is_equal, found
