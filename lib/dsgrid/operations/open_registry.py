"""The Python API: a registry with the operations as methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dsgrid.engine import Engine
from dsgrid.operations.apply import Applied, apply
from dsgrid.operations.bulk import BulkDone, bulk
from dsgrid.operations.check_registry import CheckedRegistry, examine
from dsgrid.operations.copy_registry import CopiedRegistry, copy_registry
from dsgrid.operations.create_derived_dataset import Derived, create_derived_dataset
from dsgrid.operations.create_registry import create_registry as _create_registry
from dsgrid.operations.diff import ShownDifference, diff
from dsgrid.operations.dump import Dumped, dump
from dsgrid.operations.explain import Explained, explain
from dsgrid.operations.filter_registry import FilteredRegistry, filter_registry
from dsgrid.operations.generate_dataset import GeneratedDataset, generate_dataset
from dsgrid.operations.generate_project import generate_project
from dsgrid.operations.generated import Generated
from dsgrid.operations.graph import DependencyGraph, dependency_graph
from dsgrid.operations.head import Head, head
from dsgrid.operations.history import ShownHistory, history
from dsgrid.operations.location import registry_folder
from dsgrid.operations.map_dataset import MappedDataset, map_dataset
from dsgrid.operations.open_project import OpenProject
from dsgrid.operations.plan import Planned, plan
from dsgrid.operations.query import query
from dsgrid.operations.query_dataset import query_dataset
from dsgrid.operations.records import ExportedRecords, export_records, select_records
from dsgrid.operations.register_and_submit_dataset import RegisteredAndSubmitted, register_and_submit_dataset
from dsgrid.operations.register_composite import RegisteredComposite, register_composite
from dsgrid.operations.register_dataset import RegisteredDataset, register_dataset
from dsgrid.operations.register_dimensions import RegisteredDimensions, register_dimensions
from dsgrid.operations.register_mappings import RegisteredMappings, register_mappings
from dsgrid.operations.register_project import RegisteredProject, register_project
from dsgrid.operations.registry_contents import aim, count_tags, list_registry, show_entry
from dsgrid.operations.remove import Removed, remove
from dsgrid.operations.submit_dataset import SubmittedDataset, submit_dataset
from dsgrid.operations.task import How
from dsgrid.operations.validate import Validated, validate
from dsgrid.query.notebook import heading, table
from dsgrid.query.result import Result
from dsgrid.registry.check import DAY
from dsgrid.registry.model import Dataset
from dsgrid.registry.registry import Registry
from dsgrid.registry.submissions import ACCEPTED
from dsgrid.spec.load import Spec

AnySpec = str | Path | Mapping[str, Any] | Spec
Rows = list[dict[str, Any]]


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

    def create_derived_dataset(self, spec: AnySpec, **variables: str) -> Derived:
        """Make specs of a dataset of a published result; see `dsgrid.operations.create_derived_dataset`."""
        return create_derived_dataset(spec, registry=self.folder, progress=self._progress, variables=variables)

    def register_composite(self, spec: AnySpec, **variables: str) -> RegisteredComposite:
        """Register a result as a source of its project; see `dsgrid.operations.register_composite`."""
        return register_composite(
            spec, registry=self.folder, engine=self._engine, progress=self._progress, variables=variables
        )

    def generate_dataset(self, spec: AnySpec, **variables: str) -> GeneratedDataset:
        """Propose the spec of a dataset from its files; see `dsgrid.operations.generate_dataset`."""
        return generate_dataset(spec, registry=self.folder, progress=self._progress, variables=variables)

    def generate_project(self, spec: AnySpec, **variables: str) -> Generated:
        """Propose the spec of a project for registered datasets; see `dsgrid.operations.generate_project`."""
        return generate_project(spec, registry=self.folder, progress=self._progress, variables=variables)

    def dump(self, spec: AnySpec, **variables: str) -> Dumped:
        """Write what is registered as specs that register again to the same; see `dsgrid.operations.dump`."""
        return dump(spec, registry=self.folder, progress=self._progress, variables=variables)

    def bulk(self, spec: AnySpec, **variables: str) -> BulkDone:
        """Run many specs in order, and go on where that was interrupted; see `dsgrid.operations.bulk`."""
        return bulk(spec, registry=self.folder, engine=self._engine, progress=self._progress, variables=variables)

    def plan(self, spec: AnySpec, *, allow: str | None = None, **variables: str) -> Planned:
        """Say what applying a spec would register or change; see `dsgrid.operations.plan`. A mapping names its job."""
        return plan(spec, registry=self.folder, allow=allow, variables=variables)

    def apply(self, spec: AnySpec, *, allow: str | None = None, **variables: str) -> Applied:
        """Register what a spec defines, or change what is registered to it; see `dsgrid.operations.apply`."""
        return apply(
            spec,
            registry=self.folder,
            allow=allow,
            engine=self._engine,
            progress=self._progress,
            variables=variables,
        )

    def validate(self, spec: AnySpec, **variables: str) -> Validated:
        """Check a spec without running it; see `dsgrid.operations.validate`. A mapping names its job."""
        return validate(spec, registry=self.folder, variables=variables)

    def check(self, *, fix: bool = False, checksums: bool = False, older_than: float = DAY) -> CheckedRegistry:
        """Return what is wrong with the registry; see `dsgrid.operations.check_registry`."""
        return examine(self.folder, fix=fix, checksums=checksums, older_than=older_than, progress=self._progress)

    def copy(self, spec: AnySpec, **variables: str) -> CopiedRegistry:
        """Copy the registry or a part of it; see `dsgrid.operations.copy_registry`."""
        return copy_registry(spec, registry=self.folder, progress=self._progress, variables=variables)

    def extract(self, spec: AnySpec, **variables: str) -> FilteredRegistry:
        """Make a registry of some records of a project; see `dsgrid.operations.filter_registry`."""
        return filter_registry(
            spec, registry=self.folder, engine=self._engine, progress=self._progress, variables=variables
        )

    def query(self, spec: AnySpec, *, at: str | None = None, how: How | None = None, **variables: str) -> Result:
        """Answer a query, perhaps at a version of its project or a date; see `dsgrid.operations.query`."""
        registry, progress = self.folder, self._progress
        return query(
            spec, registry=registry, engine=self._engine, progress=progress, variables=variables, at=at, how=how
        )

    def query_dataset(
        self, spec: AnySpec, *, at: str | None = None, how: How | None = None, **variables: str
    ) -> Result:
        """Ask a dataset without a project; see `dsgrid.operations.query_dataset`."""
        registry, progress = self.folder, self._progress
        return query_dataset(
            spec, registry=registry, engine=self._engine, progress=progress, variables=variables, at=at, how=how
        )

    def map_dataset(self, spec: AnySpec, *, at: str | None = None, **variables: str) -> MappedDataset:
        """Bring a dataset to its project's dimensions, units and time; see `dsgrid.operations.map_dataset`."""
        return map_dataset(
            spec, registry=self.folder, engine=self._engine, progress=self._progress, variables=variables, at=at
        )

    def explain(self, spec: AnySpec, *, at: str | None = None, **variables: str) -> Explained:
        """Plan a query without an engine; see `dsgrid.operations.explain`."""
        return explain(spec, registry=self.folder, variables=variables, at=at)

    def listing(
        self,
        what: str,
        *,
        where: Sequence[str] = (),
        tags: Sequence[str] = (),
        search: str = "",
        sort: str = "",
        columns: Sequence[str] = (),
        all_versions: bool = False,
        at: str | None = None,
    ) -> Rows:
        """Return the rows of a list, such as ``"datasets"``, that pass filters such as ``"rows > 1000"``.

        With `tags` only those that have all of them, with `search` only those that say this text somewhere, with
        `columns` only these of each row; see
        `dsgrid.operations.registry_contents.list_registry`.
        """
        choice: dict[str, Any] = {"where": where, "tags": tags, "search": search, "sort": sort, "columns": columns}
        return list_registry(self.folder, (what,), all_versions=all_versions, at=at, **choice)[what]

    def show(self, reference: str, *, at: str | None = None) -> dict[str, Any]:
        """Return what there is to say about one thing; see `dsgrid.operations.registry_contents.show_entry`."""
        return show_entry(self.folder, reference, at=at)

    def records(
        self,
        reference: str,
        *,
        where: Sequence[str] = (),
        sort: str = "",
        columns: Sequence[str] = (),
        limit: int | None = None,
        at: str | None = None,
    ) -> Rows:
        """Return the records of a dimension, or the associations of a mapping; see `dsgrid.operations.records`."""
        choice: dict[str, Any] = {"where": where, "sort": sort, "columns": columns, "limit": limit, "at": at}
        with select_records(self.folder, reference, **choice) as selection:
            return [dict(zip(selection.columns, row, strict=True)) for row in selection.rows]

    def export_records(self, reference: str, path: str | Path, **choice: Any) -> ExportedRecords:
        """Write records to a CSV or Parquet file; see `dsgrid.operations.records.export_records`."""
        return export_records(self.folder, reference, path, **choice)

    def graph(self, reference: str, *, up: bool = True, down: bool = True, depth: int | None = None) -> DependencyGraph:
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

    def project(self, reference: str, *, at: str | None = None) -> OpenProject:
        """Return a project by ``id`` or ``id@version``, or as it was at a date; it can be asked, too."""
        reference, moment = aim(reference, at)
        with Registry.open(self.folder, at=moment) as opened:
            return OpenProject(opened.project(reference), self, reference, "" if moment is None else str(at))

    def head(self, reference: str, rows: int = 10, **choice: Any) -> Head:
        """Return the first rows of a dataset as it is stored, or of a result; see `dsgrid.operations.head`."""
        return head(reference, rows=rows, registry=self.folder, **choice)

    def dataset(self, reference: str, *, at: str | None = None) -> Dataset:
        """Return a dataset by ``id`` or ``id@version``, or as it was at a date."""
        reference, moment = aim(reference, at)
        with Registry.open(self.folder, at=moment) as opened:
            return opened.dataset(reference)

    @property
    def tags(self) -> dict[str, int]:
        """How many projects and datasets have each tag, the most frequent first."""
        return count_tags(self.folder)

    @property
    def projects(self) -> Rows:
        """A row for every project."""
        with Registry.open(self.folder) as opened:
            return opened.projects()

    @property
    def datasets(self) -> Rows:
        """A row for every dataset."""
        with Registry.open(self.folder) as opened:
            return opened.datasets()

    @property
    def submissions(self) -> Rows:
        """A row for every submission to the newest version of a project; `status` tells those that it invalidated."""
        with Registry.open(self.folder) as opened:
            return opened.submissions()

    def _accepted(self) -> Rows:
        return [row for row in self.submissions if row["status"] == ACCEPTED]

    def __repr__(self) -> str:
        lines = [f"dsgrid registry {self.folder}"]
        submitted = {(row["dataset_id"], row["project_id"]) for row in self._accepted()}
        for project in self.projects:
            lines.append(f"  project {project['id']}@{project['version']}")
            lines += [f"    has {dataset}" for dataset, of in sorted(submitted) if of == project["id"]]
        lines += [f"  dataset {row['id']}@{row['version']}" for row in self.datasets]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [heading(f"dsgrid registry {self.folder}")]
        submitted: dict[str, list[str]] = {}
        for row in self._accepted():
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
    folder: str | Path | None = None,
    *,
    create: bool = False,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
) -> OpenRegistry:
    """Open a registry, or with `create` make it first.

    Parameters
    ----------
    folder
        Its folder; without one ``DSGRID_REGISTRY`` or the user's configuration names it.
    create
        Make it first.
    engine, progress
        See `OpenRegistry`.

    Raises
    ------
    NotFoundError
        If there is none.
    RegistryError
        If `create` is set and there is one.
    """
    folder = registry_folder(registry=folder)
    if create:
        _create_registry({}, registry=folder)
    return OpenRegistry(folder, engine, progress)
