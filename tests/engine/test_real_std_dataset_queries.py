"""Standard Scenarios without its project: datasets brought to dimensions, with the results of the existing system."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.real_projects import RealProject, assert_equal_tables

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry

PROJECT = "dsgrid_conus_2022"
RESSTOCK = "resstock_conus_2022_reference"
# The existing system names the columns of a query of a dataset by type.
TYPES = {
    "county": "geography",
    "state": "geography",
    "end_use": "metric",
    "resstock_building_type": "subsector",
    "reference_scenario": "scenario",
    "model_year_2018": "model_year",
    "weather_2012": "weather_year",
    "time_est": "timestamp",
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def std(shared: Path) -> RealProject:
    return RealProject.read(shared, "std", "std/project")


@pytest.fixture(scope="module")
def registry(std: RealProject, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    specs = {name: std.dataset_spec(name) for name in ("comstock", "resstock", "tempo")}
    return std.registered(tmp_path_factory.mktemp("std") / "registry", engine, specs)


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("dataset_resstock_county", {}),
        ("dataset_resstock_state", {"geography": f"{PROJECT}/state"}),
    ],
)
def test_a_query_of_a_dataset_gives_what_the_existing_system_gives(
    std: RealProject, registry: OpenRegistry, tmp_path: Path, name: str, to: dict[str, Any]
) -> None:
    spec = {
        "name": name,
        "dataset": RESSTOCK,
        "to": {"metric": f"{PROJECT}/end_use", "time": {"dimension": f"{PROJECT}/time_est", "wrap_time": True}, **to},
        "result": {"path": str(tmp_path)},
    }
    result = registry.query_dataset(spec)
    wanted = std.wanted(name)
    names = {ours: theirs for ours, theirs in TYPES.items() if ours in result.to_arrow().column_names}
    assert_equal_tables(result, wanted.rename(columns={theirs: ours for ours, theirs in names.items()}))
    assert result.manifest["project"] is None


@pytest.mark.parametrize("dataset", [RESSTOCK, "comstock_conus_2022_reference", "tempo_conus_2022"])
def test_a_mapped_dataset_is_that_of_the_existing_system(
    std: RealProject, registry: OpenRegistry, tmp_path: Path, dataset: str
) -> None:
    spec = {"name": "mapped", "project": PROJECT, "dataset": dataset, "result": {"path": str(tmp_path)}}
    mapped = registry.map_dataset(spec)
    assert_equal_tables(mapped.result, std.wanted(f"map_{dataset}"))
    assert mapped.registered is None
