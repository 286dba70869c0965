"""Standard Scenarios for four counties: ComStock and ResStock in the project's terms, a leap year long."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.engines import few_on_spark
from tests.real_projects import RealProject, assert_equal_tables

from dsgrid.errors import DsgridError

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry

pytestmark = few_on_spark(3)


@pytest.fixture(scope="module")
def std(shared: Path) -> RealProject:
    return RealProject.read(shared, "std", "std/project")


@pytest.fixture(scope="module")
def registry(std: RealProject, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    specs = {name: std.dataset_spec(name) for name in ("comstock", "resstock")}
    return std.registered(tmp_path_factory.mktemp("std") / "registry", engine, specs)


@pytest.mark.parametrize("name", ["map_comstock_conus_2022_reference", "map_resstock_conus_2022_reference"])
def test_a_mapped_dataset_is_that_of_the_existing_system(
    std: RealProject, registry: OpenRegistry, tmp_path: Path, name: str
) -> None:
    assert_equal_tables(registry.query(std.query_spec(name, tmp_path)), std.wanted(name))


def test_a_union_by_state_fuel_and_month_adds_up_to_the_mapped_datasets(
    std: RealProject, registry: OpenRegistry, tmp_path: Path
) -> None:
    names = ["comstock_conus_2022_reference", "resstock_conus_2022_reference"]
    spec = {
        "spec_version": 1,
        "job": "query",
        "name": "by_month",
        "project": "dsgrid_conus_2022",
        "datasets": names,
        "step": [
            {
                "function": "sum",
                "by": ["state", "end_uses_by_fuel_type", "scenario", "month_of_year"],
                "over": ["model_year", "weather_year"],
            }
        ],
        "result": {"path": str(tmp_path)},
    }
    wanted = pd.concat([_by_month(std.wanted(f"map_{name}")) for name in names])
    keys = [column for column in wanted.columns if column != "value"]
    assert_equal_tables(registry.query(spec), wanted.groupby(keys, as_index=False).sum())


def _by_month(mapped: pd.DataFrame) -> pd.DataFrame:
    """Sum a mapped dataset with pandas; its gas is in MBtu, the supplemental dimension in MWh."""
    is_gas = mapped["end_use"].str.startswith("natural_gas")
    result = pd.DataFrame(
        {
            "state": mapped["county"].str[:2].map({"06": "CA", "36": "NY"}),
            "end_uses_by_fuel_type": is_gas.map({True: "natural_gas_end_uses", False: "electricity_end_uses"}),
            "scenario": mapped["scenario"],
            # Hours are labelled by their beginning, in Eastern Standard Time.
            "month_of_year": mapped["time_est"].dt.tz_convert("Etc/GMT+5").dt.month,
            "value": mapped["value"].where(~is_gas, mapped["value"] * 0.2930710701722222),
        }
    )
    return result.groupby(list(result.columns[:-1]), as_index=False).sum()


def test_a_lookup_row_without_an_id_declares_its_records_missing(
    std: RealProject, engine: Engine, shared: Path, tmp_path: Path
) -> None:
    spec = std.dataset_spec("comstock")
    # The lookup as it was published: the row of the hospitals in Kings County has no id.
    spec["data"]["lookup"] = str(shared / "data/std/data/comstock_conus_2022_reference/load_data_lookup.parquet")
    del spec["data"]["missing"]
    registry = std.registered(tmp_path / "registry", engine, {"comstock": spec})
    name = "map_comstock_conus_2022_reference"
    assert_equal_tables(registry.query(std.query_spec(name, tmp_path)), std.wanted(name))


def test_time_that_needs_wrapping_is_refused_when_it_is_not_asked_for(
    std: RealProject, engine: Engine, tmp_path: Path
) -> None:
    fresh = std.registered(tmp_path / "registry", engine, {})
    fresh.register_dataset(std.dataset_spec("resstock"))
    spec = std.submission_spec("resstock")
    del spec["wrap_time"]
    with pytest.raises(DsgridError, match="wrap_time"):
        fresh.submit_dataset(spec)
    assert fresh.submissions == []
