"""``dsgrid plan`` and ``dsgrid apply``: an edited spec is the change."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dsgrid.cli import FILE, debug_option, engine_options, log_options, registry_option, set_option, shown_progress

allow_option = click.option(
    "--allow",
    type=click.Choice(("patch", "minor", "major")),
    help="How far changes may go; wins over the spec. Without either only additions pass.",
)
CHANGES = 2


@click.command()
@click.argument("spec", type=FILE)
@allow_option
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@set_option
@registry_option
@debug_option
def plan(spec: Path, allow: str | None, as_json: bool, variables: tuple[str, ...], registry: Path | None) -> int:
    """Show what a spec would register or change, and write nothing.

    Exits with 0 when there is nothing to do, and with 2 when there is. An error also exits with its own code (2 for a
    wrong spec), but says why on stderr and prints nothing on stdout.
    """
    from dsgrid.operations.plan import plan as plan_spec
    from dsgrid.operations.request import pairs

    planned = plan_spec(spec, registry=registry, allow=allow, variables=pairs(variables))
    if as_json:
        click.echo(json.dumps(planned.document(), indent=2, ensure_ascii=False, default=str))
    else:
        click.echo(planned.report())
    return 0 if planned.proposal.is_empty else CHANGES


@click.command()
@click.argument("spec", type=FILE)
@allow_option
@engine_options
@set_option
@registry_option
@log_options
@debug_option
@click.pass_context
def apply(
    context: click.Context,
    spec: Path,
    allow: str | None,
    engine: str | None,
    master: str | None,
    memory: str | None,
    conf: tuple[str, ...],
    variables: tuple[str, ...],
    registry: Path | None,
    log: Path | None,
    quiet: bool,
) -> int:
    """Make the registry hold what a spec says.

    What is new is registered, what differs is changed: all of it in one transaction, or nothing. The same spec again
    does nothing.
    """
    from dsgrid.operations.job import perform
    from dsgrid.operations.request import Request, pairs

    request = Request(
        spec=spec,
        variables=pairs(variables),
        registry=registry,
        engine=engine,
        master=master,
        memory=memory,
        conf=pairs(conf),
        debug=context.obj.debug,
        apply=True,
        allow=allow,
        log=log,
        quiet=quiet,
    )
    with shown_progress(quiet=quiet) as progress:
        outcome = perform(request, progress)
    click.echo(outcome.report, nl=False)
    return outcome.code
