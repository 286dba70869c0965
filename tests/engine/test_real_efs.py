"""The EFS test project: two layouts of one dataset give the numbers of the existing system."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.engines import few_on_spark
from tests.real_projects import RealProject, assert_equal_tables

from dsgrid.datasets.read import associations
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import SpecError
from dsgrid.registry.data_root import DATA

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry

pytestmark = few_on_spark(3)

END_USE = "EFS Detailed End Uses - ComStock Only"


@pytest.fixture(scope="module")
def efs(shared: Path) -> RealProject:
    return RealProject.read(shared, "efs", "efs/test_efs/dsgrid_project")


@pytest.fixture(scope="module")
def registry(efs: RealProject, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    specs = {name: efs.dataset_spec(name) for name in ("comstock", "comstock_unpivoted")}
    return efs.registered(tmp_path_factory.mktemp("efs") / "registry", engine, specs)


@pytest.mark.parametrize(
    "name",
    [
        "baseline",
        "baseline_unpivoted",
        "census_division_total",
        "five_year_intervals",
        "map_test_efs_comstock",
        "sorted_state_subset",
        "state_sum_hourly",
    ],
)
def test_a_stacked_result_is_that_of_the_existing_system(
    efs: RealProject, registry: OpenRegistry, tmp_path: Path, name: str
) -> None:
    assert_equal_tables(registry.query(efs.query_spec(name, tmp_path)), efs.wanted(name))


def test_a_pivoted_result_is_that_of_the_existing_system(
    efs: RealProject, registry: OpenRegistry, tmp_path: Path
) -> None:
    result = registry.query(efs.query_spec("filter_county_2020_pivoted", tmp_path))
    assert_equal_tables(result, efs.wanted("filter_county_2020_pivoted"), ("cooling", "fans"))


def test_rows_say_the_unit_of_their_own_record(efs: RealProject, registry: OpenRegistry, tmp_path: Path) -> None:
    found = registry.query(efs.query_spec("census_division_total", tmp_path)).to_pandas()
    assert found.groupby(END_USE)["unit"].unique().map(list).to_dict() == {"cooling": ["kWh"], "fans": ["MWh"]}


def test_a_sorted_result_comes_in_its_order(efs: RealProject, registry: OpenRegistry, tmp_path: Path) -> None:
    found = registry.query(efs.query_spec("sorted_state_subset", tmp_path)).to_pandas()
    assert found["US States"].is_monotonic_increasing


def test_end_uses_of_two_units_are_not_summed(efs: RealProject, registry: OpenRegistry, tmp_path: Path) -> None:
    spec = efs.query_spec("census_division_total", tmp_path)
    spec["step"][0]["by"].remove(END_USE)
    with pytest.raises(SpecError, match=r"MWh and kWh|kWh and MWh"):
        registry.query(spec)


def test_both_layouts_hold_the_same_data(registry: OpenRegistry) -> None:
    import pandas as pd

    pivoted, stacked = (
        associations(registry.folder / DATA, registry.dataset(name)).sort_values(list(RECORD_TYPES), ignore_index=True)
        for name in ("test_efs_comstock", "test_efs_comstock_unpivoted")
    )
    assert len(pivoted) == 106 * 2
    pd.testing.assert_frame_equal(pivoted[list(stacked.columns)], stacked, check_dtype=False, rtol=1e-12)
