"""`dsgrid check`: a dataset's files against everything that is asked of them."""

from __future__ import annotations

from pathlib import Path

import click

from dsgrid.cli import FILE, debug_option, registry_option, set_option, shown_progress


@click.command()
@click.argument("spec", type=FILE)
@click.option("--project", default="", metavar="ID[@VERSION]", help="Check, too, whether this project accepts it.")
@click.option("--rows", type=FILE, metavar="FOLDER", help="Write all rows that break a check here, a CSV file each.")
@set_option
@registry_option
@debug_option
def check(spec: Path, project: str, rows: Path | None, variables: tuple[str, ...], registry: Path | None) -> int:
    """Check the files of a dataset, and register nothing.

    Makes every check of register_dataset, and with a project those of submit_dataset.
    """
    from dsgrid.operations.check import check as check_dataset
    from dsgrid.operations.request import pairs

    with shown_progress() as progress:
        found = check_dataset(
            spec, project=project, rows=rows, registry=registry, variables=pairs(variables), progress=progress
        )
    click.echo(found.report())
    return found.code
