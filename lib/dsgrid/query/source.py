"""One dataset of a query: its factors, its time, what it is multiplied with, and how many rows its stages have."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from dsgrid.query.factor import Factor
from dsgrid.query.model import Filter, Member
from dsgrid.query.multiplier import Multiplier
from dsgrid.query.time_factor import TimeFactor
from dsgrid.registry.model import DataFile, Dataset, Submission

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from dsgrid.query.associations import AssociationTable


@dataclass(frozen=True)
class Bounds:
    """How many rows each stage of a source has; exact unless `exact` is False (then at most).

    Parameters
    ----------
    parts
        How many rows stage 2 has, at most, before those with equal keys are summed.
    """

    facts: int
    combinations: int
    stage1: int
    stage2: int
    exact: bool = True
    parts: int = 0


@dataclass(frozen=True)
class Reached:
    """The combinations that a source reaches, each as often as it has places, and the codes of time in each place.

    Parameters
    ----------
    combinations
        Their codes, without time; shape (n,).
    place
        Which of `codes` each of them has; shape (n,).
    """

    combinations: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    codes: tuple[npt.NDArray[np.int64], ...]


@dataclass(frozen=True)
class Conversion:
    """How the values of a metric record are read: times `scale`, plus `offset`, they are in `unit`."""

    record: str
    unit: str
    scale: float
    offset: float


@dataclass(frozen=True)
class Source:
    """One dataset of a query.

    Parameters
    ----------
    member
        What the query calls it; None for one that no query names.
    growth
        The dataset by which it grows, before that has become a multiplier.
    multipliers
        Factors of several dimension types at once.
    scale
        What all of its values are multiplied with.
    leaf
        Which operand of the query's expression it belongs to.
    time_filters
        Tests on slots of the project's time: what of its time is used.
    shape
        The dataset whose course annual values follow, before it is planned.
    conversions
        Of the metric records whose values are converted before anything else.
    """

    dataset: Dataset
    submission: Submission
    factors: tuple[Factor, ...] = ()
    associations: AssociationTable | None = None
    time: TimeFactor | None = None
    shape: Source | None = None
    member: Member | None = None
    growth: Source | None = None
    multipliers: tuple[Multiplier, ...] = ()
    scale: float = 1.0
    leaf: int = 0
    time_filters: tuple[Filter, ...] = ()
    bounds: Bounds | None = None
    group_first: bool = True
    conversions: tuple[Conversion, ...] = ()
    totals: tuple[tuple[str, float, float], ...] = ()  # unit, expected sum, sum of absolute terms

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.dataset.id if self.member is None else self.member.name.partition("@")[0]

    @property
    def bases(self) -> dict[str, str]:
        """By dimension type the base dimension that its records are mapped to."""
        return {factor.type: factor.base.name for factor in self.factors}

    def couple(self, type_: str, record: str, base: str) -> int:
        """Return the one number that an association brings along for time and for the multipliers."""
        coupling = self.time.coupling if self.time is not None else None
        number = coupling.number(type_, record, base) if coupling is not None else 0
        size = coupling.size(type_) if coupling is not None else 1
        for multiplier in self.multipliers:
            number += size * multiplier.number(type_, base)
            size *= multiplier.size(type_)
        return number

    def couples(self, type_: str) -> int:
        """Return how many such numbers a type has."""
        size = self.time.coupling.size(type_) if self.time is not None else 1
        return size * prod(multiplier.size(type_) for multiplier in self.multipliers)

    @property
    def fact_files(self) -> tuple[DataFile, ...]:
        """The files that the facts lie in."""
        return tuple(file for file in self.dataset.files if file.role == "facts")

    @property
    def fact_rows(self) -> int:
        """The number of rows of the facts."""
        return sum(file.rows for file in self.fact_files)

    @property
    def summed_wide(self) -> str | None:
        """The type whose records stage 1 sums as columns: the pivoted one, but extremes are taken of rows."""
        return self.dataset.layout.pivot if self.time is None or self.time.function == "sum" else None

    @property
    def value_columns(self) -> int:
        """How many value columns stage 1 sums: one, or one per code of the pivoted type."""
        pivot = self.summed_wide
        contraction = self.factor(pivot).contraction if pivot is not None else None
        columns = 1 if contraction is None else len({number for _, number, _ in contraction.table})
        return columns * (2 if self.time is not None and self.time.sums_balances else 1)

    def factor(self, type_: str) -> Factor:
        """Return the factor of a dimension type."""
        return next(factor for factor in self.factors if factor.type == type_)
