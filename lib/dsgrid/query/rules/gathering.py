"""Leave the last sum to the driver where the result comes there anyway: on Spark it would be a shuffle of its own."""

from __future__ import annotations

from dataclasses import replace

from dsgrid.query.combination import Leaf
from dsgrid.query.plan import Plan

# Rows that the driver adds up in a moment.
LARGEST_GATHERED = 1_000_000


def gather_on_driver(plan: Plan) -> Plan:
    """Let rows of several sources, or classes, that meet in one row of the result be added up by the driver.

    Examples
    --------
    Parts of counties meet in the regions of::

        [[step]]
        by = ["region"]

    but they are so few that the driver adds them up::

        at most 6 rows, 2 of the result
    """
    if not plan.regroup or plan.stages or not isinstance(plan.combination, Leaf):
        return plan
    rows = sum(source.bounds.parts for source in plan.sources if source.bounds is not None)
    return replace(plan, gathers=rows <= LARGEST_GATHERED)
