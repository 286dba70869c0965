"""The checks that a dataset declares of its values, read from its spec."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsgrid.datasets.offenders import LIMIT, show
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.ids import unknown_ids
from dsgrid.errors import Problem, SpecError, listing
from dsgrid.spec.node import Node

if TYPE_CHECKING:
    import pandas as pd

Table = dict[str, Any]


@dataclass(frozen=True)
class ValueCheck:
    """One entry of ``[[checks]]``.

    Parameters
    ----------
    kind
        A key of `KINDS`.
    only
        By type the records that it is about; others are let be.
    says
        The other keys of the entry.
    where, key
        Where the entry stands, for messages.
    """

    kind: str
    only: Mapping[str, tuple[str, ...]]
    says: Mapping[str, Any]
    where: str = field(default="", compare=False)
    key: str = field(default="", compare=False)

    def problem(self, message: str, table: pd.DataFrame) -> Problem:
        """Return a problem with the rows that break the check."""
        detail = show(table.head(LIMIT).to_dict("records"), len(table))
        return Problem(f"{self.kind}: {message}", self.where, self.key, detail, table)


def read_checks(root: Node, dimensions: Mapping[str, Dimension]) -> tuple[ValueCheck, ...]:
    """Return the checks that a spec declares.

    Raises
    ------
    SpecError
        With every id that is no record, every bound that holds nothing, and every sum of several units.
    """
    node = root.get("checks")
    entries = [] if node is None else list(node)
    problems = [problem for entry in entries for problem in _wrong(entry, dimensions)]
    if problems:
        raise SpecError(problems)
    return tuple(value_check(entry.value, entry.where, entry.key) for entry in entries)


def value_check(entry: Table, where: str = "", key: str = "") -> ValueCheck:
    """Return the check that a table declares."""
    only = {type_: tuple(ids) for type_, ids in entry.get("where", {}).items()}
    says = {name: value for name, value in entry.items() if name not in ("kind", "where")}
    return ValueCheck(entry["kind"], only, says, where, key)


def _wrong(entry: Node, dimensions: Mapping[str, Dimension]) -> Iterator[Problem]:
    where = entry.get("where")
    for type_, node in [] if where is None else where.items():
        message = unknown_ids(node.value, dimensions[type_].records.by_id, f'record of "{dimensions[type_].name}"')
        if message is not None:
            yield node.problem(message)
    for name, node in entry.items():
        if isinstance(node.value, float) and not math.isfinite(node.value):
            yield node.problem(f"{name} is {node.value}, which no value can be compared with; expected a number")
    low, high = entry.scalar("min"), entry.scalar("max")
    if low is not None and high is not None and low > high:
        yield entry["max"].problem(f"the max of {high:g} is below the min of {low:g}, so that no value is right")
    if entry.value["kind"] == "unique" and entry.value["of"] in entry.value["by"]:
        yield entry["of"].problem(f'"{entry.value["of"]}" is in `by` as well, so that there is always one of it')
    yield from _mixed(entry, dimensions["metric"])


def _mixed(entry: Node, metric: Dimension) -> Iterator[Problem]:
    """Refuse sums over metrics of several units."""
    kind = entry.value["kind"]
    summed = "metric" in entry.value["over"] if kind == "share_sums_to" else "metric" not in entry.scalar("by", ())
    if kind not in ("sum", "share_sums_to") or not summed:
        return
    kept = entry.value.get("where", {}).get("metric", metric.records.ids)
    units = dict.fromkeys(str(record.get("unit") or "") for record in metric.records if record.id in kept)
    if len(units) > 1:
        cure = "name those of one unit in `where`" + ("" if kind == "share_sums_to" else ', or put "metric" into `by`')
        yield entry.problem(f"{kind}: the values of metrics in {listing(list(units))} do not add up; {cure}")
