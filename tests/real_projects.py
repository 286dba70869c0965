"""Real projects of the existing system: translated, registered, queried and compared with its results.

The input and the results lie beside the checkout (``../shared``) and are only read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import tomli

from dsgrid.importers.dataset import dataset
from dsgrid.importers.document import Entry, read
from dsgrid.importers.project import project
from dsgrid.importers.query import query
from dsgrid.importers.submission import submission
from dsgrid.operations.open_registry import OpenRegistry, open_registry

if TYPE_CHECKING:
    import pandas as pd

    from dsgrid.engine import Engine
    from dsgrid.query.result import Result

# The folders of configurations in ``shared/data``, by what they are called here; of "aeo" there is no project.
PROJECTS = {
    "std": "std/project",
    "efs": "efs/test_efs/dsgrid_project",
    "aeo": "aeo/test_aeo/dsgrid_project",
    "full": "standard-scenarios-full",
}

# Queries of Standard Scenarios as specs, one for each kept result.
STD_QUERIES: Final = Path(__file__).parent / "fixtures/std_queries"


@dataclass(frozen=True)
class RealProject:
    """A project's configuration and the folder with the results of its queries."""

    document: Entry
    expected: Path

    @classmethod
    def read(cls, shared: Path, name: str, folder: str) -> RealProject:
        """Read the project in a folder of ``shared/data``; its results are in ``shared/expected/<name>``."""
        return cls(read(shared / "data" / folder / "project.json5"), shared / "expected" / name)

    def dataset_file(self, folder: str) -> Entry:
        """Return the configuration of a dataset: of a modeled one, or of another kind as ``historical/name``."""
        kind, _, name = folder.rpartition("/")
        return read(self.document.file.parent / "datasets" / (kind or "modeled") / name / "dataset.json5")

    def dataset_spec(self, folder: str) -> dict[str, Any]:
        """Return the translated spec of a dataset."""
        return dataset(self.dataset_file(folder)).spec

    def submission_spec(self, folder: str) -> dict[str, Any]:
        """Return the translated spec that brings a dataset into the project; one in its terms has no mappings."""
        configuration = self.dataset_file(folder)
        file = configuration.file.parent / "dimension_mappings.json5"
        mappings = read(file) if file.exists() else None
        return submission(self.document, configuration["dataset_id"].value, mappings, configuration).spec

    def query_spec(self, name: str, results: Path) -> dict[str, Any]:
        """Return the translated spec of a query whose result is kept."""
        return query(read(self.expected / name / "query.json5"), self.document, results).spec

    def registered(self, folder: Path, engine: Engine, specs: Mapping[str, dict[str, Any]]) -> OpenRegistry:
        """Return a new registry with the project and these datasets (specs by their folder), all submitted."""
        registry = open_registry(folder, create=True, engine=engine)
        registry.register_project(project(self.document).spec)
        for name, spec in specs.items():
            registry.register_dataset(spec)
            registry.submit_dataset(self.submission_spec(name))
        return registry

    def wanted(self, name: str) -> pd.DataFrame:
        """Return the result that the existing system gave."""
        import pandas as pd

        return pd.read_parquet(self.expected / name / "table.parquet")


def written_query(name: str, results: Path) -> dict[str, Any]:
    """Return the spec of a query of Standard Scenarios, with the folder for its results."""
    spec = tomli.loads((STD_QUERIES / f"{name}.toml").read_text("utf-8"))
    return {**spec, "result": {"path": str(results), **spec.get("result", {})}}


def load_shapes(spec: dict[str, Any], shared: Path) -> None:
    """Say in a translated spec what the data of the load shapes really are: stacked, and of two states."""
    folder = shared / "data/std/data/dsgrid_efs_historical_2012_conus_load_shapes"
    spec["data"] = {"table": str(folder / "load_data.parquet"), "lookup": str(folder / "load_data_lookup.parquet")}
    spec["dimension"]["geography"]["records"] = [{"id": "CA", "name": "California"}, {"id": "NY", "name": "New York"}]


def elsewhere(spec: dict[str, Any], shared: Path) -> None:
    """Let a translated spec read data that lie among those of another project."""
    name = Path(spec["data"]["table"]).parent.name
    spec["data"]["table"] = str(shared / "data/efs/datasets/test_aeo_data" / name / "load_data.csv")


def assert_equal_tables(result: Result, wanted: pd.DataFrame, values: tuple[str, ...] = ("value",)) -> None:
    """Compare by key, in any order, to 1e-6 of each value; ours says the unit of a row besides."""
    import numpy as np

    found = result.to_pandas()
    if "unit" not in wanted.columns:
        found = found.drop(columns="unit", errors="ignore")
    assert sorted(found.columns) == sorted(wanted.columns)
    keys = [column for column in wanted.columns if column not in values]
    left, right = by_key(found, keys), by_key(wanted, keys)
    assert len(left) == len(right)
    assert left.index.is_unique
    assert left.index.equals(right.index)
    for value in values:
        np.testing.assert_allclose(left[value].to_numpy(), right[value].to_numpy(), rtol=1e-6, atol=0, err_msg=value)


def by_key(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return a table in the order of its keys, which become its index."""
    import pandas as pd

    plain = table.copy()
    for key in keys:
        column = plain[key]
        # Instants of both have microseconds; the resolution that pandas gives them differs.
        is_time = isinstance(column.dtype, pd.DatetimeTZDtype)
        plain[key] = column.dt.tz_convert("UTC").dt.as_unit("us") if is_time else column.astype(str)
    return plain.set_index(keys).sort_index()
