"""Every real dataset that is here: it registers and is accepted by its project, or says why that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.engines import SLOW_ON_SPARK
from tests.real_projects import PROJECTS, elsewhere, load_shapes

from dsgrid.errors import DsgridError
from dsgrid.importers.dataset import dataset
from dsgrid.importers.document import Entry, read
from dsgrid.importers.project import project
from dsgrid.importers.shared import dimensions
from dsgrid.importers.submission import submission
from dsgrid.operations.open_registry import open_registry

if TYPE_CHECKING:
    from dsgrid.engine import Engine

Spec = dict[str, Any]
Change = Callable[[Spec, Path], Any]
AEO = "modeled/aeo2021_reference"


@dataclass(frozen=True)
class Case:
    """A dataset, and what becomes of it.

    Parameters
    ----------
    project
        A name of `PROJECTS`.
    file
        Its configuration, in the project's folder of datasets; ``dataset.json5`` is left out.
    change
        What the translated spec has to say differently: where the data are, or what they are.
    reverse
        Types that the user asks the existing system to map by the reverse of a supplemental dimension.
    listed_as
        A dataset that the project lists, to be listed like it; for datasets that it does not list.
    mappings
        The folder whose mapping file it has.
    shared
        The folder with a file of dimensions that are registered before.
    data
        The folder in ``shared/data`` where its paths start, which the user of the existing system says on the command
        line.
    unregistered, unaccepted
        How it fails.
    """

    project: str
    file: str
    change: Change | None = None
    reverse: tuple[str, ...] = ()
    listed_as: str = ""
    mappings: str = ""
    shared: str = ""
    data: str = ""
    unregistered: str = ""
    unaccepted: str = ""

    def __str__(self) -> str:
        return f"{self.project} {self.file.replace('/', ' ')}{' kept' if self.change is _kept else ''}"


def _without_sector(spec: Spec, shared: Path) -> None:
    """Leave out a column of the raw file, whose word for the sector is not the id of its record."""
    assert shared.is_dir()
    spec["data"]["ignore"] = ["sector"]


def _kept(spec: Spec, shared: Path) -> None:
    """Read the tables that a registry of the existing system holds, whose facts are stacked."""
    folder = shared / "data/existing-registry/data/data" / spec["dataset"]["id"] / "1.0.0"
    named = {"table": "table.parquet", "lookup": "lookup_table.parquet"}
    spec["data"] = {key: str(folder / name) for key, name in named.items() if (folder / name).exists()}
    missing = [str(path) for path in sorted((folder / "missing_associations").glob("*.parquet"))]
    if missing:
        spec["data"]["missing"] = missing


NOT_LISTED = "the project lists no dataset"
NO_DATA = 'no file ".*load_data.parquet"'
NO_RECORDS = "dimensions/counties.csv does not exist"

CASES = [
    Case("std", "historical/eia_861_annual_energy_use_state_sector"),
    Case("std", "modeled/comstock"),
    Case("std", "modeled/resstock"),
    Case("std", "modeled/tempo"),
    Case("std", f"{AEO}/commercial/End_Use_Growth_Factors"),
    Case("std", f"{AEO}/residential/End_Use_Growth_Factors"),
    Case("std", f"{AEO}/industrial/Growth_Factors", unaccepted=NOT_LISTED),
    # The project has two of the nine census divisions that the file has.
    Case("std", f"{AEO}/other_commercial/Growth_Factors", unregistered="7 ids are no records of geography"),
    Case("std", "historical/dsgrid_efs_historical_2012_conus_load_shapes", load_shapes, unaccepted=NOT_LISTED),
    Case("std", "historical/dsgrid_efs_2012_distributed_generation", unregistered=NO_DATA),
    Case("std", "historical/dsgrid_efs_2012_dpv", unregistered=NO_DATA),
    Case("std", "historical/dsgrid_efs_2012_losses", unregistered=NO_DATA),
    Case("std", "modeled/tempo/counts", unregistered=NO_RECORDS),
    Case("std", "derived/tempo_conus_2022_mapped", unregistered='no file ".*table.parquet"'),
    # The tables of a registry that the existing system made of the same project; derived ones are there, too.
    Case("std", "historical/eia_861_annual_energy_use_state_sector", _kept),
    Case("std", "modeled/comstock", _kept),
    Case("std", "modeled/resstock", _kept),
    Case("std", "modeled/tempo", _kept),
    Case("std", f"{AEO}/commercial/End_Use_Growth_Factors", _kept),
    Case("std", f"{AEO}/residential/End_Use_Growth_Factors", _kept),
    Case("std", "derived/tempo_conus_2022_mapped", _kept),
    Case("std", "derived/resstock_conus_2022_projected", _kept),
    Case("std", "derived/comstock_conus_2022_projected", _kept),
    Case("efs", "modeled/comstock"),
    Case("efs", "modeled/comstock/dataset_expected_and_missing"),
    Case("efs", "modeled/comstock/dataset_with_dimension_ids", shared="modeled/comstock"),
    Case("efs", "modeled/comstock_unpivoted"),
    Case("efs", "modeled/comstock_unpivoted/dataset_missing_all"),
    Case(
        *("efs", "modeled/comstock_unpivoted/dataset_with_dimension_ids"),
        shared="modeled/comstock",
        data="efs/datasets/test_efs_comstock_unpivoted",
        # It is older than its data, which were two tables then.
        unregistered='no file "load_data_lookup.parquet"',
    ),
    Case("efs", "modeled/comstock_time_in_parts", listed_as="test_efs_comstock", mappings="modeled/comstock"),
    Case("efs", "modeled/comstock_time_in_parts/dataset_full_missing", unaccepted=NOT_LISTED),
    *(
        Case("aeo", f"benchmark/{name}", elsewhere)
        for name in ("Commercial_End_Uses", "Commercial_End_Use_Growth_Factors")
    ),
    Case("full", f"{AEO}/commercial/End_Use_Growth_Factors", reverse=("geography",)),
    Case("full", f"{AEO}/residential/End_Use_Growth_Factors", _without_sector, ("geography",)),
    Case("full", f"{AEO}/residential/End_Use_Growth_Factors", unregistered='no record of sector "residential"'),
    Case("full", f"{AEO}/industrial/Growth_Factors"),
    Case("full", f"{AEO}/other_commercial/Growth_Factors"),
    Case("full", "historical/eia_861_annual_energy_use_state_sector", unregistered=NO_DATA),
]


@SLOW_ON_SPARK
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_real_dataset_is_registered_and_accepted_or_says_why_not(
    shared: Path, engine: Engine, tmp_path: Path, case: Case
) -> None:
    folder = shared / "data" / PROJECTS[case.project]
    configuration = _configuration(folder, case)
    listing = None if case.project == "aeo" else _project(folder, configuration, case)
    registry = open_registry(tmp_path / "registry", create=True, engine=engine)
    if listing is not None:
        registry.register_project(project(listing).spec)
    if case.shared:
        registry.register_dimensions(
            dimensions(read(folder / "datasets" / case.shared / "dimensions.json5"), "efs").spec
        )

    def register() -> None:
        spec = dataset(configuration, shared / "data" / case.data if case.data else None).spec
        if case.change is not None:
            case.change(spec, shared)
        registry.register_dataset(spec)

    def submit() -> None:
        assert listing is not None
        mappings = _mappings(folder, configuration, case)
        id_ = configuration["dataset_id"].text_value
        registry.submit_dataset(submission(listing, id_, mappings, configuration, case.reverse).spec)

    if case.unregistered:
        with pytest.raises(DsgridError, match=case.unregistered):
            register()
        assert registry.datasets == []
        return
    register()
    if listing is None:
        return
    if case.unaccepted:
        with pytest.raises(DsgridError, match=case.unaccepted):
            submit()
    else:
        submit()
    assert len(registry.submissions) == (0 if case.unaccepted else 1)


def _configuration(folder: Path, case: Case) -> Entry:
    file = folder / "datasets" / case.file
    return read(file / "dataset.json5" if file.is_dir() else file.with_suffix(".json5"))


def _project(folder: Path, configuration: Entry, case: Case) -> Entry:
    document = read(folder / "project.json5")
    if not case.listed_as:
        return document
    listed = document["datasets"].value
    like = next(entry for entry in listed if entry["dataset_id"] == case.listed_as)
    datasets = [*listed, {**like, "dataset_id": configuration["dataset_id"].text_value}]
    return replace(document, value={**document.value, "datasets": datasets})


def _mappings(folder: Path, configuration: Entry, case: Case) -> Entry | None:
    where = folder / "datasets" / case.mappings if case.mappings else configuration.file.parent
    file = where / "dimension_mappings.json5"
    return read(file) if file.exists() else None


def test_every_configuration_of_a_dataset_is_among_the_cases(shared: Path) -> None:
    """So that none is forgotten; those of the full project without data are alike."""
    for name, folder in PROJECTS.items():
        root = (shared / "data" / folder / "datasets").resolve()
        cases = (_configuration(shared / "data" / folder, case) for case in CASES if case.project == name)
        named = {case.file.resolve() for case in cases}
        left = {str(file.parent.relative_to(root)) for file in set(root.glob("**/dataset*.json5")) - named}
        if name != "full":
            assert left == set()
        else:
            assert all("load_data" not in path.name for each in left for path in (root / each).rglob("*"))
