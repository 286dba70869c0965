"""The stages of a query as progress tells them, and what its run is recorded with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsgrid.datasets.offenders import counted
from dsgrid.operations.progress import Progress, in_bytes
from dsgrid.operations.recording import know
from dsgrid.query.result import Result
from dsgrid.storage.location import Location

if TYPE_CHECKING:
    from dsgrid.query.plan import Plan, Plans


def reading(plan: Plan) -> str:
    """Return the name of the stage in which a contraction is read, and what follows it is computed."""
    return f"reading {counted(len(plan.sources), 'dataset')}"


def of_result(plans: Plans, plan: Plan) -> tuple[str, list[str]]:
    """Return name and lines of the stage in which a result is computed and written."""
    if plans.shared is not None:
        return f"computing {plan.query.name}", _result_lines(plan)
    of = f" for {plan.query.name}" if plans.others else ""
    return f"{reading(plan)}{of}", stage_lines(plan)


def _result_lines(plan: Plan) -> list[str]:
    """Return the lines of what follows a contraction."""
    names = {source.name for source in plan.sources}
    return [line for name, line in _lines(plan) if name not in names]


def stage_lines(plan: Plan) -> list[str]:
    """Return a line for each source and each step of a plan: what it reads, and how many rows it leaves."""
    return [line for _, line in _lines(plan)]


def _lines(plan: Plan) -> Iterator[tuple[str, str]]:
    from dsgrid.query.stage_rows import stage_rows

    lines: list[tuple[str, list[dict[str, Any]]]] = []
    for stage in stage_rows(plan):
        # A dataset that is named twice is scanned twice.
        if not lines or lines[-1][0] != stage["of"] or stage["stage"] == "scan":
            lines.append((stage["of"], []))
        lines[-1][1].append(stage)
    for name, of in lines:
        yield name, f"{name}: {', '.join(_words(of))}"


def _words(stages: Sequence[dict[str, Any]]) -> Iterator[str]:
    for stage in stages:
        most = "" if stage["exact"] else "at most "
        rows = f"{most}{counted(stage['rows'], 'row')}"
        about = f", about {in_bytes(stage['bytes'])}" if stage["stage"] == "scan" else ""
        yield f"{stage['stage']} {rows}{about}" if stage["stage"] == "scan" else f"{stage['stage']} to {rows}"


def know_plans(plans: Plans, results: Location, engine: str, progress: Progress | None) -> None:
    """Record what a query will read and make; tell what is expected of it, and whether the disk has room."""
    from dsgrid.operations.expectation import expect, tell_expected

    expected = expect(plans, results, engine)
    project = f"{plans.first.project.id}@{plans.first.project.version}"
    known = {"query": plans.first.query.name, "project": project, "engine": expected.times[0].engine}
    know(keep=True, work=expected.figures(), **known)
    tell_expected(progress, expected)


def know_result(result: Result) -> None:
    """Record what a query has made, and what took how long."""
    manifest = result.manifest
    every = [result, *result.results.values()]
    files = [path for one in every for path in one.files if isinstance(path, Path)]
    seconds, engine = manifest.get("seconds_of", {}), manifest.get("engine", {})
    know(
        query=manifest.get("query"),
        project=manifest.get("project"),
        rows=sum(one.rows for one in every),
        bytes=sum(path.stat().st_size for path in files) if files else None,
        result=str(result.folder),
        engine=engine.get("name"),
        engine_version=engine.get("version"),
        seconds_of={
            "planning": seconds.get("planning"),
            "starting": seconds.get("starting the engine"),
            "running": seconds.get("running"),
        },
    )
    if result.reused:
        know(reused=result.reused)
