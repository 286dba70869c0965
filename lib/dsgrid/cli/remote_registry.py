"""``dsgrid --url URL registry ...``: look into the registry of a server."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from dsgrid.cli.registry import names_of, write_lists
from dsgrid.cli.remote import adapted, remote_registry
from dsgrid.cli.tables import cut, document, grid, terminal_width

_LONG = 4096  # lines that are written at once


def list_(local: click.Command) -> click.Command:
    """Return `registry list` for a server."""
    return adapted(local, _list, here=("folder",))


def _list(
    lists: tuple[str, ...],
    where: tuple[str, ...],
    tags: tuple[str, ...],
    search: str,
    sort: str,
    columns: str,
    all_versions: bool,
    at: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    from dsgrid.operations.registry_contents import chosen_lists, unknown_tags

    wanted = names_of(columns)
    names = chosen_lists(lists, where=where, tags=tags, search=search, sort=sort, columns=wanted)
    choice: dict[str, Any] = {"where": where, "tags": tags, "search": search, "sort": sort, "columns": wanted}
    with remote_registry() as registry:
        found = {name: registry.listing(name, all_versions=all_versions, at=at, **choice) for name in names}
        write_lists(found, wanted, as_json=as_json, as_csv=as_csv)
        if tags and not any(found.values()):
            for line in unknown_tags(tags, registry.tags):
                click.echo(line, err=True)


def show(local: click.Command) -> click.Command:
    """Return `registry show` for a server."""
    return adapted(local, _show, here=("folder",))


def _show(reference: str, at: str | None, as_json: bool) -> None:
    with remote_registry() as registry:
        found = registry.show(reference, at=at)
    click.echo(_json(found) if as_json else document(found, terminal_width()))


def records(local: click.Command) -> click.Command:
    """Return `registry records` for a server."""
    return adapted(local, _records, here=("folder",))


def _records(
    reference: str,
    at: str | None,
    where: tuple[str, ...],
    sort: str,
    columns: str,
    limit: int | None,
    as_json: bool,
    as_csv: bool,
    output: Path | None,
    force: bool,
) -> None:
    from dsgrid.operations.records import Selection, write_csv, write_json

    choice: dict[str, Any] = {"where": where, "sort": sort, "columns": names_of(columns), "limit": limit, "at": at}
    with remote_registry() as registry:
        if output is not None:
            if as_json or as_csv:
                raise click.UsageError("--output takes the format from the name of its file: .csv or .parquet")
            click.echo(registry.export_records(reference, output, force=force, **choice).report())
            return
        shown, rows = registry.record_rows(reference, **choice)
        if as_json or as_csv:
            selection = Selection(reference, shown, lambda: (), rows)
            (write_json if as_json else write_csv)(selection, sys.stdout)
            return
        for line in grid(shown, rows, terminal_width(), ahead=_LONG):
            sys.stdout.write(f"{line}\n")


def history(local: click.Command) -> click.Command:
    """Return `registry history` for a server."""
    return adapted(local, _history, here=("folder",))


def _history(reference: str, as_json: bool) -> None:
    with remote_registry() as registry:
        found = registry.history(reference)
    click.echo(_json(found.document()) if as_json else found.report(terminal_width()))


def diff(local: click.Command) -> click.Command:
    """Return `registry diff` for a server."""
    return adapted(local, _diff, here=("folder",))


def _diff(id_: str, old: str, new: str | None, summary: bool, as_json: bool) -> int:
    with remote_registry() as registry:
        found = registry.diff(id_, old, new)
    if as_json:
        click.echo(_json(found.document(summary)))
    else:
        width = terminal_width()
        click.echo("\n".join(cut(line, width) for line in found.report(summary).splitlines()))
    return 0 if found.is_same else 1


def graph(local: click.Command) -> click.Command:
    """Return `registry graph` for a server."""
    return adapted(local, _graph, here=("folder",))


def _graph(reference: str, up: bool, down: bool, depth: int | None, format_: str, as_json: bool) -> None:
    with remote_registry() as registry:
        found = registry.graph(reference, up=up or not down, down=down or not up, depth=depth)
    if as_json or format_ == "json":
        click.echo(json.dumps(found.document(), indent=2, ensure_ascii=False))
    elif format_ == "text":
        click.echo(found.text(terminal_width()))
    else:
        click.echo(found.mermaid() if format_ == "mermaid" else found.dot())


def check(local: click.Command) -> click.Command:
    """Return `registry check` for a server."""
    return adapted(local, _check, here=("folder",))


def _check(fix: bool, checksums: bool, older_than: str, as_json: bool) -> None:
    from dsgrid.operations.check_registry import read_age

    seconds = read_age(older_than)
    with remote_registry() as registry:
        found = registry.check(fix=fix, checksums=checksums, older_than=seconds)
    if as_json:
        click.echo(json.dumps(found.document(), indent=2, ensure_ascii=False))
    elif found.report():
        click.echo(found.report())
    found.raise_problems()


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
