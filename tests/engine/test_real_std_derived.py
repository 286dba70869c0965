"""Standard Scenarios: datasets made of projections and of a mapped dataset, without a hand on their specs.

Each query's result becomes specs, which register it and submit it as they are. What is asked of these datasets then is
what the existing system answered, and what the originals answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.engines import SLOW_ON_SPARK
from tests.real_projects import RealProject, assert_equal_tables, written_query

from dsgrid.operations.create_derived_dataset import create_derived_dataset
from dsgrid.operations.graph import dependency_graph
from dsgrid.operations.register_dataset import register_dataset
from dsgrid.operations.submit_dataset import submit_dataset

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry

AEO = "modeled/aeo2021_reference"
DERIVED = ("comstock_conus_2022_projected", "resstock_conus_2022_projected", "tempo_conus_2022_mapped")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def std(shared: Path) -> RealProject:
    return RealProject.read(shared, "std", "std/project")


@pytest.fixture(scope="module")
def derived(std: RealProject, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    """A registry with the sources and, made of them, the three derived datasets."""
    folder = tmp_path_factory.mktemp("derived")
    growth = [f"{AEO}/{sector}/End_Use_Growth_Factors" for sector in ("commercial", "residential")]
    specs = {name: std.dataset_spec(name) for name in ("comstock", "resstock", "tempo", *growth)}
    registry = std.registered(folder / "registry", engine, specs)
    for name in DERIVED:
        result = registry.query(written_query(f"derive_{name}", folder / "results"))
        made = create_derived_dataset(
            {"result": str(result.folder), "id": name, "output": str(folder / name)}, registry=registry.folder
        )
        # The project expects each of them, and nothing is left to say.
        assert (made.unsaid, made.project_spec, made.notes) == ((), None, ())
        assert made.submission_spec is not None
        register_dataset(made.dataset_spec, engine=engine)
        submit_dataset(made.submission_spec)
    return registry


@pytest.mark.parametrize("name", ["annual_electricity_by_state", "electricity_use_state_max"])
def test_derived_datasets_answer_as_the_existing_system_does(
    std: RealProject, derived: OpenRegistry, tmp_path: Path, name: str
) -> None:
    wanted = std.wanted(name) if name != "annual_electricity_by_state" else None
    found = derived.query(std.query_spec(name, tmp_path / "derived"))
    if wanted is not None:
        assert_equal_tables(found, wanted)
    # And as what they were made of: the spec with the projections themselves.
    assert_equal_tables(found, derived.query(written_query(name, tmp_path / "projected")).to_pandas())


@SLOW_ON_SPARK
@pytest.mark.parametrize(
    "name", ["electricity_use_county_sum", "electricity_values_supplemental", "total_electricity_use_with_filter"]
)
def test_derived_datasets_answer_more_as_the_existing_system_does(
    std: RealProject, derived: OpenRegistry, tmp_path: Path, name: str
) -> None:
    assert_equal_tables(derived.query(std.query_spec(name, tmp_path)), std.wanted(name))


@pytest.mark.parametrize("name", DERIVED)
def test_a_derived_dataset_holds_the_values_of_its_query(
    std: RealProject, derived: OpenRegistry, tmp_path: Path, name: str
) -> None:
    asked = {"name": "again", "project": "dsgrid_conus_2022", "datasets": [name], "result": {"path": str(tmp_path)}}
    wanted = derived.query(written_query(f"derive_{name}", tmp_path)).to_pandas()
    assert_equal_tables(derived.query(asked), wanted)


@pytest.mark.parametrize("name", DERIVED)
def test_a_derived_dataset_knows_its_query_and_its_sources(derived: OpenRegistry, name: str) -> None:
    shown = dependency_graph(derived.folder, name, up=False)
    assert shown.root.is_derived
    kinds = {node.kind for node in shown.graph.nodes}
    assert {"query", "project", "dataset"} <= kinds
    assert f"query derive_{name}" in " ".join(map(str, shown.graph.nodes))
