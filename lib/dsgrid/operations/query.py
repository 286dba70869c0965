"""The operation `query`: plan, carry out, check, publish."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dsgrid.bundle import bundle_sha256
from dsgrid.datasets.offenders import counted
from dsgrid.engine import Engine, engine_errors
from dsgrid.operations.location import registry_folder
from dsgrid.operations.running import running
from dsgrid.query.explain import engine_jobs
from dsgrid.query.model import Query
from dsgrid.query.reading import read_query
from dsgrid.query.output import Written
from dsgrid.query.plan import Plan
from dsgrid.query.planner import make_plan
from dsgrid.query.result import Result
from dsgrid.query.rules.reductions import adds_up
from dsgrid.query.time_meaning import described_time
from dsgrid.registry import disk
from dsgrid.registry.model import DataFile
from dsgrid.registry.publish import data_file, discard, new_run, publish_result, write_manifest
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.storage.location import Location, files_below, relative_name
from dsgrid.time.zones import tzdata_version


def query(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | Registry | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
    at: str | None = None,
) -> Result:
    """Answer a query and publish its table.

    The table is written to a folder of its own and becomes the query's current result when it is complete and its
    sums are what the datasets promise; until then (and when anything fails) the result before stays.

    Parameters
    ----------
    at
        A version of the project, or a date: the registry as it was then. Wins over ``at`` in the spec.

    Raises
    ------
    SpecError
        If the query names what is not there, or asks for sums that mean nothing.
    ConservationError
        If the result does not add up to what went in.
    """
    started = time.monotonic()
    loaded = load_spec(spec, "query", variables)
    say = progress or (lambda _: None)
    asked = read_query(loaded, at)
    with Registry.open(registry_folder(loaded, registry), at=asked.at) as opened:
        say("planning")
        plan = make_plan(asked, opened)
        root = opened.data
    run = new_run(results_folder(asked, loaded), asked.name)
    try:
        with running(engine) as used, engine_errors():
            say(f"reading {counted(len(plan.sources), 'dataset')}")
            written = _carry_out(plan, used, root, run)
        # A spec made in Python has no TOML text; it is kept as what it was.
        disk.write_file(run / ("spec.toml" if loaded.path is not None else "spec.json"), loaded.text.encode())
        say("publishing")
        manifest = _manifest(plan, loaded, written, used, time.monotonic() - started)
        write_manifest(run, _files(run, written), manifest)
        publish_result(run)
    except BaseException:
        discard(run)
        raise
    return Result(run, manifest, used)


def results_folder(asked: Query, spec: Spec) -> Location:
    """Return where results go: ``[result] path``, else ``results`` beside the spec (or in the working directory)."""
    if asked.output.path is not None and asked.output.node is not None:
        place = asked.output.node.resolve("path")
        return Path(os.path.normpath(place)) if isinstance(place, Path) else place
    return spec.root.source.folder / "results"


def _carry_out(plan: Plan, engine: Engine, root: Location, run: Location) -> Written:
    # Imported here: explain shares this plan and needs no pyspark.
    from dsgrid.datasets.read import facts
    from dsgrid.query.execution import execute
    from dsgrid.query.output import write

    stacked = execute(
        plan, engine.spark, lambda session, dataset, columns: facts(session, root, dataset, columns), root
    )
    return write(plan.shown, stacked, run, engine.spark)


def _files(run: Location, written: Written) -> list[DataFile]:
    if written.path.is_file():
        return [data_file(run, written.path.name, "table", written.rows)]
    files = [path for path, _, _ in files_below(written.path) if not path.name.startswith((".", "_"))]
    return [data_file(run, relative_name(path, run), "table", _rows(path)) for path in files]


def _rows(path: Location) -> int:
    """Return the rows of one file of a large table; ids and names hold no line breaks, so a CSV's lines are rows."""
    if path.suffix == ".parquet":
        from dsgrid.datasets import parquet

        return parquet.rows(path)
    with path.open("rb") as file:
        return max(sum(1 for _ in file) - 1, 0)


def _at(asked: Query) -> str | None:
    """Return the moment whose registry was asked; a version that was asked for stands in `project`."""
    return None if asked.at is None else asked.at.moment


def _manifest(plan: Plan, spec: Spec, written: Written, engine: Engine, seconds: float) -> dict[str, Any]:
    return {
        "query": plan.query.name,
        "table": written.path.name,
        "rows": written.rows,
        "project": f"{plan.project.id}@{plan.project.version}",
        "at": _at(plan.query),
        "datasets": [
            {"id": one.dataset.id, "version": one.dataset.version, "folder": one.dataset.folder} for one in plan.sources
        ],
        "columns": list(written.columns),
        "units": list(dict.fromkeys(plan.axis("metric").units)),
        "time": described_time(plan),
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
        "spec_sha256": spec.sha256,
        "variables": dict(spec.variables),
        "bundle_sha256": bundle_sha256(),
        "engine": {"name": engine.name, "version": engine.version, "jobs": engine_jobs(plan)},
        "tzdata": tzdata_version(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
    }
