"""``dsgrid --url URL jobs``: the jobs of a server, how they stand, what they say, their end and their results."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dsgrid.cli import FILE, debug_option
from dsgrid.cli.jobs import DEFAULT, id_argument, ids_argument
from dsgrid.cli.registry import json_option
from dsgrid.cli.remote import remote_registry
from dsgrid.cli.tables import pairs, table, terminal_width

if TYPE_CHECKING:
    from dsgrid.client.job import RemoteJob
    from dsgrid.client.registry import RemoteRegistry

TIMED_OUT: Final = 75
_STATES: Final = ("queued", "running", "succeeded", "failed", "cancelled")
_COLUMNS: Final = ("id", "kind", "name", "state", "runner", "user", "created_at", "reason")


def jobs(_local: click.Command) -> click.Command:
    """Return `jobs` for a server."""
    return _jobs


def _list_options(command: Any) -> Any:
    for option in (
        debug_option,
        json_option,
        click.option("--all", "everything", is_flag=True, help="All jobs."),
        click.option(
            "-n", "limit", type=click.IntRange(min=1), default=DEFAULT, show_default=True, help="At most so many."
        ),
        click.option("--user", metavar="NAME", help="Only jobs of this user, which an admin may see."),
        click.option("--kind", metavar="JOB", help="Only jobs of this kind, such as query."),
        click.option("--state", type=click.Choice(_STATES), help="Only jobs in this state."),
    ):
        command = option(command)
    return command


@click.group("jobs", invoke_without_command=True)
@_list_options
@click.pass_context
def _jobs(context: click.Context, /, **choice: Any) -> None:
    """List the jobs of the server, the newest first: the own ones, or an admin's those of all.

    An ID is what `run` and `list` print; "latest" is the newest of the own.
    """
    if context.invoked_subcommand is None:
        _print_list(**choice)


@_jobs.command("list")
@_list_options
def _list(**choice: Any) -> None:
    """List the jobs of the server, the newest first."""
    _print_list(**choice)


def _print_list(
    state: str | None, kind: str | None, user: str | None, limit: int, everything: bool, as_json: bool
) -> None:
    with remote_registry() as registry:
        found = registry.jobs(state=state, kind=kind, user=user, limit=None if everything else limit + 1)
    shown = found if everything else found[:limit]
    if as_json:
        click.echo(json.dumps([job.document for job in shown], indent=2, ensure_ascii=False))
        return
    if shown:
        rows = [{name: job.document.get(name) for name in _COLUMNS} for job in shown]
        columns = [name for name in _COLUMNS if any(row[name] for row in rows)]
        click.echo(table(rows, columns, terminal_width()))
    more = "; there are more (-n, --all)" if len(found) > len(shown) else ""
    click.echo(f"{len(shown)} job{'s' if len(shown) != 1 else ''}{more}")


@_jobs.command("show")
@id_argument
@json_option
@debug_option
def _show(id_: str, as_json: bool) -> None:
    """Show everything about one job."""
    with remote_registry() as registry:
        job = named_job(registry, id_)
    if as_json:
        click.echo(json.dumps(job.document, indent=2, ensure_ascii=False))
        return
    outcome = job.document.get("outcome") or {}
    lines = {name: value for name, value in job.document.items() if name not in ("outcome", "links", "expected")}
    lines["options"] = ", ".join(f"{name}={value}" for name, value in job.document.get("options", {}).items())
    lines |= {"exit code": outcome.get("code"), "seconds": outcome.get("seconds")}
    told = [str(outcome.get("report") or "").rstrip()]
    told += [_line(each) for each in outcome.get("problems") or ()]
    click.echo("\n\n".join(part for part in (pairs(lines, terminal_width()), "\n".join(filter(None, told))) if part))


def _line(problem: dict[str, Any]) -> str:
    return ": ".join(str(problem[name]) for name in ("where", "key", "message") if problem.get(name))


@_jobs.command("logs")
@ids_argument
@click.option("--tail", type=click.IntRange(min=0), metavar="N", help="Only the last N lines of each job.")
@click.option("--follow", "-f", is_flag=True, help="Go on until the job has ended.")
@debug_option
def _logs(ids: tuple[str, ...], tail: int | None, follow: bool) -> None:
    """Print what jobs have written."""
    if follow and len(ids) > 1:
        raise click.UsageError("--follow goes with one job")
    with remote_registry() as registry:
        for id_ in ids:
            job = named_job(registry, id_)
            if len(ids) > 1:
                click.echo(f"==> {job.name} <==")
            if tail is not None:
                lines = job.log().splitlines(keepends=True)
                click.echo("".join(lines[len(lines) - min(tail, len(lines)) :]), nl=False)
            if tail is None or follow:
                for number, piece in enumerate(job.log_pieces(follow=follow)):
                    if tail is None or number:
                        click.echo(piece, nl=False)
                        sys.stdout.flush()


@_jobs.command("wait")
@ids_argument
@click.option("--timeout", metavar="T", help="At most so long, such as 90s, 15min or 2h; then the exit code is 75.")
@debug_option
def _wait(ids: tuple[str, ...], timeout: str | None) -> int:
    """Wait until jobs are over, and return the exit code of the first that did not end well.

    That is the code of `dsgrid run`; 143 when it was cancelled; 75 when --timeout passed.
    """
    import time

    from dsgrid.operations.check_registry import read_age

    until = None if timeout is None else time.monotonic() + read_age(timeout)
    code = 0
    with remote_registry() as registry:
        for job in [named_job(registry, id_) for id_ in ids]:
            job.wait(None if until is None else max(0.0, until - time.monotonic()))
            reason = job.document.get("reason") or ""
            click.echo(f"{job.name}: {job.state}{f', {reason}' if reason else ''}")
            code = code or (job.code if job.has_ended else TIMED_OUT)
    return code


@_jobs.command("cancel")
@ids_argument
@debug_option
def _cancel(ids: tuple[str, ...]) -> None:
    """Cancel jobs; one that runs ends within seconds."""
    with remote_registry() as registry:
        for id_ in ids:
            job = named_job(registry, id_).cancel()
            click.echo(f"{job.name}: {job.state if job.has_ended else 'was told to end'}")


@_jobs.command("retry")
@id_argument
@debug_option
def _retry(id_: str) -> None:
    """Hand a job in again that failed or was cancelled."""
    with remote_registry() as registry:
        job = named_job(registry, id_).retry()
    click.echo(f"{job.name}: {job.state}")


@_jobs.command("download")
@id_argument
@click.argument("target", type=FILE, metavar="DIR|FILE")
@click.option("--force", is_flag=True, help="Replace a result or a file that is there.")
@debug_option
def _download(id_: str, target: Path, force: bool) -> None:
    """Fetch the result of a query, or the files that another job has written.

    Into a folder comes all of a result, with its manifest; a FILE that ends with .parquet, .csv, .json or .arrow gets
    the table. What was interrupted goes on where it stopped.
    """
    with remote_registry() as registry:
        job = named_job(registry, id_).wait()
        job.raise_failure()
        if "result" in job.document.get("links", {}) or not job.document.get("links", {}).get("files"):
            click.echo(job.result().download(target, force=force))
        else:
            click.echo(job.download(target))


def named_job(registry: RemoteRegistry, id_: str) -> RemoteJob:
    """Return the job that an ID means; ``latest`` is the newest of the user's."""
    from dsgrid.errors import NotFoundError

    if id_ != "latest":
        return registry.jobs[id_]
    found = registry.jobs(user=registry.user.get("name"), limit=1)
    if not found:
        raise NotFoundError(f"no jobs of yours on {registry.address}")
    return found[0]
