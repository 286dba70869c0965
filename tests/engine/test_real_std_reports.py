"""Standard Scenarios: peak loads and a calibration against sales are those worked out from the published tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.engines import SLOW_ON_SPARK
from tests.real_projects import RealProject, written_query

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry
    from dsgrid.query.result import Result

AEO = "modeled/aeo2021_reference"
DERIVED = ("comstock_conus_2022_projected", "resstock_conus_2022_projected", "tempo_conus_2022_mapped")
GROUP = ["state", "end_uses_by_fuel_type", "scenario", "model_year"]
SYSTEM = ["end_uses_by_fuel_type", "scenario", "model_year"]
pytestmark = SLOW_ON_SPARK
EIA = "eia_861_annual_energy_use_state_sector"
REPORTS: list[dict[str, Any]] = [
    {"kind": "peak_load", "by": GROUP, "over": ["weather_year"], "coincident_with": SYSTEM},
    {"kind": "load_factor", "by": GROUP, "over": ["weather_year"], "period": "monthly"},
]


@pytest.fixture(scope="module")
def std(shared: Path) -> RealProject:
    return RealProject.read(shared, "std", "std/project")


@pytest.fixture(scope="module")
def registry(std: RealProject, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    growth = [f"{AEO}/{sector}/End_Use_Growth_Factors" for sector in ("commercial", "residential")]
    specs = {name: std.dataset_spec(name) for name in ("comstock", "resstock", "tempo", *growth)}
    return std.registered(tmp_path_factory.mktemp("std") / "registry", engine, specs)


@pytest.fixture(scope="module")
def loads(std: RealProject) -> pd.DataFrame:
    """The hourly loads of states by fuel in MWh, from the tables that were published of the three derived datasets."""
    folder = std.document.file.parent
    states = pd.read_csv(folder / "dimension_mappings/base_to_supplemental/lookup_county_to_state.csv", dtype=str)
    fuels = pd.read_csv(folder / "dimensions/subset/end_uses_by_fuel_type.csv", dtype=str).set_index("id")
    units = pd.read_csv(folder / "dimensions/enduses.csv", dtype=str).set_index("id")["unit"]
    rows = pd.concat([std.wanted(f"derive_{name}") for name in DERIVED])
    found = pd.DataFrame(
        {
            "state": rows["geography"].map(states.set_index("from_id")["to_id"]),
            "end_uses_by_fuel_type": rows["metric"].map(fuels.notna().idxmax(axis="columns")),
            "scenario": rows["scenario"],
            "model_year": rows["model_year"],
            "time": rows["timestamp"],
            "load": rows["value"] * rows["metric"].map(units.map({"MWh": 1.0, "MBtu": 0.2930710701722222})),
        }
    )
    return found.groupby([*GROUP, "time"], as_index=False)["load"].sum()


@pytest.fixture(scope="module")
def reported(std: RealProject, registry: OpenRegistry, tmp_path_factory: pytest.TempPathFactory) -> Result:
    spec = written_query("by_state_types", tmp_path_factory.mktemp("reports"))
    spec["result"] = {"path": spec["result"]["path"], "unit": "MWh", "table": False}
    del spec["step"]
    return registry.query(spec | {"report": REPORTS})


def _same(found: pd.DataFrame, wanted: pd.DataFrame, keys: list[str]) -> None:
    left, right = found.set_index(keys).sort_index(), wanted.set_index(keys).sort_index()
    assert len(left) == len(right)
    assert left.index.is_unique
    assert left.index.equals(right.index)
    for name in right.columns:
        # The published tables have six digits.
        np.testing.assert_allclose(
            left[name].to_numpy(dtype=float), right[name].to_numpy(dtype=float), rtol=1e-6, atol=0, err_msg=name
        )


def test_the_peak_load_is_that_of_the_published_tables(reported: Result, loads: pd.DataFrame) -> None:
    found = reported.results["peak_load"].to_pandas()
    own = loads.loc[loads.groupby(GROUP)["load"].idxmax()].rename(columns={"load": "peak"})
    assert len(own) == 16
    first = found.sort_values("time_est").drop_duplicates(GROUP)
    wanted = own.set_index(GROUP)["time"].sort_index().dt.tz_convert("UTC").dt.as_unit("us")
    assert first.set_index(GROUP)["time_est"].sort_index().dt.as_unit("us").equals(wanted.rename("time_est"))
    _same(first[[*GROUP, "peak"]], own[[*GROUP, "peak"]], GROUP)


def test_the_system_of_both_states_has_the_peak_of_the_published_tables(reported: Result, loads: pd.DataFrame) -> None:
    found = reported.results["peak_load"].to_pandas().drop_duplicates(GROUP)
    whole = loads.groupby([*SYSTEM, "time"], as_index=False)["load"].sum()
    tops = whole.loc[whole.groupby(SYSTEM)["load"].idxmax()].rename(columns={"load": "system_peak"})
    wanted = loads.merge(tops, on=[*SYSTEM, "time"]).rename(columns={"load": "coincident_peak"})
    peaks = loads.groupby(GROUP)["load"].max().rename("own").reset_index()
    wanted = wanted.merge(peaks, on=GROUP)
    wanted["coincidence_factor"] = wanted["coincident_peak"] / wanted["own"]
    wanted["sum_of_peaks"] = wanted.groupby(SYSTEM)["own"].transform("sum")
    wanted["diversity_factor"] = wanted["sum_of_peaks"] / wanted["system_peak"]
    columns = ["coincident_peak", "coincidence_factor", "system_peak", "sum_of_peaks", "diversity_factor"]
    _same(found[[*GROUP, *columns]], wanted[[*GROUP, *columns]], GROUP)
    times = wanted.set_index(GROUP)["time"].sort_index().dt.tz_convert("UTC").dt.as_unit("us")
    assert (
        found.set_index(GROUP)["system_time_est"].sort_index().dt.as_unit("us").equals(times.rename("system_time_est"))
    )


def test_the_load_factor_of_each_month_is_that_of_the_published_tables(reported: Result, loads: pd.DataFrame) -> None:
    found = reported.results["load_factor"].to_pandas()
    clock = loads["time"].dt.tz_convert("Etc/GMT+5")
    keyed = loads.assign(monthly=[one.replace(day=1) for one in clock.dt.date])
    keys = [*GROUP, "monthly"]
    wanted = keyed.groupby(keys)["load"].agg(mean="mean", peak="max", slots="size").reset_index()
    wanted["load_factor"] = wanted["mean"] / wanted["peak"]
    _same(found.drop(columns="unit"), wanted, keys)


def test_a_calibration_against_sales_compares_states_and_sectors(
    std: RealProject, registry: OpenRegistry, tmp_path: Path
) -> None:
    registry.register_dataset(std.dataset_spec(f"historical/{EIA}"))
    registry.submit_dataset(std.submission_spec(f"historical/{EIA}"))
    spec = written_query("by_state_types", tmp_path)
    spec["result"] = {"path": str(tmp_path), "unit": "GWh", "table": False}
    del spec["step"]
    by = ["state", "sector", "model_year"]
    spec["report"] = [
        {
            "kind": "calibration",
            "by": by,
            "over": ["scenario", "weather_year"],
            "against": [EIA],
            "tolerance_percent": 80,
        }
    ]
    spec["where"] = [
        {"dimension": "end_uses_by_fuel_type", "attribute": "fuel_id", "equals": "electricity"},
        {"dimension": "scenario", "equals": "reference"},
    ]
    found = registry.query(spec).results["calibration"].to_pandas()
    # Sales as the existing system has mapped them: counties that the project does not have are left out.
    sales = std.wanted("map_annual_time_eia861").groupby(by)["electricity_unspecified"].sum()
    benchmark = sales / 1000
    modelled = _electricity_by_sector(std)
    wanted = pd.concat([modelled.rename("modelled"), benchmark.rename("benchmark")], axis=1).reset_index()
    wanted["difference"] = wanted["modelled"].fillna(0) - wanted["benchmark"].fillna(0)
    wanted["difference_percent"] = 100 * wanted["difference"] / wanted["benchmark"]
    _same(found.drop(columns=["status", "tolerance", "unit"]), wanted, by)
    assert found["difference"].abs().is_monotonic_decreasing
    status = found.set_index(by)["status"]
    assert status.value_counts().to_dict() == {"only_modelled": 6, "both": 5, "only_benchmark": 1}
    assert status["NY", "trans", "2020"] == "only_benchmark"
    assert found[found["tolerance"] == "within"][by].to_numpy().tolist() == [["CA", "trans", "2020"]]


def _electricity_by_sector(std: RealProject) -> pd.Series:
    """The electricity of states and sectors in GWh in the reference scenario, from the published tables."""
    folder = std.document.file.parent
    states = pd.read_csv(folder / "dimension_mappings/base_to_supplemental/lookup_county_to_state.csv", dtype=str)
    units = pd.read_csv(folder / "dimensions/enduses.csv", dtype=str).set_index("id")["unit"]
    rows = pd.concat([std.wanted(f"derive_{name}") for name in DERIVED])
    rows = rows[(rows["scenario"] == "reference") & (rows["metric"].map(units) == "MWh")]
    rows = rows.assign(state=rows["geography"].map(states.set_index("from_id")["to_id"]))
    return rows.groupby(["state", "sector", "model_year"])["value"].sum() / 1000
