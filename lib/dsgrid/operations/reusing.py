"""What of an answer is there already: the result itself, its tables in another form, or some of its parts."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dsgrid.operations.task import Task
from dsgrid.query.cache.entries import RESULTS
from dsgrid.query.cache.keys import table_key
from dsgrid.query.cache.results import current_with_key, keep_run, kept_run
from dsgrid.query.part_store import FOLDER, clear, every_store
from dsgrid.query.part_users import names_in
from dsgrid.query.result import Result, open_result
from dsgrid.registry.model import DataFile
from dsgrid.registry.publish import discard, new_run, publish_result, write_manifest

if TYPE_CHECKING:
    import pyarrow as pa

    from dsgrid.query.output import Written
    from dsgrid.query.plan import Plans


# How the words begin that say so.
REUSED: Final = "answered from the cache:"

# Results -------------------------------------------------------------------------------------------------------------


def kept_answer(task: Task) -> Result | None:
    """Return the answer as it was given before, if nothing that it depends on has changed since; else None.

    Where it is not the query's current result any more, it becomes that again.
    """
    if task.cache is None:
        return None
    run = current_with_key(task.results, task.query.name, task.key)
    if run is not None:
        _clear_up(task)
        return _reused(open_result(run))
    if not task.cache.has(RESULTS, task.key):
        return None
    run = new_run(task.results, task.query.name)
    try:
        document = kept_run(task.cache, task.key, run, {"query": task.query.name})
        if document is None:
            discard(run)
            return None
        files = [DataFile(**file) for file in document.pop("files")]
        write_manifest(run, files, {name: value for name, value in document.items() if name != "format"})
        publish_result(run)
    except BaseException:
        discard(run)
        raise
    return _reused(open_result(run))


def _clear_up(task: Task) -> None:
    """Remove what a run has left of the query's parts that was killed when it had published the result."""
    folder = task.results / task.query.name / FOLDER
    if task.cache is None or not isinstance(folder, Path) or not names_in(folder):
        return
    key = task.parts_key
    whole = [store.folder.name for store in every_store(folder, key) if store.about().get("whole")]
    with contextlib.suppress(OSError):
        for gone in clear(folder, key, whole):
            task.cache.forget(gone)


def _reused(result: Result) -> Result:
    finished = str(result.manifest.get("finished", ""))
    try:
        when = datetime.fromisoformat(finished).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        when = finished
    return replace(result, reused=f"{REUSED} nothing that it depends on has changed since {when}")


def keep_answer(task: Task, result: Result, plans: Plans, written: Sequence[Written]) -> None:
    """Keep an answer, and its tables before they got their form, for the next time."""
    if task.cache is None:
        return
    about = {"query": task.query.name, "project": result.manifest["project"], "rows": result.rows}
    from dsgrid.query.cache.tables import keep_coded

    keep_run(task.cache, task.key, result.folder, about)
    for plan, made in zip(plans.every, written, strict=True):
        if made.coded is not None:
            keep_coded(task.cache, table_key(plan.query, task.inputs, task.around), plan, made.coded, about)
    task.cache.shrink()


# Tables --------------------------------------------------------------------------------------------------------------


def kept_tables(task: Task, plans: Plans) -> list[pa.Table | None] | None:
    """Return the coded table of each of a query's results, if the cache has all of them; else None.

    Of a query that has no table of its own, the first is None.
    """
    if task.cache is None:
        return None
    from dsgrid.query.cache.tables import kept_coded

    found: list[pa.Table | None] = []
    for plan in plans.every:
        if not plan.query.output.table:
            found.append(None)
            continue
        table = kept_coded(task.cache, table_key(plan.query, task.inputs, task.around), plan)
        if table is None:
            return None
        found.append(table)
    return found
