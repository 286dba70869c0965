"""The plan of a query: a frozen value that rules refine and execution obeys.

A plan has one `Source` per dataset. A source is a chain of factors, one per dimension type, and a time factor. The
rules fill in, from left to right: what each factor maps to, which records are left, how they are classed, how many
rows every stage has, and what the result has to add up to.
"""

from __future__ import annotations

from collections.abc import Mapping as TypeMapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Final

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.dimensions.matrix import Matrix
from dsgrid.dimensions.types import TIME
from dsgrid.query.combination import Agreement, Combination, Leaf
from dsgrid.query.model import Filter, Member, Query, Step
from dsgrid.query.multiplier import Multiplier
from dsgrid.query.time_factor import TimeFactor
from dsgrid.registry.model import DataFile, Dataset, Project, Submission
from dsgrid.spec.node import Node
from dsgrid.time.dimension import NoTime, TimeDimension

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from dsgrid.query.associations import AssociationTable
    from dsgrid.query.stages import Stage

Key = tuple[str, ...]
# The type of the column, and the axis, that tells percentiles apart.
PERCENTILE: Final = "percentile"


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
    adjusted
        Factors of single base records, by adjustments that are about this type alone.
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
    adjusted: TypeMapping[str, float] = field(default_factory=dict)

    @property
    def base_ids(self) -> tuple[str, ...]:
        """The base records that are reached, in order of first appearance."""
        return tuple(str(base_id) for base_id in self.to_base.targets)


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
class ToUnit:
    """What is to be done to values: they are told in a unit."""

    unit: str


Move = Filter | Step | ToUnit


@dataclass(frozen=True)
class Plan:
    """A query, resolved against one project version, and how it is answered.

    The contraction brings the sources to `columns` at once. What the query asks beyond that is done to the table that
    the contraction leaves: first the expression, then `stages`.

    Parameters
    ----------
    step
        The step that the contraction carries out; None where it stops at the base dimensions.
    asked
        The columns that this step names.
    moves
        What is left to be done after the contraction: filters and steps, in their order.
    stages
        The same as stages of the plan, each with the tables before and after it.
    combination
        How the sources' tables become one; a `Leaf` where adding them up is all.
    unitless
        Whether the expression is a quotient whose units cancel out.
    converts_late
        Whether values get the result's unit only after the expression, and filters on values before any step.
    hidden
        Columns of time that later steps need, and that the result has not.
    filters
        Tests on base records and on time, before anything is summed.
    agreements
        Which sources have to have which keys in common.
    foretold
        Whether the stored sums of the datasets say what the result adds up to.
    carried
        Whether rows carry what they add up to through stages that are no sums.
    stage_rows
        The rows of the table that the contraction and the expression leave, then of what each stage leaves, and
        whether that is the number, or at most that; empty where nothing follows the contraction.
    """

    query: Query
    project: Project
    columns: tuple[Column, ...]
    sources: tuple[Source, ...]
    time: TimeDimension
    step: Step | None = None
    asked: tuple[Column, ...] = ()
    moves: tuple[Move, ...] = ()
    stages: tuple[Stage, ...] = ()
    combination: Combination = field(default_factory=Leaf)
    unitless: bool = False
    converts_late: bool = False
    hidden: frozenset[str] = frozenset()
    filters: tuple[Filter, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    foretold: bool = True
    carried: bool = False
    stage_rows: tuple[tuple[int, bool], ...] = ()
    allowed: tuple[tuple[str, frozenset[str], str], ...] = ()  # base dimension, ids kept, by which filter
    axes: tuple[Axis, ...] = ()
    time_keys: tuple[tuple[object, ...], ...] = ()  # a value per time column, where these are no instants of slots
    slots: npt.NDArray[np.int64] | None = None  # the project's labels, where the result keeps them apart
    regroup: bool = False
    gathers: bool = False  # the driver adds up what `regroup` is about
    reached: tuple[Reached, ...] = field(default=(), compare=False, repr=False)  # by the sources that can be counted
    rows: int = 0
    exact: bool = True  # whether `rows` is the number, or at most that
    notes: tuple[str, ...] = ()

    @property
    def node(self) -> Node:
        """Where the query says what the contraction is for."""
        return self.query.node if self.step is None else self.step.node

    @property
    def followed(self) -> bool:
        """Whether the table that the contraction leaves is not yet the result."""
        return bool(self.moves or self.stages) or not isinstance(self.combination, Leaf)

    @property
    def balances(self) -> bool:
        """Whether rows carry what they were before time was mapped, see `TimeFactor.balances`, or before a stage."""
        return self.foretold and (
            self.carried or any(source.time is not None and source.time.balances for source in self.sources)
        )

    @property
    def size(self) -> int:
        """How many codes rows of the result may have; places stand above them until time is mapped."""
        return prod(axis.radix for axis in self.axes)

    @property
    def size_without_time(self) -> int:
        """How many codes there are without the digit of time, which is the last."""
        return prod(axis.radix for axis in self.axes if axis.type != TIME)

    @property
    def timeless(self) -> frozenset[int]:
        """The operands of the expression that have no time."""
        found = {source.leaf for source in self.sources}
        return frozenset(found - {one.leaf for one in self.sources if not isinstance(one.dataset.time, NoTime)})

    def span(self, source: Source) -> int:
        """Return how many codes rows of a source may have while its multipliers are to come; places stand above."""
        return self.size * prod(multiplier.count for multiplier in source.multipliers)

    def place_value(self, source: Source, type_: str, number: int) -> int:
        """Return what a number of an axis (`Axis.number`) adds to the code of a row."""
        axis = self.axis(type_)
        couple, key = divmod(number, axis.radix)
        assert source.time is not None
        coupling = source.time.coupling
        couple, place = divmod(couple, coupling.size(type_))
        value = key * axis.stride + place * coupling.stride(type_) * self.span(source)
        span = self.size
        for multiplier in source.multipliers:
            couple, class_ = divmod(couple, multiplier.size(type_))
            value += class_ * multiplier.stride(type_) * span
            span *= multiplier.count
        return value

    def axis(self, type_: str) -> Axis:
        """Return the axis of a dimension type."""
        return next(axis for axis in self.axes if axis.type == type_)

    def columns_of(self, type_: str) -> tuple[Column, ...]:
        """Return the result's columns of one type, in their order."""
        return tuple(column for column in self.columns if column.type == type_)

    @property
    def shown(self) -> Plan:
        """The plan as if the contraction left the result's own table: for what names, types and writes columns."""
        if not self.stages:
            return self if isinstance(self.combination, Leaf) else replace(self, combination=Leaf())
        table = self.stages[-1].after
        # What is hidden stands behind what is shown.
        shown = sum(column.type == TIME for column in table.columns)
        return replace(
            self,
            columns=table.columns,
            axes=table.axes,
            time_keys=tuple(key[:shown] for key in table.time_keys),
            slots=None,
            stages=(),
            moves=(),
            combination=Leaf(),
        )


@dataclass(frozen=True)
class Plans:
    """How all results of a query are answered.

    Parameters
    ----------
    first
        The plan of the query's own result.
    others
        The plans of its further results.
    shared
        The contraction that all of them follow; None where each has its own.
    """

    first: Plan
    others: tuple[Plan, ...] = ()
    shared: Plan | None = None

    @property
    def every(self) -> tuple[Plan, ...]:
        """All plans, the query's own result first."""
        return (self.first, *self.others)
