"""Quick questions and first rows: what they answer is what the query in full answers, and mistakes read well."""

from __future__ import annotations

import csv
import json
import os
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from tests.demo_project import small_demo
from tests.engines import SLOW_ON_SPARK

import dsgrid
from dsgrid.cli import run
from dsgrid.errors import NotFoundError, SpecError
from dsgrid.operations.open_project import OpenProject
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import parse_spec

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry

PROJECT = "three_states_2018"
DATASETS = ("commercial_2018", "residential_2018")
ON_SAIL = pytest.mark.parametrize("engine", ["sail"], indirect=True)


@pytest.fixture(scope="module")
def registry(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    specs = small_demo(tmp_path_factory.mktemp("small"), days=3, counties=3)
    opened = dsgrid.open_registry(tmp_path_factory.mktemp("asked") / "registry", create=True, engine=engine)
    opened.register_project(specs / "register_project.toml")
    for name in ("commercial", "residential", "growth"):
        opened.register_dataset(specs / f"register_{name}.toml")
        opened.submit_dataset(specs / f"submit_{name}.toml")
    return opened


@pytest.fixture
def project(registry: OpenRegistry) -> OpenProject:
    return registry.project(PROJECT)


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's is read or written."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def in_full(registry: OpenRegistry, folder: Path, **spec: Any) -> pd.DataFrame:
    """Answer a query that is written in full."""
    result = {**spec.pop("result", {}), "path": str(folder / "in_full")}
    whole = {"name": "in_full", "project": PROJECT, "datasets": list(DATASETS), **spec, "result": result}
    return registry.query(whole).to_pandas()


def same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    keys = [name for name in wanted.columns if wanted[name].dtype != "float64"]
    assert list(found.columns) == list(wanted.columns)
    pd.testing.assert_frame_equal(
        found.sort_values(keys, ignore_index=True), wanted.sort_values(keys, ignore_index=True), rtol=1e-9
    )


def test_an_answer_is_that_of_the_query_in_full(registry: OpenRegistry, project: OpenProject, tmp_path: Path) -> None:
    found = project.query().where(state=["CO", "CA"]).sum(project.by.state, project.by.annual).unit("GWh")
    wanted = in_full(
        registry,
        tmp_path,
        where=[{"dimension": "state", "in": ["CO", "CA"]}],
        step=[{"by": ["state", "annual", "scenario"]}],
        result={"unit": "GWh"},
    )
    same(found.to_pandas(), wanted)
    assert found.to_arrow().num_rows == len(wanted)
    assert found.result() is found.result()


@SLOW_ON_SPARK
def test_a_maximum_is_the_peak_of_the_load_and_not_of_single_values(project: OpenProject) -> None:
    hourly = project.query().where(scenario="reference").sum("state", "hourly").to_pandas()
    peak = project.query().where(scenario="reference").max("state").to_pandas()
    pd.testing.assert_series_equal(peak.set_index("state")["value"], hourly.groupby("state")["value"].max(), rtol=1e-9)
    each = project.query().where(scenario="reference").max("state", each=True).to_pandas()
    assert (each["value"] < peak["value"]).all()


@SLOW_ON_SPARK
def test_tests_see_what_the_step_before_them_left(project: OpenProject) -> None:
    hourly = project.query().where(scenario="reference").sum("state", "hourly")
    limit = float(hourly.to_pandas()["value"].median())
    counted = hourly.where(value__above=limit).count("state").to_pandas()
    frame = hourly.to_pandas()
    wanted = frame[frame["value"] > limit].groupby("state").size()
    assert dict(zip(counted["state"], counted["value"], strict=True)) == wanted.to_dict()


@SLOW_ON_SPARK
def test_the_toml_of_a_question_gives_its_answer(registry: OpenRegistry, project: OpenProject, tmp_path: Path) -> None:
    question = (
        project.query().where("fuel=electricity").mean("state", "hour_of_day").unit("MWh").pivot("scenario").names()
    )
    spec = parse_spec(question.toml(), "query", folder=tmp_path)
    same(registry.query(spec).to_pandas(), question.to_pandas())
    assert (tmp_path / "results" / question.spec()["name"] / "current.json").is_file()


@SLOW_ON_SPARK
def test_answers_are_in_the_cache_unless_they_are_kept(project: OpenProject, tmp_path: Path) -> None:
    question = project.query("commercial_2018").sum("fuel")
    assert (tmp_path / "cache") in Path(question.result().folder).parents
    assert not (tmp_path / "results").exists()
    kept = question.result(keep="by_fuel")
    assert Path(str(dsgrid.open_result("results/by_fuel").folder)).absolute() == kept.folder
    same(kept.to_pandas(), question.to_pandas())


@ON_SAIL
def test_mistakes_name_the_calls(project: OpenProject) -> None:
    with pytest.raises(SpecError, match=r"^\.zone\(\): there is no time zone"):
        project.query().sum("state", "hourly").zone("Mars").result()
    with pytest.raises(SpecError, match=r"^\.where\(value>x\): values are numbers"):
        project.query().sum("state").where("value>x").explain()
    with pytest.raises(SpecError, match=r"^\.query\(\): dataset growth_to_2040 holds rates of growth"):
        project.query("growth_to_2040").sum("state").explain()


# The command line ----------------------------------------------------------------------------------------------------


@pytest.fixture
def here(registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSGRID_REGISTRY", str(registry.folder))


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    capsys.readouterr()
    assert run(list(arguments)) == code, capsys.readouterr().err
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


@ON_SAIL
@pytest.mark.usefixtures("here")
def test_the_command_line_and_python_ask_the_same(
    project: OpenProject, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["query", PROJECT, "--by", "state,annual", "--where", "state=CO,CA", "--unit", "GWh"]
    question = project.query().where(state=["CO", "CA"]).sum("state", "annual").unit("GWh")
    wanted = question.to_pandas()
    found = table(said(capsys, *arguments))
    assert [float(row["value"]) for row in found] == pytest.approx(list(wanted["value"]))
    assert list(found[0]) == list(wanted.columns)
    assert json.loads(said(capsys, *arguments, "--format", "json"))[0]["value"] == pytest.approx(wanted["value"][0])
    assert said(capsys, *arguments, "--toml") == question.toml()
    shown = said(capsys, *arguments, "--format", "table", "-n", "2").splitlines()
    assert shown[0].split() == ["state", "annual", "scenario", "value", "(GWh)"]
    assert shown[4].startswith(f"... 2 of {len(wanted)} rows, in all ")
    said(capsys, *arguments, "--output", "table.parquet", "--keep", "mine")
    assert pq.read_table("table.parquet").num_rows == len(wanted)
    assert dsgrid.open_result("results/mine").rows == len(wanted)
    assert said(capsys, *arguments, "--explain").startswith("query state_annual_")


@ON_SAIL
@pytest.mark.usefixtures("here")
def test_a_test_of_values_is_one_of_the_answer(project: OpenProject, capsys: pytest.CaptureFixture[str]) -> None:
    values = project.query().sum("state").unit("GWh").to_pandas()["value"]
    limit = f"value>{values.median()}"
    found = table(said(capsys, "query", PROJECT, "--by", "state", "--where", limit, "--unit", "GWh"))
    assert len(found) == (values > values.median()).sum()


@ON_SAIL
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--by", "stat"), 3, '--by: no dimension "stat" in project three_states_2018; did you mean "state"?'),
        (("--where", "state=COO"), 3, '--where "state=COO": no record of "state" has id \'COO\'; did you mean'),
        (("--datasets", "comercial_2018"), 3, '--datasets: no dataset "comercial_2018" in the registry'),
        (("--by", "state", "--unit", "TWx"), 2, "--unit: "),
        (("--where", "value>x"), 2, '--where "value>x": values are numbers: "x" is none'),
        (("--where", "hour_of_day=x"), 2, '--where "hour_of_day=x": "hour_of_day" is never'),
        (("--where", "state"), 2, '"state" is no condition; expected NAME SIGN VALUE'),
        (("--where", "county="), 2, '--where "county=": the filters leave no record of "county"'),
        (("--percentiles", "x"), 2, '"x" are no numbers with commas between'),
        (("--format", "parquet"), 2, "--format parquet is for files; say --output FILE.parquet"),
        (("--output", "table.xls"), 2, '"table.xls" says no format by its ending'),
        (("--keep", "../x"), 2, "expected a name"),
        (("--at", "1999-01-01"), 3, "nothing had been registered"),
        (("--engine", "flink"), 2, 'no engine "flink"'),
    ],
)
def test_mistakes_name_the_options(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    shown = said(capsys, "query", PROJECT, *arguments, code=code)
    assert message in shown
    assert "Traceback" not in shown
    assert not (tmp_path / "cache" / "dsgrid" / "questions").exists()


@ON_SAIL
@pytest.mark.usefixtures("here")
def test_a_project_that_is_not_there_is_told_with_the_closest(capsys: pytest.CaptureFixture[str]) -> None:
    assert 'did you mean "three_states_2018"?' in said(capsys, "query", "three_state_2018", code=3)


# First rows ----------------------------------------------------------------------------------------------------------


@ON_SAIL
def test_the_first_rows_of_a_dataset_are_the_stored_ones(registry: OpenRegistry) -> None:
    with Registry.open(registry.folder) as opened:
        dataset = opened.dataset("residential_2018")
        first = next(file.path for file in dataset.files if file.role == "facts")
        stored = pq.read_table(opened.data_folder(dataset) / first)
    found = registry.head("residential_2018", 7)
    assert found.name == "residential_2018@1.0.0"
    assert found.table.to_pylist() == stored.slice(0, 7).to_pylist()
    assert registry.head("residential_2018@1.0", 10**9).table.num_rows == found.rows.total


@ON_SAIL
def test_ids_of_a_lookup_are_replaced_by_what_they_mean(registry: OpenRegistry) -> None:
    with Registry.open(registry.folder) as opened:
        dataset = opened.dataset("commercial_2018")
        folder = opened.data_folder(dataset)
        files = {role: [folder / one.path for one in dataset.files if one.role == role] for role in ("facts", "lookup")}
    facts = pd.concat([pq.read_table(path).to_pandas() for path in files["facts"]])
    lookup = pq.read_table(files["lookup"][0]).to_pandas()
    wanted = facts.merge(lookup, on="id").drop(columns="id")
    found = registry.head("commercial_2018", len(wanted) + 1).to_pandas()
    keys = ["geography", "subsector", "timestamp"]
    pd.testing.assert_frame_equal(
        found.sort_values(keys, ignore_index=True),
        wanted[list(found.columns)].sort_values(keys, ignore_index=True),
    )


@ON_SAIL
def test_rows_are_chosen_by_tests_and_columns(registry: OpenRegistry) -> None:
    all_rows = registry.head("residential_2018", 10**9).to_pandas()
    found = registry.head(
        "residential_2018",
        5,
        columns=["value", "metric"],
        where=["scenario=reference", "value>100", "timestamp>=2018-07-10 10:00"],
    ).to_pandas()
    wanted = all_rows[
        (all_rows["scenario"] == "reference")
        & (all_rows["value"] > 100)
        & (all_rows["timestamp"] >= pd.Timestamp("2018-07-10 10:00", tz="UTC"))
    ]
    assert len(found) == 5
    pd.testing.assert_frame_equal(found, wanted[["value", "metric"]].head(5).reset_index(drop=True))
    assert registry.head("residential_2018", where=["metric=nothing"]).table.num_rows == 0
    with pytest.raises(NotFoundError, match='--columns: no column "valu"; did you mean "value"'):
        registry.head("residential_2018", columns=["valu"])
    with pytest.raises(NotFoundError, match='no column "valu"; did you mean "value"'):
        registry.head("residential_2018", where=["valu>1"])
    with pytest.raises(SpecError, match="`matches` tests texts"):
        registry.head("residential_2018", where=["value~1"])


@ON_SAIL
@pytest.mark.parametrize(
    "form", [{"format": "csv"}, {"format": "arrow"}, {"partition": ["state"]}, {"zone": "America/New_York"}]
)
def test_the_first_rows_of_a_result_are_those_of_its_table(
    registry: OpenRegistry, tmp_path: Path, form: dict[str, Any]
) -> None:
    step = {"by": ["state", "scenario", "hourly"]}
    wanted = in_full(registry, tmp_path, step=[step], result=form)
    for folder in ("in_full/in_full", Path("in_full/in_full").absolute()):
        found = registry.head(str(folder), 4)
        pd.testing.assert_frame_equal(found.to_pandas(), wanted.head(4))
    assert registry.head("in_full/in_full").rows.total == len(wanted)
    last = f"... 4 of {len(wanted)} rows, in all "
    assert any(line.startswith(last) for line in found.report().splitlines())


@ON_SAIL
def test_a_further_result_is_found_below_its_query(registry: OpenRegistry, tmp_path: Path) -> None:
    further = {"by_fuel": {"step": [{"by": ["fuel", "scenario"]}]}}
    in_full(registry, tmp_path, step=[{"by": ["state", "scenario"]}], results=further)
    assert registry.head("in_full/in_full/by_fuel").table.column_names[0] == "fuel"
    with pytest.raises(NotFoundError, match="there is no folder in_full/in_full/by_fuell"):
        registry.head("in_full/in_full/by_fuell")


@ON_SAIL
@pytest.mark.usefixtures("here")
def test_a_name_means_a_dataset_or_a_folder_and_never_either(
    registry: OpenRegistry, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_full(registry, tmp_path, step=[{"by": ["state", "scenario"]}])
    result = tmp_path / "in_full" / "in_full"
    assert 'no dataset "comercial_2018" in the registry' in said(capsys, "head", "comercial_2018", code=3)
    assert "is a project; `dsgrid query" in said(capsys, "head", PROJECT, code=3)
    assert "has no version 7" in said(capsys, "head", "commercial_2018@7", code=3)
    assert 'did you mean "in_full"?' in said(capsys, "head", "in_full/in_ful", code=3)
    assert 'there are results in it: "in_full"' in said(capsys, "head", "./in_full", code=3)
    assert "which has no versions" in said(capsys, "head", "in_full/in_full", "--at", "1.0", code=2)
    (tmp_path / "commercial_2018").mkdir()
    assert table(said(capsys, "head", "commercial_2018", "-n", "1"))[0]["geography"]
    (tmp_path / "commercial_2018").rmdir()
    result.rename(tmp_path / "commercial_2018")
    assert "is a dataset and a folder with a result" in said(capsys, "head", "commercial_2018", code=2)
    assert table(said(capsys, "head", "./commercial_2018", "-n", "1"))[0]["state"]
    assert table(said(capsys, "head", "commercial_2018@1", "-n", "1"))[0]["geography"]
    monkeypatch.delenv("DSGRID_REGISTRY")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    assert "no registry is named" in said(capsys, "head", "nothing", code=3)
    assert table(said(capsys, "head", "./commercial_2018", "-n", "1"))[0]["state"]


@ON_SAIL
@pytest.mark.usefixtures("here")
def test_a_table_that_is_gone_is_told(registry: OpenRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    kept = registry.project(PROJECT).query("commercial_2018").sum("fuel").result(keep="gone")
    os.remove(str(kept.path))
    shown = said(capsys, "head", "results/gone", code=4)
    assert "table.parquet: the file is missing" in shown
    assert "Traceback" not in shown
