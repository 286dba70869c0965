"""Into how many parts a contraction is divided, and where: what a long query has finished need not be done again.

A part is made of some keys of the largest dimension that the contraction keeps. Files are sorted by dimensions, so
parts of neighbouring records read little in common.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from dsgrid.dimensions.types import TIME
from dsgrid.query.plan import Axis, Part, Plan, Plans

# About a minute for the embedded engine on two cores.
VALUES_OF_PART: Final = 2_000_000_000
MOST_PARTS: Final = 64


def parts_worthwhile(plans: Plans) -> int:
    """Return into how many parts the contractions of a query are divided where the user does not say it."""
    contractions = plans.every if plans.shared is None else (plans.shared,)
    most = max(values_read(plan) for plan in contractions)
    return max(1, min(MOST_PARTS, most // VALUES_OF_PART))


def values_read(plan: Plan) -> int:
    """Return how many values a contraction reads."""
    return sum(
        source.bounds.facts * max(1, source.value_columns) for source in plan.sources if source.bounds is not None
    )


def divided(plan: Plan, count: int) -> tuple[Part, ...]:
    """Return the parts of a contraction: disjoint, together all of it, as equal in their numbers of keys as can be.

    Fewer than `count` where the largest dimension that it keeps has fewer records; none where it keeps none.
    """
    axis = largest_axis(plan)
    if axis is None:
        return ()
    count = min(count, len(axis.keys))
    limits = [len(axis.keys) * number // count for number in range(count + 1)]
    return tuple(Part(axis.type, frozenset(axis.keys[begin:end])) for begin, end in pairwise(limits))


def largest_axis(plan: Plan) -> Axis | None:
    """Return the axis with the most keys, time aside; None where no axis has several."""
    axes = [axis for axis in plan.axes if axis.type != TIME and axis.columns and len(axis.keys) > 1]
    return max(axes, key=lambda axis: len(axis.keys), default=None)
