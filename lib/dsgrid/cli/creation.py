"""``dsgrid registry create``: make an empty registry."""

from __future__ import annotations

from pathlib import Path

import click

from dsgrid.cli import FILE, debug_option


@click.command()
@click.argument("folder", type=FILE, metavar="FOLDER")
@click.option("--data-root", metavar="PLACE", help="Where its data go: another folder, or s3://bucket/prefix.")
@debug_option
def create(folder: Path, data_root: str | None) -> None:
    """Create an empty registry in FOLDER, which does not exist yet."""
    from dsgrid.operations.create_registry import create_registry

    spec = {"data_root": data_root} if data_root else {}
    click.echo(create_registry(spec, registry=folder).report())
