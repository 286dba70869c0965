"""The write unit: everything added to a registry in one go, by one person, for one reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping as DimensionMapping
from dsgrid.errors import RegistryError
from dsgrid.registry.data_root import read_data_root
from dsgrid.registry.database import Database
from dsgrid.registry.datasets import write_dataset, write_missing
from dsgrid.registry.model import Dataset, Project, Submission
from dsgrid.registry.parts import Ends, write_dimensions, write_owned_mapping
from dsgrid.registry.projects import write_project
from dsgrid.registry.publish import manifest_sha256
from dsgrid.registry.resolve import find_version
from dsgrid.registry.submissions import write_submission
from dsgrid.time.dimension import DatetimeTime


class Registration:
    """What is open inside ``with registry.registration("why") as registration``.

    Every method returns what was registered, with the ids and versions that it got. Nothing is kept before the block
    ends without an error.

    Attributes
    ----------
    key
        The number of this registration.
    """

    def __init__(self, database: Database, key: int) -> None:
        self._database = database
        self.key = key

    def add_project(self, project: Project) -> Project:
        """Register a new project with all its dimensions, mappings, subsets and requirements."""
        self._refuse_registered("project", project.id)
        return write_project(self._database, project, self.key)

    def add_dataset(self, dataset: Dataset, missing: Iterable[Mapping[str, str]] = ()) -> Dataset:
        """Register a dataset whose data were published already.

        Parameters
        ----------
        dataset
            Its `folder` is relative to the registry's data folder and holds a manifest; an empty one means that it
            has no data of its own.
        missing
            Combinations of record ids by type that the data are known to lack; a type left out means all its records.
        """
        self._refuse_registered("dataset", dataset.id)
        sha256 = manifest_sha256(read_data_root(self._database) / dataset.folder) if dataset.folder else ""
        registered = write_dataset(self._database, dataset, sha256, self.key)
        write_missing(self._database, find_version(self._database, "dataset", dataset.id, dataset.version), missing)
        return registered

    def add_dimensions(
        self, owner: str, dimensions: Iterable[Dimension], times: Iterable[DatetimeTime] = ()
    ) -> tuple[tuple[Dimension, ...], tuple[DatetimeTime, ...]]:
        """Register new dimensions and time dimensions of an owner that need be no project and no dataset."""
        dimensions, times = tuple(dimensions), tuple(times)
        for each in (*dimensions, *times):
            self._refuse_registered("dimension", f"{owner}/{each.name}")
        return write_dimensions(self._database, owner, dimensions, times, self.key)

    def add_mapping(self, mapping: DimensionMapping, ends: Ends) -> DimensionMapping:
        """Register a new mapping, under the id that it has, between two dimensions given by id and version."""
        self._refuse_registered("mapping", mapping.id)
        return write_owned_mapping(self._database, replace(mapping, id="", version=""), mapping.id, ends, self.key)

    def add_submission(self, submission: Submission) -> Submission:
        """Register that a version of a dataset was accepted into a version of a project."""
        project = find_version(self._database, "project", submission.project_id, submission.project_version)
        dataset = find_version(self._database, "dataset", submission.dataset_id, submission.dataset_version)
        twin = self._database.row(
            "SELECT * FROM all_submissions WHERE project_key = ? AND dataset_key = ?", (project, dataset)
        )
        if twin is not None:
            raise RegistryError(
                f"dataset {twin['dataset_id']} {twin['dataset_version']} is submitted to project {twin['project_id']} "
                f"{twin['project_version']} already ({_by(twin['submitter'], twin['registered_at'])})"
            )
        return write_submission(self._database, submission, project, dataset, self.key)

    def _refuse_registered(self, kind: str, id_: str) -> None:
        twin = self._database.row(f"SELECT * FROM current_{kind}s WHERE id = ?", (id_,))
        if twin is not None:
            by = _by(twin["submitter"], twin["registered_at"])
            raise RegistryError(f"{kind} {id_} is registered already ({twin['version']}, {by})")


def _by(submitter: str, moment: str) -> str:
    return f"by {submitter} on {moment[:10]}"
