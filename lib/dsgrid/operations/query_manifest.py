"""What the manifest of a result says: units, zone, versions of all that was read, sums in and out, what it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dsgrid.bundle import bundle_sha256
from dsgrid.engine import Engine
from dsgrid.query.jobs import engine_jobs
from dsgrid.query.output import Written
from dsgrid.query.plan import Plan, Plans
from dsgrid.query.rules.reductions import adds_up
from dsgrid.query.source import Source
from dsgrid.query.stage_rows import stage_rows
from dsgrid.query.time_meaning import described_time
from dsgrid.spec.load import Spec
from dsgrid.time.zones import tzdata_version


@dataclass(frozen=True)
class Timing:
    """Seconds of a run, by what they went to.

    Parameters
    ----------
    planning, starting, running
        Planning on the driver; starting the engine; reading, computing and writing all results.
    began
        When it began, on the monotonic clock.
    """

    planning: float
    starting: float
    running: float
    began: float


def query_manifest(
    plans: Plans, plan: Plan, spec: Spec, written: Written, engine: Engine, timing: Timing
) -> dict[str, Any]:
    """Return what the manifest of one of a query's results says."""
    shown = plan.shown
    return {
        "query": plan.query.name,
        "table": written.path.name,
        "rows": written.rows,
        **({"results": [one.query.name for one in plans.others]} if plan is plans.first and plans.others else {}),
        "project": f"{plan.project.id}@{plan.project.version}",
        "at": None if plan.query.at is None else plan.query.at.moment,
        "datasets": list(_datasets(plan)),
        "expression": str(plan.query.expression),
        "columns": list(written.columns),
        "units": list(dict.fromkeys(shown.axis("metric").units)),
        "time": described_time(shown),
        "adds_up": adds_up(plan),
        "sums": [
            {"unit": one.unit, "expected": one.expected, "carried": one.carried, "found": one.found}
            | {"absolute": one.absolute}
            for one in written.totals
        ],
        "left_out": [
            {"dataset": source.dataset.id, "type": factor.type, "record": record, "reason": reason}
            for source in plan.sources
            for factor in source.factors
            for record, reason in factor.left_out
        ],
        "time_notes": [
            {"dataset": source.dataset.id, "note": note}
            for source in plan.sources
            if source.time is not None
            for note in source.time.notes
        ],
        "stages": stage_rows(plan),
        "spec_sha256": spec.sha256,
        "variables": dict(spec.variables),
        "bundle_sha256": bundle_sha256(),
        "engine": {"name": engine.name, "version": engine.version, "jobs": engine_jobs(plans)},
        "tzdata": tzdata_version(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - timing.began, 3),
        "seconds_of": {
            "planning": round(timing.planning, 3),
            "starting the engine": round(timing.starting, 3),
            "running": round(timing.running, 3),
        },
    }


def _datasets(plan: Plan) -> Iterator[dict[str, Any]]:
    """Return every dataset that was read, or whose stored sums were: growth too, and shapes."""
    seen = set()
    for source in (*plan.sources, *plan.factored):
        for one, role in ((source, "values"), (source.growth, "growth"), (source.shape, "shape")):
            if isinstance(one, Source) and (one.dataset.id, role) not in seen:
                seen.add((one.dataset.id, role))
                dataset = one.dataset
                yield {"id": dataset.id, "version": dataset.version, "folder": dataset.folder} | (
                    {} if role == "values" else {"role": role}
                )
