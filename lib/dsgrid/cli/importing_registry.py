"""``dsgrid import registry``: a registry of dsgrid-toolkit becomes one of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dsgrid.cli import FILE, debug_option, shown_progress


@click.command("registry")
@click.argument("database", metavar="DB")
@click.option("--to", "target", type=FILE, required=True, metavar="FOLDER", help="The folder of the new registry.")
@click.option(
    "--data",
    type=click.Choice(["link", "copy", "rewrite"]),
    default="link",
    show_default=True,
    help="How the facts get there: a second name for the files, copies, or written anew and sorted.",
)
@click.option("--data-path", type=FILE, metavar="FOLDER", help="Where the data are, if not where the database says.")
@click.option("--zone", default="UTC", show_default=True, help="The zone of the clock of those who registered.")
@debug_option
def registry(database: str, target: Path, data: str, data_path: Path | None, zone: str) -> None:
    """Make a registry of one of dsgrid-toolkit.

    DB is its registry.db, or the folder with it. Nothing of it is changed. All versions come along, with who registered
    them, when and why; ids of there are known here, too. What could not be imported ends the command with 4, and all
    the rest is imported.

    \b
    dsgrid import registry /projects/dsgrid/registry.db --to registry
    dsgrid import registry old --to registry --data copy --zone America/Denver
    """  # noqa: D301
    from dsgrid.operations.import_registry import import_registry

    spec: dict[str, Any] = {"source": database, "target": target, "data": data, "zone": zone}
    if data_path is not None:
        spec["data_path"] = data_path
    with shown_progress() as say:
        done = import_registry(spec, progress=say)
    click.echo(done.report())
