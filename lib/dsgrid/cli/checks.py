"""`dsgrid check`: a dataset's files against everything that is asked of them."""

from __future__ import annotations

import os
from pathlib import Path

import click

from dsgrid.cli import FILE, debug_option, registry_option, set_option, shown_progress


@click.command()
@click.argument("spec", type=FILE)
@click.option("--project", default="", metavar="ID[@VERSION]", help="Check, too, whether this project accepts it.")
@click.option("--submission", type=FILE, metavar="SPEC", help="Check, too, what this submit_dataset spec says.")
@click.option("--rows", type=FILE, metavar="FOLDER", help="Write all rows that break a check here, a CSV file each.")
@click.option("--memory", metavar="SIZE", help="Memory for the embedded engine, such as 1g.")
@set_option
@registry_option
@debug_option
def check(
    spec: Path,
    project: str,
    submission: Path | None,
    rows: Path | None,
    memory: str | None,
    variables: tuple[str, ...],
    registry: Path | None,
) -> int:
    """Check the files of a dataset, and register nothing.

    Makes every check of register_dataset, and with a project those of submit_dataset.
    """
    from dsgrid.operations.check import check as check_dataset
    from dsgrid.operations.request import pairs

    if memory:
        os.environ["DSGRID_MEMORY"] = memory
    with shown_progress() as progress:
        found = check_dataset(
            spec,
            project=project,
            submission=submission,
            rows=rows,
            registry=registry,
            variables=pairs(variables),
            progress=progress,
        )
    click.echo(found.report())
    return found.code
