"""Exports of queries, on both engines: published with their results, or not at all; of results of any files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tomli
from tests.desk import Desk
from tests.engines import few_on_spark

import dsgrid
from dsgrid.errors import DsgridError
from dsgrid.operations.explain import explain
from dsgrid.operations.query import query
from dsgrid.operations.task import How
from dsgrid.query import output
from dsgrid.query.result import Result, open_result
from dsgrid.registry.publish import read_manifest, verify_manifest

pytestmark = few_on_spark(3)

LOAD = {"columns": "state", "files": ["fuel", "scenario"], "label": "hour_ending", "zone": "America/New_York"}
FLAT = {"shape": "long", "format": "parquet"}
BY_STATE = {"by": ["state", "fuel", "scenario", "hourly"]}
AFRESH = How(cache=False)


@pytest.fixture(scope="module")
def desk(commercial_template: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return commercial_template.copy(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def small(desk: Desk) -> Result:
    """A result of one file, with its export."""
    return answered(desk, export={"load": LOAD})


def asked(desk: Desk, **more: Any) -> dict[str, Any]:
    """Return a query with the spec of the demo's one by hour and state, stacked unless it is said otherwise."""
    spec = tomli.loads((desk.specs / "hourly_by_state.toml").read_text("utf-8"))
    place = {"path": str(desk.folder / "build/demo/results")}
    spec |= {"registry": str(desk.registry), "datasets": ["commercial_2018"], "step": [BY_STATE]}
    return spec | more | {"result": {"unit": "MWh", **more.get("result", {}), **place}}


def answered(desk: Desk, how: How = AFRESH, **more: Any) -> Result:
    return query(asked(desk, **more), engine=desk.engine, how=how)


def values(result: Result, name: str = "load") -> pd.DataFrame:
    """Return all values of a wide export, by their files."""
    export = result.exports[name]
    tables = [pd.read_csv(path, float_precision="round_trip").assign(file=path.name) for path in export.files]
    return pd.concat(tables).set_index(["file", "time", "utc_offset"]).sort_index()


def test_exports_are_published_with_their_result(desk: Desk) -> None:
    result = answered(desk, export={"load": LOAD, "flat": FLAT})
    again = open_result(result.folder)
    assert list(again.exports) == ["load", "flat"]
    load, flat = again.exports["load"], again.exports["flat"]
    assert load.folder == result.folder / "exports" / "load"
    assert verify_manifest(result.folder) == verify_manifest(load.folder) == verify_manifest(flat.folder) == ()
    exported = [file for file in read_manifest(result.folder).files if file.role == "export"]
    assert sorted(file.path for file in exported) == sorted(
        str(path.relative_to(result.folder)) for export in (load, flat) for path in export.files
    )
    assert [one["name"] for one in again.manifest["exports"]] == ["load", "flat"]
    table = again.to_pandas()
    total = table["value"].sum()
    assert values(again).sum().sum() == pytest.approx(total, rel=1e-12)
    assert pd.read_parquet(flat.files[0])["value"].sum() == pytest.approx(total, rel=1e-12)
    assert result.report().count("as in the result") == 2


def test_a_wide_table_has_the_values_of_the_result(small: Result) -> None:
    found = values(small)
    table = small.to_pandas()
    ends = (table["hourly"] + pd.Timedelta(hours=1)).dt.tz_convert("America/New_York")
    for row, end in zip(table.itertuples(), ends, strict=True):
        key = (f"{row.fuel}_{row.scenario}.csv", end.strftime("%Y-%m-%d %H:%M"), "-04:00")
        assert found.loc[key, row.state] == row.value
    assert found.size == len(table)


@pytest.mark.parametrize(
    "form",
    [
        {"pivot": "metric"},
        {"pivot": "geography", "format": "csv"},
        {"format": "arrow"},
        {"partition": ["scenario"]},
    ],
    ids=["pivoted", "csv", "arrow", "partitions"],
)
def test_a_large_result_of_any_form_gives_the_same_export(
    desk: Desk, small: Result, monkeypatch: pytest.MonkeyPatch, form: dict[str, Any]
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", 0)
    large = answered(desk, export={"load": LOAD}, result=form)
    assert large.path.is_dir()
    pd.testing.assert_frame_equal(values(large), values(small), rtol=1e-12)


def test_a_further_result_is_exported_too(desk: Desk) -> None:
    results = {"by_day": {"step": [{"by": ["state", "scenario", "daily"]}], "format": "csv", "unit": "GWh"}}
    export = {"days": {"of": "by_day", "columns": "state", "files": []}}
    result = answered(desk, results=results, export=export)
    days = result.exports["days"]
    assert pd.read_csv(days.files[0]).columns.tolist() == ["scenario", "daily", *sorted({"CA", "CO"})]
    (sums,) = days.manifest["sums"]
    assert sums["unit"] == "GWh"
    assert sums["written"] == pytest.approx(result.results["by_day"].to_pandas()["value"].sum())


def test_what_the_results_will_not_have_is_refused_before_anything_is_read(desk: Desk) -> None:
    export = {
        "a": {"columns": "stat"},
        "b": {"columns": "state", "of": "by_dya"},
        "c": {"columns": "state", "units": {"electrcity": "kWh"}},
        "d": {"columns": "state", "units": {"electricity": "kW"}},
    }
    results = {"by_day": {"step": [{"by": ["state", "scenario", "daily"]}]}}
    with pytest.raises(DsgridError) as caught:
        explain(asked(desk, export=export, results=results))
    assert [str(problem).split(";")[0] for problem in caught.value.problems] == [
        'export.a.columns: the result has no dimension "stat"',
        'export.b.of: the query has no further result "by_dya"',
        'export.c.units.electrcity: the result has no metric record "electrcity"',
        'export.d.units.electricity: "electricity": no conversion from "MWh" to "kW": one is energy, the other power, '
        "and they differ by a length of time",
    ]


def test_an_export_that_fails_leaves_the_result_before(desk: Desk) -> None:
    before = answered(desk)
    runs = sorted(before.folder.parent.iterdir())
    with pytest.raises(DsgridError, match="calendar: whole years are needed"):
        answered(desk, export={"load": LOAD, "year": {"columns": "state", "calendar": "8760"}})
    assert sorted(before.folder.parent.iterdir()) == runs
    assert open_result(before.folder.parent).folder == before.folder


def test_an_answer_of_the_cache_has_its_exports(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSGRID_CACHE", str(tmp_path / "cache"))
    first = answered(desk, How(), name="cached", export={"load": LOAD})
    again = answered(desk, How(), name="cached", export={"load": LOAD})
    assert again.reused
    assert [path.read_bytes() for path in again.exports["load"].files] == [
        path.read_bytes() for path in first.exports["load"].files
    ]
    # Another export of the same result asks no engine.
    other = answered(desk, How(), name="cached", export={"load": {**LOAD, "unit": "kWh"}})
    assert other.manifest["engine"]["jobs"] == 0
    assert values(other).sum().sum() == pytest.approx(1000 * values(first).sum().sum())


def test_results_in_local_time_are_exported_on_one_clock(desk: Desk, tmp_path: Path) -> None:
    result = answered(desk, result={"zone": "geography"})
    spec = {"result": str(result.folder), "output": str(tmp_path / "out"), "columns": "state", "zone": "-05:00"}
    export = dsgrid.export_result(spec).export
    found = pd.concat(pd.read_csv(path) for path in export.files)
    table = result.to_pandas()
    assert found[["CA", "CO"]].sum().to_dict() == pytest.approx(table.groupby("state")["value"].sum().to_dict())
    first = table[(table["state"] == "CA") & (table["fuel"] == "electricity")].iloc[0]
    assert first["utc_offset"] == "-07:00"
    shown = (first["hourly"] + pd.Timedelta(hours=2)).strftime("%Y-%m-%d %H:%M")
    of_first = pd.read_csv(
        export.folder / f"electricity_{first['scenario']}.csv", float_precision="round_trip"
    ).set_index("time")
    assert of_first.loc[shown, "CA"] == first["value"]
