"""``dsgrid --url URL query | head``: quick questions to a server, and first rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from dsgrid.cli.questions import asked_of, check_form, show_rows
from dsgrid.cli.remote import adapted, remote_registry, shown_remote
from dsgrid.cli.remote_jobs import named_job
from dsgrid.errors import UsageError

_RESULT = "jobs/"


def query(local: click.Command) -> click.Command:
    """Return `query` for a server."""
    return adapted(local, _query, here=("engine", "master", "memory", "conf", "registry", "no_resume", "parts"))


def _query(
    *,
    by: tuple[str, ...],
    function: str,
    each: bool,
    over: tuple[str, ...],
    weights: tuple[str, ...],
    percentiles: tuple[float, ...],
    form: str | None,
    count: int | None,
    output: Path | None,
    force: bool,
    keep: str,
    toml: bool,
    explain: bool,
    plot: bool,
    no_cache: bool,
    **words: Any,
) -> None:
    from dsgrid.operations.question import Aggregation
    from dsgrid.operations.stored_rows import rows_of_result

    step = Aggregation(function, by, over, weights, percentiles, each)
    asked = asked_of(step=step, form=form if toml else None, **words)
    if toml or explain:
        with remote_registry() as registry:
            question = registry.question(asked, keep, python=False)
            plan = question.explain()  # what cannot be asked is no spec either
            click.echo(question.toml() if toml else plan.report(), nl=explain)
        return
    check_form(form, output, force=force)
    if plot:
        raise UsageError("--plot draws on this machine; fetch the result, and draw that: jobs download, dsgrid plot")
    with shown_remote(quiet=not sys.stderr.isatty()) as registry:
        question = registry.question(asked, keep, cache=not no_cache, python=False)
        result = question.result()
        rows = rows_of_result(result)
        for note in (*question.notes, *([result.reused] if result.reused else [])):
            click.echo(note, err=True)
        show_rows(rows, form, output, count, default=20, force=force)
    if keep:
        click.echo(result.folder, err=True)


def head(local: click.Command) -> click.Command:
    """Return `head` for a server."""
    return adapted(local, _head, here=("registry",))


def _head(
    name: str,
    count: int | None,
    columns: tuple[str, ...],
    where: tuple[str, ...],
    form: str | None,
    output: Path | None,
    force: bool,
    at: str | None,
) -> None:
    from dsgrid.operations.chosen_rows import chosen
    from dsgrid.operations.head import SHOWN
    from dsgrid.operations.stored_rows import rows_of_result

    check_form(form, output, force=force)
    count = SHOWN if count is None else count
    with remote_registry() as registry:
        if name.startswith(_RESULT):
            job = named_job(registry, name.removeprefix(_RESULT).removesuffix("/result"))
            rows = chosen(rows_of_result(job.result()), columns, where)
        else:
            rows = registry.head(name, rows=count, columns=columns, where=where, at=at).rows
        show_rows(rows, form, output, count, default=SHOWN, force=force)
