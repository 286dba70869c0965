"""``dsgrid registry history | diff``: how something came to be what it is, and what its versions differ in."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dsgrid.cli import debug_option
from dsgrid.cli.completion import complete_reference, complete_version
from dsgrid.cli.registry import folder_option, json_option, reference_argument
from dsgrid.cli.tables import cut, terminal_width


@click.command()
@reference_argument
@folder_option
@json_option
@debug_option
def history(reference: str, folder: Path, as_json: bool) -> None:
    """List the versions of a thing: when, who, why, by which job.

    Of projects and datasets also what was submitted, carried along to a new version of the project, or not and why.
    """
    from dsgrid.operations.history import history as past

    found = past(folder, reference)
    click.echo(_json(found.document()) if as_json else found.report(terminal_width()))


@click.command()
@click.argument("id_", metavar="ID", shell_complete=complete_reference)
@click.argument("old", metavar="V1", shell_complete=complete_version)
@click.argument("new", metavar="[V2]", required=False, shell_complete=complete_version)
@folder_option
@click.option("--summary", is_flag=True, help="Only how many changes each part has.")
@json_option
@debug_option
def diff(id_: str, old: str, new: str | None, folder: Path, summary: bool, as_json: bool) -> int:
    """Compare two versions of a thing, or one with the newest.

    What was added, removed, changed is marked + - ~.

    Ends with 0 when both hold the same and with 1 when they differ; errors have their own exit codes.
    """
    from dsgrid.operations.diff import diff as compare

    found = compare(folder, id_, old, new)
    if as_json:
        click.echo(_json(found.document(summary)))
    else:
        width = terminal_width()
        click.echo("\n".join(cut(line, width) for line in found.report(summary).splitlines()))
    return 0 if found.is_same else 1


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
