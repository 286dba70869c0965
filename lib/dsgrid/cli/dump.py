"""``dsgrid registry dump``: what a registry holds, as specs."""

from __future__ import annotations

from pathlib import Path

import click

from dsgrid.cli import FILE, debug_option
from dsgrid.cli.completion import complete_reference
from dsgrid.cli.registry import folder_option


@click.command()
@click.argument("references", nargs=-1, metavar="[ID[@VERSION]]...", shell_complete=complete_reference)
@click.argument("target", type=FILE, metavar="DIR")
@click.option("--all", "everything", is_flag=True, help="Everything, in its newest version, with a bulk spec.")
@click.option("--at", metavar="VERSION|DATE", help="That version, or the registry as it was at a date.")
@click.option(
    "--data",
    type=click.Choice(("refer", "copy")),
    default="refer",
    show_default=True,
    help="Name the data files in the registry, or copy them: then DIR can be moved.",
)
@folder_option
@debug_option
def dump(references: tuple[str, ...], target: Path, everything: bool, at: str | None, data: str, folder: Path) -> None:
    """Write what is registered as specs and tables.

    They register again to the same: projects, datasets, dimensions, mappings.
    """
    from dsgrid.operations.dump import dump as dump_specs

    if everything == bool(references):
        if everything:
            raise click.UsageError(f'--all is everything; leave out "{references[0]}"')
        raise click.UsageError(f'"{target}" is where to; name what to dump before it, or say --all')
    spec = {"output": str(target.absolute()), "data": data, "ids": list(references)}
    if at:
        spec["at"] = at
    click.echo(dump_specs({key: value for key, value in spec.items() if value}, registry=folder).report())
