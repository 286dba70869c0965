"""``dsgrid submit``: specs to Slurm."""

from __future__ import annotations

from pathlib import Path

import click

from dsgrid.cli import (
    at_option,
    debug_option,
    how_options,
    log_options,
    registry_option,
    set_option,
    specs_argument,
)


@click.command()
@specs_argument
@click.option("--nodes", type=click.IntRange(min=1), metavar="N", help="How many nodes; 1 means no cluster.")
@click.option("--cores", type=click.IntRange(min=1), metavar="N", help="Cores of each node.")
@click.option("--memory", metavar="SIZE", help="Memory of each node, such as 16g; all for all that it has.")
@click.option("--time", metavar="TIME", help="The time limit: minutes, 4:00:00, or 2-00:00:00.")
@click.option("--partition", metavar="NAME", help="The partition; wins over the site's.")
@click.option("--account", metavar="NAME", help="Whom it is charged to; wins over the site's.")
@click.option("--site", metavar="FILE|NAME", help="The site's file; DSGRID_SITE if nothing is said, or your own.")
@click.option("--engine", metavar="spark|sail", help="Spark by default; Sail on one node only.")
@click.option("--after", metavar="ID", help="Start when that job has succeeded.")
@click.option(
    "--requeue", type=click.IntRange(0, 100), metavar="N", help="When time is up, go on in the queue, N times."
)
@click.option("--name", metavar="NAME", help="What Slurm calls the job.")
@click.option("--conf", multiple=True, metavar="KEY=VALUE", help="A setting of Spark.")
@click.option("--dry-run", is_flag=True, help="Show the batch script and its reasons, and submit nothing.")
@click.option("--parsable", is_flag=True, help="Print only the job's number.")
@how_options
@set_option
@registry_option
@at_option
@log_options
@debug_option
@click.pass_context
def submit(
    context: click.Context,
    specs: tuple[Path, ...],
    nodes: int | None,
    cores: int | None,
    memory: str | None,
    time: str | None,
    partition: str | None,
    account: str | None,
    site: str | None,
    engine: str | None,
    after: str | None,
    requeue: int | None,
    name: str | None,
    conf: tuple[str, ...],
    dry_run: bool,
    parsable: bool,
    no_cache: bool,
    no_resume: bool,
    parts: int | None,
    variables: tuple[str, ...],
    registry: Path | None,
    at: str | None,
    log: Path | None,
    quiet: bool,
) -> None:
    """Submit specs to Slurm.

    The specs are checked first. How large the job is follows from what they read, unless you say it, and each choice is
    told with its reason. Several specs become an array; what has to run in order is a bulk spec.
    """
    from dsgrid.cluster.submission import submit as submit_specs
    from dsgrid.cluster.wanted import Wanted
    from dsgrid.operations.request import pairs

    wanted = Wanted(
        nodes=nodes,
        cores=cores,
        memory=memory,
        time=time,
        partition=partition,
        account=account,
        engine=engine,
        after=after,
        requeue=requeue,
        name=name,
        variables=pairs(variables),
        registry=registry,
        at=at,
        conf=pairs(conf),
        log=log,
        cache=not no_cache,
        resume=not no_resume,
        parts=parts,
        quiet=quiet,
        debug=context.obj.debug,
    )
    if parsable and dry_run:
        raise click.UsageError("--parsable prints the number of a job, and --dry-run submits none")
    submission = submit_specs(specs, wanted, site=site, dry_run=dry_run)
    if parsable:
        for warning in submission.warnings:
            click.echo(f"warning: {warning}", err=True)
    click.echo(submission.id if parsable else submission.report())
