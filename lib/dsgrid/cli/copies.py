"""``dsgrid registry check | copy``: is a registry whole, and a second one like it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dsgrid.cli import FILE, debug_option, shown_progress
from dsgrid.cli.registry import folder_option, json_option, say_whence


@click.command()
@folder_option
@click.option("--fix", is_flag=True, help="Remove what nothing refers to; never anything else.")
@click.option("--checksums", is_flag=True, help="Read every file and compare it with its checksum.")
@click.option(
    "--older-than",
    default="24h",
    show_default=True,
    metavar="AGE",
    help="How long garbage must have rested: what is younger may belong to a job that runs.",
)
@json_option
@debug_option
def check(folder: Path, fix: bool, checksums: bool, older_than: str, as_json: bool) -> None:
    """Check that a registry is whole.

    Looked at are its database, its files, and that both agree.

    Exits with 0 when nothing is wrong, else with 5 and everything that is wrong, each with what to do about it.
    """
    from dsgrid.operations.check_registry import examine, read_age

    seconds = read_age(older_than)
    with shown_progress() as say:
        found = examine(folder, fix=fix, checksums=checksums, older_than=seconds, progress=say)
    if as_json:
        click.echo(json.dumps(found.document(), indent=2, ensure_ascii=False))
    elif found.report():
        click.echo(found.report())
    if fix and not as_json:
        say_whence()
    found.raise_problems()


@click.command()
@click.argument("target", type=FILE, metavar="TARGET")
@folder_option
@click.option("--project", "projects", multiple=True, metavar="ID", help="Copy this project and what it needs.")
@click.option("--dataset", "datasets", multiple=True, metavar="ID", help="Copy this dataset and what it needs.")
@click.option("--link", is_flag=True, help="Link the data instead of copying them (same filesystem).")
@click.option("--data-root", metavar="PLACE", help="Where the data go: a folder, or s3://bucket/prefix.")
@debug_option
def copy(
    target: Path, folder: Path, projects: tuple[str, ...], datasets: tuple[str, ...], link: bool, data_root: str | None
) -> None:
    """Copy a registry, or a part of it, into the folder TARGET.

    Others may go on writing. An interrupted copy is finished by the same command.
    """
    from dsgrid.operations.copy_registry import copy_registry

    spec: dict[str, Any] = {"target": target, "data": "link" if link else "copy"}
    given = {"projects": list(projects), "datasets": list(datasets), "data_root": data_root}
    with shown_progress() as say:
        done = copy_registry(
            spec | {key: value for key, value in given.items() if value}, registry=folder, progress=say
        )
    click.echo(done.report())
