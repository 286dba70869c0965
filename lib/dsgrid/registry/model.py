"""What a registry holds, as values: projects, datasets, submissions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from dsgrid.dimensions.dimension import Dimension, Subset, Supplemental
from dsgrid.dimensions.mapping import Mapping
from dsgrid.time.dimension import TimeDimension
from dsgrid.time.rules import TimeRules


@dataclass(frozen=True)
class Coverage:
    """The base ids of each type that a dataset has to cover; the product of the types is meant.

    Parameters
    ----------
    ids
        Base record ids by dimension type. A type that is not named means all base records.
    """

    ids: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Requirement:
    """What a project demands of one dataset.

    The required combinations are the product of `single` (and all records of unnamed types) with, for every set of
    types that `together` entries share, the union of the products of those entries.
    """

    dataset_id: str
    single: Coverage
    together: tuple[Coverage, ...] = ()


@dataclass(frozen=True, repr=False)
class Project:
    """A project: the dimensions that datasets are brought to, and what each dataset has to cover."""

    id: str
    name: str
    time: TimeDimension
    base: tuple[Dimension, ...]
    supplemental: tuple[Supplemental, ...] = ()
    subsets: tuple[Subset, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    description: str = ""
    version: str = "1.0.0"
    metadata: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        lines = [f"Project {self.id}@{self.version}", *_listed(self.base)]
        supplemental = ", ".join(f"{each.dimension.name} (of {each.of})" for each in self.supplemental)
        parts = {
            "supplemental": supplemental,
            "subsets": ", ".join(each.name for each in self.subsets),
            "requires": ", ".join(each.dataset_id for each in self.requirements),
        }
        return "\n".join([*lines, *(f"  {name}: {value}" for name, value in parts.items() if value)])

    def base_of_type(self, type_: str) -> tuple[Dimension, ...]:
        """Return the base dimensions of one type."""
        return tuple(dimension for dimension in self.base if dimension.type == type_)


@dataclass(frozen=True)
class DataFile:
    """One file of a published dataset or result; `path` is relative to the folder of its manifest."""

    path: str
    role: str  # "facts", "lookup", "associations", "missing"
    bytes: int
    rows: int
    sha256: str


@dataclass(frozen=True)
class DataInput:
    """What a dataset was read from: a file, or (role ``settings``) the keys of the spec that say how.

    Parameters
    ----------
    role
        ``table``, ``lookup``, ``missing``, ``expected`` or ``settings``.
    path
        Relative to the file or folder that the spec names; empty for the settings.
    """

    role: str
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Layout:
    """How the stored facts of a dataset lie in their files.

    Parameters
    ----------
    two_tables
        The facts have an `id` column, and a lookup says which records each id has (and its `scaling_factor`).
    pivot
        The dimension type whose record ids are value columns; None when the facts have a `value` column.
    fact_types, lookup_types
        The dimension types that are columns of the facts and of the lookup, named by their type.
    trivial
        Dimension types without a column: the dataset has one record of each.
    scaling_factor
        The lookup has a `scaling_factor` column (never NULL).
    null_cells
        Some pivoted cells are NULL, which means that the association is absent.
    """

    two_tables: bool
    pivot: str | None
    fact_types: tuple[str, ...]
    lookup_types: tuple[str, ...] = ()
    trivial: tuple[str, ...] = ()
    scaling_factor: bool = False
    null_cells: bool = False


@dataclass(frozen=True)
class MetricProfile:
    """What the values of one metric of a dataset are like, over all other records and all time.

    Parameters
    ----------
    combinations
        How many combinations of records have data of this metric.
    values
        How many values there are.
    minimum, maximum, total
        In the unit of the metric's record.
    """

    metric: str
    combinations: int
    values: int
    minimum: float
    maximum: float
    total: float

    @property
    def mean(self) -> float:
        """The mean of all values."""
        return self.total / self.values


@dataclass(frozen=True, repr=False)
class Dataset:
    """A registered dataset. `folder` (relative to the registry's data root) holds its manifest and files.

    Parameters
    ----------
    checks
        What it says itself of its values: entries of ``[[checks]]``.
    profile
        What its values are like, a metric after the other; it follows from the files.
    """

    id: str
    version: str
    kind: str
    dimensions: dict[str, Dimension]  # by type, all seven
    time: TimeDimension
    layout: Layout
    folder: str
    files: tuple[DataFile, ...] = ()
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    checks: tuple[dict[str, Any], ...] = ()
    profile: tuple[MetricProfile, ...] = field(default=(), compare=False)

    def __repr__(self) -> str:
        rows = sum(file.rows for file in self.files if file.role == "facts")
        return "\n".join([f"Dataset {self.id}@{self.version}: {rows:,} rows", *_listed(self.dimensions.values())])


@dataclass(frozen=True)
class TypeMapping:
    """How one dimension type of a dataset reaches a base dimension; without a mapping its ids are base ids."""

    base: str
    mapping: Mapping | None = None


@dataclass(frozen=True)
class Submission:
    """A dataset accepted into a project, with the exact versions of both."""

    project_id: str
    project_version: str
    dataset_id: str
    dataset_version: str
    mappings: dict[str, TypeMapping]  # by type, all seven
    time: TimeRules = field(default_factory=TimeRules)


def _listed(dimensions: Iterable[Dimension]) -> list[str]:
    """Return a line for each dimension; records may be many."""
    return [f"  {each.type}: {each.name}, {len(each.records):,} records" for each in dimensions]
