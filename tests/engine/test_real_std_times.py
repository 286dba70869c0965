"""Standard Scenarios in time: typical weeks of vehicles, annual sales, and their hourly course."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.engines import few_on_spark
from tests.real_projects import RealProject, assert_equal_tables, load_shapes

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry

pytestmark = few_on_spark(3)

TEMPO = "tempo_conus_2022"
EIA = "eia_861_annual_energy_use_state_sector"
SHAPES = "dsgrid_efs_historical_2012_conus_load_shapes"
# The derived dataset names its columns by dimension type, and our query by dimension.
NAMES = {"geography": "county", "metric": "end_use", "weather_year": "weather_2012", "timestamp": "time_est"}
HOURS = pd.date_range("2012-01-01 05:00", periods=8784, freq="h", tz="UTC")


@pytest.fixture(scope="module")
def std(shared: Path) -> RealProject:
    return RealProject.read(shared, "std", "std/project")


@pytest.fixture(scope="module")
def registry(std: RealProject, shared: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    specs = {name: std.dataset_spec(name) for name in ("tempo", f"historical/{EIA}")}
    found = std.registered(tmp_path_factory.mktemp("std") / "registry", engine, specs)
    found.register_dataset(_shapes(std, shared))
    return found


def _shapes(std: RealProject, shared: Path) -> dict[str, Any]:
    spec = std.dataset_spec(f"historical/{SHAPES}")
    load_shapes(spec, shared)
    return spec


def _query(datasets: str, by: list[str], tmp_path: Path, **result: Any) -> dict[str, Any]:
    return {
        "spec_version": 1,
        "job": "query",
        "name": "asked",
        "project": "dsgrid_conus_2022",
        "datasets": [datasets],
        "step": [{"by": by, "over": [t for t in ("scenario", "model_year", "weather_year") if t not in by]}],
        "result": {"path": str(tmp_path), **result},
    }


@pytest.mark.parametrize("name", ["map_tempo_conus_2022", "tempo_mapping_plan_state", "map_annual_time_eia861"])
def test_a_mapped_dataset_is_that_of_the_existing_system(
    std: RealProject, registry: OpenRegistry, tmp_path: Path, name: str
) -> None:
    values = ("electricity_unspecified",) if name == "map_annual_time_eia861" else ("value",)
    assert_equal_tables(registry.query(std.query_spec(name, tmp_path)), std.wanted(name), values)


def test_typical_weeks_become_the_derived_dataset_of_the_existing_system(
    std: RealProject, registry: OpenRegistry, tmp_path: Path
) -> None:
    found = registry.query(std.query_spec("derive_tempo_conus_2022_mapped", tmp_path))
    assert_equal_tables(found, std.wanted("derive_tempo_conus_2022_mapped").rename(columns=NAMES))


def test_results_of_typical_weeks_by_year_and_by_local_hour_are_sums_of_the_hours(
    std: RealProject, registry: OpenRegistry, tmp_path: Path
) -> None:
    hours = std.wanted("map_tempo_conus_2022")
    state = hours["county"].str[:2].map({"06": "CA", "36": "NY"})
    annual = registry.query(_query(TEMPO, ["state", "annual"], tmp_path)).to_pandas()
    for name, value in hours.groupby(state)["value"].sum().items():
        assert annual.set_index("state").loc[name, "value"] == pytest.approx(value, rel=1e-9)
    # The clock of each place: what the typical week itself says of its hours, times how often they occur.
    local = registry.query(_query(TEMPO, ["state", "hour_of_day"], tmp_path, zone="geography")).to_pandas()
    zones = {"CA": "America/Los_Angeles", "NY": "America/New_York"}
    for name, zone in zones.items():
        own = hours[state == name]
        clock = own["time_est"].dt.tz_convert(zone).dt.hour
        wanted = own.groupby(clock)["value"].sum()
        given = local[local["state"] == name].set_index("hour_of_day")["value"].sort_index()
        np.testing.assert_allclose(given.to_numpy(), wanted.sort_index().to_numpy(), rtol=1e-9)


def test_annual_results_of_typical_weeks_hold_no_hours(
    std: RealProject, registry: OpenRegistry, tmp_path: Path
) -> None:
    said = registry.explain(_query(TEMPO, ["state", "annual"], tmp_path)).report()
    assert "2,016 slots -> 1 classes before the contraction" in said
    assert "contract  to 2 rows" in said
    assert "zones from the time_zone of the geography records of project dsgrid_conus_2022: America/Los_Angeles" in said


def test_annual_sales_follow_the_load_shapes_of_their_states(
    std: RealProject, registry: OpenRegistry, tmp_path: Path
) -> None:
    spec = std.submission_spec(f"historical/{EIA}")
    spec["mapping"]["time"] = {"shape": SHAPES}
    spec["change"] = {"allow": "major"}
    registry.apply(spec)
    try:
        found = registry.query(_query(EIA, ["state", "sector", "time_est"], tmp_path))
        months = registry.query(_query(EIA, ["state", "sector", "month_of_year"], tmp_path)).to_pandas()
    finally:
        spec["mapping"]["time"] = {"spread": "flat"}
        registry.apply(spec)
    assert_equal_tables(found, _by_shape(std, registry, tmp_path))
    whole = found.to_pandas()
    by_month = whole.assign(month=whole["time_est"].dt.tz_convert("Etc/GMT+5").dt.month)
    wanted = by_month.groupby(["state", "sector", "month"])["value"].sum()
    given = months.set_index(["state", "sector", "month_of_year"])["value"].sort_index()
    np.testing.assert_allclose(given.to_numpy(), wanted.sort_index().to_numpy(), rtol=1e-9)


def _by_shape(std: RealProject, registry: OpenRegistry, tmp_path: Path) -> pd.DataFrame:
    """Spread the annual sums of the flat submission with pandas, by each state's share of its own year."""
    annual = registry.query(_query(EIA, ["state", "sector", "annual"], tmp_path)).to_pandas()
    folder = std.document.file.parents[1] / "data" / SHAPES
    shapes = pd.read_parquet(folder / "load_data.parquet").merge(
        pd.read_parquet(folder / "load_data_lookup.parquet"), on="id"
    )
    shapes["value"] = shapes["value"].astype("float64")
    part = shapes["value"] / shapes.groupby("geography")["value"].transform("sum")
    # The shapes label an hour by its end, the project by its beginning.
    shapes = shapes.assign(part=part, time_est=shapes["timestamp"] - pd.Timedelta(hours=1), state=shapes["geography"])
    assert sorted(shapes["time_est"].unique()) == list(HOURS)
    rows = annual.merge(shapes[["state", "time_est", "part"]], on="state")
    return rows.assign(value=rows["value"] * rows["part"])[["state", "sector", "time_est", "value"]]


def test_a_named_zone_shows_the_same_hours_and_geography_tells_the_clock_of_each_place(
    std: RealProject, registry: OpenRegistry, tmp_path: Path
) -> None:
    shown = registry.query(_query(TEMPO, ["state", "time_est"], tmp_path, zone="America/Denver"))
    plain = registry.query(_query(TEMPO, ["state", "time_est"], tmp_path))
    column = shown.to_pandas()["time_est"]
    assert str(column.dt.tz) == "America/Denver"
    assert list(column.dt.tz_convert("UTC")) == list(plain.to_pandas()["time_est"])
    assert shown.manifest["time"]["written_as"] == "instants, shown in America/Denver"
    local = registry.query(_query(TEMPO, ["state", "time_est"], tmp_path, zone="geography")).to_pandas()
    assert list(local.columns) == ["state", "time_est", "time_zone", "utc_offset", "value", "unit"]
    assert set(local["utc_offset"]) == {"-08:00", "-07:00", "-05:00", "-04:00"}
    zones = local.groupby("state")["time_zone"].unique().map(list).to_dict()
    assert zones == {"CA": ["America/Los_Angeles"], "NY": ["America/New_York"]}
    instants = pd.to_datetime(local["time_est"].astype(str) + local["utc_offset"], utc=True)
    assert sorted(instants[local["state"] == "NY"]) == list(HOURS)
