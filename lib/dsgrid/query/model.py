"""A query as a frozen value: what was asked, nothing about how it is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from dsgrid.query.expression import Expression
from dsgrid.query.handoff.model import Export
from dsgrid.registry.moments import At
from dsgrid.spec.node import Node

VALUE: Final = "value"  # what a filter on values is about


@dataclass(frozen=True)
class Test:
    """What something has to be.

    Parameters
    ----------
    operator
        One of `OPERATORS`.
    operands
        What it is compared with: one value; for ``between`` two, for ``in`` any number, for ``null`` none.
    negate
        Whether it must not be so.
    """

    operator: str
    operands: tuple[Any, ...] = ()
    negate: bool = False


# By the key of a spec: the operator, and whether it is turned round.
OPERATORS: Final = {
    "equals": ("in", False),
    "not_equals": ("in", True),
    "in": ("in", False),
    "not_in": ("in", True),
    "above": ("above", False),
    "at_least": ("at_least", False),
    "below": ("below", False),
    "at_most": ("at_most", False),
    "between": ("between", False),
    "not_between": ("between", True),
    "like": ("like", False),
    "not_like": ("like", True),
    "matches": ("matches", False),
    "not_matches": ("matches", True),
    "contains": ("contains", False),
    "not_contains": ("contains", True),
    "starts_with": ("starts_with", False),
    "ends_with": ("ends_with", False),
    "is_null": ("null", False),
}


@dataclass(frozen=True)
class Filter:
    """A test on records of a dimension, on time, or on values.

    Parameters
    ----------
    dimension
        A base or supplemental dimension, tested on `attribute`; the project's time, or a word for time; or ``value``.
        None when `subset` is set.
    subset, selectors
        Keep the records of these selectors of a subset.
    """

    dimension: str | None
    attribute: str
    test: Test
    subset: str | None
    selectors: tuple[str, ...]
    node: Node = field(compare=False, repr=False)


@dataclass(frozen=True)
class Member:
    """What a name in a query's union or expression stands for.

    Parameters
    ----------
    kind
        ``dataset``, ``exponential_growth`` or ``annual_multiplier``.
    dataset
        The dataset (id, perhaps with a version) whose values are read: for a projection those of the base year.
    growth
        The dataset of the growth rates or multipliers; None for a plain dataset.
    base_year
        The model year whose values grow; None means the earliest.
    filters
        What of it is used.
    dataset_node, growth_node
        Where its datasets are named.
    """

    name: str
    kind: str
    dataset: str
    growth: str | None
    base_year: str | None
    filters: tuple[Filter, ...]
    dataset_node: Node = field(compare=False, repr=False)
    growth_node: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Adjustment:
    """A factor on chosen records: `where` gives a dimension, and which of its records are meant.

    Parameters
    ----------
    members
        The names whose values are adjusted; none means all.
    """

    where: tuple[tuple[str, tuple[str, ...]], ...]
    multiply: float
    members: tuple[str, ...]
    node: Node = field(compare=False, repr=False)


@dataclass(frozen=True)
class Step:
    """An aggregation: `function` of the values that agree in `by`; `over` names the types reduced on purpose.

    Parameters
    ----------
    filters
        What of the table before is used.
    weights
        Of a weighted mean: attributes of records (``county.population``), which are multiplied.
    percentiles
        Of the function ``percentile``: numbers from 0 to 100.
    persist
        Whether the table that it leaves is written, and read again by what follows.
    """

    function: str
    by: tuple[str, ...]
    over: tuple[str, ...]
    node: Node = field(compare=False, repr=False)
    filters: tuple[Filter, ...] = ()
    weights: tuple[str, ...] = ()
    percentiles: tuple[float, ...] = ()
    persist: bool = False


@dataclass(frozen=True)
class Report:
    """A report on the load that a query asks for: on its values by `by`, in each slot of time.

    Parameters
    ----------
    kind
        One of `dsgrid.spec.schemas.report.KINDS`.
    period
        A word for time: the report is made for each of its values. None means all of the time at once.
    coincident_with
        Of a peak load: the columns that define the system, whose peak counts as well. None where none is asked for.
    points
        Of a load duration: so many points of the curve instead of every hour.
    benchmark
        Of a calibration: the query whose result the values are compared with.
    tolerance
        Of a calibration: how many per cent of the benchmark a difference may have.
    """

    kind: str
    by: tuple[str, ...]
    over: tuple[str, ...]
    node: Node = field(compare=False, repr=False)
    period: str | None = None
    coincident_with: tuple[str, ...] | None = None
    points: int | None = None
    benchmark: Query | None = None
    tolerance: float | None = None


@dataclass(frozen=True)
class Output:
    """How the result is written.

    Parameters
    ----------
    table
        Whether there is a table: a query may ask for nothing but reports and further results.
    zone
        The zone that time is told in: its name, or ``geography`` for that of each of the project's geographies. None:
        the project's own.
    partition
        Columns whose values tell the files of a large table apart.
    filters
        What of the last table is written.
    """

    path: str | None
    format: str = "parquet"
    pivot: str | None = None
    unit: str | None = None
    names: bool = False
    zone: str | None = None
    sort: tuple[str, ...] = ()
    partition: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    node: Node | None = field(default=None, compare=False, repr=False)
    table: bool = True


@dataclass(frozen=True)
class Query:
    """A question to one project.

    Parameters
    ----------
    project
        Its id, with a version where one is asked for.
    members
        What is asked, by the order in which it is first named.
    expression
        How the members become one table.
    fill
        Whether a combination that one side of an operator lacks counts as 0 there, instead of being an error.
    others
        Further results of the same facts, each a query of its own: then reports.
    report
        What is reported instead of the table.
    at
        The moment whose registry is asked; None means the registry as it is.
    exports
        What is written of the results for other models.
    """

    name: str
    project: str
    members: tuple[Member, ...]
    expression: Expression
    overlap: str
    filters: tuple[Filter, ...]
    steps: tuple[Step, ...]
    output: Output
    node: Node = field(compare=False, repr=False)
    at: At | None = None
    fill: bool = False
    adjustments: tuple[Adjustment, ...] = ()
    allow_double_counting: bool = False
    others: tuple[Query, ...] = ()
    report: Report | None = None
    exports: tuple[Export, ...] = ()

    @property
    def benchmarks(self) -> tuple[Query, ...]:
        """What its reports compare with, in their order."""
        reports = (one.report for one in self.others if one.report is not None)
        return tuple(one.benchmark for one in reports if one.benchmark is not None)

    @property
    def members_node(self) -> Node:
        """Where the spec says what is asked."""
        return next(self.node[key] for key in ("datasets", "expression", "dataset", "against") if key in self.node)
