"""The operation `query`: plan, carry out, check, publish."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsgrid.engine import Engine, engine_errors
from dsgrid.operations.asking import inputs_of, plans_of, read_asked
from dsgrid.operations.location import registry_folder
from dsgrid.operations.progress import Progress, stage
from dsgrid.operations.query_stages import know_plans, know_result, of_result, reading, stage_lines
from dsgrid.operations.recording import know, recording
from dsgrid.operations.reusing import keep_answer, kept_answer, kept_tables
from dsgrid.operations.running import running
from dsgrid.operations.task import How, Task, make_task
from dsgrid.query.cache.results import KEY
from dsgrid.query.result import Result
from dsgrid.registry import disk
from dsgrid.registry.model import DataFile
from dsgrid.registry.publish import data_file, discard, new_run, publish_result, write_manifest
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.storage.location import Location, files_below, relative_name

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.operations.parts import Contractions
    from dsgrid.query.output import Written
    from dsgrid.query.plan import Plans

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
    how: How | None = None,
) -> Result:
    """Answer a query and publish its table, with those of its further results in folders beside it.

    The tables are written to a folder of their own and become the query's current result when they are complete and
    their sums are what the datasets promise; until then (and when anything fails) the result before stays.

    Parameters
    ----------
    at
        A version of the project, or a date: the registry as it was then. Wins over ``at`` in the spec.
    how
        Whether the cache is used, and parts that an earlier run has finished.

    Raises
    ------
    SpecError
        If the query names what is not there, or asks for what means nothing.
    ConservationError
        If the result does not add up to what went in.
    """
    return answer(
        load_spec(spec, "query", variables), registry=registry, engine=engine, progress=progress, at=at, how=how
    )


def answer(
    loaded: Spec,
    *,
    registry: str | Path | Registry | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    at: str | None = None,
    how: How | None = None,
) -> Result:
    """Answer the spec of any job that asks for a result (`dsgrid.operations.asking`), and publish it; see `query`."""
    with recording(loaded.job, loaded.path, progress) as recorded:
        recorded.begin()
        result = _answer(loaded, registry, engine, recorded.progress, at, how)
        know_result(result)
    return result


def _answer(
    loaded: Spec,
    registry: str | Path | Registry | None,
    engine: Engine | None,
    progress: Progress,
    at: str | None,
    how: How | None,
) -> Result:
    began = time.monotonic()
    asked = read_asked(loaded, at)
    with Registry.open(registry_folder(loaded, registry), at=asked.at) as opened:
        inputs = inputs_of(asked, opened)
        task = make_task(loaded, asked, inputs, engine=engine, how=how, progress=progress, began=began)
        kept = kept_answer(task)
        if kept is not None:
            return kept
        # Imported here: what was answered before needs no plan.
        from dsgrid.operations.query_manifest import Computed, Timing, query_manifest
        from dsgrid.query.jobs import engine_jobs

        task.say("planning")
        plans = plans_of(asked, inputs, opened)
        root = opened.data
    planned = time.monotonic()
    run = new_run(task.results, asked.name)
    parts = None
    with ExitStack() as stack:
        try:
            coded = kept_tables(task, plans)
            if coded is not None:
                task.say("writing what the cache has in the form that is asked for")
                know(reused="tables of the cache, in another form")
                ready, used, written = planned, engine, _write_kept(plans, coded, run)
                by = Computed(task.around.engine, task.around.engine_version, 0)
            else:
                know_plans(plans, task.results, task.around.engine, task.say)
                with running(engine, task.say) as used, engine_errors():
                    ready = time.monotonic()
                    written, parts = _carry_out(task, plans, used, root, run, stack)
                by = Computed(used.name, used.version, engine_jobs(plans))
            # A spec made in Python has no TOML text, and what a server got may be JSON; it is kept as what it was.
            is_toml = loaded.path is not None and loaded.path.suffix != ".json"
            disk.write_file(run / ("spec.toml" if is_toml else "spec.json"), loaded.text.encode())
            task.say("publishing")
            timing = Timing(planned - began, ready - planned, time.monotonic() - ready, began)
            results: dict[str | None, Result] = {}
            for plan, made in zip(plans.others, written[1:], strict=True):
                folder = run / plan.query.name
                said = query_manifest(plans, plan, loaded, made, by, timing)
                write_manifest(folder, _files(folder, made), said)
                results[plan.query.name] = Result(folder, said, used)
            manifest = query_manifest(plans, plans.first, loaded, written[0], by, timing) | {KEY: task.key}
            exports, files = _exported(task, results | {None: Result(run, manifest, used)}, run)
            manifest |= exports
            write_manifest(run, [*_files(run, written[0]), *files], manifest)
            publish_result(run)
        except BaseException:
            discard(run)
            raise
        if parts is not None:
            parts.close()
    result = Result(run, manifest, used)
    keep_answer(task, result, plans, written)
    return result


def answered_before(
    loaded: Spec,
    engine: str,
    *,
    registry: str | Path | Registry | None = None,
    at: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Result | None:
    """Return the answer of a spec, as an engine of this name has given it before; None where it has to be computed."""
    asked = read_asked(loaded, at)
    with Registry.open(registry_folder(loaded, registry), at=asked.at) as opened:
        return kept_answer(make_task(loaded, asked, inputs_of(asked, opened), engine=engine, progress=progress))


def _write_kept(plans: Plans, coded: Sequence[pa.Table | None], run: Location) -> list[Written]:
    """Write every result from its coded table."""
    from dsgrid.query.output import NO_TABLE, write_coded

    folders = _folders(plans, run)
    return [
        NO_TABLE if table is None else write_coded(plan, table, at)
        for plan, table, at in zip(plans.every, coded, folders, strict=True)
    ]


def _carry_out(
    task: Task, plans: Plans, engine: Engine, root: Location, run: Location, stack: ExitStack
) -> tuple[list[Written], Contractions]:
    """Write every result: the query's own into the run's folder, the others into folders of their names.

    Parameters
    ----------
    stack
        Lasts until the results are published: so long nobody else removes finished parts.
    """
    # Imported here: explain shares this plan and needs no pyspark.
    from dsgrid.operations.parts import contractor

    contraction = stack.enter_context(contractor(task, plans, engine, root))
    return _written(task, plans, engine, run, contraction), contraction


def _written(task: Task, plans: Plans, engine: Engine, run: Location, contraction: Contractions) -> list[Written]:
    from dsgrid.query.execution import follow
    from dsgrid.query.output import NO_TABLE, write
    from dsgrid.query.persisting import Scratch
    from dsgrid.query.reports.writing import write_report

    scratch = Scratch(engine.spark, run / SCRATCH)
    shared = None
    if plans.shared is not None:
        with stage(task.say, reading(plans.shared), stage_lines(plans.shared)):
            shared = contraction.rows(0) if contraction.is_kept else scratch.persist(contraction.rows(0))
    written = []
    for index, (plan, folder) in enumerate(zip(plans.every, _folders(plans, run), strict=True)):
        if not plan.query.output.table:
            written.append(NO_TABLE)
            continue
        with stage(task.say, *of_result(plans, plan)) as made:
            rows = contraction.rows(index) if plans.shared is None else shared
            table = follow(plan, engine.spark, rows, scratch.persist)
            if plan.query.report is None:
                written.append(write(plan, table, folder, engine.spark))
            else:
                other = None if plan.benchmark is None else contraction.answer(plan.benchmark, scratch.persist)
                written.append(write_report(plan, (table, other), folder, engine.spark, scratch.persist))
            made.rows = written[-1].rows
    scratch.remove()
    contraction.require()
    return written


def _folders(plans: Plans, run: Location) -> list[Location]:
    return [run, *(run / plan.query.name for plan in plans.others)]


def _exported(task: Task, results: dict[str | None, Result], run: Location) -> tuple[dict[str, Any], list[DataFile]]:
    """Write the query's exports; return what its manifest says of them, and their files."""
    if not task.query.exports:
        return {}, []
    # Imported here: few queries have exports.
    from dsgrid.query.handoff.run import write_exports

    task.say("exporting")
    return write_exports(task.query, results, run)


def _files(run: Location, written: Written) -> list[DataFile]:
    if written.path is None:
        return []
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
