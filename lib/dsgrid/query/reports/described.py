"""What a report is, for its manifest and for `explain`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from dsgrid.query.plan import Plan
from dsgrid.query.reports.load import CALIBRATION, Load
from dsgrid.query.reports.measures import measures_of
from dsgrid.query.reports.rows import TIE
from dsgrid.query.reports.table import form_of
from dsgrid.query.rules.presentation import UNIT

_TIES: Final = (
    f"loads that differ from the greatest by less than {TIE:g} of it are as great; each of these slots is a row, and "
    "`ties` says how many there are"
)
_EARLIEST: Final = "where a system has its peak in several slots, the earliest counts"
_RULES: Final = {
    "peak_load": (_TIES,),
    "load_duration": ("`rank` 1 is the greatest load; it is reached or exceeded for `hours`",),
    "annual_summary": ("a share is of all groups of the same scenario, model year, weather year and unit",),
    "load_factor": ("the mean of the slots that have a value, over the greatest of them",),
    "calibration": (
        "what one side lacks counts as 0 in `difference`, and has no `difference_percent` without a benchmark",
    ),
}


def described_report(plan: Plan, headline: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a manifest says of a report: what was asked, by which rules, and what comes first."""
    load = Load(plan)
    report = load.report
    found: dict[str, Any] = {"kind": report.kind, "by": list(report.by), "over": list(report.over)}
    for key in ("period", "points"):
        if getattr(report, key) is not None:
            found[key] = getattr(report, key)
    if report.coincident_with is not None:
        found["coincident_with"] = list(report.coincident_with)
    if plan.benchmark is not None:
        found["against"] = [f"{one.dataset.id}@{one.dataset.version}" for one in plan.benchmark.sources]
        if report.tolerance is not None:
            found["tolerance_percent"] = report.tolerance
    rules = [*_RULES[report.kind], *([_EARLIEST] if report.coincident_with is not None else [])]
    return found | {"rules": rules, "headline": list(headline)}


def report_columns(plan: Plan) -> list[str]:
    """Return the names of a report's columns."""
    load = Load(plan)
    return [*(one.name for one in form_of(load).columns), *(one.name for one in measures_of(load)), UNIT]


def report_lines(plan: Plan) -> list[str]:
    """Return a report in a line or two."""
    return list(_lines(Load(plan)))


def _lines(load: Load) -> Iterator[str]:
    report, plan = load.report, load.plan
    by = f" by {', '.join(report.by)}" if report.by else " of all"
    each = f", for each value of {report.period}" if report.period is not None else ""
    points = f", {report.points:,} points" if report.points is not None else ""
    at_most = "" if plan.exact else "at most "
    if report.kind == CALIBRATION:
        assert plan.benchmark is not None
        yield f"calibration{by}: {at_most}{plan.rows:,} values"
        names = ", ".join(f"{one.dataset.id}@{one.dataset.version}" for one in plan.benchmark.sources)
        bound = "" if plan.benchmark.exact else "at most "
        filters = (
            f", after {len(report.benchmark.filters)} filters" if report.benchmark and report.benchmark.filters else ""
        )
        yield f"against {names}{filters}: {bound}{plan.benchmark.rows:,} values"
        return
    yield f"{report.kind.replace('_', ' ')}{by}{each}{points}: of {at_most}{plan.rows:,} loads"
    if report.coincident_with is not None:
        systems = ", ".join(report.coincident_with)
        yield f"with the peak of the system{f' by {systems}' if systems else ' of all groups'}"
