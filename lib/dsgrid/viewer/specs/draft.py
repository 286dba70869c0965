"""A spec of a query in the making: what the form of the query builder holds.

What the form has no field for stands in `more`, as the spec has it, so that nothing of a spec is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

Scalar = str | int | float | bool
More = Mapping[str, Any]

QUERY: Final = "query"
QUERY_DATASET: Final = "query_dataset"
MAP_DATASET: Final = "map_dataset"
JOBS: Final = (QUERY, QUERY_DATASET, MAP_DATASET)

# The tests of filters, by how many values they take.
ONE: Final = (
    "equals",
    "not_equals",
    "above",
    "at_least",
    "below",
    "at_most",
    "like",
    "not_like",
    "matches",
    "not_matches",
    "contains",
    "not_contains",
    "starts_with",
    "ends_with",
)
SEVERAL: Final = ("in", "not_in")
TWO: Final = ("between", "not_between")
NULL: Final = "is_null"
SELECTORS: Final = "selectors"
TESTS: Final = (*SEVERAL, *ONE, *TWO, NULL)

NOTHING: Final[More] = MappingProxyType({})


@dataclass(frozen=True)
class Filter:
    """One test.

    Parameters
    ----------
    subject
        The name of a dimension, of time, a word for time, ``value``; or of a subset.
    test
        One of `TESTS`, or `SELECTORS` where the subject is a subset.
    attribute
        Of the dimension's records; empty for their ids.
    values
        What is compared with: as many as the test takes.
    """

    subject: str = ""
    test: str = "in"
    attribute: str = ""
    values: tuple[Scalar, ...] = ()
    more: More = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether it says all that a test needs."""
        needed = 2 if self.test in TWO else 1
        return bool(self.subject) and len(self.values) >= needed and "" not in self.values[:needed]


@dataclass(frozen=True)
class Step:
    """An aggregation."""

    function: str = "sum"
    by: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    percentiles: tuple[float, ...] = ()
    persist: bool = False
    where: tuple[Filter, ...] = ()
    more: More = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What is said of the load besides the table."""

    kind: str = ""
    name: str = ""
    by: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    period: str = ""
    coincident_with: tuple[str, ...] = ()
    points: int | None = None
    against: tuple[str, ...] = ()
    tolerance_percent: float | None = None
    unit: str = ""
    format: str = ""
    where: tuple[Filter, ...] = ()
    more: More = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """What a name among the sources stands for, where it is not simply a dataset."""

    name: str = ""
    kind: str = ""
    dataset: str = ""
    initial: str = ""
    growth: str = ""
    base_year: str = ""
    where: tuple[Filter, ...] = ()
    more: More = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """What the table of the result looks like."""

    zone: str = ""
    table: bool = True
    format: str = ""
    pivot: str = ""
    unit: str = ""
    names: bool = False
    sort: tuple[str, ...] = ()
    partition: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    more: More = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """A spec of a query.

    Parameters
    ----------
    job
        One of `JOBS`.
    expression
        The formula that stands in place of `datasets`; None where there is none.
    to
        The targets of a query of a dataset, by dimension type.
    """

    job: str = QUERY
    name: str = ""
    project: str = ""
    at: str = ""
    dataset: str = ""
    datasets: tuple[str, ...] = ()
    expression: str | None = None
    overlap: str = ""
    fill: bool = False
    allow_double_counting: bool = False
    to: tuple[tuple[str, str], ...] = ()
    source: tuple[Source, ...] = ()
    where: tuple[Filter, ...] = ()
    step: tuple[Step, ...] = ()
    report: tuple[Report, ...] = ()
    result: Table = field(default_factory=Table)
    more: More = field(default_factory=dict)

    @property
    def is_askable(self) -> bool:
        """Whether there is enough of it that a server can say what is still wrong."""
        if self.job == QUERY:
            asks = bool(self.project and (self.datasets if self.expression is None else self.expression.strip()))
        elif self.job == QUERY_DATASET:
            asks = bool(self.dataset)
        else:
            asks = bool(self.project and self.dataset)
        return asks and bool(self.name)
