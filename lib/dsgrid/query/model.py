"""A query as a frozen value: what was asked, nothing about how it is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dsgrid.errors import SpecError, UsageError
from dsgrid.registry.moments import At, parse_at
from dsgrid.registry.versions import at_version
from dsgrid.spec.load import Spec
from dsgrid.spec.node import Node


@dataclass(frozen=True)
class Filter:
    """Keep the base records that a test on records of a dimension lets through.

    Parameters
    ----------
    dimension
        A base or supplemental dimension, tested on `attribute`; None when `subset` is set.
    values
        What the attribute has to be one of (or, with `negate`, none of).
    subset, selectors
        Keep the records of these selectors of a subset.
    """

    dimension: str | None
    attribute: str
    values: tuple[Any, ...]
    negate: bool
    subset: str | None
    selectors: tuple[str, ...]
    node: Node = field(compare=False, repr=False)


@dataclass(frozen=True)
class Step:
    """An aggregation: `function` of the values that agree in `by`; `over` names the types summed on purpose."""

    function: str
    by: tuple[str, ...]
    over: tuple[str, ...]
    node: Node = field(compare=False, repr=False)


@dataclass(frozen=True)
class Output:
    """How the result is written.

    Parameters
    ----------
    zone
        The zone that time is told in: its name, or ``geography`` for that of each of the project's geographies. None:
        the project's own.
    """

    path: str | None
    format: str = "parquet"
    pivot: str | None = None
    unit: str | None = None
    names: bool = False
    zone: str | None = None
    sort: tuple[str, ...] = ()
    node: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Query:
    """A question to one project.

    Parameters
    ----------
    project
        Its id, with a version where one is asked for.
    at
        The moment whose registry is asked; None means the registry as it is.
    """

    name: str
    project: str
    datasets: tuple[str, ...]
    overlap: str
    filters: tuple[Filter, ...]
    steps: tuple[Step, ...]
    output: Output
    node: Node = field(compare=False, repr=False)
    at: At | None = None


def read_query(spec: Spec, at: str | None = None) -> Query:
    """Return the query that a validated spec asks.

    Parameters
    ----------
    at
        A version of the project, or a date; wins over ``at`` in the spec.

    Raises
    ------
    SpecError
        If ``at`` in the spec is neither, or another version than ``project`` says.
    UsageError
        If the argument is.
    """
    root = spec.root
    project, moment = _aimed(root, at)
    return Query(
        name=root["name"].value,
        project=project,
        at=moment,
        datasets=tuple(root["datasets"].value),
        overlap=_scalar(root, "overlap", "error"),
        filters=tuple(_filter(node) for node in _children(root, "where")),
        steps=tuple(_step(node) for node in _children(root, "step")),
        output=_output(root.get("result")),
        node=root,
    )


def _aimed(root: Node, given: str | None) -> tuple[str, At | None]:
    """Return the project, with the version that is meant, and the moment that is."""
    node = root.get("at")
    project: str = root["project"].value
    try:
        if given is not None:
            at = parse_at(given)
        elif node is not None:
            at = parse_at(node.value)
        else:
            return project, None
        if at.version is None:
            return project, at
        return at_version(project, at.version), None
    except UsageError as error:
        if given is not None or node is None:
            raise
        raise SpecError(node.problem(error.problems[0].message)) from None


def _children(root: Node, key: str) -> tuple[Node, ...]:
    node = root.get(key)
    return () if node is None else tuple(node)


def _scalar(node: Node, key: str, default: Any) -> Any:
    child = node.get(key)
    return default if child is None else child.value


def _filter(node: Node) -> Filter:
    if "subset" in node:
        return Filter(None, "id", (), False, node["subset"].value, tuple(node["selectors"].value), node)
    values: tuple[Any, ...] = ()
    negate = False
    for key in ("equals", "in", "not_equals", "not_in"):
        child = node.get(key)
        if child is not None:
            values = tuple(child.value) if isinstance(child.value, list) else (child.value,)
            negate = key.startswith("not_")
    return Filter(node["dimension"].value, _scalar(node, "attribute", "id"), values, negate, None, (), node)


def _step(node: Node) -> Step:
    return Step(_scalar(node, "function", "sum"), tuple(node["by"].value), tuple(_scalar(node, "over", ())), node)


def _output(node: Node | None) -> Output:
    if node is None:
        return Output(path=None)
    return Output(
        path=_scalar(node, "path", None),
        format=_scalar(node, "format", "parquet"),
        pivot=_scalar(node, "pivot", None),
        unit=_scalar(node, "unit", None),
        names=_scalar(node, "names", False),
        zone=_scalar(node, "zone", None),
        sort=tuple(_scalar(node, "sort", ())),
        node=node,
    )
