"""The operation `query`: plan, carry out, check, publish."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dsgrid.datasets.offenders import counted
from dsgrid.engine import Engine, engine_errors
from dsgrid.operations.location import registry_folder
from dsgrid.operations.query_manifest import Timing, query_manifest
from dsgrid.operations.running import running
from dsgrid.query.model import Query
from dsgrid.query.output import Written
from dsgrid.query.plan import Plan, Plans
from dsgrid.query.planner import make_plans
from dsgrid.query.reading import read_query
from dsgrid.query.result import Result
from dsgrid.registry import disk
from dsgrid.registry.model import DataFile
from dsgrid.registry.publish import data_file, discard, new_run, publish_result, write_manifest
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.storage.location import Location, files_below, relative_name

# Tables between two stages, which are gone when the result is published.
SCRATCH = ".tables"


def query(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | Registry | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
    at: str | None = None,
) -> Result:
    """Answer a query and publish its table, with those of its further results in folders beside it.

    The tables are written to a folder of their own and become the query's current result when they are complete and
    their sums are what the datasets promise; until then (and when anything fails) the result before stays.

    Parameters
    ----------
    at
        A version of the project, or a date: the registry as it was then. Wins over ``at`` in the spec.

    Raises
    ------
    SpecError
        If the query names what is not there, or asks for what means nothing.
    ConservationError
        If the result does not add up to what went in.
    """
    started = time.monotonic()
    loaded = load_spec(spec, "query", variables)
    say = progress or (lambda _: None)
    asked = read_query(loaded, at)
    with Registry.open(registry_folder(loaded, registry), at=asked.at) as opened:
        say("planning")
        plans = make_plans(asked, opened)
        root = opened.data
    planned = time.monotonic()
    run = new_run(results_folder(asked, loaded), asked.name)
    try:
        with running(engine) as used, engine_errors():
            ready = time.monotonic()
            say(f"reading {counted(len(plans.first.sources), 'dataset')}")
            written = _carry_out(plans, used, root, run)
        # A spec made in Python has no TOML text; it is kept as what it was.
        disk.write_file(run / ("spec.toml" if loaded.path is not None else "spec.json"), loaded.text.encode())
        say("publishing")
        timing = Timing(planned - started, ready - planned, time.monotonic() - ready, started)
        for plan, made in zip(plans.others, written[1:], strict=True):
            folder = run / plan.query.name
            write_manifest(folder, _files(folder, made), query_manifest(plans, plan, loaded, made, used, timing))
        manifest = query_manifest(plans, plans.first, loaded, written[0], used, timing)
        write_manifest(run, _files(run, written[0]), manifest)
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


def _carry_out(plans: Plans, engine: Engine, root: Location, run: Location) -> list[Written]:
    """Write every result: the query's own into the run's folder, the others into folders of their names."""
    # Imported here: explain shares this plan and needs no pyspark.
    from dsgrid.datasets.read import facts
    from dsgrid.query.execution import contract, follow
    from dsgrid.query.output import write
    from dsgrid.query.persisting import Scratch

    scratch = Scratch(engine.spark, run / SCRATCH)

    def contracted(plan: Plan) -> Any:
        return contract(plan, engine.spark, lambda session, one, columns: facts(session, root, one, columns), root)

    shared = None if plans.shared is None else scratch.persist(contracted(plans.shared))
    written = []
    for index, plan in enumerate(plans.every):
        folder = run if index == 0 else run / plan.query.name
        rows = contracted(plan) if plans.shared is None else shared
        written.append(write(plan, follow(plan, engine.spark, rows, scratch.persist), folder, engine.spark))
    scratch.remove()
    return written


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
    if path.suffix == ".arrow":
        from dsgrid.query import arrow_files

        return arrow_files.rows(path)
    with path.open("rb") as file:
        return max(sum(1 for _ in file) - 1, 0)
