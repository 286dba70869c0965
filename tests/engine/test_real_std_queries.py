"""Standard Scenarios with projections: queries written as specs give the results of the existing system.

It registers what its projections gave, and asks that; here the projections themselves are asked, and nothing is made
of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.engines import SLOW_ON_SPARK
from tests.real_projects import STD_QUERIES, RealProject, assert_equal_tables, written_query

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry

AEO = "modeled/aeo2021_reference"
DERIVED = ("comstock_conus_2022_projected", "resstock_conus_2022_projected", "tempo_conus_2022_mapped")
# Derived datasets name their columns by dimension type, and our queries by dimension.
NAMES = {"geography": "county", "metric": "end_use", "weather_year": "weather_2012", "timestamp": "time_est"}
# Factors, a maximum, names of records, a CSV: of these both engines give an answer every time.
ON_BOTH = ("annual_electricity_by_state", "electricity_use_county_max", "electricity_values_base")


@pytest.fixture(scope="module")
def std(shared: Path) -> RealProject:
    return RealProject.read(shared, "std", "std/project")


@pytest.fixture(scope="module")
def registry(std: RealProject, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    growth = [f"{AEO}/{sector}/End_Use_Growth_Factors" for sector in ("commercial", "residential")]
    specs = {name: std.dataset_spec(name) for name in ("comstock", "resstock", "tempo", *growth)}
    return std.registered(tmp_path_factory.mktemp("std") / "registry", engine, specs)


@pytest.mark.parametrize("name", ON_BOTH)
def test_a_result_is_that_of_the_existing_system(
    std: RealProject, registry: OpenRegistry, tmp_path: Path, name: str
) -> None:
    assert_equal_tables(registry.query(written_query(name, tmp_path)), _wanted(std, name))


@SLOW_ON_SPARK
@pytest.mark.parametrize(
    "name",
    [
        "derive_comstock_conus_2022_projected",
        "derive_resstock_conus_2022_projected",
        "derive_tempo_conus_2022_mapped",
        "electricity_use_county_sum",
        "electricity_use_filter_results_county_base",
        "electricity_use_state_max",
        "electricity_use_state_sum",
        "electricity_values_supplemental",
        "total_electricity_use_with_filter",
    ],
)
def test_another_result_is_that_of_the_existing_system(
    std: RealProject, registry: OpenRegistry, tmp_path: Path, name: str
) -> None:
    assert_equal_tables(registry.query(written_query(name, tmp_path)), _wanted(std, name))


@SLOW_ON_SPARK
@pytest.mark.parametrize(("name", "place"), [("by_state_types", "state"), ("by_pca_types", "reeds_pca")])
def test_sums_by_place_and_fuel_are_those_of_the_derived_datasets(
    std: RealProject, registry: OpenRegistry, tmp_path: Path, name: str, place: str
) -> None:
    wanted = _by_place(std, place)
    # The existing system answers no rows: it loses supplemental dimensions where columns are named by type.
    assert not (std.expected / name / "table.parquet").exists()
    assert wanted["value"].sum() == pytest.approx(136_698_070.13, abs=0.01)
    assert len(wanted) == {"state": 333_792, "reeds_pca": 509_472}[place]
    assert_equal_tables(registry.query(written_query(name, tmp_path)), wanted)


@SLOW_ON_SPARK
def test_datasets_that_were_made_of_projections_give_the_results_that_these_give(
    std: RealProject, engine: Engine, tmp_path: Path
) -> None:
    specs = {}
    for name in DERIVED[:2]:
        specs[f"derived/{name}"] = spec = std.dataset_spec(f"derived/{name}")
        spec["data"]["table"] = str(std.expected / f"derive_{name}" / "table.parquet")
    made = std.registered(tmp_path / "registry", engine, specs)
    # The queries as the existing system was asked them.
    for name in ("annual_electricity_by_state", "electricity_use_state_max", "total_electricity_use_with_filter"):
        assert_equal_tables(made.query(std.query_spec(name, tmp_path / "results")), _wanted(std, name))


def test_every_spec_is_asked() -> None:
    here = Path(__file__).read_text("utf-8")
    assert [file.stem for file in STD_QUERIES.glob("*.toml") if f'"{file.stem}"' not in here] == []


def _wanted(std: RealProject, name: str) -> pd.DataFrame:
    """Return a kept result, its columns under our names."""
    if name == "annual_electricity_by_state":
        return pd.read_csv(std.expected / name / "table.csv").rename(columns={"year": "annual"})
    return std.wanted(name).rename(columns=NAMES)


def _by_place(std: RealProject, place: str) -> pd.DataFrame:
    """Sum the derived datasets with pandas, by the project's own tables."""
    folder = std.document.file.parent
    supplemental = folder / f"dimension_mappings/base_to_supplemental/lookup_county_to_{place}.csv"
    places = pd.read_csv(supplemental, dtype=str).set_index("from_id")["to_id"]
    fuels = pd.read_csv(folder / "dimensions/subset/end_uses_by_fuel_type.csv", dtype=str).set_index("id")
    assert (fuels.notna().sum(axis="columns") == 1).all()
    units = pd.read_csv(folder / "dimensions/enduses.csv", dtype=str).set_index("id")["unit"]
    rows = pd.concat([std.wanted(f"derive_{name}") for name in DERIVED]).rename(columns=NAMES)
    found = pd.DataFrame(
        {
            place: rows["county"].map(places),
            "end_uses_by_fuel_type": rows["end_use"].map(fuels.notna().idxmax(axis="columns")),
            **{key: rows[key] for key in ("scenario", "model_year", "sector", "weather_2012", "time_est")},
            "value": rows["value"] * rows["end_use"].map(units.map({"MWh": 1.0, "MBtu": 0.2930710701722222})),
        }
    )
    return found.groupby(list(found.columns[:-1]), as_index=False).sum()
