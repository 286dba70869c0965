"""``dsgrid runs``: what has run, when, for how long, on what, and how it ended."""

from __future__ import annotations

import json

import click

from dsgrid.cli import debug_option
from dsgrid.cli.registry import json_option
from dsgrid.cli.tables import pairs, table, terminal_width

DEFAULT = 20


@click.group(invoke_without_command=True)
@click.option("--project", metavar="ID", help="Only queries of this project.")
@click.option("--query", metavar="NAME", help="Only this query.")
@click.option("--job", metavar="JOB", help="Only this job, such as register_dataset.")
@click.option("--failed", is_flag=True, help="Only runs that failed, were stopped, or were killed.")
@click.option("--since", metavar="AGE|DATE", help="Only runs from then on, such as 2d, 12h or 2026-11-01.")
@click.option("-n", "limit", type=click.IntRange(min=1), default=DEFAULT, show_default=True, help="At most so many.")
@json_option
@debug_option
@click.pass_context
def runs(
    context: click.Context,
    project: str | None,
    query: str | None,
    job: str | None,
    failed: bool,
    since: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List past runs, the newest first.

    Every run of a job is kept in a file of yours, ~/.local/state/dsgrid/runs.jsonl or where DSGRID_STATE says.
    """
    if context.invoked_subcommand is not None:
        return
    from dsgrid.operations.past_runs import past_runs

    found = past_runs(project=project, query=query, job=job, failed=failed, since=since, limit=limit)
    if as_json:
        click.echo(json.dumps(list(found.runs), indent=2, ensure_ascii=False))
        return
    if found.runs:
        click.echo(table(found.rows(), width=terminal_width()))
    click.echo(found.report())


@runs.command()
@click.argument("id_", metavar="ID")
@json_option
@debug_option
def show(id_: str, as_json: bool) -> None:
    """Show everything about one run, given its id or the first digits of it."""
    from dsgrid.operations.past_runs import lines_of, show_run

    found = show_run(id_)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False) if as_json else pairs(lines_of(found)))
