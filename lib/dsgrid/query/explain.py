"""Say what a plan does: as a document for programs, and as lines for people. Neither needs an engine."""

from __future__ import annotations

from typing import Any

from dsgrid.query.explain_lines import lines
from dsgrid.query.explained_result import described_result
from dsgrid.query.explained_source import described_source
from dsgrid.query.explained_steps import described_expression
from dsgrid.query.jobs import engine_jobs, jobs_of
from dsgrid.query.plan import Plan, Plans
from dsgrid.query.rules.filters import in_words, is_of_time
from dsgrid.query.rules.sharing import LARGEST_SHARE


def explain(plan: Plan | Plans) -> str:
    """Return a plan for people. Needs no engine: the counts come from the stored association tables."""
    return "\n".join(lines(document(plan if isinstance(plan, Plans) else Plans(plan))))


def document(plans: Plans) -> dict[str, Any]:
    """Return everything that is known of how a query is answered, as values that JSON has.

    There is one contraction, or one for each result where they do not share it. Each result says which is its own, what
    follows it, and what has to come out.
    """
    first = plans.first
    shared = plans.shared is not None
    contracted = [plans.shared] if plans.shared is not None else list(plans.every)
    return {
        "query": first.query.name,
        "project": f"{first.project.id}@{first.project.version}",
        "at": None if first.query.at is None else first.query.at.text,
        "contractions": [_contraction(plan) for plan in contracted],
        "shared": shared,
        "why": _why_shared(plans),
        "results": [
            {"contraction": 0 if shared else index} | described_result(plan) | {"engine_jobs": jobs_of(plan, shared)}
            for index, plan in enumerate(plans.every)
        ],
        "engine_jobs": engine_jobs(plans),
    }


def _contraction(plan: Plan) -> dict[str, Any]:
    sizes = {dimension.name: len(dimension.records) for dimension in plan.project.base}
    return {
        "filters": [
            {"text": text, "dimension": base, "keeps": len(ids), "of": sizes[base]} for base, ids, text in plan.allowed
        ],
        "time_filters": list(
            dict.fromkeys(in_words(plan.project, one) for one in plan.filters if is_of_time(plan.project, one))
        ),
        "sources": [described_source(plan, source) for source in plan.sources],
        "expression": described_expression(plan),
        "rows": plan.stage_rows[0][0] if plan.stage_rows else plan.rows,
        "exact": plan.stage_rows[0][1] if plan.stage_rows else plan.exact,
    }


def _why_shared(plans: Plans) -> str:
    """Return why several results share a contraction, or do not; empty for a single result."""
    if sum(plan.query.output.table for plan in plans.every) < 2:
        return ""
    if plans.shared is None:
        return f"the table that all could follow has more than {LARGEST_SHARE:.0%} as many rows as there are values"
    return "the facts are read once; the table that all results follow is written, and read again for each"
