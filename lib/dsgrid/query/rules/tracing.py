"""From the columns that a table has to those that a step asks for: the same, a supplemental, or an attribute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsgrid.dimensions.types import TIME
from dsgrid.errors import Problem, listing
from dsgrid.query.factor import Column, Key, Share
from dsgrid.query.model import Step
from dsgrid.query.plan import Plan
from dsgrid.query.rules.attributes import MARK, grouped_by
from dsgrid.query.rules.columns import named_column, parts_of, with_zones
from dsgrid.query.stages import Table


@dataclass(frozen=True)
class Way:
    """How a key of an axis reaches the ids of a column.

    Parameters
    ----------
    position
        Which id of the key counts.
    shares
        What that id becomes, with fractions; None where it stays what it is.
    ids
        The ids of the column, in their order.
    """

    position: int
    shares: Mapping[str, Share] | None
    ids: tuple[str, ...]

    def of(self, key: Key) -> Share:
        """Return the ids that a key reaches, and its share of each."""
        id_ = key[self.position]
        return ((id_, 1.0),) if self.shares is None else self.shares.get(id_, ())


def resolve_names(plan: Plan, before: Table, step: Step, problems: list[Problem]) -> tuple[Column, ...]:
    """Return the columns that a step keeps, with what belongs beside timestamps."""
    columns: list[Column] = []
    for index, name in enumerate(step.by):
        node = step.node["by"][index]
        column = resolve(plan, before, name)
        if isinstance(column, str):
            problems.append(node.problem(column))
            continue
        for one in parts_of(plan.project, column):
            if any(chosen.name == one.name for chosen in columns):
                problems.append(node.problem(f'"{one.name}" is named twice'))
            columns.append(one)
    return with_zones(plan, tuple(columns), step.node) if not problems else tuple(columns)


def resolve(plan: Plan, before: Table, name: str) -> Column | str:
    """Return the column of a table, or that can be derived from one, by its name; else what is wrong with the name."""
    own = next((column for column in before.columns if column.name == name), None)
    if own is not None:
        return own
    column = _attribute(before, name) or named_column(plan.project, name)
    if isinstance(column, str):
        return column
    if column.type == TIME:
        if not before.columns_of(TIME):
            return f'"{name}" is gone: an earlier step has left no time'
        return column
    if any(one.name == column.of for one in before.columns):
        return column
    left = [one.name for one in before.columns_of(column.type)]
    has = f"of this type it has {listing(left)}" if left else f"it has no {column.type} any more"
    what = f'"{name}"' if column.name == column.of else f'"{name}" comes from "{column.of}", which'
    return f"{what} is not in the table that this step sees; {has}"


def way_to(before: Table, column: Column) -> Way:
    """Return how the keys of a table reach a column that `resolve` has found."""
    names = [one.name for one in before.columns_of(column.type)]
    dimension = column.dimension
    assert dimension is not None
    ids = dimension.records.ids
    if column.name in names:
        return Way(names.index(column.name), None, ids)
    of = column.of if column.of in names else column.name.partition(MARK)[0]
    assert column.shares is not None
    return Way(names.index(of), column.shares, ids)


def _attribute(before: Table, name: str) -> Column | None:
    """Return an attribute of a column that the table itself has, which need not be of a base dimension; else None."""
    of, _, attribute = name.partition(MARK)
    own = next((column for column in before.columns if column.name == of and column.dimension is not None), None)
    if own is None or own.dimension is None or attribute not in own.dimension.records.columns:
        return None
    return grouped_by(own.dimension, attribute)
