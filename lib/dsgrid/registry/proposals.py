"""What registering something would change in an open registry: each answer is a `Proposal` of one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsgrid.dimensions.changes import Change
from dsgrid.dimensions.dimension import Dimension
from dsgrid.registry.database import Database
from dsgrid.registry.model import DataInput, Dataset, Project, Submission
from dsgrid.registry.proposal import MappingVersion, Proposal
from dsgrid.registry.proposing import (
    propose_dataset,
    propose_dimensions,
    propose_mappings,
    propose_project,
    propose_submission,
)
from dsgrid.time.dimension import TimeDimension


@dataclass(frozen=True)
class Proposals:
    """The proposals that a registry answers with; `dsgrid.registry.proposing` says what they take.

    Parameters
    ----------
    database
        The registry's connection.
    """

    database: Database

    def project(self, project: Project) -> Proposal:
        """Return what registering a project would change, with what becomes of its datasets."""
        with self.database.snapshot():
            return propose_project(self.database, project)

    def dataset(
        self,
        dataset: Dataset,
        inputs: tuple[DataInput, ...] = (),
        data_changes: tuple[Change, ...] = (),
        read_again: bool = False,
    ) -> Proposal:
        """Return what registering a dataset would change."""
        with self.database.snapshot():
            return propose_dataset(self.database, dataset, inputs, data_changes, read_again)

    def submission(self, submission: Submission, dataset: Dataset | None = None) -> Proposal:
        """Return what submitting a dataset would change; `dataset` is one that is not registered yet."""
        with self.database.snapshot():
            return propose_submission(self.database, submission, dataset)

    def dimensions(self, owner: str, dimensions: Iterable[Dimension | TimeDimension]) -> Proposal:
        """Return what registering dimensions of `owner` would change."""
        with self.database.snapshot():
            return propose_dimensions(self.database, owner, dimensions)

    def mappings(self, mappings: Iterable[MappingVersion]) -> Proposal:
        """Return what registering mappings would change; each has its id, and the dimensions that it maps."""
        with self.database.snapshot():
            return propose_mappings(self.database, mappings)
