"""Results as queries leave them, made by hand, and jobs that have them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import FastAPI

from dsgrid.api.job import Job, NewJob, Outcome
from dsgrid.api.jobs.queue import JobStore
from dsgrid.api.state.database import State
from dsgrid.operations.shown_rows import Rows, write_file
from dsgrid.query import arrow_files
from dsgrid.registry.publish import data_file, write_manifest

RUN = "results/load/20180701T000000Z-00000000"
HOUR = 3_600_000_000
START = 1_530_403_200_000_000  # 2018-07-01 00:00 UTC
COLUMNS: tuple[Mapping[str, Any], ...] = (
    {"name": "state", "type": "geography", "holds": "string", "dimension": "p/state@1.0.0"},
    {"name": "hourly", "type": "time", "holds": "timestamp", "time_zone": "UTC", "interval": "period_beginning"},
    {"name": "days", "type": "time", "holds": "int32"},
    {"name": "value", "type": "value", "holds": "float64", "unit": "MWh"},
)


def hourly_table(rows: int, first: int = 0) -> pa.Table:
    """Return a table of some rows; each row is another one."""
    numbers = range(first, first + rows)
    return pa.table(
        {
            "state": pa.array([("CO", "NY", "CA")[number % 3] for number in numbers], pa.string()),
            "hourly": pa.array([START + number * HOUR for number in numbers]).cast(pa.timestamp("us", "UTC")),
            "days": pa.array([number // 24 for number in numbers], pa.int32()),
            "value": pa.array([number + 0.25 for number in numbers], pa.float64()),
        }
    )


def write_result(
    run: Path,
    parts: Sequence[pa.Table],
    form: str = "parquet",
    columns: Sequence[Mapping[str, Any]] = COLUMNS,
    *,
    row_group: int = 1_000_000,
    **told: Any,
) -> Path:
    """Write a result of one file, or of several."""
    run.mkdir(parents=True)
    names = [f"table.{form}"]
    if len(parts) > 1:
        (run / f"table.{form}").mkdir()
        names = [f"table.{form}/part-{number}.{form}" for number in range(len(parts))]
    for name, part in zip(names, parts, strict=True):
        if form == "parquet":
            pq.write_table(part, run / name, row_group_size=row_group)
        elif form == "arrow":
            arrow_files.write(part, run / name)
        else:
            write_file(Rows(part.schema, lambda part=part: iter([part])), run / name)
    files = [data_file(run, name, "table", part.num_rows) for name, part in zip(names, parts, strict=True)]
    rows = sum(part.num_rows for part in parts)
    entries: dict[str, Any] = {
        "query": "load",
        "table": f"table.{form}",
        "rows": rows,
        "project": "p@1.0.0",
        "datasets": [{"id": "d", "version": "1.0.0", "folder": "d/1.0.0-00000000"}],
        "columns": [dict(one) for one in columns],
        "units": ["MWh"],
        "sums": [{"unit": "MWh", "expected": None, "carried": None, "found": 1.5, "absolute": None}],
    }
    write_manifest(run, files, {**entries, **told})
    return run


def ended_job(app: FastAPI, make: Callable[[Path], object] | None = None, **told: Any) -> Job:
    """Return a job of an application that has ended; see `stored_job`."""
    return stored_job(app.state.context.state, make, **told)


def stored_job(
    state: State,
    make: Callable[[Path], object] | None = None,
    *,
    user: str = "anna",
    kind: str = "query",
    outcome: Outcome | None = None,
) -> Job:
    """Return a job that has ended, with what was made in its folder as its result.

    No server may have a runner for Spark: it would take the job.
    """
    store = JobStore(state)
    job, _ = store.add(NewJob(user, "analyst", kind, "load", "{}", "application/json", "spark"))
    claimed = store.claim("spark", 1)
    assert claimed is not None
    folder = state.jobs_folder / job.id / str(claimed.attempt)
    folder.mkdir(parents=True)
    if make is not None:
        make(folder / RUN)
    store.finish(job.id, claimed.attempt, outcome or Outcome("succeeded", result=RUN if make is not None else None))
    found = store.get(job.id)
    assert found is not None
    return found


def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for something to come true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)
