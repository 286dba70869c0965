"""How many rows a report may have."""

from __future__ import annotations

from dsgrid.query.reports.load import Load


def most_rows(load: Load) -> int:
    """Return how many rows a report of a load has at most, as far as that is known beforehand."""
    if load.report.kind == "peak_load" or has_every_slot(load):
        return load.plan.rows
    return min(load.groups * max(1, len(load.periods)), load.plan.rows) * (load.report.points or 1)


def has_every_slot(load: Load) -> bool:
    """Tell whether a report has as many rows as the load."""
    return load.report.kind == "load_duration" and load.report.points is None
