"""The whole of Standard Scenarios, with 3,108 counties: it is registered in seconds, and its queries add up.

The facts are not public (but for factors of growth), so data are made in exactly the shape that they have. What took
how long is written to ``build/acceptance/full-ENGINE.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.acceptance.commands import ROOT, CommandError
from tests.acceptance.full.by_hand import ByHand
from tests.acceptance.full.making_data import Amount, Shape, make_data
from tests.acceptance.full.project import GROWTH, QUERIES, REPOSITORY, SIZES, FullProject

from dsgrid.errors import NotFoundError
from dsgrid.operations.import_project import import_project
from dsgrid.operations.register_project import register_project
from dsgrid.operations.validate import validate
from dsgrid.registry.registry import Registry

LOAD_SHAPES = "dsgrid_efs_historical_2012_conus_load_shapes"
PHOTOVOLTAICS = "dsgrid_efs_2012_dpv"
# What registering the project may take.
SECONDS, MIB = 10.0, 500

_KEYS = {
    "annual_by_state": ["state", "sector", "scenario", "model_year"],
    "hourly_by_state": ["state", "time_est"],
    "projected_by_state": ["state", "model_year"],
}


def test_the_whole_project_is_imported_and_registered_and_its_datasets_only_lack_their_data(
    shared: Path, tmp_path: Path
) -> None:
    target = tmp_path / "imported"
    import_project({"source": str(shared / REPOSITORY), "target": str(target)})
    registry = target / "registry"
    Registry.create(registry).close()
    register_project(target / "project/register_project.toml", registry=registry)
    specs = sorted((target / "datasets").glob("*/register_dataset.toml"))
    lacking = {path.parent.name: _lacking(path, registry) for path in specs}
    with_data = {dataset for dataset, files in lacking.items() if not files}
    assert with_data == set(GROWTH)
    assert len(lacking) == 12
    # What is missing is said at its key, and nothing else is wrong.
    assert set().union(*lacking.values()) == {"data.table", "data.lookup"}
    with Registry.open(registry) as opened:
        (county,) = opened.project("dsgrid_conus_2022").base_of_type("geography")
    assert len(county.records.ids) == 3108


def _lacking(spec: Path, registry: Path) -> set[str]:
    """Return the keys of the data files that are not there; anything else that is wrong is an error."""
    try:
        validate(spec, registry=registry)
    except NotFoundError as error:
        return {problem.key for problem in error.problems}
    return set()


@pytest.mark.slow
def test_the_project_is_imported_and_registered_within_the_time_and_memory_that_it_may_take(
    shared: Path, tmp_path: Path
) -> None:
    project = FullProject.begin(shared, tmp_path, "sail")
    for ran in (project.imported(), project.project_registered()):
        assert ran.seconds < SECONDS
        assert ran.peak < MIB


@pytest.fixture(scope="module", params=["sail", "spark"])
def ready(
    shared: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[FullProject]:
    """The project with data in all three datasets and with the growth, registered and submitted by commands."""
    project = FullProject.begin(shared, tmp_path_factory.mktemp("full"), request.param)
    project.imported()
    project.data_made(SIZES[request.param])
    project.imported("--data", project.data, "--overwrite")
    project.decided()
    project.project_registered()
    project.submitted()
    yield project
    folder = ROOT / "build" / "acceptance"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"full-{request.param}.md").write_text(f"{project.table()}\n", "utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", QUERIES)
def test_a_query_of_the_whole_project_gives_what_a_plain_calculation_gives(ready: FullProject, name: str) -> None:
    found = ready.asked(name).set_index(_KEYS[name])["value"]
    wanted = getattr(ByHand(ready.repository, ready.data), name)().set_index(_KEYS[name])["value"]
    assert found.index.is_unique
    both = pd.concat([found.rename("found"), wanted.rename("wanted")], axis="columns", join="outer")
    assert len(both) == len(found) == len(wanted)
    np.testing.assert_allclose(both["found"], both["wanted"], rtol=1e-9)


@pytest.mark.slow
def test_historical_datasets_are_accepted_too_and_the_one_that_names_foreign_counties_is_told(
    ready: FullProject,
) -> None:
    for dataset in ("dsgrid_efs_2012_distributed_generation", "dsgrid_efs_2012_losses", LOAD_SHAPES):
        make_data(ready.spec(dataset), Amount(profiles=5), ready.data)
        ready.submitted([dataset])
    make_data(ready.spec(PHOTOVOLTAICS), Amount(profiles=5), ready.data)
    # Counties of Alaska and Hawaii are in the dataset, no mapping drops them, and the project has none of them.
    with pytest.raises(CommandError, match=r'36 ids are no records of "county": "02013".* a \[mapping.geography\]'):
        ready.submitted([PHOTOVOLTAICS])


def test_what_is_made_has_the_shape_of_the_spec(tmp_path: Path) -> None:
    """The generator itself: every slot once, ids that belong to a lookup, and what lacks data is said."""
    import pyarrow.parquet as pq

    (tmp_path / "register_dataset.toml").write_text(_SMALL, "utf-8")
    shape = Shape.read(tmp_path / "register_dataset.toml")
    made = make_data(tmp_path / "register_dataset.toml", Amount({"geography": 2}), tmp_path / "data")
    table = pq.read_table(tmp_path / "data/small/load_data.parquet").to_pandas()
    lookup = pq.read_table(tmp_path / "data/small/lookup.parquet").to_pandas()
    assert shape.slots == 24
    assert (made.values, made.combinations) == (2 * 24 * 2, 2)
    assert str(table["timestamp"].min()) == "2012-01-01 05:00:00+00:00"
    assert table.groupby("id")["timestamp"].nunique().to_dict() == {1: 24, 2: 24}
    # One county of each state comes first.
    assert lookup.set_index("geography")["id"].dropna().to_dict() == {"a": 1, "c": 2}
    assert len(lookup) == 3
    assert table[["cooling", "heating"]].drop_duplicates().shape == (48, 2)


_SMALL = """
[dataset]
id = "small"
[data]
table = "elsewhere/load_data.parquet"
lookup = "elsewhere/lookup.parquet"
pivot = "metric"
[time]
kind = "datetime"
start = "2012-01-01 00:00"
end = "2012-01-01 23:00"
step = "1h"
zone = "-05:00"
[dimension]
geography.records = [{ id = "a", state = "X" }, { id = "b", state = "X" }, { id = "c", state = "Y" }]
metric.records = [{ id = "cooling" }, { id = "heating" }]
sector.records = [{ id = "com" }]
subsector.records = [{ id = "office" }]
scenario.records = [{ id = "reference" }]
model_year.records = [{ id = "2018" }]
weather_year.records = [{ id = "2012" }]
"""
