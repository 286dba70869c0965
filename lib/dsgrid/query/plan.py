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
from typing import TYPE_CHECKING

from dsgrid.dimensions.types import TIME
from dsgrid.query.combination import Agreement, Combination, Leaf
from dsgrid.query.factor import Column, Key
from dsgrid.query.model import Filter, Query, Step
from dsgrid.query.source import Reached, Source
from dsgrid.registry.model import Project
from dsgrid.spec.node import Node
from dsgrid.time.dimension import NoTime, TimeDimension

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from dsgrid.query.stages import Stage


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
class Part:
    """A part of a contraction: the rows with some keys of one dimension type."""

    type: str
    keys: frozenset[Key]


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
    left
        By type the digits that filters after the contraction have left, where they have left some out.
    hidden
        Columns of time that later steps need, and that the result has not.
    filters
        Tests on base records and on time, before anything is summed.
    agreements
        Which sources have to have which keys in common.
    factored
        Sources that have become multipliers of others.
    foretold
        Whether the stored sums of the datasets say what the result adds up to.
    carried
        Whether rows carry what they add up to through stages that are no sums.
    part
        What of the contraction is carried out; None means all of it.
    benchmark
        Of a calibration: the plan of what its values are compared with.
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
    left: TypeMapping[str, tuple[int, ...]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    filters: tuple[Filter, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    factored: tuple[Source, ...] = ()
    foretold: bool = True
    carried: bool = False
    part: Part | None = None
    benchmark: Plan | None = None
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
    def without_hidden(self) -> Plan:
        """The plan without the columns of time that only steps need; those that remain determine them."""
        if not self.hidden:
            return self
        visible = tuple(column for column in self.columns_of(TIME) if column.name not in self.hidden)
        return replace(
            self,
            columns=tuple(column for column in self.columns if column.name not in self.hidden),
            hidden=frozenset(),
            axes=tuple(replace(axis, columns=visible) if axis.type == TIME else axis for axis in self.axes),
            time_keys=tuple(key[: len(visible)] for key in self.time_keys),
        )

    @property
    def shown(self) -> Plan:
        """The plan as if the contraction left the result's own table: for what names, types and writes columns."""
        if not self.stages:
            return replace(self.without_hidden, combination=Leaf())
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
            left=table.alive,
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
    started
        Of each of `contractions` the plan before the rule that takes a part of it.
    """

    first: Plan
    others: tuple[Plan, ...] = ()
    shared: Plan | None = None
    started: tuple[Plan, ...] = field(default=(), compare=False, repr=False)

    @property
    def every(self) -> tuple[Plan, ...]:
        """All plans, the query's own result first."""
        return (self.first, *self.others)

    @property
    def contractions(self) -> tuple[Plan, ...]:
        """The plans whose contractions are carried out: that which all share, or each its own."""
        return self.every if self.shared is None else (self.shared,)
