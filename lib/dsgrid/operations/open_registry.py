"""The Python API: a registry with the operations as methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dsgrid.engine import Engine
from dsgrid.operations.create_registry import create_registry as _create_registry
from dsgrid.operations.diff import ShownDifference, diff
from dsgrid.operations.dump import Dumped, dump
from dsgrid.operations.explain import Explained, explain
from dsgrid.operations.graph import DependencyGraph, dependency_graph
from dsgrid.operations.history import ShownHistory, history
from dsgrid.operations.query import query
from dsgrid.operations.register_and_submit_dataset import RegisteredAndSubmitted, register_and_submit_dataset
from dsgrid.operations.register_dataset import RegisteredDataset, register_dataset
from dsgrid.operations.register_dimensions import RegisteredDimensions, register_dimensions
from dsgrid.operations.register_mappings import RegisteredMappings, register_mappings
from dsgrid.operations.register_project import RegisteredProject, register_project
from dsgrid.operations.remove import Removed, remove
from dsgrid.operations.submit_dataset import SubmittedDataset, submit_dataset
from dsgrid.query.notebook import heading, table
from dsgrid.query.result import Result
from dsgrid.registry.model import Dataset, Project
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec

AnySpec = str | Path | Mapping[str, Any] | Spec


class OpenRegistry:
    """An open registry. Every method that takes a spec takes a path of a TOML file or a mapping with the same keys.

    Parameters
    ----------
    folder
        The registry's folder.
    engine
        What works on facts; without one an embedded engine starts on first need and stays.
    progress
        Called with a few words at every step of a long operation.
    """

    def __init__(
        self, folder: str | Path, engine: Engine | None = None, progress: Callable[[str], None] | None = None
    ) -> None:
        self.folder = Path(folder)
        self._engine = engine
        self._progress = progress
        Registry.open(self.folder).close()

    def register_project(self, spec: AnySpec, **variables: str) -> RegisteredProject:
        """Register a project; see `dsgrid.operations.register_project`."""
        return register_project(spec, registry=self.folder, progress=self._progress, variables=variables)

    def register_dataset(self, spec: AnySpec, **variables: str) -> RegisteredDataset:
        """Check and store a dataset; see `dsgrid.operations.register_dataset`."""
        return register_dataset(
            spec, registry=self.folder, engine=self._engine, progress=self._progress, variables=variables
        )

    def submit_dataset(self, spec: AnySpec, **variables: str) -> SubmittedDataset:
        """Submit a dataset to a project; see `dsgrid.operations.submit_dataset`."""
        return submit_dataset(spec, registry=self.folder, progress=self._progress, variables=variables)

    def register_and_submit_dataset(self, spec: AnySpec, **variables: str) -> RegisteredAndSubmitted:
        """Register a dataset and submit it, both or neither; see `dsgrid.operations.register_and_submit_dataset`."""
        return register_and_submit_dataset(
            spec, registry=self.folder, engine=self._engine, progress=self._progress, variables=variables
        )

    def register_dimensions(self, spec: AnySpec, **variables: str) -> RegisteredDimensions:
        """Register dimensions that projects and datasets share; see `dsgrid.operations.register_dimensions`."""
        return register_dimensions(spec, registry=self.folder, progress=self._progress, variables=variables)

    def register_mappings(self, spec: AnySpec, **variables: str) -> RegisteredMappings:
        """Register mappings between registered dimensions; see `dsgrid.operations.register_mappings`."""
        return register_mappings(spec, registry=self.folder, progress=self._progress, variables=variables)

    def dump(self, spec: AnySpec, **variables: str) -> Dumped:
        """Write what is registered as specs that register again to the same; see `dsgrid.operations.dump`."""
        return dump(spec, registry=self.folder, progress=self._progress, variables=variables)

    def query(self, spec: AnySpec, **variables: str) -> Result:
        """Answer a query; see `dsgrid.operations.query`."""
        return query(spec, registry=self.folder, engine=self._engine, progress=self._progress, variables=variables)

    def explain(self, spec: AnySpec, **variables: str) -> Explained:
        """Plan a query without an engine; see `dsgrid.operations.explain`."""
        return explain(spec, registry=self.folder, variables=variables)

    def graph(
        self, reference: str, *, up: bool = True, down: bool = True, depth: int | None = None
    ) -> DependencyGraph:
        """Return what something is made of and what needs it; see `dsgrid.operations.graph`."""
        return dependency_graph(self.folder, reference, up=up, down=down, depth=depth)

    def remove(self, *ids: str, cascade: bool = False, log_message: str = "") -> Removed:
        """Remove versions; see `dsgrid.operations.remove`. An id means all its versions."""
        spec = {"ids": list(ids), "cascade": cascade, "log_message": log_message}
        return remove(spec, registry=self.folder, progress=self._progress)

    def history(self, reference: str) -> ShownHistory:
        """Return the versions of something and what became of its submissions; see `dsgrid.operations.history`."""
        return history(self.folder, reference)

    def diff(self, id_: str, old: str, new: str | None = None) -> ShownDifference:
        """Return what differs between two versions of something; see `dsgrid.operations.diff`."""
        return diff(self.folder, id_, old, new)

    def project(self, reference: str) -> Project:
        """Return a project by ``id`` or ``id@version``."""
        with Registry.open(self.folder) as opened:
            return opened.project(reference)

    def dataset(self, reference: str) -> Dataset:
        """Return a dataset by ``id`` or ``id@version``."""
        with Registry.open(self.folder) as opened:
            return opened.dataset(reference)

    @property
    def projects(self) -> list[dict[str, Any]]:
        """A row for every project."""
        with Registry.open(self.folder) as opened:
            return opened.projects()

    @property
    def datasets(self) -> list[dict[str, Any]]:
        """A row for every dataset."""
        with Registry.open(self.folder) as opened:
            return opened.datasets()

    @property
    def submissions(self) -> list[dict[str, Any]]:
        """A row for every submission."""
        with Registry.open(self.folder) as opened:
            return opened.submissions()

    def __repr__(self) -> str:
        lines = [f"dsgrid registry {self.folder}"]
        submitted = {(row["dataset_id"], row["project_id"]) for row in self.submissions}
        for project in self.projects:
            lines.append(f"  project {project['id']}@{project['version']}")
            lines += [f"    has {dataset}" for dataset, of in sorted(submitted) if of == project["id"]]
        lines += [f"  dataset {row['id']}@{row['version']}" for row in self.datasets]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [heading(f"dsgrid registry {self.folder}")]
        submitted: dict[str, list[str]] = {}
        for row in self.submissions:
            submitted.setdefault(row["project_id"], []).append(row["dataset_id"])
        projects = [
            {**row, "project": f"{row['id']}@{row['version']}", "datasets": ", ".join(submitted.get(row["id"], []))}
            for row in self.projects
        ]
        parts.append(table(projects, ("project", "name", "datasets", "description")))
        datasets = [
            {**row, "dataset": f"{row['id']}@{row['version']}", "MB": round(row["bytes"] / 1e6, 1)}
            for row in self.datasets
        ]
        parts.append(heading("Datasets"))
        parts.append(table(datasets, ("dataset", "kind", "rows", "MB", "description")))
        return "".join(parts)


def open_registry(
    folder: str | Path,
    *,
    create: bool = False,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
) -> OpenRegistry:
    """Open a registry, or with `create` make it first.

    Raises
    ------
    NotFoundError
        If there is none.
    RegistryError
        If `create` is set and there is one.
    """
    if create:
        _create_registry({}, registry=folder)
    return OpenRegistry(folder, engine, progress)
