"""Who is right? The published tables, calculated by hand from the raw files: pandas alone, and nothing of dsgrid.

The acceptance runs say that our results are those of the existing system, and where it has none, those of
`tests.acceptance.known`. These calculations say that both are right, and by how much another reading of a rule is not.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

DATASETS = "data/std/project/datasets"
# Of the four counties that were kept, two are Californian.
STATES = {"06037": "CA", "06073": "CA", "36047": "NY", "36081": "NY"}
DIVISIONS = {"CA": "pacific", "NY": "middle_atlantic"}
MBTU_IN_KWH = 293.0710701722222
HOURS = 8784  # of 2012


@pytest.fixture(scope="module")
def loads(shared: Path) -> pd.DataFrame:
    """The raw loads of buildings in 2018, in kWh."""
    return pd.concat([_loads(shared, name) for name in ("comstock", "resstock")], ignore_index=True)


def _loads(shared: Path, name: str) -> pd.DataFrame:
    folder = shared / f"data/std/data/{name}_conus_2022_reference"
    rows = pd.read_parquet(folder / "load_data.parquet").merge(
        pd.read_parquet(folder / "load_data_lookup.parquet").dropna(subset="id"), on="id"
    )
    counties = pd.read_csv(
        shared / f"{DATASETS}/modeled/{name}/dimension_mappings/own_county_to_county.csv", dtype=str
    ).set_index("from_id")["to_id"]
    county = rows["geography"].map(counties)
    value = rows["value"].astype("float64")
    return rows.assign(county=county, value=value, sector="com" if name == "comstock" else "res")


def _projected(shared: Path, loads: pd.DataFrame) -> pd.DataFrame:
    """Let the sums of 2018 grow to 2020 and 2040, by the rates of the Annual Energy Outlook."""
    rows = loads.groupby(["sector", "county", "subsector", "metric"], as_index=False)["value"].sum()
    rows["state"] = rows["county"].map(STATES)
    rows["rate"] = [_rate(shared, *key) for key in rows[["sector", "state", "subsector", "metric"]].to_numpy()]
    years = [
        rows.assign(model_year=year, value=rows["value"] * (1 + rows["rate"]) ** (year - 2018)) for year in (2020, 2040)
    ]
    return pd.concat(years, ignore_index=True)


def _rate(shared: Path, sector: str, state: str, subsector: str, metric: str) -> float:
    kind = {"com": "commercial", "res": "residential"}[sector]
    file = shared / f"data/std/data/aeo2021_reference_{kind}_energy_use_growth_factors/load_data.parquet"
    rates = pd.read_parquet(file)
    fuel, use = metric.rsplit("_", 1)
    prefix = {"electricity": "elec", "natural_gas": "ng"}[fuel]
    if sector == "res":
        return float(rates.set_index("metric")["value"][f"{prefix}_heat_cool"])
    # A medium office is half a large and half a small one.
    weights = {"hospital": {"health_care": 1.0}, "small_office": {"office_small": 1.0}}.get(
        subsector, {"office_large": 0.5, "office_small": 0.5}
    )
    own = rates[(rates["geography"] == DIVISIONS[state]) & (rates["metric"] == f"{prefix}_{use}")]
    return sum(float(own.set_index("subsector")["value"][name]) * weight for name, weight in weights.items())


@pytest.fixture(scope="module")
def projected(shared: Path, loads: pd.DataFrame) -> pd.DataFrame:
    """Both sectors in 2020 and 2040, in kWh, for the whole year."""
    return _projected(shared, loads)


@pytest.fixture(scope="module")
def charging(shared: Path) -> pd.DataFrame:
    """The charging of vehicles by county, model year and scenario in the hours of 2012, in kWh."""
    folder = shared / "data/std/data/tempo_conus_2022"
    lookup = pd.read_parquet(folder / "load_data_lookup.parquet").dropna(subset="id")
    weeks = pd.read_parquet(folder / "load_data.parquet").merge(lookup, on="id")
    keys = ["geography", "model_year", "scenario", "month", "day_of_week", "hour"]
    sums = weeks.assign(value=weeks["value"].astype("float64")).groupby(keys, as_index=False)["value"].sum()
    counties = pd.read_csv(shared / "data/std/project/dimensions/counties.csv", dtype=str).set_index("id")
    occurrences = pd.concat([_occurrences(zone).assign(zone=zone) for zone in counties["time_zone"].unique()])
    rows = sums.assign(zone=sums["geography"].map(counties["time_zone"])).merge(
        occurrences, on=["zone", "month", "day_of_week", "hour"]
    )
    return rows.assign(value=rows["value"] * rows["times"])


def _occurrences(zone: str) -> pd.DataFrame:
    """How often the clock of a place shows each hour of a typical week during 2012 in Eastern Standard Time."""
    # Hours are labelled by their ends, so that the first label is an hour after the beginning of the year.
    hours = pd.Series(pd.date_range("2012-01-01 06:00", periods=HOURS, freq="h", tz="UTC")).dt.tz_convert(zone)
    labels = pd.DataFrame({"month": hours.dt.month, "day_of_week": hours.dt.dayofweek, "hour": hours.dt.hour})
    return labels.value_counts().rename("times").reset_index()


def test_annual_electricity_by_state_is_the_loads_times_their_growth(shared: Path, projected: pd.DataFrame) -> None:
    kept = pd.read_csv(shared / "expected/std/annual_electricity_by_state/table.csv")
    keys = ["state", "end_uses_by_fuel_type", "model_year", "sector", "subsector"]
    fuel = projected["metric"].str.rsplit("_", n=1).str[0] + "_end_uses"
    by_hand = projected.assign(end_uses_by_fuel_type=fuel).groupby(keys)["value"].sum() / 1000
    # Buildings are alike in both scenarios.
    for scenario in ("reference", "efs_high_ldv"):
        found = kept[kept["scenario"] == scenario].set_index(keys)["value"]
        pd.testing.assert_series_equal(found.sort_index(), by_hand.sort_index(), rtol=1e-9, check_names=False)


def test_the_years_of_vehicles_are_their_weeks_as_often_as_they_occur(shared: Path, charging: pd.DataFrame) -> None:
    kept = pd.read_parquet(shared / "expected/std/map_tempo_conus_2022/table.parquet")
    keys = ["county", "model_year", "scenario"]
    found = kept.groupby(keys)["value"].sum()
    by_hand = charging.rename(columns={"geography": "county"}).groupby(keys)["value"].sum() / 1000
    pd.testing.assert_series_equal(found.sort_index(), by_hand.sort_index(), rtol=1e-9, check_names=False)


def test_energy_by_state_and_fuel_is_no_empty_table(
    shared: Path, projected: pd.DataFrame, charging: pd.DataFrame
) -> None:
    # What `by_state_types` and `by_pca_types` ask in all, each in both scenarios; the existing system gave no row.
    for name in ("by_state_types", "by_pca_types"):
        assert not list((shared / "expected/std" / name).glob("table*"))
    total = (2 * projected["value"].sum() + charging["value"].sum()) / 1000
    assert total == pytest.approx(136_698_070.13, abs=0.01)


def test_gas_in_mbtu_is_no_number_to_add_to_megawatt_hours(shared: Path, projected: pd.DataFrame) -> None:
    # The kept base table has gas in MBtu, as its metric says; a sum over all end uses of it would mean nothing.
    kept = pd.read_parquet(shared / "expected/std/derive_resstock_conus_2022_projected/table.parquet")
    homes = 2 * projected[projected["sector"] == "res"].groupby("metric")["value"].sum()
    sums = kept.groupby("metric")["value"].sum()
    gas = "natural_gas_heating"
    assert sums[gas] == pytest.approx(homes[gas] / MBTU_IN_KWH, rel=1e-9)
    assert sums.drop(gas).sum() == pytest.approx(homes.drop(gas).sum() / 1000, rel=1e-9)
    in_mwh = homes.sum() / 1000
    assert sums.sum() / in_mwh > 1.5


def test_the_first_hour_that_ends_at_midnight_is_the_last_of_the_year(shared: Path, loads: pd.DataFrame) -> None:
    kept = pd.read_parquet(shared / "expected/std/map_comstock_conus_2022_reference/table.parquet")
    keys = ["county", "subsector"]
    cooling = loads[(loads["sector"] == "com") & (loads["metric"] == "electricity_cooling")]
    own = kept[(kept["end_use"] == "electricity_cooling") & (kept["scenario"] == "reference")]
    # Labels are ends of hours, from 00:00 to 23:00; in Eastern Standard Time midnight is 05:00 UTC.
    for end, begin in (
        ("2012-01-01 05:00", "2013-01-01 04:00"),
        ("2012-01-01 06:00", "2012-01-01 05:00"),
        ("2013-01-01 04:00", "2013-01-01 03:00"),
    ):
        raw = cooling[cooling["timestamp"] == pd.Timestamp(end, tz="UTC")].set_index(keys)["value"] / 1000
        mapped = own[own["time_est"] == pd.Timestamp(begin, tz="UTC")].set_index(keys)["value"]
        pd.testing.assert_series_equal(mapped.sort_index(), raw.sort_index(), rtol=1e-9, check_names=False)


def test_annual_sales_keep_their_totals_in_a_leap_year(shared: Path) -> None:
    kept = pd.read_parquet(shared / "expected/std/map_annual_time_eia861/table.parquet")
    folder = f"{DATASETS}/historical/eia_861_annual_energy_use_state_sector/dimension_mappings"
    sales = pd.read_parquet(shared / "data/std/data/eia_861_annual_energy_use_state_sector/load_data.parquet")
    shares = pd.read_csv(shared / folder / "own_state_to_county.csv", dtype={"to_id": str})
    by_state = shares.groupby("from_id")["from_fraction"].sum()
    # The configuration was cut down to four counties: these are not shares that sum to 1, and no split of a total.
    assert by_state.to_dict() == pytest.approx({"CA": 0.33966, "NY": 0.24839})
    # Each of the two scenarios has the whole; the result leaves scenarios out, that is, adds them up.
    annual = 2 * sales.set_index(["geography", "sector"])["value"].mul(by_state, level="geography")
    found = kept.groupby(["state", "sector"])["electricity_unspecified"]
    assert set(found.size()) == {HOURS}
    pd.testing.assert_series_equal(found.sum().sort_index(), annual.sort_index(), rtol=1e-9, check_names=False)
    # Without `include_leap_day` the existing system divides by the hours of an ordinary year: 24 hours too many.
    assert found.max().sum() * 8760 == pytest.approx(annual.sum() * 8760 / HOURS, rel=1e-9)


def test_a_total_over_fans_and_cooling_depends_on_their_units(shared: Path) -> None:
    kept = pd.read_parquet(shared / "expected/efs/census_division_total/table.parquet")
    records = pd.read_csv(shared / "data/efs/test_efs/dsgrid_project/dimensions/enduses.csv")
    assert records.set_index("id")["unit"].to_dict() == {"cooling": "kWh", "fans": "MWh"}
    sums = kept.groupby("EFS Detailed End Uses - ComStock Only")["value"].sum()
    assert sums.sum() == pytest.approx(743_879_076.285, abs=0.001)  # of two units: no energy
    assert sums["fans"] + sums["cooling"] / 1000 == pytest.approx(2_236_631.466, abs=0.001)  # in MWh
