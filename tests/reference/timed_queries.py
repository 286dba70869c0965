"""Queries of time to the example project: asked in a line, carried out and written as the operation does."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dsgrid.query import output
from dsgrid.query.execution import execute
from dsgrid.query.plan import Plan
from dsgrid.query.planner import apply_rules, initial_plan
from dsgrid.query.reading import read_query
from dsgrid.query.result import Result
from dsgrid.query.source import Source
from dsgrid.query.time_meaning import described_time
from dsgrid.spec.load import load_spec
from dsgrid.time.dimension import PROJECT_GEOGRAPHY, DatetimeTime, RepresentativeTime, Span
from reference.example import TIME
from reference.stored import Stored, association_table, facts_frame, write_lookup

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.registry.model import Project

HOUR = timedelta(hours=1)
LIMITS = pytest.mark.parametrize("limit", [output.LARGEST_ARROW_RESULT, 0], ids=["one table", "too large for one"])
DAY = RepresentativeTime("day", ("day_type", "hour"), HOUR, PROJECT_GEOGRAPHY, "period_beginning", "total")


def hours_of(start: str, end: str, zone: str = "UTC", **changes: Any) -> DatetimeTime:
    """A time of hours from the first to the last label."""
    span = Span(datetime.fromisoformat(start), datetime.fromisoformat(end))
    return replace(TIME, ranges=(span,), zone=zone, **changes)


def asking(*names: str, **result: str) -> str:
    """What a query says that keeps these columns."""
    listed = ", ".join(f'"{name}"' for name in names)
    keys = "".join(f'{key} = "{value}"\n' for key, value in result.items())
    return f'[[step]]\nby = [{listed}]\n[result]\nunit = "MWh"\n{keys}'


def noisy(stored: Stored) -> Stored:
    """Return a dataset with other values, all different."""
    generator = np.random.default_rng(3)
    return replace(stored, facts=stored.facts.assign(value=generator.gamma(2.0, 10.0, len(stored.facts))))


def written_result(engine: Engine, folder: Path, plan: Plan, *stored: Stored) -> Result:
    """Carry a plan out and write its result as the operation does."""
    by_id = {one.dataset.id: one for one in stored}

    def read(session: Any, one: Any, columns: Any) -> Any:
        return facts_frame(by_id[one.id], session, columns)

    folder.mkdir(exist_ok=True, parents=True)
    for one in stored:
        write_lookup(one, folder)
    written = output.write(plan, execute(plan, engine.spark, read, folder), folder, engine.spark)
    manifest = {
        "query": "example",
        "table": written.path.name,
        "rows": written.rows,
        "columns": written.columns,
        "time": described_time(plan),
        "totals": written.totals,
    }
    return Result(folder, manifest, engine)


def following(of: Project, annual: Stored, shape: Stored, text: str) -> Plan:
    """Return the plan of a query to annual values that follow a shape."""
    spec = {
        "spec_version": 1,
        "job": "query",
        "name": "example",
        "project": of.id,
        "datasets": [annual.dataset.id],
        **tomllib.loads(text),
    }
    rules = replace(annual.submission.time, spread="", shape=f"{shape.dataset.id}@1.0.0")
    submission = replace(annual.submission, time=rules)
    followed = Source(shape.dataset, submission, associations=association_table(shape))
    source = Source(annual.dataset, submission, associations=association_table(annual), shape=followed)
    return apply_rules(initial_plan(read_query(load_spec(spec, "query")), of, (source,)))
