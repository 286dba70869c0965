"""What the manifest of a result says: units, zone, versions of all that was read, sums in and out, what it took."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dsgrid.bundle import bundle_sha256
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.operations.asking import is_of_dataset
from dsgrid.query.conservation import Total
from dsgrid.query.form import described_key
from dsgrid.query.model import Filter, Query
from dsgrid.query.of_dataset import described_targets
from dsgrid.query.output import Written
from dsgrid.query.plan import Plan, Plans
from dsgrid.query.reports.described import described_report
from dsgrid.query.reports.load import Load
from dsgrid.query.reports.table import form_of
from dsgrid.query.rules.reductions import adds_up
from dsgrid.query.source import Source
from dsgrid.query.stage_rows import stage_rows
from dsgrid.query.time_meaning import described_time
from dsgrid.spec.load import Spec
from dsgrid.time.tzdata import tzdata_version


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


@dataclass(frozen=True)
class Computed:
    """By what a result was computed.

    Parameters
    ----------
    name, version
        The engine.
    jobs
        How many jobs it was asked to run; none where the cache had what it would have computed.
    """

    name: str
    version: str
    jobs: int


def query_manifest(
    plans: Plans, plan: Plan, spec: Spec, written: Written, by: Computed, timing: Timing
) -> dict[str, Any]:
    """Return what the manifest of one of a query's results says."""
    shown = plan.shown if plan.query.report is None else form_of(Load(plan))
    return {
        "query": plan.query.name,
        "table": None if written.path is None else written.path.name,
        "rows": written.rows,
        **({"results": [one.query.name for one in plans.others]} if plan is plans.first and plans.others else {}),
        **_asked(plan),
        "at": None if plan.query.at is None else plan.query.at.moment,
        "datasets": list(_datasets(plan)),
        "expression": str(plan.query.expression),
        "columns": list(written.columns),
        "form": _form(plan),
        **({} if plan.query.report is None else {"report": _report(plan, written)}),
        "units": list(dict.fromkeys(shown.axis("metric").units)),
        "time": described_time(shown),
        "adds_up": plan.query.report is None and adds_up(plan),
        "sums": _sums(written.totals),
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
        "engine": {"name": by.name, "version": by.version, "jobs": by.jobs},
        "tzdata": tzdata_version(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - timing.began, 3),
        "seconds_of": {
            "planning": round(timing.planning, 3),
            "starting the engine": round(timing.starting, 3),
            "running": round(timing.running, 3),
        },
    }


def _asked(plan: Plan) -> dict[str, Any]:
    """Return the project that was asked; of a dataset that was asked without one, what it was brought to."""
    if not is_of_dataset(plan.query):
        return {"project": f"{plan.project.id}@{plan.project.version}"}
    (source,) = plan.sources
    return {"project": None, "targets": described_targets(plan.project, source.dataset, source.submission)}


def _sums(totals: Iterable[Total]) -> list[dict[str, Any]]:
    return [
        {"unit": one.unit, "expected": one.expected, "carried": one.carried, "found": one.found}
        | {"absolute": one.absolute}
        for one in totals
    ]


def _report(plan: Plan, written: Written) -> dict[str, Any]:
    told = described_report(plan, written.headline)
    return told if plan.benchmark is None else told | {"benchmark_sums": _sums(written.benchmark)}


def _form(plan: Plan) -> dict[str, Any]:
    """Return what the columns alone do not say of how values came about, which a dataset made of them has to know."""
    shown, query = plan.shown, plan.query
    pivot = next((column for column in shown.columns if column.type == query.output.pivot), None)
    return {
        "pivot": None if pivot is None else described_key(pivot),
        "names": query.output.names,
        "steps": [{"function": step.function, "by": list(step.by)} for step in query.steps],
        "filters": sorted({one.dimension or one.subset or "" for one in _filters(query)}),
        "summed": dict(_summed(plan, {column.type for column in shown.columns})),
    }


def _summed(plan: Plan, shown: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield of each type without a column how many of the base records its values are of, and which where it is one."""
    sources = (*plan.sources, *plan.factored)
    grown = any(source.growth is not None for source in sources)
    for type_ in RECORD_TYPES:
        if type_ in shown:
            continue
        bases = {source.factor(type_).base.name: source.factor(type_).base for source in sources}
        ids = {id_ for source in sources for id_ in source.factor(type_).base_ids}
        # A projection has the model years of its rates.
        held = list(ids) if type_ != "model_year" or not grown else next(iter(bases.values())).records.ids
        only = {"only": held[0]} if len(held) == 1 else {}
        yield type_, {"held": len(held), "of": sum(len(base.records) for base in bases.values()), **only}


def _filters(query: Query) -> Iterator[Filter]:
    """Yield the filters at all places of a query."""
    yield from query.filters
    yield from query.output.filters
    for member in query.members:
        yield from member.filters
    for step in query.steps:
        yield from step.filters


def _datasets(plan: Plan) -> Iterator[dict[str, Any]]:
    """Return every dataset that was read, or whose stored sums were: growth too, and shapes."""
    seen = set()
    benchmark = () if plan.benchmark is None else plan.benchmark.sources
    role_of = {id(source): "benchmark" for source in benchmark}
    for source in (*plan.sources, *plan.factored, *benchmark):
        for one, role in (
            (source, role_of.get(id(source), "values")),
            (source.growth, "growth"),
            (source.shape, "shape"),
        ):
            if isinstance(one, Source) and (one.dataset.id, role) not in seen:
                seen.add((one.dataset.id, role))
                dataset = one.dataset
                yield {"id": dataset.id, "version": dataset.version, "folder": dataset.folder} | (
                    {} if role == "values" else {"role": role}
                )
