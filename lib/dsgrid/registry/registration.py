"""The write unit: everything added to a registry in one go, by one person, for one reason."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping as DimensionMapping
from dsgrid.errors import RegistryError
from dsgrid.registry.aliases import write_alias
from dsgrid.registry.carry import write_invalidations
from dsgrid.registry.composites import write_composite
from dsgrid.registry.data_root import read_data_root
from dsgrid.registry.database import Database
from dsgrid.registry.datasets import write_dataset, write_inputs, write_missing
from dsgrid.registry.dimensions import add_dimension_version
from dsgrid.registry.lineage import Lineage, write_lineage
from dsgrid.registry.mappings import add_mapping_version
from dsgrid.registry.migrations import utc_now
from dsgrid.registry.model import DataInput, Dataset, Project, Submission
from dsgrid.registry.numbering import unused
from dsgrid.registry.parts import Ends, refuse_other_kind, write_dimensions, write_owned_mapping
from dsgrid.registry.projects import write_project
from dsgrid.registry.proposal import DatasetVersion, MappingVersion, Proposal
from dsgrid.registry.publish import manifest_sha256
from dsgrid.registry.removal import Removal, delete, plan_removal
from dsgrid.registry.resolve import find_version
from dsgrid.registry.submissions import write_submission
from dsgrid.registry.versions import parts
from dsgrid.time.dimension import TimeDimension
from dsgrid.version import __version__

CHANGE_HINT: Final = "; `dsgrid plan` shows what this spec changes, and `dsgrid apply` makes the change"
# Names who registers, where that is not the user of this process.
SUBMITTER: Final = "DSGRID_SUBMITTER"


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
        version = unused(self._database, "project", project.id, project.version)
        return write_project(self._database, replace(project, version=version), self.key)

    def add_dataset(
        self,
        dataset: Dataset,
        missing: Iterable[Mapping[str, str]] = (),
        inputs: Iterable[DataInput] = (),
        lineage: Lineage | None = None,
    ) -> Dataset:
        """Register a dataset whose data were published already.

        Parameters
        ----------
        dataset
            Its `folder` is relative to the registry's data folder and holds a manifest; an empty one means that it
            has no data of its own.
        missing
            Combinations of record ids by type that the data are known to lack; a type left out means all its records.
        inputs
            What the data were read from.
        lineage
            The query that made the data.
        """
        self._refuse_registered("dataset", dataset.id)
        dataset = replace(dataset, version=unused(self._database, "dataset", dataset.id, dataset.version))
        sha256 = manifest_sha256(read_data_root(self._database) / dataset.folder) if dataset.folder else ""
        registered = write_dataset(self._database, dataset, sha256, self.key)
        key = find_version(self._database, "dataset", dataset.id, dataset.version)
        write_missing(self._database, key, missing)
        write_inputs(self._database, key, inputs)
        if lineage is not None:
            write_lineage(self._database, lineage, key, self.key)
        return registered

    def add_dimensions(
        self, owner: str, dimensions: Iterable[Dimension], times: Iterable[TimeDimension] = ()
    ) -> tuple[tuple[Dimension, ...], tuple[TimeDimension, ...]]:
        """Register new dimensions and time dimensions of an owner that need be no project and no dataset."""
        dimensions, times = tuple(dimensions), tuple(times)
        for name in (*(each.name for each in dimensions), *(each.name for each in times)):
            self._refuse_registered("dimension", f"{owner}/{name}")
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
                f"{twin['project_version']} already ({_by(twin['submitter'], twin['registered_at'])}){CHANGE_HINT}"
            )
        return write_submission(self._database, submission, project, dataset, self.key)

    def add_composite(self, submission: Submission) -> Submission:
        """Register that a version of a dataset, registered already, is a composite of a version of a project."""
        project = find_version(self._database, "project", submission.project_id, submission.project_version)
        dataset = find_version(self._database, "dataset", submission.dataset_id, submission.dataset_version)
        registered = self.add_submission(submission)
        write_composite(self._database, dataset, project, self.key)
        return registered

    def add_alias(self, kind: str, alias: tuple[str, str], version: tuple[str, str]) -> None:
        """Let the id and version of something in another registry mean a version of this one."""
        write_alias(self._database, kind, alias, find_version(self._database, kind, *version), self.key)

    def remove(self, references: Sequence[str], cascade: bool, agreed: Removal) -> tuple[str, ...]:
        """Remove what was agreed on, and return the data folders that no version refers to any more.

        They are to be removed after the commit: a crash in between leaves nothing worse than garbage.

        Raises
        ------
        RegistryError
            If the registry changed since, so that something else would go.
        """
        graph, removal = plan_removal(self._database, references, cascade)
        if removal != agreed:
            raise RegistryError("the registry changed while this removal was looked at; nothing was removed, try again")
        return delete(self._database, graph, removal, self.key)

    # New versions ----------------------------------------------------------------------------------------------------

    def write(self, proposal: Proposal) -> None:
        """Write everything that a proposal holds, in its order.

        The proposal was made of what is registered now: nothing is compared again.
        """
        writers: dict[str, Callable[[Any], object]] = {
            "dimension": self.update_dimension,
            "mapping": self.update_mapping,
            "project": self.update_project,
            "dataset": self.update_dataset,
            "submission": self.add_submission,
        }
        for part in proposal.parts:
            writers[part.kind](part.value)
        if proposal.project is not None:
            key = find_version(self._database, "project", *proposal.project)
            write_invalidations(self._database, key, proposal.invalidated)

    def update_dimension(self, dimension: Dimension | TimeDimension) -> None:
        """Register the version of a dimension that its id and version name; of a new one, too."""
        self._refuse_not_newer("dimension", dimension.id, dimension.version)
        refuse_other_kind(self._database, "mapping", dimension.id)
        add_dimension_version(self._database, dimension, self.key)

    def update_mapping(self, version: MappingVersion) -> None:
        """Register a version of a mapping; the dimensions that it maps are registered already."""
        mapping = version.mapping
        self._refuse_not_newer("mapping", mapping.id, mapping.version)
        refuse_other_kind(self._database, "dimension", mapping.id)
        from_, to = (find_version(self._database, "dimension", *end) for end in (version.from_, version.to))
        add_mapping_version(self._database, mapping, (from_, to), self.key)

    def update_project(self, project: Project) -> Project:
        """Register a version of a project whose dimensions and mappings are registered already."""
        self._refuse_not_newer("project", project.id, project.version)
        return write_project(self._database, project, self.key)

    def update_dataset(self, version: DatasetVersion) -> Dataset:
        """Register a version of a dataset; it may share the data of an older one."""
        dataset = version.dataset
        if version.missing is None:
            raise RegistryError(f"the data of dataset {dataset.id} {dataset.version} were not stored yet")
        self._refuse_not_newer("dataset", dataset.id, dataset.version)
        shared = None
        if dataset.folder:
            shared = self._database.row(
                "SELECT key, manifest_sha256 FROM dataset_versions WHERE folder = ? ORDER BY key DESC",
                (dataset.folder,),
            )
        if shared is not None:
            sha256 = str(shared["manifest_sha256"])
        else:
            sha256 = manifest_sha256(read_data_root(self._database) / dataset.folder) if dataset.folder else ""
        registered = write_dataset(self._database, dataset, sha256, self.key)
        key = find_version(self._database, "dataset", dataset.id, dataset.version)
        write_missing(self._database, key, version.missing)
        write_inputs(self._database, key, version.inputs)
        if version.lineage is not None:
            write_lineage(self._database, version.lineage, key, self.key)
        if shared is not None:
            # What the data were made of has not changed with what is said about them.
            self._database.execute(
                "INSERT INTO derived_datasets (dataset_version, query) "
                "SELECT ?, query FROM derived_datasets WHERE dataset_version = ?",
                (key, shared["key"]),
            )
        return registered

    @property
    def previous(self) -> int:
        """The number of the registration before this one; 0 when there is none."""
        return int(self._database.value("SELECT max(key) FROM registrations WHERE key < ?", (self.key,)) or 0)

    def _refuse_not_newer(self, kind: str, id_: str, version: str) -> None:
        twin = self._database.row(f"SELECT * FROM current_{kind}s WHERE id = ?", (id_,))
        if twin is not None and parts(twin["version"]) >= parts(version):
            by = _by(twin["submitter"], twin["registered_at"])
            raise RegistryError(f"{kind} {id_} {version} is not newer than {twin['version']}, registered {by}")

    def _refuse_registered(self, kind: str, id_: str) -> None:
        twin = self._database.row(f"SELECT * FROM current_{kind}s WHERE id = ?", (id_,))
        if twin is not None:
            by = _by(twin["submitter"], twin["registered_at"])
            raise RegistryError(f"{kind} {id_} is registered already ({twin['version']}, {by}){CHANGE_HINT}")


def _by(submitter: str, moment: str) -> str:
    return f"by {submitter} on {moment[:10]}"


def insert_registration(
    database: Database,
    log_message: str,
    submitter: str | None,
    job: str,
    spec_sha256: str,
    bundle_sha256: str,
    registered_at: str | None = None,
) -> int:
    """Insert the row of a registration that begins now, or that another registry made then; return its number."""
    return database.insert(
        "registrations",
        registered_at=registered_at or utc_now(),
        submitter=submitter or _user(),
        log_message=log_message,
        job=job,
        spec_sha256=spec_sha256,
        dsgrid_version=__version__,
        bundle_sha256=bundle_sha256,
    )


def _user() -> str:
    # A server registers for others.
    named = os.environ.get(SUBMITTER)
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return f"uid {os.getuid()}"
