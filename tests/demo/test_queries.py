"""The demo's queries give what a plain calculation in pandas gives, on both engines."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.demo_project import small_demo

import dsgrid

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry

MWH = {"kWh": 1e-3, "MWh": 1.0, "therm": 0.029307107017222222, "MBtu": 0.2930710701722222}
KEYS = ["county", "building_type", "end_use", "scenario", "hourly"]


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_demo(tmp_path_factory.mktemp("small"), days=7, counties=5)


@pytest.fixture(scope="module")
def registry(specs: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    opened = dsgrid.open_registry(tmp_path_factory.mktemp(engine.name) / "registry", create=True, engine=engine)
    opened.register_project(specs / "register_project.toml")
    for name in ("commercial", "residential"):
        opened.register_dataset(specs / f"register_{name}.toml")
        opened.submit_dataset(specs / f"submit_{name}.toml")
    return opened


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def commercial(specs: Path) -> pd.DataFrame:
    data = specs.parents[1] / "build/demo/data/commercial"
    facts = pd.read_parquet(data / "load_data.parquet").merge(pd.read_parquet(data / "load_data_lookup.parquet"))
    units = {row["id"]: MWH[row["unit"]] for row in rows(specs / "dimensions/commercial_end_uses.csv")}
    long = facts.melt(["geography", "subsector", "timestamp", "scaling_factor"], list(units), "end_use").dropna()
    long["value"] *= long["scaling_factor"] * long["end_use"].map(units)
    long["hourly"] = long["timestamp"] - pd.Timedelta("1h")
    long = long.rename(columns={"geography": "county", "subsector": "building_type"})
    both = [long.assign(scenario=scenario) for scenario in ("reference", "high_electrification")]
    return pd.concat(both)[[*KEYS, "value"]]


def residential(specs: Path) -> pd.DataFrame:
    facts = pd.read_parquet(specs.parents[1] / "build/demo/data/residential/load_data.parquet")
    units = {row["id"]: MWH[row["unit"]] for row in rows(specs / "dimensions/residential_end_uses.csv")}
    targets = {row["from"]: row["to"] for row in rows(specs / "mappings/residential_end_uses.csv")}
    counties = pd.DataFrame(rows(specs / "mappings/regions_to_counties.csv")).rename(columns={"to": "county"})
    facts = facts.merge(counties, left_on="region", right_on="from")
    facts["value"] *= facts["fraction"].astype(float) * facts["end_use"].map(units)
    facts["end_use"] = facts["end_use"].map(targets)
    return facts.rename(columns={"home": "building_type", "time": "hourly"})[[*KEYS, "value"]]


@pytest.fixture(scope="module")
def base(specs: Path) -> pd.DataFrame:
    """Every value at the project's base dimensions, in MWh."""
    table = pd.concat([commercial(specs), residential(specs)]).groupby(KEYS, as_index=False)["value"].sum()
    states = {row["from"]: row["to"] for row in rows(specs / "mappings/county_to_state.csv")}
    mountain = table["hourly"].dt.tz_convert("Etc/GMT+7")
    return table.assign(
        state=table["county"].map(states),
        fuel=table["end_use"].str.extract("^(electricity|natural_gas)", expand=False),
        annual=mountain.dt.year,
        month_of_year=mountain.dt.month,
        hour_of_day=mountain.dt.hour,
    )


def equal(found: pd.Series, expected: pd.Series) -> None:
    """Compare by key, to 1e-9 of the largest value."""
    assert sorted(found.index) == sorted(expected.index)
    difference = (found - expected.reindex(found.index)).abs().max()
    assert difference <= 1e-9 * expected.abs().max()


def test_annual_use_by_state(registry: OpenRegistry, specs: Path, base: pd.DataFrame) -> None:
    keys = ["state", "fuel", "end_use", "scenario", "annual"]
    result = registry.query(specs / "annual_by_state.toml").to_pandas()
    assert set(result["unit"]) == {"GWh"}
    equal(result.set_index(keys)["value"], base.groupby(keys)["value"].sum() / 1000)


def test_hourly_use_by_state_and_fuel(registry: OpenRegistry, specs: Path, base: pd.DataFrame) -> None:
    keys = ["scenario", "state", "hourly"]
    result = registry.query(specs / "hourly_by_state.toml").to_pandas()
    for fuel in ("electricity", "natural_gas"):
        expected = base[base["fuel"] == fuel].groupby(keys)["value"].sum()
        equal(result.set_index(keys)[fuel], expected)


def test_hourly_electricity_by_end_use(registry: OpenRegistry, specs: Path, base: pd.DataFrame) -> None:
    keys = ["state", "hourly"]
    wanted = base[(base["fuel"] == "electricity") & (base["scenario"] == "reference")]
    result = registry.query(specs / "electricity_by_end_use.toml").to_pandas().set_index(keys)
    assert set(result.columns) == set(wanted["end_use"])
    for end_use, mine in wanted.groupby("end_use"):
        equal(result[end_use], mine.groupby(keys)["value"].sum())


def test_homes_of_one_time_zone_by_month_and_hour(registry: OpenRegistry, specs: Path, base: pd.DataFrame) -> None:
    keys = ["scenario", "county", "month_of_year", "hour_of_day"]
    homes = base["building_type"].isin(["single_family", "multi_family"])
    wanted = base[homes & (base["state"] == "NY") & (base["fuel"] == "electricity")]
    counties = {row["id"]: row["name"] for row in rows(specs / "dimensions/counties.csv")}
    end_uses = {row["id"]: row["name"] for row in rows(specs / "dimensions/end_uses.csv")}
    scenarios = {"reference": "Reference", "high_electrification": "High electrification"}
    wanted = wanted.assign(county=wanted["county"].map(counties), scenario=wanted["scenario"].map(scenarios))
    result = registry.query(specs / "eastern_homes_by_hour.toml")
    assert result.path.suffix == ".csv"
    numbers = {"month_of_year": int, "hour_of_day": int}  # a CSV does not say
    table = result.to_pandas().astype(numbers).set_index(keys)
    for end_use, mine in wanted.groupby("end_use"):
        equal(table[end_uses[end_use]], mine.groupby(keys)["value"].sum())


def test_duplication_gives_commercial_buildings_the_same_use_in_both_scenarios(
    registry: OpenRegistry, specs: Path
) -> None:
    query = {
        "name": "commercial_by_scenario",
        "project": "three_states_2018",
        "datasets": ["commercial_2018"],
        "step": [{"by": ["scenario", "end_use"]}],
        "result": {"path": str(registry.folder.parent / "results")},
    }
    table = registry.query(query).to_pandas().set_index(["scenario", "end_use"])["value"]
    pd.testing.assert_series_equal(table["reference"], table["high_electrification"])


def test_use_grows_by_the_rates_of_its_state_and_fuel(registry: OpenRegistry, specs: Path, base: pd.DataFrame) -> None:
    for operation, name in ((registry.register_dataset, "register"), (registry.submit_dataset, "submit")):
        operation(specs / f"{name}_growth.toml")
    keys = ["state", "fuel", "scenario"]
    rates = {
        (row["state"], row["fuel"], row["model_year"]): float(row["value"])
        for row in rows(specs.parents[1] / "build/demo/data/growth/rates.csv")
    }
    table = registry.query(specs / "growth_by_state.toml").to_pandas().set_index(keys)
    use = base.groupby(keys)["value"].sum() / 1000
    for year in ("2018", "2030", "2040"):
        grown = {key: (1 + rates[*key[:2], year]) ** (int(year) - 2018) for key in use.index}
        equal(table[year].astype(float), use * pd.Series(grown))
    assert table["2040"].astype(float).sum() != pytest.approx(use.sum(), rel=0.01)
