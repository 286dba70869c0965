"""How many jobs the engine is asked to run for a report."""

from __future__ import annotations

from dsgrid.query.output import LARGEST_ARROW_RESULT
from dsgrid.query.plan import Plan
from dsgrid.query.reports.coded import is_small
from dsgrid.query.reports.extent import has_every_slot, most_rows
from dsgrid.query.reports.load import Load


def _of_load(plan: Plan) -> int:
    """Return how many jobs a load takes: it comes to the driver, or is written, and its sum is compared."""
    return 1 if is_small(plan) else 2


def report_jobs(plan: Plan) -> int:
    """Return how many jobs a report takes, without the contraction where that is shared."""
    load = Load(plan)
    jobs = _of_load(plan) + 1
    if plan.benchmark is not None:
        # Whether there is a key on both sides is asked first.
        return jobs + _of_load(plan.benchmark) + 1
    systems = load.report.coincident_with is not None and not is_small(plan)
    counts = most_rows(load) > LARGEST_ARROW_RESULT and not has_every_slot(load)
    return jobs + systems + counts
