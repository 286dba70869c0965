"""The plan of a query: a frozen value that rules refine and execution obeys.

A plan has one `Source` per dataset. A source is a chain of factors, one per dimension type, and a time factor. The
rules fill in, from left to right: what each factor maps to, which records are left, how they are classed, how many
rows every stage has, and what the result has to add up to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.dimensions.matrix import Matrix
from dsgrid.query.model import Query
from dsgrid.query.time_factor import TimeFactor
from dsgrid.registry.model import DataFile, Dataset, Project, Submission
from dsgrid.time.dimension import TimeDimension

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from dsgrid.query.associations import AssociationTable

Key = tuple[str, ...]


def as_target(target: object) -> tuple[Key, int]:
    """Return a matrix target that is known to be an output key and the number of a place."""
    assert isinstance(target, tuple)
    key, couple = target
    return key, couple


@dataclass(frozen=True)
class Column:
    """A column of the result that names records or time.

    Parameters
    ----------
    level
        ``base``, ``supplemental`` or ``time``.
    dimension
        The dimension whose ids the column holds; None for time.
    mapping
        From the base dimension `of` to `dimension`, for a supplemental.
    word
        What of the time the column holds: a key of `dsgrid.spec.schemas.words.TIME_WORDS`, ``slot``, ``time_zone`` or
        ``utc_offset``.
    """

    name: str
    type: str
    level: str
    dimension: Dimension | None = None
    mapping: Mapping | None = None
    of: str = ""
    word: str = ""


@dataclass(frozen=True)
class Contraction:
    """What one factor becomes in the two stages.

    Parameters
    ----------
    mode
        ``idle``: all records do the same with coefficient 1, the factor needs no join. ``direct``: stage 1 goes to the
        output keys. ``expand``: stage 1 goes to classes, stage 2 from the classes to the output keys.
    table
        Rows ``(record, number, coefficient)`` of stage 1: the number of a target (`Axis.number`), or of a class.
    expansion
        Rows ``(class, number of a target, coefficient)`` of stage 2.
    codes
        How many numbers there may be.
    """

    mode: str
    table: tuple[tuple[str, int, float], ...]
    expansion: tuple[tuple[int, int, float], ...] = ()
    codes: int = 1

    @property
    def weighted(self) -> bool:
        """Whether any coefficient of stage 1 differs from 1."""
        return any(coefficient != 1.0 for _, _, coefficient in self.table)


@dataclass(frozen=True)
class Factor:
    """One dimension type of one source.

    Parameters
    ----------
    to_base
        Dataset record -> base record, with the fractions of the submission's mapping.
    units
        Dataset record -> its unit; base record -> its unit (metric only, else empty).
    to_output
        Dataset record -> (output key, number of a place): the key is a tuple of ids, one per column of this type; the
        coefficients are fractions times unit factors.
    left_out
        What does not count in the result, with the reason: dataset records without a base record, and base records
        that no record of a supplemental dimension holds.
    """

    type: str
    records: tuple[str, ...]
    base: Dimension
    to_base: Matrix
    chain: tuple[str, ...]
    to_output: Matrix | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    contraction: Contraction | None = None

    @property
    def base_ids(self) -> tuple[str, ...]:
        """The base records that are reached, in order of first appearance."""
        return tuple(str(base_id) for base_id in self.to_base.targets)


@dataclass(frozen=True)
class Bounds:
    """How many rows each stage of a source has; exact unless `exact` is False (then at most)."""

    facts: int
    combinations: int
    stage1: int
    stage2: int
    exact: bool = True


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
    bounds: Bounds | None = None
    group_first: bool = True
    conversions: tuple[Conversion, ...] = ()
    totals: tuple[tuple[str, float, float], ...] = ()  # unit, expected sum, sum of absolute terms

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


@dataclass(frozen=True)
class Axis:
    """The output keys of one type, over all sources: a digit of the result's row code.

    Parameters
    ----------
    keys
        Every output key, in the order of the dimensions' records.
    units
        The unit of each key (metric only).
    stride
        What one step along this axis adds to a row's code.
    """

    type: str
    columns: tuple[Column, ...]
    keys: tuple[Key, ...]
    units: tuple[str, ...] = ()
    stride: int = 1

    @property
    def radix(self) -> int:
        """How many keys there are; 1 where nothing is reached."""
        return max(1, len(self.keys))

    def number(self, key: Key, couple: int = 0) -> int:
        """Return one number for a key and the number of a place (see `Coupling`)."""
        return self.numbers[key] + self.radix * couple

    @cached_property
    def numbers(self) -> dict[Key, int]:
        """The position of each key."""
        return {key: index for index, key in enumerate(self.keys)}


@dataclass(frozen=True)
class Plan:
    """A query, resolved against one project version, and how it is answered."""

    query: Query
    project: Project
    columns: tuple[Column, ...]
    sources: tuple[Source, ...]
    time: TimeDimension
    allowed: tuple[tuple[str, frozenset[str], str], ...] = ()  # base dimension, ids kept, by which filter
    axes: tuple[Axis, ...] = ()
    time_keys: tuple[tuple[object, ...], ...] = ()  # a value per time column, where these are no instants of slots
    slots: npt.NDArray[np.int64] | None = None  # the project's labels, where the result keeps them apart
    regroup: bool = False
    rows: int = 0
    notes: tuple[str, ...] = ()

    @property
    def balances(self) -> bool:
        """Whether rows carry what they were before time was mapped, see `TimeFactor.balances`."""
        return any(source.time is not None and source.time.balances for source in self.sources)

    @property
    def size(self) -> int:
        """How many codes rows of the result may have; places stand above them until time is mapped."""
        return prod(axis.radix for axis in self.axes)

    def place_value(self, source: Source, type_: str, number: int) -> int:
        """Return what a number of an axis (`Axis.number`) adds to the code of a row."""
        axis = self.axis(type_)
        couple, key = divmod(number, axis.radix)
        assert source.time is not None
        return key * axis.stride + couple * source.time.coupling.stride(type_) * self.size

    def axis(self, type_: str) -> Axis:
        """Return the axis of a dimension type."""
        return next(axis for axis in self.axes if axis.type == type_)

    def columns_of(self, type_: str) -> tuple[Column, ...]:
        """Return the result's columns of one type, in their order."""
        return tuple(column for column in self.columns if column.type == type_)
