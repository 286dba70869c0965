"""A quick question to a project, as a value: what the command line and Python both build, and nothing is read for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from dsgrid.query.model import VALUE

Scalar = str | int | float | bool
Operand = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True)
class Condition:
    """A test, as somebody wrote it.

    Parameters
    ----------
    name
        What is tested: a dimension, the project's time, a word for time, a subset, or ``value``.
    attribute
        The attribute of the dimension's records; nothing where its ids are meant.
    key
        What it has to be: a key of a spec's filter, one of `dsgrid.query.model.OPERATORS`.
    operand
        What it is compared with. Of a text that was parsed these are texts, which become what the tested column holds.
    written
        How messages show it.
    """

    name: str
    attribute: str
    key: str
    operand: Operand
    written: str

    @property
    def is_of_values(self) -> bool:
        """Whether it tests the values themselves."""
        return self.name == VALUE


@dataclass(frozen=True)
class Aggregation:
    """A step: values that agree in `by` become one.

    Parameters
    ----------
    function
        One of the functions of a spec's step.
    by
        What the result keeps; all else is gone.
    over
        Scenarios, model years or weather years that are reduced on purpose.
    weights, percentiles
        See a spec's step.
    each
        Whether a first function that is no sum is one of the single values. Else it is one of the load: what belongs
        together in each slot of time is added up before.
    """

    function: str = "sum"
    by: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    percentiles: tuple[float, ...] = ()
    each: bool = False


Move = Condition | Aggregation


@dataclass(frozen=True)
class Question:
    """A question to one project.

    Parameters
    ----------
    project
        Its id, perhaps with a version.
    datasets, expression
        What is asked, as in a spec. Without both it is everything that was submitted.
    moves
        Tests and steps in the order in which they are done: a test sees what the step before it left.
    unit, zone, pivot, names, sort
        See ``[result]`` of a spec.
    format
        The format of the table.
    at
        A version of the project, or a date: the registry as it was then.
    overlap
        ``sum`` where values that two datasets have of the same are added; else that is a mistake.
    fill
        Whether what one side of an expression lacks counts as 0; else that is a mistake.
    """

    project: str
    datasets: tuple[str, ...] = ()
    expression: str = ""
    moves: tuple[Move, ...] = ()
    unit: str = ""
    zone: str = ""
    pivot: str = ""
    names: bool = False
    sort: tuple[str, ...] = ()
    format: str = "parquet"
    at: str = ""
    overlap: str = ""
    fill: bool = False

    def where(self, *conditions: Condition) -> Question:
        """Return the question with more tests, which see what it has so far."""
        return replace(self, moves=(*self.moves, *conditions))

    def then(self, step: Aggregation) -> Question:
        """Return the question with one more step."""
        return replace(self, moves=(*self.moves, step))

    @property
    def steps(self) -> tuple[Aggregation, ...]:
        """The steps, in their order."""
        return tuple(move for move in self.moves if isinstance(move, Aggregation))

    @property
    def slug(self) -> str:
        """A short name for what is asked: what the last step keeps."""
        steps = self.steps
        function = steps[-1].function if steps and steps[-1].function != "sum" else ""
        kept = steps[-1].by if steps else ("all",)
        parts = [part for part in (function, *(kept or ("total",))) if part]
        return re.sub(r"[^A-Za-z0-9]+", "_", "_".join(parts)).strip("_")[:48].strip("_") or "question"
