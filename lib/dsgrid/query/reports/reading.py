"""From the reports in a spec to queries of their own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from dsgrid.errors import Problem, SpecError
from dsgrid.query.expression import union
from dsgrid.query.model import Filter, Member, Output, Query, Report
from dsgrid.spec.node import Node

# Keys that only some kinds have.
OPTIONS: Final = {
    "period": ("peak_load", "load_duration", "load_factor"),
    "coincident_with": ("peak_load",),
    "points": ("load_duration",),
    "against": ("calibration",),
    "where": ("calibration",),
    "tolerance_percent": ("calibration",),
}
# What says how a query's own table looks.
_OF_THE_TABLE: Final = ("format", "pivot", "names", "sort", "partition", "where")

Filters = Callable[[Node], tuple[Filter, ...]]


def read_reports(first: Query, root: Node, filters: Filters) -> tuple[Query, ...]:
    """Return the reports of a query, each as a query of the same facts.

    Parameters
    ----------
    first
        The query, with its further results.
    filters
        Reads the filters of a table of the spec.

    Raises
    ------
    SpecError
        For options that a kind does not have, for names that are taken, and where a query without a table asks for
        nothing else, or says how that table looks.
    """
    found = root.get("report")
    nodes = () if found is None else tuple(found)
    problems: list[Problem] = [*_without_a_table(first, root, bool(nodes))]
    taken = {one.name.casefold(): f'the further result "{one.name}"' for one in first.others}
    for number, node in enumerate(nodes):
        problems += _options(node)
        name: str = node.scalar("name", node["kind"].value)
        holder = taken.setdefault(name.casefold(), f"report[{number}]")
        if holder != f"report[{number}]":
            at = node.get("name") or node
            problems.append(at.problem(f'{holder} has the folder "{name}" already; give the report another `name`'))
    if problems:
        raise SpecError(problems)
    return tuple(_report(first, root, node, filters) for node in nodes)


def _without_a_table(first: Query, root: Node, reports: bool) -> Iterator[Problem]:
    node = first.output.node
    if first.output.table or node is None:
        return
    if not reports and not first.others:
        yield node["table"].problem(
            "table = false leaves nothing to be written; ask for a [[report]], or a further result in [results]"
        )
    if "step" in root:
        yield root["step"][0].problem("steps make the query's own table, which table = false leaves out")
    for key in _OF_THE_TABLE:
        if key in node:
            yield node[key].problem(f"`{key}` is about the query's own table, which table = false leaves out")


def _options(node: Node) -> Iterator[Problem]:
    kind = node["kind"].value
    for key, kinds in OPTIONS.items():
        if key in node and kind not in kinds:
            of = " or ".join(f'"{one}"' for one in kinds)
            yield node[key].problem(f'`{key}` goes with the kind {of}, not with "{kind}"')
    if kind == "calibration":
        if "against" not in node:
            yield node.problem("a calibration needs `against`: the datasets that the values are compared with")
        tolerance = node.scalar("tolerance_percent", 0.0)
        if not math.isfinite(tolerance):
            yield node["tolerance_percent"].problem(f"found {tolerance}, expected a number that is finite")


def _report(first: Query, root: Node, node: Node, filters: Filters) -> Query:
    output = Output(
        path=first.output.path,
        format=node.scalar("format", "parquet"),
        unit=node.scalar("unit", first.output.unit),
        zone=first.output.zone,
        # What is wrong with a unit is told where the unit is given.
        node=node if "unit" in node else first.output.node,
    )
    coincident = node.scalar("coincident_with")
    report = Report(
        kind=node["kind"].value,
        by=tuple(node.scalar("by", ())),
        over=tuple(node.scalar("over", ())),
        node=node,
        period=node.scalar("period"),
        coincident_with=None if coincident is None else tuple(coincident),
        points=node.scalar("points"),
        tolerance=node.scalar("tolerance_percent"),
    )
    own = replace(
        first,
        name=node.scalar("name", report.kind),
        steps=(),
        output=output,
        others=(),
        report=report,
    )
    if "against" not in node:
        return own
    return replace(own, report=replace(report, benchmark=_benchmark(own, root, node, filters)))


def _benchmark(own: Query, root: Node, node: Node, filters: Filters) -> Query:
    """Return the query of the benchmark: other datasets, by the same columns, in the same unit and zone."""
    names = [one.value for one in node["against"]]
    members = tuple(Member(one.value, "dataset", one.value, None, None, (), one) for one in node["against"])
    values: dict[str, Any] = {**node.value, **({"result": root["result"].value} if "result" in root else {})}
    assert own.report is not None
    return replace(
        own,
        name=f"the benchmark of {own.name}",
        members=members,
        expression=union(names),
        overlap="error",
        fill=False,
        filters=filters(node),
        adjustments=(),
        report=replace(own.report, benchmark=None),
        node=Node(values, node.path, node.source),
    )
