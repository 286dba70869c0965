"""A result of a plan as plain values: its rows, columns and form, and what it has to add up to."""

from __future__ import annotations

from typing import Any

from dsgrid.query.combination import Leaf
from dsgrid.query.decoding import digits
from dsgrid.query.explained_steps import described_steps
from dsgrid.query.output import through_arrow
from dsgrid.query.plan import Plan
from dsgrid.query.reports.described import report_columns, report_lines
from dsgrid.query.reports.load import Load
from dsgrid.query.reports.table import form_of
from dsgrid.query.rules.filters import is_of_time
from dsgrid.query.stages import Kept, KeptValues
from dsgrid.query.time_lines import zone_line


def described_result(plan: Plan) -> dict[str, Any]:
    """Return everything that `explain` says of a result, after the contraction."""
    shown, output = _shown(plan), plan.query.output
    why = why_not_foretold(plan)
    return {
        "name": plan.query.name,
        "has_table": output.table,
        "report": [] if plan.query.report is None else report_lines(plan),
        "table": _contracted(plan),
        "steps": described_steps(plan),
        "rows": plan.rows,
        "exact": plan.exact,
        "format": output.format,
        "pivot": output.pivot,
        "partition": list(output.partition),
        "columns": [column.name for column in shown.columns if plan.stages or column.name not in plan.hidden]
        if plan.query.report is None
        else report_columns(plan),
        "units": list(dict.fromkeys(shown.axis("metric").units)),
        "time": zone_line(shown),
        "decode": _decode(plan),
        "foretold": not why,
        "why_not_foretold": why,
        "carried": plan.balances and plan.carried,
        "expects": [
            {
                "source": source.name,
                "dataset": source.dataset.id,
                "unit": unit,
                "total": total,
                "absolute": absolute,
                "before_time_is_mapped": source.time is not None and source.time.balances,
            }
            for source in plan.sources
            for unit, total, absolute in source.totals
        ],
    }


def _shown(plan: Plan) -> Plan:
    return plan.shown if plan.query.report is None else form_of(Load(plan))


def _decode(plan: Plan) -> dict[str, Any]:
    """Return where codes become names: on the driver for what travels through Arrow, else by joins."""
    if through_arrow(plan):
        return {"where": "driver", "joins": []}
    joins = [{"types": [axis.type for axis in digit.axes], "rows": digit.radix} for digit in digits(plan.shown)]
    return {"where": "engine", "joins": joins}


def _contracted(plan: Plan) -> dict[str, Any]:
    """Return the table that the contraction and the expression leave, before anything follows."""
    rows, exact = plan.stage_rows[0] if plan.stage_rows else (plan.rows, plan.exact)
    return {
        "columns": [column.name for column in plan.columns if column.name not in plan.hidden],
        "hidden": sorted(plan.hidden),
        "rows": rows,
        "exact": exact,
    }


def why_not_foretold(plan: Plan) -> str:
    """Return why the stored sums of the datasets do not say what a result adds up to; empty where they do."""
    if plan.foretold:
        return ""
    if not isinstance(plan.combination, Leaf):
        return "a product, a quotient or an added number is more than a sum of what is stored"
    if any(source.time_filters for source in plan.sources):
        return "a filter on time takes a part of what was summed when the data were registered"
    if any(isinstance(stage, Kept | KeptValues) for stage in plan.stages):
        return "a filter between the steps takes a part of what the contraction leaves"
    if any(is_of_time(plan.project, one) for one in _later_filters(plan)):
        return "a filter on time takes a part of what was summed when the data were registered"
    if plan.stages:
        return "a step leaves something out, or changes units"
    return "growth or adjustments concern too many combinations to be multiplied out beforehand"


def _later_filters(plan: Plan):  # type: ignore[no-untyped-def]
    return [*(one for step in plan.query.steps for one in step.filters), *plan.query.output.filters]
