"""Datasets asked without a project, and datasets mapped to one: the numbers, and what is left of them on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.project_specs import DATASET, PROJECT, TIME, changed, one

from dsgrid.errors import NotFoundError, RegistryError, SpecError
from dsgrid.operations.open_registry import OpenRegistry, open_registry
from dsgrid.operations.validate import validate
from dsgrid.query.result import open_result

if TYPE_CHECKING:
    from dsgrid.engine import Engine

Spec = dict[str, Any]
COUNTIES = {"06037": "CA", "06073": "CA", "08031": "CO"}
HOURS = {key: value for key, value in TIME.items() if key != "name"}
DIMENSIONS: Spec = {
    "owner": "census",
    "dimension": {
        "county": {"type": "geography", "class": "county", "records": [one(id_) for id_ in COUNTIES]},
        "state": {"type": "geography", "class": "state", "records": [one("CA"), one("CO")]},
        "use": {"type": "metric", "class": "energy_end_use", "records": [one("any", unit="MWh")]},
    },
    "time": {"days": {**HOURS, "step": "1d", "end": "2018-01-02 00:00"}},
}
OWN_USES = [one("cooling", unit="kWh"), one("heating", unit="therm")]
MAPPINGS: Spec = {
    "county_to_state": {
        "from": "census/county",
        "to": "census/state",
        "kind": "many_to_one_aggregation",
        "records": [{"from": county, "to": state} for county, state in COUNTIES.items()],
    },
    "to_use": {
        "from": "census/own_use",
        "to": "census/use",
        "kind": "many_to_one_aggregation",
        "records": [{"from": one_["id"], "to": "any"} for one_ in OWN_USES],
    },
}
IN_MWH = {"cooling": 1e-3, "heating": 0.02930710701722222}
PERIODS = {
    **{key: HOURS[key] for key in ("step", "zone", "interval")},
    "kind": "representative",
    "by": ["month", "hour"],
    "measurement": "mean",
}


def facts() -> pd.DataFrame:
    """Values of each county, end use and hour, no two of them alike."""
    labels = pd.date_range("2018-01-01", periods=48, freq="h")
    keys = pd.MultiIndex.from_product(
        [list(COUNTIES), ["cooling", "heating"], labels], names=["geography", "metric", "timestamp"]
    )
    return keys.to_frame(index=False).assign(value=lambda rows: 1.0 + np.arange(len(rows)) % 37)


def of_months() -> pd.DataFrame:
    keys = pd.MultiIndex.from_product(
        [list(COUNTIES), ["cooling", "heating"], range(1, 13), range(24)],
        names=["geography", "metric", "month", "hour"],
    )
    return keys.to_frame(index=False).assign(value=lambda rows: 1.0 + np.arange(len(rows)) % 11)


@pytest.fixture(scope="module")
def registry(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    """A registry with two datasets by county, of hours and of typical months, and a project that has the first."""
    folder = tmp_path_factory.mktemp("asked")
    opened = open_registry(folder / "registry", create=True, engine=engine)
    own_use = {"type": "metric", "class": "energy_end_use", "records": OWN_USES}
    opened.register_dimensions(changed(DIMENSIONS, "dimension/own_use", own_use))
    opened.register_mappings({"owner": "census", "mapping": MAPPINGS})
    for name, rows, time in (("homes", facts(), {**HOURS, "labels": "wall_clock"}), ("typical", of_months(), PERIODS)):
        rows.to_csv(folder / f"{name}.csv", index=False)
        spec = changed(changed(DATASET, "dataset/id", name), "data/table", str(folder / f"{name}.csv"))
        spec = changed(spec, "dimension/geography", {"name": "county", "use": "census/county"})
        spec = changed(spec, "dimension/metric", {"name": "own_use", "use": "census/own_use"})
        opened.register_dataset(changed(spec, "time", time))
    project = changed(changed(PROJECT, "base/county/records", [one(id_) for id_ in COUNTIES]), "supplemental", None)
    project = changed(project, "base/end_use", {"type": "metric", "use": "census/use"})
    opened.register_project(changed(project, "requires", {"homes": {"sector": ["com"], "subsector": ["office"]}}))
    opened.submit_dataset({"project": "two_counties", "dataset": "homes", "mapping": {"metric": {"find": True}}})
    return opened


def asked(registry: OpenRegistry, folder: Path, dataset: str = "homes", **more: Any) -> pd.DataFrame:
    """Return the table of a query, without the columns that have one value."""
    spec = {"name": "asked", "dataset": dataset, **more}
    table = registry.query_dataset(spec | {"result": {**more.get("result", {}), "path": str(folder)}}).to_pandas()
    return table[[name for name in table.columns if not name.startswith("own_") or name == "own_use"]]


def test_values_are_brought_to_the_targets_units_and_all(registry: OpenRegistry, tmp_path: Path) -> None:
    found = asked(registry, tmp_path, to={"geography": "state", "metric": "use"})
    rows = facts().assign(
        state=lambda rows: rows["geography"].map(COUNTIES),
        value=lambda rows: rows["value"] * rows["metric"].map(IN_MWH),
    )
    wanted = rows.groupby(["state", "timestamp"], as_index=False)["value"].sum()
    assert set(found["unit"]) == {"MWh"}
    assert len(found) == len(wanted) == 96
    assert set(found["use"]) == {"any"}
    shown = found["time"].dt.tz_convert("Etc/GMT+7").dt.tz_localize(None)
    merged = wanted.merge(found.assign(timestamp=shown), on=["state", "timestamp"], suffixes=("", "_found"))
    np.testing.assert_allclose(merged["value_found"], merged["value"], rtol=1e-9)
    assert len(merged) == 96


def test_filters_and_steps_name_what_mappings_lead_to(registry: OpenRegistry, tmp_path: Path) -> None:
    steps = [
        {"by": ["county", "state", "hourly"], "where": [{"dimension": "own_use", "equals": "cooling"}]},
        {"function": "max", "by": ["state", "county"]},
    ]
    found = asked(registry, tmp_path, step=steps, where=[{"dimension": "state", "equals": "CA"}])
    cooling = facts().query("metric == 'cooling'").groupby("geography")["value"].max()
    assert dict(zip(found["county"], found["value"], strict=True)) == {
        county: pytest.approx(cooling[county]) for county, state in COUNTIES.items() if state == "CA"
    }
    assert set(found["state"]) == {"CA"}


def test_a_target_time_takes_the_rules_of_time(registry: OpenRegistry, tmp_path: Path) -> None:
    to = {"time": {"dimension": "census/days", "resample": True}}
    found = asked(registry, tmp_path, to=to, step=[{"by": ["own_use", "days"]}])
    rows = facts().assign(day=lambda rows: rows["timestamp"].dt.day)
    wanted = rows.groupby(["metric", "day"])["value"].sum()
    assert [*found.sort_values(["own_use", "days"])["value"]] == pytest.approx([*wanted])


def test_typical_periods_stay_what_they_are(registry: OpenRegistry, tmp_path: Path) -> None:
    steps = [{"function": "mean", "by": ["own_use", "month_of_year"]}]
    found = asked(registry, tmp_path, "typical", step=[{"by": ["own_use", "time"]}, *steps])
    rows = of_months().groupby(["metric", "month", "hour"], as_index=False)["value"].sum()
    wanted = rows.groupby(["metric", "month"])["value"].mean()
    assert [*found.sort_values(["own_use", "month_of_year"])["value"]] == pytest.approx([*wanted])


def test_a_result_says_which_mappings_it_went_by_and_that_it_is_of_no_project(
    registry: OpenRegistry, tmp_path: Path
) -> None:
    spec = {"name": "asked", "dataset": "homes@1", "to": {"metric": "census/use"}, "step": [{"by": ["state", "use"]}]}
    result = registry.query_dataset(spec | {"result": {"path": str(tmp_path)}})
    manifest = json.loads((result.folder / "manifest.json").read_text("utf-8"))
    assert manifest["project"] is None
    assert [one["id"] for one in manifest["datasets"]] == ["homes"]
    assert manifest["targets"] == [
        {"type": "metric", "name": "use", "dimension": "census/use@1.0.0", "by": "census/to_use@1.0.0"},
        {
            "type": "geography",
            "name": "state",
            "dimension": "census/state@1.0.0",
            "by": "census/county_to_state@1.0.0",
            "of": "county",
        },
    ]
    assert "homes@1.0.0: " in open_result(tmp_path / "asked")._repr_html_()
    explained = registry.explain({"job": "query_dataset", **spec})
    assert explained.document()["project"] is None
    assert explained.document()["targets"] == manifest["targets"]
    plan = explained.report()
    assert plan.startswith("query asked on homes@1.0.0\n")
    assert "mapping     metric of homes is census/to_use@1.0.0" in plan
    assert "mapping     state of homes is census/county_to_state@1.0.0" in plan


def test_what_a_mapping_leaves_out_is_said_before_the_query_runs(registry: OpenRegistry, tmp_path: Path) -> None:
    some = [{"from": "06037", "to": "CA"}, {"from": "06073", "to": "CA"}]
    records = [*some, {"from": "08031"}]
    ends = {"from": "census/county", "to": "census/state", "kind": "many_to_one_aggregation"}
    registry.register_mappings({"owner": "utility", "mapping": {"of_ours": {**ends, "records": records}}})
    to = {"geography": {"dimension": "state", "through": ["utility/of_ours"]}}
    spec = {"job": "query_dataset", "name": "asked", "dataset": "homes", "to": to}
    (remark,) = validate(spec, registry=registry.folder).remarks
    assert str(remark).startswith("note: to.geography drops 1 of 3 records on purpose, ")
    with pytest.raises(SpecError, match="2 chains of registered mappings lead there, and they do different things"):
        asked(registry, tmp_path, to={"geography": "state"})
    registry.remove("utility/of_ours")


def test_a_misspelt_name_is_told_with_the_closest_that_mappings_lead_to(registry: OpenRegistry, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r'no dimension "sttae" in dataset homes; did you mean "state"\?'):
        asked(registry, tmp_path, step=[{"by": ["sttae"]}])


def test_a_mapped_dataset_is_registered_and_asked_like_the_table(registry: OpenRegistry, tmp_path: Path) -> None:
    spec = {
        "name": "mapped",
        "project": "two_counties",
        "dataset": "homes",
        "result": {"path": str(tmp_path)},
        "where": [{"dimension": "county", "in": ["06037", "08031"]}],
        "register": {"id": "homes_mapped", "log_message": "in the terms of the project"},
    }
    mapped = registry.map_dataset(spec)
    assert mapped.registered is not None
    assert mapped.registered.dataset.id == "homes_mapped"
    table = mapped.result.to_pandas()
    assert set(table["county"]) == {"06037", "08031"}
    again = asked(registry, tmp_path, "homes_mapped", step=[{"by": ["county", "hourly"]}])
    wanted = table.groupby(["county", "time"])["value"].sum()
    assert len(again) == len(wanted) == 96
    assert [*again.sort_values(["county", "hourly"])["value"]] == pytest.approx([*wanted])
    assert registry.history("homes_mapped").report().rstrip().endswith("in the terms of the project")
    assert "query mapped@" in registry.graph("homes_mapped").text()
    with pytest.raises(RegistryError, match=r"register\.id: dataset homes_mapped is registered already"):
        registry.map_dataset(spec)


def test_a_dataset_that_is_not_submitted_is_not_mapped(registry: OpenRegistry, tmp_path: Path) -> None:
    spec = {"name": "m", "project": "two_counties", "dataset": "typical", "result": {"path": str(tmp_path)}}
    with pytest.raises(NotFoundError, match='dataset: dataset "typical" is not submitted to project two_counties'):
        registry.map_dataset(spec)
    assert not (tmp_path / "m").exists()
