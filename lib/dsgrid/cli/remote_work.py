"""``dsgrid --url URL run | apply | validate | explain | plan``: specs that a server carries out, or looks at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dsgrid.cli.changes import CHANGES
from dsgrid.cli.remote import adapted, remote_registry, shown_remote

_ENGINE = ("engine", "master", "memory", "conf")
_runner = click.Option(
    ["--runner"],
    type=click.Choice(("auto", "warm", "embedded", "spark", "slurm")),
    help="What of the server carries it out; by default the server chooses by size.",
)


def run(local: click.Command) -> click.Command:
    """Return `run` for a server."""
    return adapted(local, _run, here=(*_ENGINE, "registry", "log"), more=(_runner,))


def _run(
    specs: tuple[Path, ...],
    variables: tuple[str, ...],
    at: str | None,
    no_cache: bool,
    no_resume: bool,
    parts: int | None,
    quiet: bool,
    estimate: bool,
    runner: str | None,
) -> int:
    from dsgrid.operations.request import pairs
    from dsgrid.operations.task import How

    options: dict[str, Any] = {"at": at, "how": How(not no_cache, not no_resume, parts), "runner": runner}
    for spec in specs:
        with shown_remote(quiet=quiet, estimate=estimate) as registry:
            job = registry.jobs.run(spec, variables=pairs(variables), **options)
            report = job.report()
        click.echo(report)
        if job.code:
            return job.code
    return 0


def apply(local: click.Command) -> click.Command:
    """Return `apply` for a server."""
    return adapted(local, _apply, here=(*_ENGINE, "registry", "log"), more=(_runner,))


def _apply(spec: Path, allow: str | None, variables: tuple[str, ...], quiet: bool, runner: str | None) -> int:
    from dsgrid.operations.request import pairs

    with shown_remote(quiet=quiet) as registry:
        job = registry.jobs.run(spec, apply=True, allow=allow, runner=runner, variables=pairs(variables))
        report = job.report()
    click.echo(report)
    return job.code


def validate(local: click.Command) -> click.Command:
    """Return `validate` for a server."""
    return adapted(local, _validate, here=("registry",))


def _validate(specs: tuple[Path, ...], variables: tuple[str, ...]) -> None:
    from dsgrid.errors import DsgridError, ServerError
    from dsgrid.operations.request import pairs

    failed: list[DsgridError] = []
    with remote_registry() as registry:
        for spec in specs:
            try:
                click.echo(registry.validate(spec, **pairs(variables)).report())
            except ServerError:
                raise  # not of the spec
            except DsgridError as error:
                failed.append(error)
    if failed:
        raise type(failed[0])(problem for error in failed for problem in error.problems)


def explain(local: click.Command) -> click.Command:
    """Return `explain` for a server."""
    return adapted(local, _explain, here=("registry",))


def _explain(spec: Path, variables: tuple[str, ...], at: str | None, as_json: bool) -> None:
    from dsgrid.operations.request import pairs

    with remote_registry() as registry:
        found = registry.explain(spec, at=at, **pairs(variables))
    click.echo(json.dumps(found.document(), indent=2, ensure_ascii=False) if as_json else found.report())


def plan(local: click.Command) -> click.Command:
    """Return `plan` for a server."""
    return adapted(local, _plan, here=("registry",))


def _plan(spec: Path, allow: str | None, as_json: bool, variables: tuple[str, ...]) -> int:
    from dsgrid.operations.request import pairs

    with remote_registry() as registry:
        planned = registry.plan(spec, allow=allow, **pairs(variables))
    if as_json:
        click.echo(json.dumps(planned.document(), indent=2, ensure_ascii=False, default=str))
    else:
        click.echo(planned.report())
    return CHANGES if planned.document().get("parts") else 0
