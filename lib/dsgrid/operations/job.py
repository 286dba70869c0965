"""How a job runs, whoever starts it: load the spec, call the operation of its name, report.

`run_job` is what the files in ``jobs/`` are; the command line builds a `Request` of its own and calls `perform`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.dimensions.changes import LEVELS
from dsgrid.engine import resolve, under_spark_submit
from dsgrid.errors import DsgridError, UsageError
from dsgrid.operations.asking import ASKING
from dsgrid.operations.ending import exit_code
from dsgrid.operations.launch import address_towards, launch, spark_submit_command
from dsgrid.operations.progress import LineProgress, Progress, Several, closed
from dsgrid.operations.recording import Recording, recording
from dsgrid.operations.request import Request, job_arguments, pairs
from dsgrid.operations.task import How
from dsgrid.remote import shown
from dsgrid.spec.load import Spec, load_spec
from dsgrid.storage.location import files_below

# The operations that read or write facts; the others start no engine.
NEEDS_ENGINE = frozenset(
    {"register_dataset", "register_and_submit_dataset", "register_composite", "filter_registry", "check_dataset"}
    | {"import_registry"}
    | ASKING
)
# Jobs that have none: those of a bulk have registries of their own, an export reads a result.
WITHOUT_REGISTRY = frozenset({"bulk", "export_result", "import_project", "import_registry"})
# Up to so many values a job is over before optimised code would pay.
SHORT_WORK = 20_000_000
BYTES_PER_VALUE = 4
KILLED = 137


def run_job(job: str, argv: Sequence[str] | None = None) -> int:
    """Run ``jobs/<job>.py`` with these command-line arguments and return its exit code."""
    given = _parser(job).parse_args(argv)
    with exit_code(given.debug) as ended:
        request = Request(
            spec=given.spec,
            job=job,
            variables=pairs(given.set),
            registry=given.registry,
            engine=given.engine,
            memory=given.memory,
            at=getattr(given, "at", None),
            debug=given.debug,
            apply=getattr(given, "apply", False) or getattr(given, "allow", None) is not None,
            allow=getattr(given, "allow", None),
            log=given.log,
            estimate=given.estimate,
            quiet=given.quiet,
            cache=not given.no_cache,
            resume=not given.no_resume,
            parts=given.parts,
        )
        with closed(Several(()) if given.quiet else LineProgress(request.estimate)) as progress:
            outcome = perform(request, progress)
        print(outcome.report, end="")
        ended.code = outcome.code
    return ended.code


@dataclass(frozen=True)
class Outcome:
    """How a spec ended, and what to tell the user; a job under spark-submit has told it."""

    code: int = 0
    report: str = ""


def perform(request: Request, progress: Progress | None) -> Outcome:
    """Run the spec; where Spark is wanted, spark-submit runs it. The run is recorded by the process that does it."""
    with recording(request.job or "", request.spec, progress, request.log) as run:
        return _perform(request, run)


def _perform(request: Request, run: Recording) -> Outcome:
    spec = load_spec(request.spec, request.job, request.variables)
    run.know(job=spec.job, query=_query_name(spec))
    if request.at is not None and spec.job not in ASKING:
        raise UsageError(f"{request.spec} is a {spec.job} spec; only a query looks back (--at)")
    if request.apply:
        from dsgrid.operations.plan import planner

        planner(spec)
    if _needs_engine(spec, request):
        wanted = _engine(request)
        if wanted == "spark" and not under_spark_submit() and _reads_data(spec, request):
            answered = _answered(spec, request, wanted, run)
            if answered is not None:
                return answered
            # The seconds that Spark takes to start are not spent on an error that can be told before.
            values = _values(spec, request)
            address = address_towards(request.master or "")
            with run.handed_on():
                code = launch(_spark_submit(spec.job, request, short=values < SHORT_WORK, address=address))
            run.ended_elsewhere(code)
            if code == KILLED:
                # Nobody else can say so: Spark is gone, and the job with it.
                print(
                    "Spark was killed from outside; perhaps this machine, or the Slurm job, ran out of memory "
                    "(--memory says how much Spark takes)",
                    file=sys.stderr,
                )
            return Outcome(code)
        # The operation starts it, when everything that needs no engine is checked.
        os.environ["DSGRID_ENGINE"] = wanted
        if request.memory:
            os.environ["DSGRID_MEMORY"] = request.memory
    run.begin()
    if request.apply:
        from dsgrid.operations.apply import apply

        applied = apply(spec, registry=request.registry, allow=request.allow, progress=run.progress)
        return Outcome(report=f"{applied.report()}\n{_whence(spec, request)}")
    # By name: each operation imports what it needs, and only the one that is called is imported.
    operation = getattr(importlib.import_module(f"dsgrid.operations.{spec.job}"), spec.job)
    more: dict[str, Any] = {} if request.at is None else {"at": request.at}
    if spec.job in ASKING:
        more["how"] = How(request.cache, request.resume, request.parts)
    done = operation(spec, registry=request.registry, progress=run.progress, **more)
    # Only an import has a code of its own: it is done, and yet somebody has to look.
    return Outcome(getattr(done, "code", 0), f"{done.report()}\n{_whence(spec, request)}")


def _answered(spec: Spec, request: Request, engine: str, run: Recording) -> Outcome | None:
    """Return the outcome of a query that was answered before, so that no Spark has to start; else None."""
    # What is to be registered is more than an answer.
    if spec.job not in ASKING or "register" in spec.root or not request.cache:
        return None
    from dsgrid.operations.query import answered_before

    found = answered_before(spec, engine, registry=request.registry, at=request.at, progress=run.progress)
    if found is None:
        return None
    from dsgrid.operations.query_stages import know_result

    run.begin()
    know_result(found)
    return Outcome(report=f"{found.report()}\n{_whence(spec, request)}")


def _query_name(spec: Spec) -> str | None:
    name = spec.root.value.get("name") if spec.job in ASKING else None
    return name if isinstance(name, str) else None


def _whence(spec: Spec, request: Request) -> str:
    """Return the line that names the registry when neither the spec nor the command line did."""
    if request.registry is not None or "registry" in spec.root or spec.job in WITHOUT_REGISTRY:
        return ""
    # Only here: the command line imports this module for its exit codes, also where no registry is wanted.
    from dsgrid.operations.location import registry_place

    with contextlib.suppress(DsgridError):  # a job that needs no registry had none
        return f"registry: {registry_place(spec)}\n"
    return ""


def _reads_data(spec: Spec, request: Request) -> bool:
    """Say whether a job reads data: one that is applied may change only words. Raise what is wrong with it now."""
    if not request.apply:
        return True
    from dsgrid.operations.apply import refuse_too_big
    from dsgrid.operations.plan import plan

    planned = plan(spec, registry=request.registry, allow=request.allow)
    refuse_too_big(planned.proposal, planned.allow)
    return any(part.kind == "dataset" and part.value.needs_data for part in planned.proposal.parts)


def _needs_engine(spec: Spec, request: Request) -> bool:
    if spec.job != "bulk":
        return spec.job in NEEDS_ENGINE
    from dsgrid.operations.steps import read_steps

    return any(step.spec.job in NEEDS_ENGINE for step in read_steps(spec, request.registry))


def _engine(request: Request) -> str:
    wanted = resolve(request.engine or ("spark" if request.master else None))
    if request.master and wanted != "spark":
        raise UsageError(f'a master belongs to the engine "spark", not to "{shown(wanted)}"')
    return wanted


def _values(spec: Spec, request: Request) -> int:
    """Return how many values the job is going to read, roughly; raise what is wrong with a query or a bulk now."""
    if spec.job == "bulk":
        from dsgrid.operations.bulk import check_bulk

        # What a query reads is not known before the datasets are there.
        left = [step.spec for step in check_bulk(spec, request.registry)[0] if step.spec.job in NEEDS_ENGINE]
        unknown = ASKING | {"register_composite"}
        return sum(SHORT_WORK if each.job in unknown else _values(each, request) for each in left)
    if spec.job in ASKING:
        from dsgrid.operations.explain import explain

        sources = explain(spec, registry=request.registry, at=request.at).plan.sources
        return sum(source.bounds.facts * source.value_columns for source in sources if source.bounds is not None)
    if spec.job == "filter_registry":
        from dsgrid.operations.filter_registry import bytes_to_read

        return bytes_to_read(spec, request.registry) // BYTES_PER_VALUE
    if spec.job == "check_dataset":
        from dsgrid.operations import check_dataset

        return check_dataset.bytes_to_read(spec, request.registry) // BYTES_PER_VALUE
    if spec.job == "import_registry":
        return SHORT_WORK  # how much it reads, its database says
    if spec.job == "register_composite":
        from dsgrid.operations import register_composite

        return register_composite.bytes_to_read(spec) // BYTES_PER_VALUE
    table = spec.root["data"].file("table")
    sizes = [size for _, size, _ in files_below(table)] if table.is_dir() else [table.stat().st_size]
    return sum(sizes) // BYTES_PER_VALUE


def _spark_submit(job: str, request: Request, short: bool, address: str | None) -> list[str]:
    return spark_submit_command(
        job,
        request.spec,
        master=request.master or "local[*]",
        memory=request.memory,
        short=short,
        address=address,
        conf=request.conf,
        arguments=job_arguments(request),
    )


def _parser(job: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"{job}.py",
        description=f"Run a {job} spec.",
        epilog="Through spark-submit on Spark, else on embedded Sail.",
    )
    parser.add_argument("spec", type=Path, metavar="SPEC", help=f'a TOML file with job = "{job}"')
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="fill ${NAME} in the spec")
    parser.add_argument("--registry", type=Path, metavar="FOLDER", help="the registry, instead of the spec's")
    parser.add_argument("--engine", metavar="sail|spark|sc://HOST:PORT", help="by default what runs this program")
    parser.add_argument("--memory", metavar="SIZE", help="memory for the engine, such as 4g")
    if job in ASKING:
        parser.add_argument("--at", metavar="VERSION|DATE", help="a version, or a date: the registry as it was")
    from dsgrid.operations.plan import PLANNED

    if job in PLANNED:
        parser.add_argument("--apply", action="store_true", help="change what is registered already to what SPEC says")
        parser.add_argument("--allow", choices=LEVELS, help="with --apply: how far changes may go")
    parser.add_argument("--log", type=Path, metavar="FILE", help="log the run to FILE, as JSON lines")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--estimate", action="store_true", help="say what a query will make, and how long it takes")
    # Of queries, but known to all jobs: `dsgrid run` passes on what it is given.
    parser.add_argument("--no-cache", action="store_true", help="compute a query anew, and keep nothing of it")
    parser.add_argument("--no-resume", action="store_true", help="use no parts of a query that are finished already")
    parser.add_argument("--parts", type=_positive, metavar="N", help="read a query's facts in N parts, kept at once")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
