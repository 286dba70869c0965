"""What an edited spec would make of a registry, as a value: shown by ``dsgrid plan``, written by ``dsgrid apply``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from dsgrid.dimensions.changes import LEVELS, Change, highest
from dsgrid.dimensions.mapping import Mapping
from dsgrid.registry.lineage import Lineage
from dsgrid.registry.model import DataInput, Dataset

NOTE: Final = "note"
WARNING: Final = "warning"


@dataclass(frozen=True)
class Remark:
    """Something to know of what is accepted all the same.

    Parameters
    ----------
    level
        `NOTE` for what the spec says on purpose, `WARNING` for what may be an oversight.
    """

    level: str
    text: str

    def __str__(self) -> str:
        return f"{self.level}: {self.text}"


@dataclass(frozen=True)
class MappingVersion:
    """A version of a mapping to write, with the ids and versions of the dimensions that it maps."""

    mapping: Mapping
    from_: tuple[str, str]
    to: tuple[str, str]


@dataclass(frozen=True)
class DatasetVersion:
    """A version of a dataset to write.

    Parameters
    ----------
    inputs
        What its data were read from.
    missing
        The combinations that it is known to lack; None before its data are read and stored.
    lineage
        The query that made its data.
    """

    dataset: Dataset
    inputs: tuple[DataInput, ...]
    missing: tuple[dict[str, str], ...] | None
    lineage: Lineage | None = None

    @property
    def needs_data(self) -> bool:
        """Whether its data have to be read and stored before it can be registered."""
        return self.missing is None


@dataclass(frozen=True)
class Part:
    """One thing that is new, or gets a new version.

    Parameters
    ----------
    kind
        ``project``, ``dataset``, ``dimension``, ``mapping`` or ``submission``.
    id
        Its id; ``<project>/<dataset>`` for a submission.
    old, new
        The version that it is compared with (empty when the thing is new), and the one that is written. A submission's
        is ``<project version>+<dataset version>``.
    changes
        From the old version to the new one.
    value
        What is written, with all ids and versions: a Project, DatasetVersion, Dimension, TimeDimension, MappingVersion
        or Submission.
    subject
        Whether the spec is about this, so that its changes have to be allowed; other parts follow from those.
    """

    kind: str
    id: str
    old: str
    new: str
    changes: tuple[Change, ...] = ()
    value: Any = field(default=None, repr=False)
    subject: bool = False

    @property
    def level(self) -> str | None:
        """The highest level of its changes; None for a new thing."""
        return highest(self.changes) if self.old else None


@dataclass(frozen=True)
class Carried:
    """A submission that fits the new version of its project and goes along."""

    dataset_id: str
    dataset_version: str


@dataclass(frozen=True)
class Invalidated:
    """A submission that does not fit the new version of its project.

    Parameters
    ----------
    submitted_to
        The version of the project that it was made to, and stays valid for.
    submission
        Its key; None when it was removed since.
    dataset
        The key of the dataset's version.
    reasons
        Why it does not fit.
    """

    dataset_id: str
    dataset_version: str
    submitted_to: str
    submission: int | None
    dataset: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Keeping:
    """Somebody who goes on with the version of a part that they refer to."""

    kind: str
    id: str
    version: str
    part_kind: str
    part_id: str
    part_version: str


@dataclass(frozen=True)
class Proposal:
    """Everything that a spec would register or change, in the order in which it is written.

    Parameters
    ----------
    job
        The job of the spec.
    parts
        New things and new versions; empty when the registry holds just this already.
    project
        Id and new version of the project that submissions are carried to; empty without a new version.
    carried, invalidated
        The submissions of the project's version before.
    keeping
        Who goes on with older versions of the parts.
    remarks
        What else there is to know.
    """

    job: str
    parts: tuple[Part, ...] = ()
    project: tuple[str, str] | None = None
    carried: tuple[Carried, ...] = ()
    invalidated: tuple[Invalidated, ...] = ()
    keeping: tuple[Keeping, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.parts

    @property
    def subjects(self) -> tuple[Part, ...]:
        """The parts that the spec is about."""
        return tuple(part for part in self.parts if part.subject)

    @property
    def level(self) -> str | None:
        """The highest level of what the spec changes; None when everything is new."""
        return highest(change for part in self.subjects if part.old for change in part.changes)


def too_big(changes: Iterable[Change], allow: str | None) -> tuple[Change, ...]:
    """Return the changes that a bound does not let through; without a bound only additions pass.

    Parameters
    ----------
    allow
        ``patch``, ``minor`` or ``major``.
    """
    if allow is None:
        return tuple(change for change in changes if change.action != "added" or change.level != "minor")
    return tuple(change for change in changes if LEVELS.index(change.level) > LEVELS.index(allow))


def together(job: str, *proposals: Proposal) -> Proposal:
    """Return several proposals as one; what two of them write alike is written once."""
    parts: dict[tuple[str, str, str], Part] = {}
    for proposal in proposals:
        for part in proposal.parts:
            parts.setdefault((part.kind, part.id, part.new), part)
    projects = [proposal.project for proposal in proposals if proposal.project is not None]
    submitted = {id_ for kind, id_, _ in parts if kind == "submission"}
    keeping = (one for proposal in proposals for one in proposal.keeping)
    return Proposal(
        job,
        tuple(parts.values()),
        projects[0] if projects else None,
        tuple(one for proposal in proposals for one in proposal.carried),
        tuple(one for proposal in proposals for one in proposal.invalidated),
        # Who gets the new version of a dataset submitted does not go on with the old one.
        tuple(dict.fromkeys(one for one in keeping if f"{one.id}/{one.part_id}" not in submitted)),
        tuple(one for proposal in proposals for one in proposal.remarks),
    )
