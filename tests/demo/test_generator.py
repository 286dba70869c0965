"""The demo's generator: the same numbers everywhere, of a believable size and shape, in the form the specs say."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from tests.demo_project import DEMO, load, small_demo

KWH = {"kWh": 1.0, "therm": 29.307107017222222, "MBtu": 293.07107017222222}


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    return load("generate")


@pytest.fixture(scope="module")
def data(generate: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "data"
    generate.generate(DEMO, folder)
    return folder


def records(name: str) -> dict[str, dict[str, str]]:
    with (DEMO / "dimensions" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def commercial(data: Path) -> pd.DataFrame:
    """MWh by county, building type, the beginning of the hour, and end use."""
    facts = pd.read_parquet(data / "commercial/load_data.parquet")
    facts = facts.merge(pd.read_parquet(data / "commercial/load_data_lookup.parquet"), on="id")
    units = {metric: KWH[row["unit"]] / 1000 for metric, row in records("commercial_end_uses").items()}
    values = {metric: facts[metric] * facts["scaling_factor"] * factor for metric, factor in units.items()}
    begins = facts["timestamp"] - pd.Timedelta("1h")
    return pd.DataFrame({"county": facts["geography"], "home": facts["subsector"], "time": begins, **values})


@pytest.fixture(scope="module")
def residential(data: Path) -> pd.DataFrame:
    """The stacked facts with a column ``mwh``."""
    facts = pd.read_parquet(data / "residential/load_data.parquet")
    units = {metric: KWH[row["unit"]] / 1000 for metric, row in records("residential_end_uses").items()}
    return facts.assign(mwh=facts["value"] * facts["end_use"].map(units))


def electricity(commercial: pd.DataFrame) -> pd.Series:
    return commercial.filter(like="electricity_").sum(axis=1)


def test_the_same_seeds_give_the_same_values(data: Path) -> None:
    facts = pq.read_table(data / "residential/load_data.parquet")
    slice_ = facts.slice(200_000, 2_000).to_pandas()
    text = "\n".join(
        f"{time.isoformat()} {value:.6g}" for time, value in zip(slice_["time"], slice_["value"], strict=True)
    )
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "b5ab4d779f4a1f43"


def test_a_smaller_project_has_the_same_weather(tmp_path: Path, data: Path) -> None:
    small = small_demo(tmp_path, days=3, counties=5)
    few = pd.read_parquet(tmp_path / "build/demo/data/commercial/load_data.parquet")
    lookup = pd.read_parquet(tmp_path / "build/demo/data/commercial/load_data_lookup.parquet")
    whole = pd.read_parquet(data / "commercial/load_data.parquet")
    numbers = pd.read_parquet(data / "commercial/load_data_lookup.parquet")
    assert small == tmp_path / "specs" / "demo"
    for row in lookup.itertuples():
        same = numbers[(numbers["geography"] == row.geography) & (numbers["subsector"] == row.subsector)]
        mine = few[few["id"] == row.id].set_index("timestamp")["electricity_cooling"]
        theirs = whole[whole["id"] == same["id"].item()].set_index("timestamp")["electricity_cooling"]
        assert len(mine) == 72
        pd.testing.assert_series_equal(mine, theirs.loc[mine.index])


def test_every_time_array_is_complete(commercial: pd.DataFrame, residential: pd.DataFrame) -> None:
    year = pd.date_range("2018-01-01 07:00", periods=8760, freq="1h", tz="UTC")
    for group in (
        commercial.groupby(["county", "home"]),
        residential.groupby(["region", "home", "scenario", "end_use"]),
    ):
        assert set(group.size()) == {8760}
    for facts in (commercial, residential):
        assert facts["time"].min() == year[0]
        assert facts["time"].max() == year[-1]
        assert facts["time"].nunique() == 8760


def test_values_are_finite_and_not_negative(commercial: pd.DataFrame, residential: pd.DataFrame) -> None:
    assert np.isfinite(residential["value"]).all()
    assert (residential["value"] >= 0).all()
    for metric in records("commercial_end_uses"):
        column = commercial[metric].dropna()
        assert np.isfinite(column).all()
        assert (column >= 0).all()


def test_absent_combinations_are_exactly_the_declared_ones(commercial: pd.DataFrame) -> None:
    present = set(commercial[["county", "home"]].drop_duplicates().itertuples(index=False, name=None))
    every = {(county, home) for county in records("counties") for home in records("commercial_building_types")}
    assert every - present == {("08069", "large_office"), ("08077", "large_office")}
    cooking = commercial.groupby("home")["natural_gas_cooking"].count()
    assert set(cooking[cooking == 0].index) == {"small_office", "large_office", "retail"}


def test_annual_electricity_of_a_household_is_believable(generate: ModuleType, residential: pd.DataFrame) -> None:
    kwh = residential[residential["end_use"].str.startswith("elec_") & (residential["scenario"] == "reference")]
    for region_id, total in kwh.groupby("region")["mwh"].sum().items():
        households = sum(generate.PLACES[county].households for county in generate.REGIONS[region_id].counties)
        assert 3.5 < total / households < 8.5, region_id


def test_annual_electricity_of_commercial_floor_is_believable(generate: ModuleType, commercial: pd.DataFrame) -> None:
    per_household = electricity(commercial).groupby(commercial["county"]).sum()
    for county, total in per_household.items():
        place = generate.PLACES[county]
        floor = sum(
            building.floor_per_household * (place.offices if name.endswith("office") else 1.0)
            for name, building in generate.BUILDINGS.items()
        )
        assert 80 < 1000 * total / (floor * place.households) < 220, county


@pytest.mark.parametrize("state", ["CA", "CO", "NY"])
def test_commercial_electricity_peaks_on_a_summer_afternoon_in_local_time(commercial: pd.DataFrame, state: str) -> None:
    zones = {row["id"]: row["time_zone"] for row in records("counties").values() if row["state"] == state}
    mine = commercial[commercial["county"].isin(zones)]
    hourly = electricity(mine).groupby(mine["time"]).sum()
    peak = hourly.idxmax().tz_convert(next(iter(zones.values())))
    assert peak.month in (6, 7, 8)
    assert 13 <= peak.hour <= 18


def test_gas_heating_peaks_in_winter(commercial: pd.DataFrame, residential: pd.DataFrame) -> None:
    furnace = residential[residential["end_use"] == "gas_furnace"]
    for heating in (
        commercial.groupby("time")["natural_gas_heating"].sum(),
        furnace.groupby("time")["mwh"].sum(),
    ):
        monthly = heating.groupby(heating.index.month).sum()
        assert monthly.idxmax() in (12, 1, 2)
        assert monthly[7] < 0.05 * monthly.max()


def test_offices_keep_their_hours_when_the_clocks_change(commercial: pd.DataFrame) -> None:
    denver = commercial[(commercial["county"] == "08031") & (commercial["home"] == "large_office")]
    lighting = denver.set_index("time")["electricity_lighting"].tz_convert("America/Denver")
    for day in ("2018-03-09", "2018-03-12", "2018-11-02", "2018-11-05"):  # before and after both changes
        hours = lighting.loc[day]
        assert hours[hours > 0.9 * hours.max()].index[0].hour == 8, day


def test_heat_pumps_replace_gas_and_nothing_else_changes(residential: pd.DataFrame) -> None:
    totals = residential.groupby(["scenario", "end_use"])["mwh"].sum()
    before, after = totals["reference"], totals["high_electrification"]
    changed = {end_use for end_use in before.index if not np.isclose(before[end_use], after[end_use], rtol=1e-12)}
    assert changed == {"elec_heat_pump", "gas_furnace"}
    assert after["gas_furnace"] == pytest.approx(0.4 * before["gas_furnace"], rel=1e-3)
    assert after["elec_heat_pump"] > before["elec_heat_pump"]


def test_regions_are_split_by_households(generate: ModuleType) -> None:
    with (DEMO / "mappings" / "regions_to_counties.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        region = generate.REGIONS[row["from"]]
        whole = sum(generate.PLACES[county].households for county in region.counties)
        assert float(row["fraction"]) == pytest.approx(generate.PLACES[row["to"]].households / whole, abs=1e-12)
    assert {row["to"] for row in rows} == set(records("counties"))
