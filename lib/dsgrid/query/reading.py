"""From a validated spec to the query that it asks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from dsgrid.errors import SpecError, UsageError, did_you_mean
from dsgrid.query.expression import Expression, ExpressionError, operands, parse_expression, union
from dsgrid.query.handoff.model import read_export
from dsgrid.query.model import OPERATORS, Adjustment, Filter, Member, Output, Query, Step, Test
from dsgrid.query.reports.reading import read_reports
from dsgrid.registry.moments import At, parse_at
from dsgrid.registry.versions import at_version
from dsgrid.spec.load import Spec
from dsgrid.spec.node import Node


def read_query(spec: Spec, at: str | None = None) -> Query:
    """Return the query that a validated spec asks.

    Parameters
    ----------
    at
        A version of the project, or a date; wins over ``at`` in the spec.

    Raises
    ------
    SpecError
        If ``at`` in the spec is neither, or another version than ``project`` says; or for an expression that is none.
    UsageError
        If the argument is.
    """
    root = spec.root
    expression = _expression(root)
    return _read(root, "project", at, _members(root, expression), expression)


def read_dataset_query(spec: Spec, at: str | None = None) -> Query:
    """Return the query that a validated spec asks of one dataset, with or without a project: its only member.

    Where no project is named, `Query.project` is the dataset.

    Raises
    ------
    SpecError, UsageError
        As for `read_query`.
    """
    root = spec.root
    node = root["dataset"]
    member = Member(node.value, "dataset", node.value, None, None, (), node)
    return _read(root, "project" if "project" in root else "dataset", at, (member,), union([member.name]))


def _read(root: Node, of: str, at: str | None, members: tuple[Member, ...], expression: Expression) -> Query:
    """Return a query of what a key names, a project or a dataset."""
    asked, moment = _aimed(root, of, at)
    first = Query(
        name=root["name"].value,
        project=asked,
        at=moment,
        members=members,
        expression=expression,
        overlap=root.scalar("overlap", "error"),
        fill=root.scalar("fill") == 0,
        filters=_filters(root),
        adjustments=tuple(_adjustment(node) for node in _children(root, "adjust")),
        steps=_steps(root),
        output=_output(root.get("result")),
        allow_double_counting=root.scalar("allow_double_counting", False),
        node=root,
    )
    named = root.get("results")
    others = () if named is None else tuple(_other(first, name, node) for name, node in named.items())
    reports = read_reports(replace(first, others=others), root, _filters)
    exports = () if "export" not in root else tuple(read_export(node, name) for name, node in root["export"].items())
    return replace(first, others=(*others, *reports), exports=exports)


def _other(first: Query, name: str, node: Node) -> Query:
    """Return a further result as a query of its own: the same facts, other steps, another form."""
    output = replace(_output(node), path=first.output.path, zone=first.output.zone)
    return replace(first, name=name, steps=_steps(node), output=output)


def _aimed(root: Node, key: str, given: str | None) -> tuple[str, At | None]:
    """Return the project (or dataset), with the version that is meant, and the moment that is."""
    node = root.get("at")
    project: str = root[key].value
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


def _expression(root: Node) -> Expression:
    node = root.get("expression")
    if node is None:
        return union(root["datasets"].value)
    try:
        return parse_expression(node.value)
    except ExpressionError as error:
        raise SpecError(node.problem(str(error))) from None


def _members(root: Node, expression: Expression) -> tuple[Member, ...]:
    described = root.get("source")
    known = {} if described is None else dict(described.items())
    named = list(dict.fromkeys(operands(expression)))
    unused = [name for name in known if name not in named]
    if unused:
        where = "datasets" if "datasets" in root else "expression"
        message = f'"{unused[0]}" is described, but `{where}` does not name it{did_you_mean(unused[0], named)}'
        raise SpecError(known[unused[0]].problem(message))
    members = []
    for index, name in enumerate(named):
        node = root["datasets"][index] if "datasets" in root else root["expression"]
        members.append(_member(name, node, known.get(name)))
    return tuple(members)


def _member(name: str, named: Node, node: Node | None) -> Member:
    if node is None:
        return Member(name, "dataset", name, None, None, (), named)
    kind: str = node.scalar("kind", "dataset")
    _refuse_half(node, kind)
    key = "dataset" if kind == "dataset" else "initial"
    own = node.get(key)
    return Member(
        name,
        kind,
        name if own is None else own.value,
        node.scalar("growth"),
        node.scalar("base_year"),
        _filters(node),
        named if own is None else own,
        node.get("growth"),
    )


def _refuse_half(node: Node, kind: str) -> None:
    """Refuse a projection without its datasets, and datasets of a projection without its kind."""
    grows = kind != "dataset"
    if grows and "initial" not in node:
        raise node.error(f'a source of the kind "{kind}" needs `initial` and `growth`: what grows, and by what')
    if grows and "dataset" in node:
        raise node["dataset"].error(f'a source of the kind "{kind}" has `initial` and `growth`, and no `dataset`')
    if not grows and "initial" in node:
        raise node["initial"].error(
            '`initial` goes with kind = "exponential_growth" or "annual_multiplier", and this source has neither'
        )


def _finite(node: Node) -> float:
    number = float(node.value)
    if not math.isfinite(number):
        raise node.error(f"found {node.value}, expected a number that is finite")
    return number


def _filters(node: Node) -> tuple[Filter, ...]:
    return tuple(_filter(child) for child in _children(node, "where"))


def _filter(node: Node) -> Filter:
    if "subset" in node:
        return Filter(None, "id", Test("in"), node["subset"].value, tuple(node["selectors"].value), node)
    (key,) = (one for one in OPERATORS if one in node)
    operator, negate = OPERATORS[key]
    value = node[key].value
    if operator == "null":
        test = Test(operator, (), negate=not value)
    else:
        test = Test(operator, tuple(value) if isinstance(value, list) else (value,), negate)
    return Filter(node["dimension"].value, node.scalar("attribute", "id"), test, None, (), node)


def _adjustment(node: Node) -> Adjustment:
    where = tuple((name, _texts(child.value)) for name, child in node["where"].items())
    return Adjustment(where, _finite(node["multiply"]), tuple(node.scalar("sources", ())), node)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _steps(node: Node) -> tuple[Step, ...]:
    return tuple(_step(child) for child in _children(node, "step"))


def _step(node: Node) -> Step:
    return Step(
        node.scalar("function", "sum"),
        tuple(node["by"].value),
        tuple(node.scalar("over", ())),
        node,
        filters=_filters(node),
        weights=tuple(node.scalar("weights", ())),
        percentiles=tuple(_finite(one) for one in _children(node, "percentiles")),
        persist=node.scalar("persist", False),
    )


def _output(node: Node | None) -> Output:
    if node is None:
        return Output(path=None)
    return Output(
        path=node.scalar("path"),
        format=node.scalar("format", "parquet"),
        pivot=node.scalar("pivot"),
        unit=node.scalar("unit"),
        names=node.scalar("names", False),
        zone=node.scalar("zone"),
        sort=tuple(node.scalar("sort", ())),
        partition=tuple(node.scalar("partition", ())),
        filters=_filters(node),
        node=node,
        table=node.scalar("table", True),
    )
