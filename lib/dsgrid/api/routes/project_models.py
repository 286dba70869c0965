"""What the routes about the parts of projects take and return, for the document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from dsgrid.api.routes.registry_models import Shown

_STATES = "`accepted`, `invalidated`, `registered` (not submitted here), `unregistered` or `composite`."


class Required(Shown):
    """Which requirements."""

    dataset: str | None = Field(None, description="Only of this dataset.", examples=["commercial_2018"])
    records: int = Field(10, ge=0, description="How many records of each type are told.")


class CoverOf(Shown):
    """Of which records coverage is wanted."""

    dimension: str | None = Field(
        None, description="A base or supplemental dimension of the project; else its first one.", examples=["sector"]
    )
    gaps: bool = Field(False, description="Only records of which a dataset that was accepted lacks something.")
    first: int = Field(0, ge=0, description="From which record on.")
    limit: int | None = Field(None, ge=1, description="How many records.")


class ProjectDimensions(BaseModel):
    """The dimensions of a project."""

    reference: str = Field(description="Whose they are, with its version.", examples=["conus_2022@1.0.0"])
    time: dict[str, Any]
    base: list[dict[str, Any]]
    supplemental: list[dict[str, Any]] = Field(description="Each with the base dimension and mapping that it has.")
    subsets: list[dict[str, Any]] = Field(description="Each with its selectors, and of those the first records.")


class ProjectDataset(BaseModel):
    """One dataset that a project requires or has."""

    dataset: str
    version: str = Field(description="The one that is submitted, else the newest; empty where there is none.")
    status: str = Field(description=_STATES)
    required: bool = Field(description="Whether the project names it.")
    reason: str = Field(description="Why it was invalidated.")
    submitted_at: str | None
    submitter: str | None
    kind: str | None
    metric_class: str | None
    rows: int | None
    bytes: int | None
    missing: int | None = Field(description="How many rows of combinations it declares not to have.")
    registered_at: str | None
    description: str | None


class ProjectDatasets(BaseModel):
    """The datasets of a project, in the order in which it names them."""

    reference: str
    items: list[ProjectDataset]


class RequiredRecord(BaseModel):
    """One record of a base dimension."""

    id: str
    name: str


class RequiredType(BaseModel):
    """What is required of one type."""

    type: str
    base: list[str] = Field(description="The base dimensions of this type.")
    is_all: bool = Field(description="Whether every record is required.")
    required: int
    of: int = Field(description="How many records there are.")
    records: list[RequiredRecord] = Field(description="The first of the required ones.")


class Requirement(BaseModel):
    """What is required of one dataset: all combinations of the records of `types`, with one of `together`."""

    dataset: str
    types: list[RequiredType]
    together: list[list[RequiredType]] = Field(description="Combinations of several types, any of which counts.")


class ProjectRequirements(BaseModel):
    """What a project requires of its datasets."""

    reference: str
    items: list[Requirement]


class CoverSums(BaseModel):
    """Sums over all records of the dimension, whichever of them are told."""

    required: int = Field(description="Combinations.")
    present: int = Field(description="Of those the dataset has.")
    full: int = Field(description="Records of which it has all that is required.")
    part: int = Field(description="Records of which it has some.")
    none: int = Field(description="Records of which it has nothing, although it is required.")
    beyond: int = Field(description="Records that it has, and that are not required.")


class CoverOfDataset(BaseModel):
    """What one dataset has: lists in the order of the records. All are null where it has another base dimension."""

    dataset: str
    version: str
    status: str = Field(description=_STATES)
    base: str = Field(description="The base dimension of this type that it has, or will have.")
    is_other: bool = Field(description="Whether that is not the one that was asked for.")
    required: list[int] | None = Field(description="Required combinations with each record; null: too many to count.")
    present: list[int] | None = Field(description="How many of those it has.")
    reached: list[bool] | None = Field(description="Whether it has the record at all, required or not.")
    sums: CoverSums | None


class ProjectCoverage(BaseModel):
    """Which records of a dimension the datasets of a project cover."""

    reference: str
    dimension: dict[str, Any]
    total: int = Field(description="How many records could be told.")
    gaps: int = Field(description="Of how many a dataset that was accepted lacks something.")
    first: int
    records: list[RequiredRecord]
    datasets: list[CoverOfDataset]
