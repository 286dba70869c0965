"""What the table of a published result holds, as its manifest says it, for a dataset that is to be made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.errors import DataError, DsgridError, Problem, listing
from dsgrid.query.result import Result, open_result
from dsgrid.query.rules.presentation import UNIT
from dsgrid.spec.node import Node, shown

# Functions whose values are no quantities of a metric any more.
NO_QUANTITY: Final = {
    "count": "counts rows",
    "stddev": "tells how much values differ",
    "percentile": "has rows for percentiles",
}


@dataclass(frozen=True)
class Key:
    """A column of records, or the records that are names of columns.

    Parameters
    ----------
    level
        ``base`` or ``supplemental``.
    dimension
        The registered dimension whose ids it holds, as ``id@version``; empty for the values of an attribute.
    """

    name: str
    type: str
    level: str
    dimension: str


@dataclass(frozen=True)
class Form:
    """What a result's table holds.

    Parameters
    ----------
    keys
        Its columns of records, in their order.
    pivot
        The records that are names of columns; None for a stacked table.
    values
        The columns of values, with the unit that all of their values have, or an empty text.
    has_units
        Whether a column ``unit`` says the unit of each row.
    times
        Its columns of time, by name, each with what the manifest says of it.
    names
        Whether records stand there with their names instead of their ids.
    steps
        The query's steps: the function of each, and what it is by.
    filters
        What the query's filters are about.
    summed
        By types without a column: how many base records values are of (``held``), how many there are (``of``), and
        which it is (``only``) where they are of one.
    time
        What the manifest says of the time.
    """

    result: Result
    project: str
    version: str
    keys: tuple[Key, ...]
    pivot: Key | None
    values: Mapping[str, str]
    has_units: bool
    times: Mapping[str, Mapping[str, Any]]
    names: bool
    steps: tuple[tuple[str, tuple[str, ...]], ...]
    filters: frozenset[str]
    summed: Mapping[str, Mapping[str, Any]]
    time: Mapping[str, Any]

    @property
    def query(self) -> str:
        """The query's name."""
        return str(self.result.manifest["query"])

    def of_type(self, type_: str) -> tuple[Key, ...]:
        """Return the columns of a type of records."""
        return tuple(key for key in self.every if key.type == type_)

    @property
    def every(self) -> tuple[Key, ...]:
        """All columns of records, and last the records that are names of columns."""
        return self.keys if self.pivot is None else (*self.keys, self.pivot)

    def error(self, message: str) -> DataError:
        """Return why no dataset can be made of the result."""
        return refused(self.result, message)


def refused(result: Result, message: str) -> DataError:
    """Return why no dataset can be made of a result."""
    return DataError(Problem(message, shown(result.folder)))


def named_result(node: Node) -> Result:
    """Return the result that a spec names; an error has the place of the node."""
    place = node.resolve(to_read=True)
    node.look_through(place)
    try:
        return open_result(place)
    except DsgridError as error:
        said = [": ".join(part for part in (one.where, one.message) if part) for one in error.problems]
        raise type(error)([node.problem(each) for each in said]) from None


def read_form(result: Result) -> Form:
    """Return what a result's table holds.

    Raises
    ------
    DataError
        If its manifest is that of another version, or its values are no quantities.
    """
    document = result.manifest
    if not {"form", "project", "time"} <= document.keys():
        raise refused(result, "its manifest says too little; an older dsgrid wrote it: run the query again")
    if document["project"] is None:
        raise refused(
            result,
            "the query asked a dataset without a project, whose dimensions a dataset could have; bring that dataset to "
            "a project with map_dataset, or ask a query of a project",
        )
    if "report" in document:
        raise refused(result, "it is a report, which says something about values, and no dataset is made of it")
    form, columns = document["form"], document["columns"]
    steps = tuple((each["function"], tuple(each["by"])) for each in form["steps"])
    _check_functions(result, [function for function, _ in steps])
    odd = [each["name"] for each in columns if each["type"] not in (*RECORD_TYPES, TIME, "value", UNIT)]
    if odd:
        raise refused(result, f"no dataset has a column of {listing(odd)}")
    project, _, version = document["project"].rpartition("@")
    pivot = form["pivot"]
    return Form(
        result=result,
        project=project,
        version=version,
        keys=tuple(_key(each) for each in columns if each["type"] in RECORD_TYPES),
        pivot=None if pivot is None else _key(pivot),
        values={each["name"]: each.get("unit", "") for each in columns if each["type"] == "value"},
        has_units=any(each["type"] == UNIT for each in columns),
        times={each["name"]: each for each in columns if each["type"] == TIME},
        names=form["names"],
        steps=steps,
        filters=frozenset(form["filters"]),
        summed=form["summed"],
        time=document["time"],
    )


def _check_functions(result: Result, functions: list[str]) -> None:
    for function in functions:
        if function in NO_QUANTITY:
            raise refused(
                result,
                f'a step with function = "{function}" {NO_QUANTITY[function]}, which is no quantity that a dataset '
                "could have; leave the step out, and ask for it of the dataset",
            )


def _key(described: Mapping[str, Any]) -> Key:
    return Key(described["name"], described["type"], described["level"], described.get("dimension", ""))
