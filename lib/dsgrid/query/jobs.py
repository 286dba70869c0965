"""How many jobs the engine is asked to run for a plan."""

from __future__ import annotations

from dsgrid.query.output import through_arrow
from dsgrid.query.plan import Plan, Plans
from dsgrid.query.reports.jobs import report_jobs
from dsgrid.query.stages import Reduction


def engine_jobs(plans: Plans) -> int:
    """Return how many jobs the engine is asked to run.

    One pass for each result, one for a contraction that they share, and more that check results too large for Arrow.
    """
    shared = plans.shared is not None
    return shared + sum(jobs_of(plan, shared) for plan in plans.every)


def jobs_of(plan: Plan, shared: bool = False) -> int:
    """Return how many jobs one result takes, without the contraction where that is shared."""
    persisted = sum(isinstance(move, Reduction) and move.step.persist for move in plan.stages[:-1])
    persisted += not shared and plan.step is not None and plan.step.persist and bool(plan.stages)
    if not plan.query.output.table:
        return 0
    if plan.query.report is not None:
        return report_jobs(plan) + persisted
    if through_arrow(plan):
        return 1 + persisted
    # What is converted after the engine has written it is counted on the way.
    read_again = plan.query.output.format != "arrow" and not plan.query.output.partition
    return 1 + persisted + read_again + plan.balances
