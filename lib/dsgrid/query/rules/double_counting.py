"""Refuse columns that count values more than once, unless the query says that this is meant."""

from __future__ import annotations

from collections.abc import Iterable

from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES
from dsgrid.errors import SpecError, listing
from dsgrid.query.plan import Plan
from dsgrid.query.rules.outputs import base_to_keys

ROUNDING = 1e-9


def counted_twice(rows: Iterable[tuple[object, object, float]]) -> list[object]:
    """Return what goes to several targets with fractions that sum to more than 1."""
    sums: dict[object, float] = {}
    targets: dict[object, int] = {}
    for source, _, fraction in rows:
        sums[source] = sums.get(source, 0.0) + fraction
        targets[source] = targets.get(source, 0) + 1
    return [source for source, count in targets.items() if count > 1 and sums[source] > 1 + ROUNDING]


def check_double_counting(plan: Plan) -> Plan:
    """Return the plan unchanged, or raise where a base record is held in full by several records of a column.

    Each row of such a result is right, but their sum is not: an overlapping subset, say. Scenarios and years are never
    added up unless somebody says so; a value that stands in several of them is counted once in each.

    Examples
    --------
    Where two coasts have all of county b, the query::

        [[step]]
        by = ["coast"]

    is refused::

        step[0].by[0]: "coast" counts 1 records of "county" more than once, such as "b": several of its records hold
        them in full; set allow_double_counting = true if that is what is meant
    """
    if plan.query.allow_double_counting or plan.step is None:
        return plan
    problems = []
    for column in plan.columns:
        if column.mapping is None or column.type in NAMED_REDUCTION_TYPES:
            continue
        for source in plan.sources:
            factor = source.factor(column.type)
            shares = base_to_keys(factor.base, (column,))
            rows = [(id_, key, share) for id_ in factor.base_ids for key, share in shares[id_]]
            twice = [str(one) for one in counted_twice(rows)]
            if twice:
                node = plan.step.node["by"]
                at = node[plan.step.by.index(column.name)] if column.name in plan.step.by else node
                problems.append(
                    at.problem(
                        f'"{column.name}" counts {len(twice):,} records of "{factor.base.name}" more than once, such '
                        f"as {listing(twice[:3])}: several of its records hold them in full; set "
                        "allow_double_counting = true if that is what is meant"
                    )
                )
                break
    if problems:
        raise SpecError(problems)
    return plan
