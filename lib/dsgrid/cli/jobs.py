"""``dsgrid jobs``: what was submitted to Slurm, how it stands, what it says, and its end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import click

from dsgrid.cli import debug_option
from dsgrid.cli.registry import json_option
from dsgrid.cli.tables import pairs, table, terminal_width

DEFAULT = 20
_LIST_OPTIONS = (
    click.option(
        "--state",
        "states",
        multiple=True,
        metavar="STATE",
        help="Only jobs that are waiting, running, done, failed, cancelled, ...; several times for several states.",
    ),
    click.option(
        "-n", "limit", type=click.IntRange(min=1), default=DEFAULT, show_default=True, help="At most so many."
    ),
    click.option("--all", "everything", is_flag=True, help="All jobs."),
    json_option,
)
id_argument = click.argument("id_", metavar="ID")
ids_argument = click.argument("ids", metavar="ID...", nargs=-1, required=True)


def list_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which jobs are listed, and how."""
    for option in reversed(_LIST_OPTIONS):
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@list_options
@debug_option
@click.pass_context
def jobs(context: click.Context, states: tuple[str, ...], limit: int, everything: bool, as_json: bool) -> None:
    """List submitted jobs, the newest first: their state, why they wait, and their result.

    What `dsgrid submit` submits, and every job of our batch scripts, is kept in a file of yours,
    ~/.local/state/dsgrid/jobs.jsonl or where DSGRID_STATE says. An ID is Slurm's number: 12, 12_3 for a task of an
    array, 12@CLUSTER for a job elsewhere; "latest" is the newest.
    """
    if context.invoked_subcommand is None:
        _list(states, limit, everything, as_json)


@jobs.command("list")
@list_options
@debug_option
def list_(states: tuple[str, ...], limit: int, everything: bool, as_json: bool) -> None:
    """List submitted jobs, the newest first."""
    _list(states, limit, everything, as_json)


def _list(states: tuple[str, ...], limit: int, everything: bool, as_json: bool) -> None:
    from dsgrid.cluster.jobs import list_jobs

    found = list_jobs(states=states, limit=None if everything else limit)
    if as_json:
        click.echo(json.dumps([job.document() for job in found.jobs], indent=2, ensure_ascii=False))
        return
    if found.jobs:
        click.echo(table(found.rows(), width=terminal_width()))
    click.echo(found.report())


@jobs.command()
@id_argument
@json_option
@debug_option
def show(id_: str, as_json: bool) -> None:
    """Show everything about one job: what was asked for, how it stands, where its files are, what was lost."""
    from dsgrid.cluster.jobs import show_job

    found = show_job(id_)
    if as_json:
        click.echo(json.dumps(found.document(), indent=2, ensure_ascii=False))
        return
    click.echo("\n\n".join(part for part in (pairs(found.lines()), found.report()) if part))


@jobs.command()
@ids_argument
@click.option(
    "--which", metavar="LOG", default="output", help="output (default), master, driver, worker, executor, all."
)
@click.option("--tail", type=click.IntRange(min=0), metavar="N", help="Only the last N lines of each file.")
@click.option("--follow", "-f", is_flag=True, help="Go on until the job has ended.")
@debug_option
def logs(ids: tuple[str, ...], which: str, tail: int | None, follow: bool) -> None:
    """Print what jobs have written: their output, or the logs of their cluster's processes.

    The output is printed whole, of logs the last 50 lines of each, unless --tail says otherwise.
    """
    from dsgrid.cluster.job_logs import show_logs

    show_logs(ids, _print, _say, which=which, tail=tail, follow=follow)


@jobs.command()
@ids_argument
@click.option("--force", is_flag=True, help="Also cancel a job that is none of dsgrid's.")
@debug_option
def cancel(ids: tuple[str, ...], force: bool) -> None:
    """Cancel jobs.

    One that runs is asked to stop and to tear down in order first, for up to 30 seconds; one that waits is cancelled at
    once. Of an array all tasks are cancelled.
    """
    from dsgrid.cluster.cancelling import cancel_jobs

    click.echo(cancel_jobs(ids, _say, force=force).report())


@jobs.command()
@ids_argument
@click.option("--timeout", metavar="T", help="At most so long, such as 90s, 15min or 2h; then the exit code is 75.")
@debug_option
def wait(ids: tuple[str, ...], timeout: str | None) -> int:
    """Wait until jobs are over, and return the exit code of the first that did not end well.

    That is the code of `dsgrid run` in the job; 143 when it was cancelled, 124 at its time limit, 137 when it was
    killed or out of memory, 11 when nobody knows or it can never begin; 75 when --timeout passed.
    """
    from dsgrid.cluster.waiting import wait_for

    waited = wait_for(ids, _say, timeout=timeout)
    click.echo(waited.report())
    return waited.code


@jobs.command()
@ids_argument
@click.option("--port", type=int, default=0, show_default=True, help="The port of the pages; 0 takes a free one.")
@debug_option
def history(ids: tuple[str, ...], port: int) -> None:
    """Show the stages and tasks of jobs in a browser, by Spark's history server, until Ctrl-C.

    It runs on this machine, reachable only from it; the line for a tunnel is printed on a cluster. Needs Java.
    """
    from dsgrid.cluster.history import serve_history

    serve_history(ids, _say_plainly, port=port)


@jobs.command()
@id_argument
@debug_option
def connect(id_: str) -> None:
    """Print how to use the Spark Connect server of an interactive job: URL, token and tunnel.

    The token lets whoever has it compute in your name: show it to nobody.
    """
    from dsgrid.cluster.connecting import how_to_connect

    click.echo(how_to_connect(id_).report())


def _print(text: str) -> None:
    click.echo(text, nl=False)
    sys.stdout.flush()


def _say_plainly(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()


def _say(line: str) -> None:
    click.echo(line, err=True)
