"""``dsgrid registry list | show | dump``: look into a registry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dsgrid.cli import FILE, debug_option
from dsgrid.cli.tables import document, table, terminal_width

# What fits on 80 columns; --json and dump have the rest.
_SHOWN = {
    "projects": ("id", "version", "name", "base", "supplemental", "required", "submitted"),
    "datasets": ("id", "version", "kind", "pivot", "rows", "bytes"),
    "submissions": ("dataset_id", "dataset_version", "project_id", "project_version", "status"),
    "dimensions": ("id", "version", "type", "class", "records"),
    "mappings": ("id", "version", "type", "kind", "associations"),
    "registrations": ("key", "registered_at", "submitter", "job", "log_message"),
}
_BY_DEFAULT = ("projects", "datasets", "submissions")

folder_option = click.option(
    "--registry",
    "folder",
    type=FILE,
    envvar="DSGRID_REGISTRY",
    required=True,
    show_envvar=True,
    metavar="FOLDER",
    help="The registry's folder.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")


@click.command("list")
@click.argument("lists", nargs=-1, type=click.Choice(tuple(_SHOWN)), metavar="[LIST]...")
@folder_option
@click.option("--all-versions", is_flag=True, help="Older versions too.")
@json_option
@debug_option
def list_(lists: tuple[str, ...], folder: Path, all_versions: bool, as_json: bool) -> None:
    """List projects, datasets, submissions, dimensions, mappings or registrations; the first three by default."""
    from dsgrid.operations.registry_contents import list_registry

    found = list_registry(folder, lists or _BY_DEFAULT, all_versions=all_versions)
    if as_json:
        click.echo(_json(found))
        return
    parts = [
        f"{name} ({len(rows)})" + (f"\n{table(rows, _SHOWN[name], terminal_width())}" if rows else "")
        for name, rows in found.items()
    ]
    click.echo("\n\n".join(parts))


@click.command()
@click.argument("reference", metavar="ID[@VERSION]")
@folder_option
@json_option
@debug_option
def show(reference: str, folder: Path, as_json: bool) -> None:
    """Show a project, dataset, dimension or mapping."""
    from dsgrid.operations.registry_contents import show_entry

    found = show_entry(folder, reference)
    click.echo(_json(found) if as_json else document(found, terminal_width()))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
